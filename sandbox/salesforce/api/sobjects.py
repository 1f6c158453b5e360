"""`/sobjects`: describes, single rows, external ids."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from sandbox.salesforce.api.call import Answer, Call, http_date, json, refused, split_list
from sandbox.salesforce.api.records import external_field, matches, read
from sandbox.salesforce.describe import brief, describe, describe_all, record_types
from sandbox.salesforce.faults import FaultError, no_external_id, not_found
from sandbox.salesforce.ids import full_id, is_id
from sandbox.salesforce.rows.values import moment
from sandbox.salesforce.rows.write import create, delete, update
from sandbox.salesforce.schema import Object


def list_all(call: Call) -> Answer:
    """`GET /sobjects`."""
    return _metadata(call, lambda: describe_all(call.seen.schema, call.version))


def show_brief(call: Call, name: str) -> Answer:
    """`GET /sobjects/X`."""
    object = call.visible(call.object(name))
    return json({"objectDescribe": brief(object, call.version), "recentItems": []})


def show_describe(call: Call, name: str) -> Answer:
    """`GET /sobjects/X/describe`."""
    object = call.visible(call.object(name))

    def content() -> Mapping[str, Any]:
        types = record_types(call.org, object.name)
        return describe(call.seen.schema, object, call.version, types)

    return _metadata(call, content)


def _metadata(call: Call, content: Callable[[], Mapping[str, Any]]) -> Answer:
    """Metadata with its date: it changes when an administrator does, so at most once a second."""
    changed = call.org.schema_changed
    headers = {"Last-Modified": http_date(changed), "ETag": f'"{int(changed.timestamp()):x}"'}
    since = call.since("if-modified-since")
    if since is not None and changed <= since:
        return Answer(304, headers=headers)
    return Answer(200, json(content()).body, headers)


def create_row(call: Call, name: str) -> Answer:
    """`POST /sobjects/X`."""
    object = call.object(name)
    body = call.record()
    if any(key.lower() == "id" and value for key, value in body.items()):
        text = "cannot specify Id in an insert call"
        raise FaultError("INVALID_FIELD_FOR_INSERT_UPDATE", text, ["Id"])
    return _created(call, object, create(call.org, object, body, call.user, call.options))


def _created(call: Call, object: Object, id: str, **also: Any) -> Answer:
    body = json({"id": id, "success": True, "errors": [], **also}, 201).body
    headers = {"Location": f"{call.stem}/sobjects/{object.name}/{id}"}
    return Answer(201, body, headers, rows=1)


def read_row(call: Call, name: str, id: str) -> Answer:
    """`GET /sobjects/X/{id}`."""
    object = call.object(name)
    row = call.org.row(object.name, _full(id))
    if row is None or row["IsDeleted"]:
        raise not_found()
    changed = moment(row["SystemModstamp"])
    headers = {"Last-Modified": http_date(changed)}
    if object.name == "Account":
        headers["ETag"] = _etag(row)
    since = call.since("if-modified-since")
    same = call.headers.get("if-none-match")
    if (since is not None and changed <= since) or (same and same == headers.get("ETag")):
        return Answer(304, headers=headers)
    asked = split_list(call.query.get("fields", ""))
    found = read(call, object, [id], asked or list(call.visible(object).fields))
    return Answer(200, str(found[0]).encode(), headers, rows=1)


def _etag(row: Mapping[str, Any]) -> str:
    return f'"{sha256(str(sorted(row.items())).encode()).hexdigest()[:44]}"'


def _full(id: str) -> str:
    if not is_id(id):
        raise no_external_id(id)
    return full_id(id)


def update_row(call: Call, name: str, id: str) -> Answer:
    """`PATCH /sobjects/X/{id}`, guarded by If-Unmodified-Since (and If-Match on Account)."""
    object, full, body = call.object(name), _full(id), call.record()
    if any(key.lower() == "id" for key in body):
        text = "The Id field should not be specified in the sobject data."
        raise FaultError("INVALID_FIELD", text, ["Id"])
    since = call.since("if-unmodified-since")
    row = call.org.row(object.name, full)
    if row is None:
        raise no_external_id(id)
    match = call.headers.get("if-match")
    if match is not None and object.name == "Account" and _etag(row) not in split_list(match):
        raise FaultError("PRECONDITION_FAILED", "The record has another ETag than If-Match asks")
    update(call.org, object, full, body, call.user, since, call.options)
    return Answer(204, rows=1)


def delete_row(call: Call, name: str, id: str) -> Answer:
    """`DELETE /sobjects/X/{id}`."""
    object, full = call.object(name), _full(id)
    if call.org.row(object.name, full) is None:
        raise no_external_id(id)
    delete(call.org, object, full, call.user)
    return Answer(204, rows=1)


def _one_match(call: Call, object: Object, name: str, value: str) -> str | Answer | None:
    found = matches(call, object, external_field(call.visible(object), name), value)
    if len(found) > 1:
        return json([f"{call.stem}/sobjects/{object.name}/{id}" for id in found], 300)
    return found[0] if found else None


def read_external(call: Call, name: str, field: str, value: str) -> Answer:
    """`GET /sobjects/X/{field}/{value}`."""
    found = _one_match(call, call.object(name), field, value)
    if found is None:
        return refused(not_found())
    return found if isinstance(found, Answer) else read_row(call, name, found)


def delete_external(call: Call, name: str, field: str, value: str) -> Answer:
    """`DELETE /sobjects/X/{field}/{value}`."""
    found = _one_match(call, call.object(name), field, value)
    if found is None:
        return refused(not_found())
    return found if isinstance(found, Answer) else delete_row(call, name, found)


def upsert_external(call: Call, name: str, field: str, value: str) -> Answer:
    """`PATCH /sobjects/X/{field}/{value}`: 201 created, 200 updated, 300 several carry it."""
    object, body = call.object(name), call.record()
    key = external_field(call.visible(object), field).name
    if any(each.lower() in {"id", key.lower()} for each in body):
        text = f"The {key} field should not be specified in the sobject data."
        raise FaultError("INVALID_FIELD", text, [key])
    found = _one_match(call, object, key, value)
    if isinstance(found, Answer):
        return found
    if found is not None:
        since = call.since("if-unmodified-since")
        update(call.org, object, found, body, call.user, since, call.options)
        return json({"id": found, "success": True, "errors": [], "created": False}, rows=1)
    if key == "Id" or call.query.get("updateOnly") == "true":
        raise not_found()
    made = create(call.org, object, {**body, key: value}, call.user, call.options)
    return _created(call, object, made, created=True)


def create_by_id(call: Call, name: str) -> Answer:
    """`POST /sobjects/X/Id`: a create through the upsert path."""
    object = call.object(name)
    made = create(call.org, object, call.record(), call.user, call.options)
    return _created(call, object, made, created=True)
