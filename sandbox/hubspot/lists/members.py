"""Who is in a list: read in pages, by time, of one record; added and removed by hand."""

from dataclasses import replace
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.batch import complete, inputs_of
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import Fault, invalid
from sandbox.hubspot.lists.branches import refresh, refresh_type
from sandbox.hubspot.lists.definitions import Row, id_in, one
from sandbox.hubspot.lists.news import note_members


def _members(call: Call) -> Answer:
    row, limit = _fresh(call), call.limit(100, 250)
    start = call.number("after") or 0
    rows = call.state.db.execute(
        "SELECT record, since FROM hs_member WHERE list = ? AND record >= ? "
        "ORDER BY record LIMIT ?",
        (row[0], start, limit + 1),
    ).fetchall()
    return _page(call, rows, limit, lambda each: str(each[0]))


def _members_by_time(call: Call) -> Answer:
    row, limit = _fresh(call), call.limit(100, 250)
    since, _, record = (call.one("after") or "0-0").partition("-")
    rows = call.state.db.execute(
        "SELECT record, since FROM hs_member WHERE list = ? AND (since, record) >= (?, ?) "
        "ORDER BY since, record LIMIT ?",
        (row[0], _int(since), _int(record), limit + 1),
    ).fetchall()
    return _page(call, rows, limit, lambda each: f"{each[1]}-{each[0]}")


def _page(call: Call, rows: list[tuple[int, int]], limit: int, cursor: Any) -> Answer:
    shown = [
        {"recordId": str(record), "membershipTimestamp": iso(since)}
        for record, since in rows[:limit]
    ]
    total = call.state.db.execute(
        "SELECT count(*) FROM hs_member WHERE list = ?", (id_in(call),)
    ).fetchone()[0]
    content: dict[str, Any] = {"results": shown, "total": total}
    if len(rows) > limit:
        after = cursor(rows[limit])
        link = f"{call.origin}{call.path}?after={after}&limit={limit}"
        content["paging"] = {"next": {"after": after, "link": link}}
    return Answer(content, rows=len(shown))


def _add(call: Call) -> Answer:
    return _changed(call, add=call.json(), remove=[])


def _remove(call: Call) -> Answer:
    return _changed(call, add=[], remove=call.json())


def _add_and_remove(call: Call) -> Answer:
    body = call.body()
    return _changed(
        call, add=body.get("recordIdsToAdd") or [], remove=body.get("recordIdsToRemove") or []
    )


def _clear(call: Call) -> Answer:
    row = _writable(call)
    with call.state.transaction() as db:
        sql = "DELETE FROM hs_member WHERE list = ? RETURNING record"
        _tell(call, row, db.execute(sql, (row[0],)).fetchall(), removed=True)
    return Answer(status=204)


def _changed(call: Call, *, add: Any, remove: Any) -> Answer:
    """Membership after both changes: what was added, removed, and which records are unknown."""
    row = _writable(call)
    if not isinstance(add, list) or not isinstance(remove, list):
        raise invalid("Invalid input JSON: a list of record ids is expected")
    wanted, unwanted = _numbers(add), _numbers(remove)
    with call.state.transaction() as db:
        known = _ids(
            call,
            "SELECT id FROM hs_record WHERE type = ? AND archived = 0 AND id IN "
            "(SELECT value FROM json_each(?))",
            row[2],
            wanted,
        )
        held = _ids(
            call,
            "SELECT record FROM hs_member WHERE list = ? AND record IN "
            "(SELECT value FROM json_each(?))",
            row[0],
            [*wanted, *unwanted],
        )
        added = sorted(known - held)
        removed = sorted(held & set(unwanted))
        db.executemany(
            "INSERT INTO hs_member VALUES (?, ?, ?)", [(row[0], id, call.now) for id in added]
        )
        db.executemany(
            "DELETE FROM hs_member WHERE list = ? AND record = ?", [(row[0], id) for id in removed]
        )
        db.execute("UPDATE hs_list SET updated = ? WHERE id = ?", (call.now, row[0]))
        _tell(call, row, [(id,) for id in added])
        _tell(call, row, [(id,) for id in removed], removed=True)
    content = {
        "recordsIdsAdded": [str(id) for id in added],
        "recordIdsRemoved": [str(id) for id in removed],
        "recordIdsMissing": [str(id) for id in sorted(set(wanted) - known)],
    }
    return Answer(content, rows=len(added) + len(removed))


