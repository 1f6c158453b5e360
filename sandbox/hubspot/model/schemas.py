"""Custom object types: made, changed, listed, archived and associated."""

import re
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.batch import complete, inputs_of
from sandbox.hubspot.data.definitions import full, save
from sandbox.hubspot.data.kinds import Kind, document, find_in, forget_kinds, kind_in, qualified
from sandbox.hubspot.data.links import forget_link_types, link_types
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import PORTAL, Fault, invalid, not_found
from sandbox.hubspot.model import labels
from sandbox.hubspot.model.groups import keep as keep_group
from sandbox.hubspot.model.properties import define, definitions_of
from sandbox.state import State

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FIRST: Final = 1001
_ALWAYS: Final = ("tasks", "notes", "calls", "emails", "meetings")
_CHANGEABLE: Final = (
    "labels", "description", "primaryDisplayProperty", "secondaryDisplayProperties",
    "requiredProperties", "searchableProperties",
)  # fmt: skip
Schema = dict[str, Any]


def make(state: State, asked: Schema, now: str) -> Schema:
    """Add one object type with its properties and associations, all of it or nothing."""
    try:
        with state.transaction():
            return _made(state, asked, now)
    except Fault:
        forget_kinds(state)  # what was read of it meanwhile is rolled back
        forget_link_types(state)
        raise


def _made(state: State, asked: Schema, now: str) -> Schema:
    _refuse_shape(state, asked)
    schema = _fresh(asked, asked.get("objectTypeId") or _next_id(state), now)
    _keep(state, schema)
    kind = kind_in(state, schema["objectTypeId"])
    group = f"{schema['name'].lower()}_information"
    keep_group(
        state,
        kind,
        {
            "name": group,
            "label": f"{schema['name']} information",
            "displayOrder": 0,
            "archived": False,
        },
    )
    for row in document("properties_common")["properties"]:
        save(state, kind, full(row, group))
    for each in asked["properties"]:
        define(state, kind, {"groupName": group, **each}, now)
    _associate_all(state, kind, asked.get("associatedObjects") or ())
    return schema


def _next_id(state: State) -> str:
    row = state.db.execute(
        "SELECT 1 + coalesce(max(CAST(substr(id, 3) AS INTEGER)), ?) FROM hs_object_type",
        (_FIRST - 1,),
    ).fetchone()
    return f"2-{row[0]}"


def _fresh(asked: Schema, id: str, now: str) -> Schema:
    display = asked.get("primaryDisplayProperty")
    return {
        "id": id.partition("-")[2],
        "objectTypeId": id,
        "name": asked["name"],
        "fullyQualifiedName": qualified(asked["name"]),
        "labels": asked["labels"],
        "description": asked.get("description"),
        "primaryDisplayProperty": display,
        "secondaryDisplayProperties": asked.get("secondaryDisplayProperties") or [],
        "requiredProperties": asked.get("requiredProperties") or [],
        "searchableProperties": asked.get("searchableProperties") or ([display] if display else []),
        "archived": False,
        "createdAt": now,
        "updatedAt": now,
    }


def _refuse_shape(state: State, asked: Schema) -> None:
    absent = [name for name in ("name", "labels", "properties") if not asked.get(name)]
    if absent:
        raise invalid(f"Required fields were not set: {absent}")
    if not _NAME.fullmatch(str(asked["name"])):
        raise invalid(f"{asked['name']} is no name for an object type")
    if find_in(state, qualified(asked["name"])) is not None:
        raise Fault(
            409, f"An object type named {asked['name']} exists already", "OBJECT_ALREADY_EXISTS"
        )
    names = {each.get("name") for each in asked["properties"]}
    named = [*(asked.get("requiredProperties") or ()), asked.get("primaryDisplayProperty")]
    unknown = [name for name in named if name and name not in names]
    if unknown:
        raise invalid(f"The object type has no property {unknown[0]}")


def _associate_all(state: State, kind: Kind, others: Any) -> None:
    """Every type associates with the activities by itself, with others when asked."""
    for name in _ALWAYS:
        other = kind_in(state, name)
        labels.make(state, kind.id, other.id, _pair(kind, other), None, None, "HUBSPOT_DEFINED")
    for name in others:
        other = kind_in(state, str(name))
        if not link_types(state, kind.id, other.id):
            labels.make(state, kind.id, other.id, _pair(kind, other), None, None)


def _pair(one: Kind, other: Kind) -> str:
    return f"{one.singular}_to_{other.singular}"


def _keep(state: State, schema: Schema) -> None:
    state.db.execute(
        "INSERT OR REPLACE INTO hs_object_type VALUES (?, ?, ?, ?)",
        (
            schema["objectTypeId"],
            schema["fullyQualifiedName"],
            int(schema["archived"]),
            orjson.dumps(schema).decode(),
        ),
    )
    forget_kinds(state)


def _shown(state: State, schema: Schema) -> Schema:
    """A schema with its properties and its associations in both directions."""
    kind = find_in(state, schema["objectTypeId"])
    properties = [] if kind is None else definitions_of(state, kind)
    rows = state.db.execute(
        "SELECT from_type, to_type, id, name FROM hs_label WHERE from_type = ? OR to_type = ? "
        "ORDER BY id",
        (schema["objectTypeId"], schema["objectTypeId"]),
    ).fetchall()
    shown = [_association(row, schema) for row in rows]
    return {**schema, "properties": properties, "associations": shown}


