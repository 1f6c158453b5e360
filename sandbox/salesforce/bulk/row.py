"""One row of an ingest job: cells into a write, a refusal into `sf__Error`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.ids import full_id, is_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.retention.deletes import purge
from sandbox.salesforce.rows.values import stored
from sandbox.salesforce.rows.write import create, delete, update
from sandbox.salesforce.schema import Field, Object
from sandbox.salesforce.setup.option import SaveOptions
from sandbox.weather.sky import weather_of

_NULL: Final = "#N/A"
_RELATED: Final = re.compile(r"(?:(\w+):)?(\w+)\.(\w+)")


@dataclass(frozen=True, slots=True)
class Task:
    """What an ingest job does to each of its rows."""

    org: Org
    object: Object
    operation: str
    key: Field | None
    user: str
    options: SaveOptions


@dataclass(frozen=True, slots=True)
class Related:
    """A column that names a parent by an external id: `Account.Ext__c`."""

    reference: Field
    target: Object
    key: Field


def column(org: Org, object: Object, name: str) -> Field | Related | None:
    """What a column of the file is; None for nothing the object has."""
    found = object.by_lower.get(name.lower())
    match = _RELATED.fullmatch(name)
    if found is not None or match is None:
        return found
    kind, relationship, key = match.groups()
    reference = object.by_relationship.get(relationship.lower())
    target = org.schema.find(kind or (reference.to[0] if reference else ""))
    if reference is None or target is None or target.name not in reference.to:
        return None
    field = target.by_lower.get(key.lower())
    if field is None or field.traits.isdisjoint({"external", "lookup"}):
        return None
    return Related(reference, target, field)


def carry_out(task: Task, cells: Mapping[str, str]) -> tuple[str, bool]:
    """Write one row: its id and whether it was made. FaultError when it is refused."""
    body, org = _body(task, cells), task.org
    if weather_of(org.state).holds_row("salesforce"):
        text = "unable to obtain exclusive access to this record or 1 records"
        raise FaultError("UNABLE_TO_LOCK_ROW", text, [])
    id = _given_id(task, cells)
    if task.operation == "insert":
        return create(org, task.object, body, task.user, task.options), True
    if task.operation == "upsert" and task.key is not None and task.key.name != "Id":
        return _upsert(task, body, task.key)
    if task.operation == "upsert" and id is None:
        return create(org, task.object, body, task.user, task.options), True
    if id is None:
        raise FaultError("MISSING_ARGUMENT", f"Id not specified in {task.operation} call")
    if task.operation in {"delete", "hardDelete"}:
        delete(org, task.object, id, task.user)
        if task.operation == "hardDelete":
            purge(org, task.object, [id])
    else:
        update(org, task.object, id, body, task.user, options=task.options)
    return id, False


def parents(task: Task, cells: Mapping[str, str]) -> set[str]:
    """The parents whose rows this write locks."""
    found = ((task.object.by_lower.get(name.lower()), text) for name, text in cells.items())
    return {text for field, text in found if field and field.children and text not in {"", _NULL}}


def message(fault: FaultError) -> str:
    """The cell `sf__Error` of a refused row."""
    code = "INVALID_TYPE_ON_FIELD_IN_RECORD"
    code = code if fault.code == "JSON_PARSER_ERROR" else fault.code
    fields = ",".join(fault.fields or ())
    return f"{code}:{fault.message}:{fields}{' ' if fields else ''}--"


def _given_id(task: Task, cells: Mapping[str, str]) -> str | None:
    text = next((value for name, value in cells.items() if name.lower() == "id"), "")
    if text in {"", _NULL}:
        return None
    object = task.org.schema.of_id(text) if is_id(text) else None
    if object is None or object.name != task.object.name:
        text = f"{task.object.label} ID: id value of incorrect type: {text}"
        raise FaultError("MALFORMED_ID", text, ["Id"])
    return full_id(text)


def _body(task: Task, cells: Mapping[str, str]) -> dict[str, Any]:
    """An empty cell leaves its field alone, `#N/A` clears it."""
    body: dict[str, Any] = {}
    for name, text in cells.items():
        if text == "" or name.lower() == "id":
            continue
        one = column(task.org, task.object, name)
        value = None if text == _NULL else text
        if isinstance(one, Related):
            body[one.reference.name] = None if value is None else _parent(task.org, one, value)
        elif isinstance(one, Field):
            body[one.name] = value
    return body


def _parent(org: Org, related: Related, text: str) -> str:
    found = _matches(org, related.target, related.key, text)
    if len(found) == 1:
        return found[0]
    if found:
        text = f"{related.key.name}: more than one record found for external id field: {found}"
    else:
        text = (
            f"Foreign key external ID: {text.lower()} not found for field {related.key.name} "
            f"in entity {related.target.name}"
        )
    raise FaultError("INVALID_FIELD", text, [])


def _upsert(task: Task, body: dict[str, Any], key: Field) -> tuple[str, bool]:
    value = body.get(key.name)
    if value is None:
        raise FaultError("MISSING_ARGUMENT", f"{key.name} not specified", [])
    found = _matches(task.org, task.object, key, value)
    if len(found) > 1:
        text = f"{key.name}: more than one record found for external id field: {found}"
        raise FaultError("DUPLICATE_EXTERNAL_ID", text, [])
    if not found:
        return create(task.org, task.object, body, task.user, task.options), True
    rest = {name: each for name, each in body.items() if name != key.name}
    update(task.org, task.object, found[0], rest, task.user, options=task.options)
    return found[0], False


def _matches(org: Org, object: Object, key: Field, text: str) -> list[str]:
    table = org.tables[object.name].name
    sql = f"SELECT Id FROM {table} WHERE {key.name} = ? AND IsDeleted = 0 ORDER BY Id"
    return [id for (id,) in org.state.db.execute(sql, (stored(key, text),)).fetchall()]
