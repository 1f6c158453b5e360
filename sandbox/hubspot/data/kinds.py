"""The object types of the account: their ids, names, default properties and habits."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import orjson

from sandbox.hubspot.faults import Fault, invalid


@dataclass(frozen=True, slots=True)
class Kind:
    """One object type; `created` and `modified` name the properties that show these moments."""

    id: str
    name: str
    singular: str
    label: str
    defaults: tuple[str, ...]
    created: str
    modified: str
    required: tuple[tuple[str, ...], ...]
    searchable: tuple[str, ...]
    activity: bool


def document(name: str) -> Any:
    """One metadata file, parsed."""
    return orjson.loads(files("sandbox.hubspot").joinpath("metadata", f"{name}.json").read_bytes())


def _kind(row: dict[str, Any]) -> Kind:
    row["required"] = tuple(tuple(group) for group in row["required"])
    for name in ("defaults", "searchable"):
        row[name] = tuple(row[name])
    return Kind(**row)


KINDS: Final = tuple(_kind(row) for row in document("object_types"))


@cache
def _known() -> dict[str, Kind]:
    return {key: kind for kind in KINDS for key in (kind.id, kind.name, kind.singular, kind.label)}


def find_kind(text: str) -> Kind | None:
    """The object type of this name, id or singular, whatever the case; None when unknown."""
    return _known().get(text.lower())


def kind_of(text: str) -> Kind:
    """The object type of a path; a 400 when the account has no such type."""
    found = find_kind(text)
    if found is None:
        raise unknown_kind(text)
    return found


def unknown_kind(text: str) -> Fault:
    """The refusal of an object type nobody knows."""
    return invalid(f"Unable to infer object type from: {text}")
