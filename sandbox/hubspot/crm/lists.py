"""Lists of records: made, found, read and filled; dynamic ones take no writes."""

from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import Fault, invalid, not_found

_PROCESSING: Final = ("MANUAL", "DYNAMIC", "SNAPSHOT")
_COLUMNS: Final = "id, name, type, processing, created, updated, deleted, branch, version"
_LIVE: Final = f"SELECT {_COLUMNS} FROM hs_list WHERE deleted IS NULL"
Row = tuple[int, str, str, str, int, int, int | None, str | None, int]


def _create(call: Call) -> Answer:
    body = call.body()
    name, processing = str(body.get("name") or ""), str(body.get("processingType") or "")
    if not name or processing not in _PROCESSING:
        raise invalid(f"A list needs a name and a processingType of {', '.join(_PROCESSING)}")
    kind = kind_of(str(body.get("objectTypeId") or ""))
    branch = body.get("filterBranch")
    kept = None if branch is None else orjson.dumps(branch).decode()
    with call.state.transaction() as db:
        if db.execute(f"{_LIVE} AND name = ? AND type = ?", (name, kind.id)).fetchone():
            raise invalid(
                f"List name '{name}' is already in use.", subCategory="ILS.DUPLICATE_LIST_NAMES"
            )
        row = db.execute(
            "INSERT INTO hs_list (name, type, processing, created, updated, branch) "
            f"VALUES (?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
            (name, kind.id, processing, call.now, call.now, kept),
        ).fetchone()
    return Answer({"list": _shown(call, row)}, rows=1)


def _get(call: Call) -> Answer:
    return Answer({"list": _shown(call, _one(call), filters=call.flag("includeFilters"))}, rows=1)


def _get_named(call: Call) -> Answer:
    kind = call.kind()
    row = call.state.db.execute(
        f"{_LIVE} AND type = ? AND name = ?", (kind.id, call.parts["name"])
    ).fetchone()
    if row is None:
        raise not_found(f"No list is named {call.parts['name']}")
    return Answer({"list": _shown(call, row, filters=call.flag("includeFilters"))}, rows=1)


def _get_many(call: Call) -> Answer:
    ids = orjson.dumps([int(id) for id in call.all("listIds") if id.isdigit()]).decode()
    rows = call.state.db.execute(f"{_LIVE} AND id IN (SELECT value FROM json_each(?))", (ids,))
    shown = [_shown(call, row, filters=call.flag("includeFilters")) for row in rows.fetchall()]
    return Answer({"lists": shown}, rows=len(shown))


def _search(call: Call) -> Answer:
    body = call.body()
    count, offset = int(body.get("count") or 20), int(body.get("offset") or 0)
    if not 0 < count <= 500:
        raise invalid(f"count must be between 1 and 500, not {count}")
    scope = " AND instr(lower(name), lower(?)) > 0"
    values: list[Any] = [str(body.get("query") or "")]
    for key, column in (("listIds", "id"), ("processingTypes", "processing")):
        if body.get(key):
            scope += f" AND {column} IN (SELECT value FROM json_each(?))"
            asked = [int(each) for each in body[key]] if key == "listIds" else body[key]
            values.append(orjson.dumps(asked).decode())
    rows = call.state.db.execute(f"{_LIVE}{scope} ORDER BY id", values).fetchall()
    page = rows[offset : offset + count]
    content = {
        "lists": [_found(call, row) for row in page],
        "hasMore": offset + count < len(rows),
        "offset": offset + len(page),
        "total": len(rows),
    }
    return Answer(content, rows=len(page))


def _found(call: Call, row: Row) -> dict[str, Any]:
    """A search result shows its size among the additional properties."""
    shown = _shown(call, row)
    shown["additionalProperties"] = {"hs_list_size": str(shown.pop("size"))}
    return shown