def _association(row: tuple[str, str, int, str], schema: Schema) -> dict[str, Any]:
    one, other, id, name = row
    return {
        "id": str(id),
        "fromObjectTypeId": one,
        "toObjectTypeId": other,
        "name": name,
        "createdAt": schema["createdAt"],
        "updatedAt": schema["createdAt"],
    }


def _list(call: Call) -> Answer:
    rows = call.state.db.execute(
        "SELECT document FROM hs_object_type WHERE archived = ? ORDER BY id",
        (int(call.flag("archived")),),
    ).fetchall()
    shown = [_shown(call.state, orjson.loads(row[0])) for row in rows]
    return Answer({"results": shown}, rows=len(shown))


def _read_many(call: Call) -> Answer:
    kinds = [find_in(call.state, str(each.get("id", ""))) for each in inputs_of(call)]
    ids = orjson.dumps([kind.id for kind in kinds if kind is not None]).decode()
    rows = call.state.db.execute(
        "SELECT document FROM hs_object_type WHERE id IN (SELECT value FROM json_each(?))", (ids,)
    ).fetchall()
    return complete(call, [_shown(call.state, orjson.loads(row[0])) for row in rows])


def _create(call: Call) -> Answer:
    made = make(call.state, call.body(), iso(call.now))
    return Answer(_shown(call.state, made), 201, 1)


def _get(call: Call) -> Answer:
    return Answer(_shown(call.state, _one(call)), rows=1)


def _change(call: Call) -> Answer:
    schema, body = _one(call), call.body()
    fixed = [name for name in ("name", "properties") if name in body]
    if fixed:
        raise invalid(f"{', '.join(fixed)} cannot be changed here", context={"fields": fixed})
    schema |= {name: body[name] for name in _CHANGEABLE if name in body}
    schema["updatedAt"] = iso(call.now)
    with call.state.transaction():
        _keep(call.state, schema)
    shown = {**schema, "portalId": PORTAL}
    return Answer(shown, rows=1)


def _archive(call: Call) -> Answer:
    """Only a type without records goes; `archived=true` then takes the last trace away."""
    if call.flag("archived"):
        return _purge(call)
    schema = _one(call)
    kind = kind_in(call.state, schema["objectTypeId"])
    held = call.state.db.execute(
        "SELECT count(*) FROM hs_record WHERE type = ? AND archived = 0", (kind.id,)
    ).fetchone()[0]
    if held:
        raise invalid(f"{schema['name']} cannot be deleted: it has {held} records")
    with call.state.transaction():
        _keep(call.state, {**schema, "archived": True, "updatedAt": iso(call.now)})
    return Answer(status=204, rows=1)


def _purge(call: Call) -> Answer:
    asked = call.parts["type"].lower()
    row = call.state.db.execute(
        "SELECT id FROM hs_object_type WHERE archived = 1 AND ? IN (id, lower(name))", (asked,)
    ).fetchone()
    if row is None:
        raise not_found(f"No archived object type {asked}")
    with call.state.transaction() as db:
        for table in ("hs_property", "hs_group", "hs_record", "hs_history"):
            db.execute(f"DELETE FROM {table} WHERE type = ?", row)
        db.execute("DELETE FROM hs_label WHERE ? IN (from_type, to_type)", row)
        db.execute("DELETE FROM hs_object_type WHERE id = ?", row)
    forget_kinds(call.state)
    forget_link_types(call.state)
    return Answer(status=204, rows=1)


def _associate(call: Call) -> Answer:
    _one(call)
    body = call.body()
    ends = [kind_in(call.state, str(body.get(f"{end}ObjectTypeId", ""))) for end in ("from", "to")]
    name = str(body.get("name") or _pair(*ends))
    with call.state.transaction():
        ids = labels.make(call.state, ends[0].id, ends[1].id, name, None, None)
    row = (ends[0].id, ends[1].id, ids[0], name)
    return Answer(_association(row, {"createdAt": iso(call.now)}), 201, 1)


def _dissociate(call: Call) -> Answer:
    kind, given = call.kind(), call.parts["association"]
    rows = call.state.db.execute(
        "SELECT id, reverse FROM hs_label WHERE ? IN (from_type, to_type) "
        "AND (CAST(id AS TEXT) = ? OR name = ?)",
        (kind.id, given, given),
    ).fetchall()
    if not rows:
        raise not_found(f"No association {given}")
    with call.state.transaction() as db:
        for id in {each for row in rows for each in row}:
            db.execute("DELETE FROM hs_association WHERE type_id = ?", (id,))
            db.execute("DELETE FROM hs_label WHERE id = ?", (id,))
    forget_link_types(call.state)
    return Answer(status=204, rows=1)


def _one(call: Call) -> Schema:
    kind = find_in(call.state, call.parts["type"])
    row = None
    if kind is not None:
        row = call.state.db.execute(
            "SELECT document FROM hs_object_type WHERE id = ?", (kind.id,)
        ).fetchone()
    if row is None:
        raise not_found(f"Unable to infer object type from: {call.parts['type']}")
    found: Schema = orjson.loads(row[0])
    return found


_ALL: Final = "crm-object-schemas/schemas"
_TYPE: Final = f"{_ALL}/{{type}}"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _ALL, _list),
    ("POST", _ALL, _create),
    ("POST", f"{_ALL}/batch/read", _read_many),
    ("GET", _TYPE, _get),
    ("PATCH", _TYPE, _change),
    ("DELETE", _TYPE, _archive),
    ("POST", f"{_TYPE}/associations", _associate),
    ("DELETE", f"{_TYPE}/associations/{{association}}", _dissociate),
)
