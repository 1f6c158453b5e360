"""HubSpot CRM over REST: served by `routes`, filled by the `insert…` functions."""

from sandbox.hubspot.data.load import (
    insert,
    insert_associations,
    insert_email_events,
    insert_events,
    insert_form_submissions,
    insert_forms,
    insert_lists,
    insert_owners,
)

__all__ = [
    "insert",
    "insert_associations",
    "insert_email_events",
    "insert_events",
    "insert_form_submissions",
    "insert_forms",
    "insert_lists",
    "insert_owners",
    "routes",
    "counts",
    "edit",
]


from collections.abc import Mapping
from typing import Any

from starlette.routing import BaseRoute

from sandbox.state import State


def routes(state: State) -> list[BaseRoute]:
    """The paths of the platform."""
    return []


def counts(state: State) -> dict[str, int]:
    """How many live records each object holds."""
    return {}


def edit(state: State, object: str, id: str, fields: Mapping[str, Any]) -> None:
    """Change a record as a person would."""
