"""Bulk load: how the world generator fills the account, past validation and limits."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, TypeVar

import orjson

from sandbox.hubspot.data.definitions import definitions, ready
from sandbox.hubspot.data.kinds import Kind, kind_in, kind_of
from sandbox.hubspot.data.links import add_links, primaries
from sandbox.hubspot.data.times import millis, text
from sandbox.state import State

_CHUNK: Final = 2000
_ADD_RECORD: Final = "INSERT OR REPLACE INTO hs_record VALUES (?, ?, ?, ?, ?, ?, ?)"
_ADD_UNIQUE: Final = "INSERT OR REPLACE INTO hs_unique VALUES (?, ?, ?, ?)"
_FREE: Final = "DELETE FROM hs_unique WHERE type = ? AND id = ?"
_ADD_EVENT: Final = "INSERT OR REPLACE INTO hs_event VALUES (?, ?, ?, ?, ?, ?)"
_ADD_EMAIL_EVENT: Final = "INSERT OR REPLACE INTO hs_email_event VALUES (?, ?, ?, ?, ?)"
_ADD_OWNER: Final = "INSERT OR REPLACE INTO hs_owner VALUES (?, ?, ?, ?, ?)"
_ADD_LIST: Final = "INSERT OR REPLACE INTO hs_list VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, 1, 0)"
_ADD_FORM: Final = "INSERT OR IGNORE INTO hs_form VALUES (?, ?, ?, ?, 0)"
_ADD_SUBMISSION: Final = "INSERT OR REPLACE INTO hs_submission VALUES (?, ?, ?, ?)"
_T = TypeVar("_T")
Row = Mapping[str, Any]


def insert(state: State, object_type: str, rows: Iterable[Row]) -> None:
    """Load records: `{id, properties, created, modified, archived?}`; values may be Python's."""
    kind = kind_in(ready(state), object_type)
    known = definitions(state, kind)
    names = [each.name for each in known.values() if each.unique]
    with state.transaction() as db:
        for chunk in _chunks(rows):
            records = [_record(kind, row) for row in chunk]
            db.executemany(_ADD_RECORD, [(*each[:-1], _json(each[-1])) for each in records])
            db.executemany(_FREE, [each[:2] for each in records])
            db.executemany(_ADD_UNIQUE, _uniques(kind, names, records))


def unique_values(name: str, properties: Mapping[str, str]) -> Iterator[str]:
    """The values this record occupies for one unique property."""
    value = properties.get(name)
    if name != "email":
        if value:
            yield value
        return
    for address in (value or "", *properties.get("hs_additional_emails", "").split(";")):
        if address:
            yield address.lower()


def insert_associations(
    state: State, from_type: str, to_type: str, rows: Iterable[tuple[Any, Any, int]]
) -> None:
    """Load associations `(from id, to id, type id)`; the other direction follows by itself."""
    one, other = (kind_in(ready(state), name).id for name in (from_type, to_type))
    with state.transaction() as db:
        for chunk in _chunks(rows):
            links = [(one, int(a), other, int(b), id) for a, b, id in chunk]
            add_links(state, links)
            db.executemany(
                "UPDATE hs_record SET properties = json_set(properties, '$.' || ?, ?) "
                "WHERE type = ? AND id = ?",
                [(name, str(to), type, id) for type, id, name, to in primaries(state, links)],
            )


def insert_events(state: State, rows: Iterable[Row]) -> None:
    """Load event occurrences: `{id, objectType, objectId, eventType, occurredAt, properties}`."""
    with ready(state).transaction() as db:
        for chunk in _chunks(rows):
            db.executemany(_ADD_EVENT, [_event(row) for row in chunk])


def insert_owners(state: State, rows: Iterable[Row]) -> None:
    """Load owners: `{id, email, firstName, lastName, userId, created, archived?, teams?}`."""
    with ready(state).transaction() as db:
        db.executemany(_ADD_OWNER, [_owner(row) for row in rows])


def insert_lists(state: State, rows: Iterable[Row]) -> None:
    """Load lists: `{id, name, objectType, processingType?, created, members: [record id]}`."""
    with ready(state).transaction() as db:
        for row in rows:
            since = millis(row["created"])
            kind = kind_of(row["objectType"])
            processing = row.get("processingType", "MANUAL")
            cells = (int(row["id"]), row["name"], kind.id, processing, since, since)
            db.execute(_ADD_LIST, cells)
            members = [(int(row["id"]), int(id), since) for id in row.get("members", ())]
            db.executemany("INSERT OR IGNORE INTO hs_member VALUES (?, ?, ?)", members)


