"""How one write asks the platform's automatisms to behave: what its headers say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.ids import full_id, is_id

DUPLICATES: Final = "sforce-duplicate-rule-header"
ASSIGN: Final = "sforce-auto-assign"


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """`assign`: run the active assignment rule, none, or the one of this id."""

    assign: bool | str = True
    allow_duplicates: bool = False
    duplicate_details: bool = False


BY_HAND: Final = SaveOptions(assign=False, allow_duplicates=True)


def save_options(headers: Mapping[str, str]) -> SaveOptions:
    """The options that a request's headers give; 400 for an assignment rule that cannot be."""
    pairs = (part.partition("=") for part in headers.get(DUPLICATES, "").split(";"))
    said = {key.strip().lower(): value.strip().lower() == "true" for key, _, value in pairs}
    return SaveOptions(
        _assign(headers.get(ASSIGN, "TRUE").strip()),
        said.get("allowsave", False),
        said.get("includerecorddetails", False),
    )


def _assign(text: str) -> bool | str:
    if text.upper() in {"TRUE", "FALSE"}:
        return text.upper() == "TRUE"
    if is_id(text):
        return full_id(text)
    raise FaultError("INVALID_HEADER", f"Invalid value of Sforce-Auto-Assign: {text}")
