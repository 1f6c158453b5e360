"""The object types of the account: their ids, names, default properties and habits."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson

from sandbox.hubspot.faults import PORTAL, Fault, invalid
from sandbox.state import State

_MOMENTS: Final = ("hs_createdate", "hs_lastmodifieddate", "hs_object_id")
_OWN: Final[WeakKeyDictionary[State, dict[str, "Kind"]]] = WeakKeyDictionary()


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
    """The standard type of this name, id or singular, whatever the case; None when unknown."""
    return _known().get(text.lower())


def kind_of(text: str) -> Kind:
    """The standard object type of this name; a 400 when there is none."""
    found = find_kind(text)
    if found is None:
        raise unknown_kind(text)
    return found


def find_in(state: State, text: str) -> Kind | None:
    """The object type of this name or id, the account's custom ones included."""
    return find_kind(text) or _own(state).get(text.lower())


def kind_in(state: State, text: str) -> Kind:
    """The object type of a path; a 400 when the account has no such type."""
    found = find_in(state, text)
    if found is None:
        raise unknown_kind(text)
    return found


def kinds_in(state: State) -> tuple[Kind, ...]:
    """Every object type of the account, the standard ones first."""
    return (*KINDS, *dict.fromkeys(_own(state).values()))


def forget_kinds(state: State) -> None:
    """Read the custom object types anew: one of them changed."""
    _OWN.pop(state, None)


def qualified(name: str) -> str:
    """The name of a custom object type with its account's number in front."""
    return f"p{PORTAL}_{name}"


def _own(state: State) -> dict[str, Kind]:
    """The account's custom object types under each name a path may use."""
    if state not in _OWN:
        rows = state.db.execute("SELECT document FROM hs_object_type WHERE archived = 0")
        kinds = [_custom(orjson.loads(row[0])) for row in rows]
        _OWN[state] = {
            key.lower(): kind
            for kind in kinds
            for key in (kind.id, kind.name, kind.singular, f"p_{kind.singular}")
        }
    return _OWN[state]


def _custom(schema: Mapping[str, Any]) -> Kind:
    return Kind(
        id=schema["objectTypeId"],
        name=schema["fullyQualifiedName"],
        singular=schema["name"],
        label=schema["name"],
        defaults=_MOMENTS,
        created="hs_createdate",
        modified="hs_lastmodifieddate",
        required=tuple((name,) for name in schema["requiredProperties"]),
        searchable=tuple(schema["searchableProperties"]),
        activity=False,
    )


def unknown_kind(text: str) -> Fault:
    """The refusal of an object type nobody knows."""
    return invalid(f"Unable to infer object type from: {text}")
