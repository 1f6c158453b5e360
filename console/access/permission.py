"""What each role may do: one table, asked by pages, actions and templates alike."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

ROLES: Final = ("viewer", "marketer", "manager", "operator", "admin")
"""Least first; each may do what those before it may."""


class May(StrEnum):
    """Something that needs a role."""

    SEE = "see"
    DECIDE_HANDOFF = "decide_handoff"
    DECIDE_REVIEW = "decide_review"
    RESOLVE_CONFLICT = "resolve_conflict"
    PREVIEW_SCENARIO = "preview_scenario"
    PUSH_SCENARIO = "push_scenario"
    APPROVE = "approve"
    APPLY = "apply"
    RUN = "run"
    RETRY = "retry"
    DROP = "drop"
    UNDO = "undo"
    RESUME_RIVAL = "resume_rival"
    ADMINISTER = "administer"


LEAST: Final[Mapping[May, str]] = {
    May.SEE: "viewer",
    May.DECIDE_HANDOFF: "marketer",
    May.DECIDE_REVIEW: "manager",
    May.RESOLVE_CONFLICT: "manager",
    May.PREVIEW_SCENARIO: "marketer",
    May.PUSH_SCENARIO: "marketer",
    May.APPROVE: "manager",
    May.APPLY: "operator",
    May.RUN: "operator",
    May.RETRY: "operator",
    May.DROP: "operator",
    May.UNDO: "operator",
    May.RESUME_RIVAL: "manager",
    May.ADMINISTER: "admin",
}
"""The least role that may do it. A scenario's own file narrows who approves it."""


def may(role: str, what: May) -> bool:
    """Whether a role may do something; an unknown role may nothing."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(LEAST[what])
