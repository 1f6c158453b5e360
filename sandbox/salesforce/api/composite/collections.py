"""sObject Collections: up to 200 records a call, one result each, in the order given."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import orjson

from sandbox.salesforce.api.call import Answer, Call, json, split_list
from sandbox.salesforce.api.records import external_field, matches, read
from sandbox.salesforce.faults import FaultError, malformed_id, unknown_type
from sandbox.salesforce.ids import full_id, is_id
from sandbox.salesforce.rows.write import create, delete, update
from sandbox.salesforce.schema import Object

_MOST: Final = 200
_MOST_READ: Final = 2_000
_MOST_CHUNKS: Final = 10
_ROLLED_BACK: Final = FaultError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using "
    "AllOrNone header",
)
Result = dict[str, Any]


class _RollbackError(Exception):
    """Leaves the transaction of an all-or-none call."""


def create_many(call: Call) -> Answer:
    """`POST /composite/sobjects`."""
    options = call.options

    def one(record: Mapping[str, Any]) -> Result:
        object = _type(call, record)
        if _id(record):
            text = "cannot specify Id in an insert call"
            raise FaultError("INVALID_FIELD_FOR_INSERT_UPDATE", text, ["Id"])
        return _done(create(call.org, object, record, call.user, options))

    return _each(call, _records(call), one)


def update_many(call: Call) -> Answer:
    """`PATCH /composite/sobjects`."""
    options = call.options

    def one(record: Mapping[str, Any]) -> Result:
        object, id = _type(call, record), _id(record)
        if not id:
            text = "Id not specified in an update call"
            raise FaultError("MISSING_ARGUMENT", text, [])
        full = _own_id(object, id)
        update(call.org, object, full, record, call.user, options=options)
        return _done(full)

    return _each(call, _records(call), one)


def upsert_many(call: Call, name: str, field: str) -> Answer:
    """`PATCH /composite/sobjects/X/{field}`."""
    object = call.object(name)
    key, options = external_field(call.visible(object), field), call.options

    def one(record: Mapping[str, Any]) -> Result:
        if _type(call, record) is not object:
            text = f"The requested resource type {object.name} does not match the record's"
            raise FaultError("INVALID_TYPE", text, [])
        given = {each.lower(): value for each, value in record.items()}
        value = given.get(key.name.lower())
        found = matches(call, object, key, value) if value not in (None, "") else []
        if len(found) > 1:
            text = f"{key.name}: more than one record found for external id field: {found}"
            raise FaultError("DUPLICATE_EXTERNAL_ID", text, [])
        if found:
            update(call.org, object, found[0], record, call.user, options=options)
            return {**_done(found[0]), "created": False}
        if key.name == "Id" and value:
            raise FaultError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
        return {**_done(create(call.org, object, record, call.user, options)), "created": True}

    return _each(call, _records(call), one)


def delete_many(call: Call) -> Answer:
    """`DELETE /composite/sobjects?ids=`."""
    ids = split_list(call.query.get("ids", ""))

    def one(record: Mapping[str, Any]) -> Result:
        id = record["id"]
        object = call.seen.schema.of_id(id) if is_id(id) else None
        if object is None:
            raise malformed_id("Id", id)
        delete(call.org, object, full_id(id), call.user)
        return _done(full_id(id))

    everything = call.query.get("allOrNone", "").lower() == "true"
    return _each(call, [{"id": id} for id in ids], one, all_or_none=everything)


def read_many(call: Call, name: str) -> Answer:
    """`GET` and `POST /composite/sobjects/X`: rows in place, null for those not there."""
    if call.method == "GET":
        ids, fields = (split_list(call.query.get(key, "")) for key in ("ids", "fields"))
    else:
        body = call.record()
        ids, fields = body.get("ids", []), body.get("fields", [])
    if len(ids) > _MOST_READ:
        raise _too_many(_MOST_READ)
    found = read(call, call.object(name), ids, fields)
    rows = sum(1 for each in found if each is not None)
    return json([None if each is None else orjson.Fragment(each) for each in found], rows=rows)


def _records(call: Call) -> list[Mapping[str, Any]]:
    found = call.record().get("records")
    if not isinstance(found, list):
        raise FaultError("MISSING_ARGUMENT", "records is required")
    return found


def _each(
    call: Call,
    records: Sequence[Mapping[str, Any]],
    one: Callable[[Mapping[str, Any]], Result],
    *,
    all_or_none: bool = False,
) -> Answer:
    """Run one operation on each record; all or none when the call says so."""
    _check_size(call, records)
    everything = all_or_none or bool((call.body or {}).get("allOrNone"))
    results: list[Result] = []
    try:
        with call.org.state.transaction():
            results = [_attempt(one, record) for record in records]
            if everything and not all(each["success"] for each in results):
                raise _RollbackError
    except _RollbackError:
        failed = {"success": False, "errors": [_ROLLED_BACK.collection()]}
        results = [{**each, **failed} if each["success"] else each for each in results]
        for each in results:
            each.pop("created", None)
    return json(results, rows=sum(1 for each in results if each["success"]))


def _attempt(one: Callable[[Mapping[str, Any]], Result], record: Mapping[str, Any]) -> Result:
    try:
        return one(record)
    except FaultError as fault:
        return {"success": False, "errors": [fault.collection()]}


def _done(id: str) -> Result:
    return {"id": id, "success": True, "errors": []}


def _check_size(call: Call, records: Sequence[Mapping[str, Any]]) -> None:
    if len(records) > _MOST:
        raise _too_many(_MOST)
    types = [str((each.get("attributes") or {}).get("type")) for each in records]
    if len(list(groupby(types))) > _MOST_CHUNKS:
        text = (
            f"Cannot have more than {_MOST_CHUNKS} chunks in a single operation. "
            "Please rearrange the data to reduce chunking."
        )
        raise FaultError("LIMIT_EXCEEDED", text)


def _too_many(most: int) -> FaultError:
    text = f"record limit reached. cannot submit more than {most} records into this operation"
    return FaultError("EXCEEDED_ID_LIMIT", text)


def _type(call: Call, record: Mapping[str, Any]) -> Object:
    name = (record.get("attributes") or {}).get("type")
    if not name:
        raise FaultError("INVALID_TYPE", "attributes.type is required on every record", [])
    found = call.seen.schema.find(str(name))
    if found is None:
        raise unknown_type(str(name))
    return call.org.schema.objects[found.name]


def _id(record: Mapping[str, Any]) -> str | None:
    return next(
        (str(value) for key, value in record.items() if key.lower() == "id" and value), None
    )


def _own_id(object: Object, id: str) -> str:
    if not is_id(id) or id[:3] != object.prefix:
        raise malformed_id(f"{object.label} ID", id)
    return full_id(id)
