"""Property definitions: read, create, change, archive; and the groups they stand in."""

import re
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.batch import complete, inputs_of
from sandbox.hubspot.data.definitions import full, save
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import Fault, invalid, not_found, unknown_ids
from sandbox.state import State

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_FIXED: Final = ("name", "hasUniqueValue", "dataSensitivity", "hubspotDefined", "createdAt")
_CHANGEABLE: Final = (
    "label", "description", "groupName", "displayOrder", "hidden", "formField", "type", "fieldType",
)  # fmt: skip
_TYPES: Final = ("string", "number", "date", "datetime", "enumeration", "bool")
_MOST_UNIQUE: Final = 10


def _list(call: Call) -> Answer:
    wanted = call.flag("archived")
    shown = [each for each in _all(call.state, call.kind()) if each["archived"] == wanted]
    return Answer({"results": shown}, rows=len(shown))


def _get(call: Call) -> Answer:
    shown = _one(call.state, call.kind(), call.parts["name"])
    if shown["archived"] != call.flag("archived"):
        raise _unknown(call.parts["name"])
    return Answer(shown, rows=1)


def _read(call: Call) -> Answer:
    kind = call.kind()
    by_name = {each["name"]: each for each in _all(call.state, kind)}
    asked = [str(each.get("name", "")) for each in inputs_of(call)]
    unknown = [name for name in asked if name not in by_name]
    errors = [unknown_ids("property", unknown).in_batch({})] if unknown else []
    return complete(call, [by_name[name] for name in asked if name in by_name], errors)


def _create(call: Call) -> Answer:
    with call.state.transaction():
        return Answer(_made(call, call.body()), 201, 1)


def _create_many(call: Call) -> Answer:
    with call.state.transaction():
        return complete(call, [_made(call, dict(each)) for each in inputs_of(call)], (), 201)


def _made(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    kind, now = call.kind(), iso(call.now)
    absent = [name for name in ("name", "label", "type", "fieldType") if not asked.get(name)]
    if absent or not asked.get("groupName"):
        raise invalid(f"Required fields were not set: {[*absent, 'groupName']}")
    if not _NAME.fullmatch(asked["name"]) or asked["type"] not in _TYPES:
        raise invalid(f"{asked['name']} of type {asked['type']} is not a valid property")
    held = {each["name"]: each for each in _all(call.state, kind)}
    name = asked["name"]
    if name in held and not held[name]["archived"]:
        raise Fault(
            409,
            f"A property named '{name}' already exists.",
            "OBJECT_ALREADY_EXISTS",
            subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
            context={"name": [name]},
        )
    uniques = [each for each in held.values() if each["hasUniqueValue"] and not each["archived"]]
    if asked.get("hasUniqueValue") and len(uniques) >= _MOST_UNIQUE:
        raise invalid(f"{kind.label} has {_MOST_UNIQUE} unique properties already")
    shown = full({**asked, "custom": True, "createdAt": now, "updatedAt": now}, "")
    save(call.state, kind, shown)
    return shown


def _change(call: Call) -> Answer:
    """`options` replaces the whole list; the name and uniqueness stay as they were created."""
    kind, asked = call.kind(), call.body()
    shown = _one(call.state, kind, call.parts["name"])
    fixed = [name for name in _FIXED if name in asked and asked[name] != shown[name]]
    if fixed:
        raise invalid(f"{', '.join(fixed)} cannot be changed", context={"fields": fixed})
    if shown["modificationMetadata"]["readOnlyDefinition"] and "type" in asked:
        raise invalid(f"The definition of {shown['name']} is read only")
    changed = shown | {name: asked[name] for name in _CHANGEABLE if name in asked}
    if "options" in asked:
        changed["options"] = full({**shown, "options": asked["options"]}, "")["options"]
    changed["updatedAt"] = iso(call.now)
    with call.state.transaction():
        save(call.state, kind, changed)
    return Answer(changed, rows=1)


def _archive(call: Call) -> Answer:
    kind = call.kind()
    shown = _one(call.state, kind, call.parts["name"])
    if not shown["modificationMetadata"]["archivable"]:
        raise invalid(
            f"Property {shown['name']} cannot be deleted",
            subCategory="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
        )
    with call.state.transaction():
        save(call.state, kind, {**shown, "archived": True, "archivedAt": iso(call.now)})
    return Answer(status=204, rows=1)


def _groups(call: Call) -> Answer:
    names = sorted({each["groupName"] for each in _all(call.state, call.kind())})
    shown = [
        {"name": name, "label": name, "displayOrder": order, "archived": False}
        for order, name in enumerate(names)
    ]
    return Answer({"results": shown}, rows=len(shown))


def _all(state: State, kind: Kind) -> list[dict[str, Any]]:
    rows = state.db.execute(
        "SELECT document FROM hs_property WHERE type = ? ORDER BY name", (kind.id,)
    )
    return [orjson.loads(row[0]) for row in rows]


def _one(state: State, kind: Kind, name: str) -> dict[str, Any]:
    row = state.db.execute(
        "SELECT document FROM hs_property WHERE type = ? AND name = ?", (kind.id, name)
    ).fetchone()
    if row is None:
        raise _unknown(name)
    found: dict[str, Any] = orjson.loads(row[0])
    return found


def _unknown(name: str) -> Fault:
    return not_found(f'Property "{name}" does not exist')


_ALL: Final = "crm/properties/{type}"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _ALL, _list),
    ("POST", _ALL, _create),
    ("GET", f"{_ALL}/groups", _groups),
    ("GET", f"{_ALL}/{{name}}", _get),
    ("PATCH", f"{_ALL}/{{name}}", _change),
    ("DELETE", f"{_ALL}/{{name}}", _archive),
    ("POST", f"{_ALL}/batch/read", _read),
    ("POST", f"{_ALL}/batch/create", _create_many),
)
