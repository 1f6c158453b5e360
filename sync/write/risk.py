"""How much a change can hurt, riskiest first."""

from enum import StrEnum
from typing import Final

from connectors.protocol import Verb
from tasuki.values import Json


class Risk(StrEnum):
    """What a person must look at first."""

    DELETE = "delete"
    OVERWRITE = "overwrite"
    AUTOMATION = "automation"
    CREATE = "create"
    FILL = "fill"


ORDER: Final = tuple(Risk)
AUTOMATED: Final = frozenset({"list_memberships"})
"""Objects whose records start the platform's own automation (a list's workflow sends mail)."""


def risk_of(verb: str, object: str, before: Json) -> Risk:
    """The risk of one changed cell."""
    if object in AUTOMATED:
        return Risk.AUTOMATION
    if verb == Verb.DELETE:
        return Risk.DELETE
    if verb in (Verb.CREATE, Verb.UPSERT):
        return Risk.CREATE
    return Risk.FILL if before in (None, "", []) else Risk.OVERWRITE