def insert_email_events(state: State, rows: Iterable[Row]) -> None:
    """Load marketing e-mail events: `{id, type, recipient, created, …}`, more fields as shown."""
    with ready(state).transaction() as db:
        for chunk in _chunks(rows):
            db.executemany(_ADD_EMAIL_EVENT, [_email_event(row) for row in chunk])


def insert_forms(state: State, rows: Iterable[Row]) -> None:
    """Load forms: `{id, name, created}`."""
    cells = [(row["id"], row["name"], millis(row["created"])) for row in rows]
    with ready(state).transaction() as db:
        db.executemany(_ADD_FORM, [(*each, each[-1]) for each in cells])


def insert_form_submissions(state: State, rows: Iterable[Row]) -> None:
    """Load submissions: `{form, formName?, submittedAt, pageUrl, values: {name: value}}`."""
    with ready(state).transaction() as db:
        for chunk in _chunks(rows):
            moments = [millis(row["submittedAt"]) for row in chunk]
            forms = [
                (row["form"], row.get("formName", row["form"]), at, at)
                for row, at in zip(chunk, moments, strict=True)
            ]
            db.executemany(_ADD_FORM, forms)
            count = db.execute("SELECT count(*) FROM hs_submission").fetchone()[0]
            cells = [_submission(row, count + number) for number, row in enumerate(chunk)]
            db.executemany(_ADD_SUBMISSION, cells)


def _chunks(rows: Iterable[_T]) -> Iterator[list[_T]]:
    source = iter(rows)
    while chunk := list(islice(source, _CHUNK)):
        yield chunk


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _texts(properties: Mapping[str, Any]) -> dict[str, str]:
    return {name: text(value) for name, value in properties.items() if value not in (None, "")}


def _record(kind: Kind, row: Row) -> tuple[Any, ...]:
    created, modified = millis(row["created"]), millis(row["modified"])
    properties = {"hs_object_source": "IMPORT", "hs_object_source_label": "IMPORT"}
    properties.update(_texts(row["properties"]))
    for derived in ("hs_object_id", "createdate", "hs_createdate", kind.modified):
        properties.pop(derived, None)
    if kind.name == "contacts" and "email" in properties:
        email = properties["email"] = properties["email"].lower()
        properties["hs_email_domain"] = email.rpartition("@")[2]
    archived = bool(row.get("archived"))
    gone = modified if archived else None
    return kind.id, int(row["id"]), created, modified, int(archived), gone, properties


def _uniques(
    kind: Kind, names: list[str], records: list[tuple[Any, ...]]
) -> Iterator[tuple[str, str, str, int]]:
    for _, id, _, _, archived, _, properties in records:
        if not archived:
            for name in names:
                for value in unique_values(name, properties):
                    yield kind.id, name, value, id


def _event(row: Row) -> tuple[Any, ...]:
    kind = kind_of(row["objectType"])
    shown = _json(_texts(row.get("properties", {})))
    at = millis(row["occurredAt"])
    return row["id"], kind.id, int(row["objectId"]), row["eventType"], at, shown


def _owner(row: Row) -> tuple[Any, ...]:
    archived = bool(row.get("archived"))
    user = row.get("userId")
    created = text(row["created"])
    shown = {
        "id": str(row["id"]),
        "email": row.get("email"),
        "type": row.get("type", "PERSON"),
        "firstName": row.get("firstName", ""),
        "lastName": row.get("lastName", ""),
        "userId": None if archived else user,
        "userIdIncludingInactive": user,
        "createdAt": created,
        "updatedAt": text(row.get("updated", row["created"])),
        "archived": archived,
    }
    if row.get("teams"):
        shown["teams"] = list(row["teams"])
    return int(row["id"]), user, row.get("email"), int(archived), _json(shown)


def _email_event(row: Row) -> tuple[Any, ...]:
    created = millis(row["created"])
    shown = {**row, "created": created, "recipient": row["recipient"].lower()}
    return row["id"], created, shown["recipient"], row["type"], _json(shown)


def _submission(row: Row, number: int) -> tuple[Any, ...]:
    at = millis(row["submittedAt"])
    values = [
        {"name": name, "value": text(value), "objectTypeId": "0-1"}
        for name, value in row["values"].items()
    ]
    shown = {"submittedAt": at, "values": values, "pageUrl": row.get("pageUrl", "")}
    return row["form"], at, number, _json(shown)
