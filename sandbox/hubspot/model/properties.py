"""Property definitions: read, create, change, archive and restore."""

import re
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.batch import complete, inputs_of
from sandbox.hubspot.data.definitions import full, save
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import Fault, invalid, not_found, unknown_ids
from sandbox.hubspot.model.groups import group_names
from sandbox.state import State

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_FIXED: Final = ("name", "hasUniqueValue", "dataSensitivity", "hubspotDefined", "createdAt")
_CHANGEABLE: Final = (
    "label", "description", "groupName", "displayOrder", "hidden", "formField", "type", "fieldType",
)  # fmt: skip
_TYPES: Final = ("string", "number", "date", "datetime", "enumeration", "bool")
_MOST_UNIQUE: Final = 10
_PLAIN: Final = "non_sensitive"
_LEVELS: Final = (_PLAIN, "sensitive", "highly_sensitive")


def _list(call: Call) -> Answer:
    """Live or archived ones; sensitive ones only when `dataSensitivity` asks for them."""
    wanted, level = call.flag("archived"), call.one("dataSensitivity") or _PLAIN
    shown = [
        each
        for each in definitions_of(call.state, call.kind())
        if each["archived"] == wanted and each["dataSensitivity"] == level
    ]
    return Answer({"results": shown}, rows=len(shown))


def _get(call: Call) -> Answer:
    shown = _one(call.state, call.kind(), call.parts["name"])
    if shown["archived"] != call.flag("archived"):
        raise _unknown(call.parts["name"])
    return Answer(shown, rows=1)


def _read(call: Call) -> Answer:
    kind = call.kind()
    wanted = bool(call.body().get("archived"))
    every = definitions_of(call.state, kind)
    by_name = {each["name"]: each for each in every if each["archived"] == wanted}
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
    return define(call.state, call.kind(), asked, iso(call.now))


def define(state: State, kind: Kind, asked: dict[str, Any], now: str) -> dict[str, Any]:
    """Add a property of the account's own, as shown; an archived one comes back by its name."""
    _refuse_shape(state, kind, asked)
    held = {each["name"]: each for each in definitions_of(state, kind)}
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
    save(state, kind, shown)
    return shown


def _refuse_shape(state: State, kind: Kind, asked: dict[str, Any]) -> None:
    """Refuse a definition that is no definition: fields, name, type, options, group."""
    needed = ("name", "label", "type", "fieldType", "groupName")
    absent = [name for name in needed if not asked.get(name)]
    if absent:
        raise invalid(f"Required fields were not set: {absent}")
    if not _NAME.fullmatch(asked["name"]) or asked["type"] not in _TYPES:
        raise invalid(f"{asked['name']} of type {asked['type']} is not a valid property")
    values = [option.get("value") for option in asked.get("options") or ()]
    if len(set(values)) < len(values) or None in values:
        raise invalid(f"Options of {asked['name']} need values of their own")
    if asked.get("dataSensitivity", _PLAIN) not in _LEVELS:
        raise invalid(f"dataSensitivity is one of {', '.join(_LEVELS)}")
    if asked["groupName"] not in group_names(state, kind):
        raise invalid(
            f'Property group "{asked["groupName"]}" does not exist',
            subCategory="PropertyValidationError.PROPERTY_GROUP_DOES_NOT_EXIST",
        )


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
    with call.state.transaction():
        _put_away(call, call.parts["name"])
    return Answer(status=204, rows=1)


def _archive_many(call: Call) -> Answer:
    names = [str(each.get("name", "")) for each in inputs_of(call)]
    with call.state.transaction():
        for name in names:
            _put_away(call, name)
    return Answer(status=204, rows=len(names))


def _put_away(call: Call, name: str) -> None:
    """Archive one property; HubSpot's own and those that something uses stay."""
    kind = call.kind()
    shown = _one(call.state, kind, name)
    users = _users(call.state, kind, name)
    if not shown["modificationMetadata"]["archivable"] or users:
        raise invalid(
            f"Property {name} cannot be deleted" + (f": used in {users}" if users else ""),
            subCategory="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
            context={"propertyName": [name], "usages": users},
        )
    save(call.state, kind, {**shown, "archived": True, "archivedAt": iso(call.now)})


def _users(state: State, kind: Kind, name: str) -> list[str]:
    """The lists of the account whose filters ask for a property."""
    rows = state.db.execute(
        "SELECT id FROM hs_list WHERE type = ? AND deleted IS NULL AND instr(branch, ?) > 0",
        (kind.id, f'"property":"{name}"'),
    )
    return [f"LIST:{row[0]}" for row in rows]


def definitions_of(state: State, kind: Kind) -> list[dict[str, Any]]:
    """Every definition of a type as shown, archived ones included."""
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
    ("GET", f"{_ALL}/{{name}}", _get),
    ("PATCH", f"{_ALL}/{{name}}", _change),
    ("DELETE", f"{_ALL}/{{name}}", _archive),
    ("POST", f"{_ALL}/batch/read", _read),
    ("POST", f"{_ALL}/batch/create", _create_many),
    ("POST", f"{_ALL}/batch/archive", _archive_many),
)