def _tell(call: Call, row: Row, records: list[tuple[int]], *, removed: bool = False) -> None:
    note_members(call.state, row[0], row[2], records, call.author.signed, removed=removed)


def _of_record(call: Call) -> Answer:
    refresh_type(call.state, call.kind())
    rows = call.state.db.execute(
        "SELECT m.list, m.since, l.version FROM hs_member m JOIN hs_list l ON l.id = m.list "
        "WHERE m.record = ? AND l.type = ? AND l.deleted IS NULL ORDER BY m.list",
        (_int(call.parts["record"]), call.kind().id),
    ).fetchall()
    shown = [
        {
            "listId": str(list_id),
            "listVersion": version,
            "firstAddedTimestamp": iso(since),
            "lastAddedTimestamp": iso(since),
        }
        for list_id, since, version in rows
    ]
    return Answer({"results": shown, "total": len(shown)}, rows=len(shown))


def _fresh(call: Call) -> Row:
    """The list, its members as its filters find them by now."""
    row = one(call)
    refresh(call.state, row[0])
    return row


def _writable(call: Call) -> Row:
    row = one(call)
    if row[3] == "DYNAMIC":
        raise Fault(
            400,
            f"List {row[0]} is DYNAMIC: its members follow from its filters.",
            "VALIDATION_ERROR",
            subCategory="ILS.INVALID_LIST_PROCESSING_TYPE",
        )
    return row


def _ids(call: Call, query: str, key: object, ids: list[int]) -> set[int]:
    rows = call.state.db.execute(query, (key, orjson.dumps(ids).decode()))
    return {row[0] for row in rows}


def _numbers(ids: list[Any]) -> list[int]:
    return [int(str(id)) for id in ids if str(id).isdigit()]


def _add_from(call: Call) -> Answer:
    """Every member of another list of the same type joins."""
    row, source = _writable(call), _int(call.parts["source"])
    refresh(call.state, source)
    with call.state.transaction() as db:
        joined = db.execute(
            "INSERT OR IGNORE INTO hs_member SELECT ?, m.record, ? FROM hs_member m "
            "JOIN hs_list l ON l.id = m.list WHERE m.list = ? AND l.type = ? RETURNING record",
            (row[0], call.now, source, row[2]),
        )
        _tell(call, row, joined.fetchall())
    return Answer(status=204, rows=1)


def _batch_of_records(call: Call) -> Answer:
    """The lists of many records at once."""
    results: list[Any] = []
    for each in inputs_of(call):
        type, record = str(each.get("objectTypeId", "")), str(each.get("recordId", ""))
        parts = {"type": type, "record": record}
        found = _of_record(replace(call, parts=parts)).content["results"]
        results.append({"objectTypeId": type, "recordId": record, "recordListMemberships": found})
    return complete(call, results)


def _int(text: str) -> int:
    return int(text) if text.isdigit() else -1


_MEMBERS: Final = "crm/lists/{list}/memberships"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "crm/lists/records/{type}/{record}/memberships", _of_record),
    ("POST", "crm/lists/records/memberships/batch/read", _batch_of_records),
    ("GET", _MEMBERS, _members),
    ("DELETE", _MEMBERS, _clear),
    ("GET", f"{_MEMBERS}/join-order", _members_by_time),
    ("PUT", f"{_MEMBERS}/add", _add),
    ("PUT", f"{_MEMBERS}/remove", _remove),
    ("PUT", f"{_MEMBERS}/add-and-remove", _add_and_remove),
    ("PUT", f"{_MEMBERS}/add-from/{{source}}", _add_from),
)