def _rename(call: Call) -> Answer:
    row, name = _one(call), call.one("listName")
    if not name:
        raise invalid("listName is required")
    with call.state.transaction() as db:
        db.execute(
            "UPDATE hs_list SET name = ?, updated = ?, version = version + 1 WHERE id = ?",
            (name, call.now, row[0]),
        )
    return Answer({"updatedList": _shown(call, _one(call))}, rows=1)


def _delete(call: Call) -> Answer:
    row = _one(call)
    with call.state.transaction() as db:
        db.execute("UPDATE hs_list SET deleted = ? WHERE id = ?", (call.now, row[0]))
    return Answer(status=204, rows=1)


def _restore(call: Call) -> Answer:
    with call.state.transaction() as db:
        db.execute("UPDATE hs_list SET deleted = NULL WHERE id = ?", (_id(call),))
    _one(call)
    return Answer(status=204, rows=1)


def _members(call: Call) -> Answer:
    row, limit = _one(call), call.limit(100, 250)
    start = call.number("after") or 0
    rows = call.state.db.execute(
        "SELECT record, since FROM hs_member WHERE list = ? AND record >= ? "
        "ORDER BY record LIMIT ?",
        (row[0], start, limit + 1),
    ).fetchall()
    return _page(call, rows, limit, lambda each: str(each[0]))


def _members_by_time(call: Call) -> Answer:
    row, limit = _one(call), call.limit(100, 250)
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
        "SELECT count(*) FROM hs_member WHERE list = ?", (_id(call),)
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
        db.execute("DELETE FROM hs_member WHERE list = ?", (row[0],))
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
    content = {
        "recordsIdsAdded": [str(id) for id in added],
        "recordIdsRemoved": [str(id) for id in removed],
        "recordIdsMissing": [str(id) for id in sorted(set(wanted) - known)],
    }
    return Answer(content, rows=len(added) + len(removed))


def _of_record(call: Call) -> Answer:
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


def _shown(call: Call, row: Row, *, filters: bool = False) -> dict[str, Any]:
    id, name, type, processing, created, updated, deleted, branch, version = row
    size = call.state.db.execute("SELECT count(*) FROM hs_member WHERE list = ?", (id,)).fetchone()
    shown: dict[str, Any] = {
        "listId": str(id),
        "listVersion": version,
        "name": name,
        "objectTypeId": type,
        "processingType": processing,
        "processingStatus": "COMPLETE",
        "createdAt": iso(created),
        "updatedAt": iso(updated),
        "filtersUpdatedAt": iso(created),
        "size": size[0],
    }
    if deleted is not None:
        shown["deletedAt"] = iso(deleted)
    if filters and branch is not None:
        shown["filterBranch"] = orjson.loads(branch)
    return shown


def _one(call: Call) -> Row:
    row: Row | None = call.state.db.execute(f"{_LIVE} AND id = ?", (_id(call),)).fetchone()
    if row is None:
        raise not_found(f"List does not exist with ID {call.parts['list']}.")
    return row


def _writable(call: Call) -> Row:
    row = _one(call)
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


def _id(call: Call) -> int:
    return _int(call.parts["list"])


def _int(text: str) -> int:
    return int(text) if text.isdigit() else -1


_ONE: Final = "crm/lists/{list}"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "crm/lists", _get_many),
    ("POST", "crm/lists", _create),
    ("POST", "crm/lists/search", _search),
    ("GET", "crm/lists/object-type-id/{type}/name/{name}", _get_named),
    ("GET", "crm/lists/records/{type}/{record}/memberships", _of_record),
    ("GET", _ONE, _get),
    ("DELETE", _ONE, _delete),
    ("PUT", f"{_ONE}/restore", _restore),
    ("PUT", f"{_ONE}/update-list-name", _rename),
    ("GET", f"{_ONE}/memberships", _members),
    ("DELETE", f"{_ONE}/memberships", _clear),
    ("GET", f"{_ONE}/memberships/join-order", _members_by_time),
    ("PUT", f"{_ONE}/memberships/add", _add),
    ("PUT", f"{_ONE}/memberships/remove", _remove),
    ("PUT", f"{_ONE}/memberships/add-and-remove", _add_and_remove),
)
