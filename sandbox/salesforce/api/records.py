"""Rows by id and by external id, and many rows at once, as JSON in the order asked for."""

from collections.abc import Sequence

import orjson

from sandbox.salesforce.api.call import Call
from sandbox.salesforce.faults import no_external_id
from sandbox.salesforce.ids import full_id, is_id
from sandbox.salesforce.schema import Field, Object
from sandbox.salesforce.soql.lower import lower


def read(call: Call, object: Object, ids: Sequence[str], fields: Sequence[str]) -> list[str | None]:
    """Each live row rendered with these fields, None where there is none."""
    state = call.org.state
    soql = f"SELECT {', '.join(dict.fromkeys(fields))} FROM {object.name}"
    lowered = lower(call.seen, soql, call.version, everything=True)
    full = [full_id(id) if is_id(id) else "" for id in ids]
    table = call.org.tables[object.name].name
    find = (
        f"SELECT Id, rowid FROM {table} WHERE IsDeleted = 0"
        " AND Id IN (SELECT value FROM json_each(?))"
    )
    with state.lock:
        rows = dict(state.db.execute(find, (orjson.dumps(full).decode(),)).fetchall())
        chosen = [id for id in dict.fromkeys(full) if id in rows]
        page = orjson.dumps([rows[id] for id in chosen]).decode()
        found = state.db.execute(str(lowered.page), {**lowered.values, "page": page}).fetchall()
    rendered = {id: text for id, (text,) in zip(chosen, found, strict=True)}
    return [rendered.get(id) for id in full]


def external_field(object: Object, name: str) -> Field:
    """The field a path names as external id; 404 when it may not serve as one."""
    field = object.by_lower.get(name.lower())
    if field is None or field.traits.isdisjoint({"external", "lookup"}):
        raise no_external_id(name)
    return field


def matches(call: Call, object: Object, field: Field, value: object) -> list[str]:
    """Ids of the live rows that carry this external id."""
    if field.name == "Id":
        value = full_id(str(value)) if is_id(value) else value
    table = call.org.tables[object.name].name
    sql = f"SELECT Id FROM {table} WHERE {field.name} = ? AND IsDeleted = 0 ORDER BY Id"
    with call.org.state.lock:
        return [id for (id,) in call.org.state.db.execute(sql, (value,)).fetchall()]
