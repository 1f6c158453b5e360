"""Salesforce core CRM over REST, as real clients meet it."""

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
