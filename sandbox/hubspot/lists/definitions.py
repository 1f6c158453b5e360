"""Lists of records: made, found, renamed, given other filters, deleted and restored."""

from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import kind_in
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import invalid, not_found
from sandbox.hubspot.lists.branches import condition, fill, refresh

_PROCESSING: Final = ("MANUAL", "DYNAMIC", "SNAPSHOT")
_COLUMNS: Final = "id, name, type, processing, created, updated, deleted, branch, version"
_LIVE: Final = f"SELECT {_COLUMNS} FROM hs_list WHERE deleted IS NULL"
Row = tuple[int, str, str, str, int, int, int | None, str | None, int]


def _create(call: Call) -> Answer:
    body = call.body()
    name, processing = str(body.get("name") or ""), str(body.get("processingType") or "")
    if not name or processing not in _PROCESSING:
        raise invalid(f"A list needs a name and a processingType of {', '.join(_PROCESSING)}")
    kind = kind_in(call.state, str(body.get("objectTypeId") or ""))
    branch = body.get("filterBranch")
    if branch is not None:
        condition(call.state, kind, branch)
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
        fill(call.state, row[0])
    return Answer({"list": _shown(call, row, filters=True)}, rows=1)


def _get(call: Call) -> Answer:
    return Answer({"list": _shown(call, one(call), filters=call.flag("includeFilters"))}, rows=1)


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
    row, name = one(call), call.one("listName")
    if not name:
        raise invalid("listName is required")
    with call.state.transaction() as db:
        db.execute(
            "UPDATE hs_list SET name = ?, updated = ?, version = version + 1 WHERE id = ?",
            (name, call.now, row[0]),
        )
    return Answer({"updatedList": _shown(call, one(call))}, rows=1)


def _refilter(call: Call) -> Answer:
    """New filters of a dynamic list; who belongs follows in the background."""
    row, branch = one(call), call.body().get("filterBranch")
    if row[3] != "DYNAMIC" or branch is None:
        raise invalid("Only a DYNAMIC list takes a filterBranch")
    condition(call.state, kind_in(call.state, row[2]), branch)
    with call.state.transaction() as db:
        db.execute(
            "UPDATE hs_list SET branch = ?, updated = ?, version = version + 1 WHERE id = ?",
            (orjson.dumps(branch).decode(), call.now, row[0]),
        )
    return Answer({"updatedList": _shown(call, one(call), filters=True)}, rows=1)


def _delete(call: Call) -> Answer:
    row = one(call)
    with call.state.transaction() as db:
        db.execute("UPDATE hs_list SET deleted = ? WHERE id = ?", (call.now, row[0]))
    return Answer(status=204, rows=1)


def _restore(call: Call) -> Answer:
    with call.state.transaction() as db:
        db.execute("UPDATE hs_list SET deleted = NULL WHERE id = ?", (id_in(call),))
    one(call)
    return Answer(status=204, rows=1)


def _shown(call: Call, row: Row, *, filters: bool = False) -> dict[str, Any]:
    id, name, type, processing, created, updated, deleted, branch, version = row
    refresh(call.state, id)
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


def one(call: Call) -> Row:
    """The live list of the path; a 404 when there is none."""
    row: Row | None = call.state.db.execute(f"{_LIVE} AND id = ?", (id_in(call),)).fetchone()
    if row is None:
        raise not_found(f"List does not exist with ID {call.parts['list']}.")
    return row


def id_in(call: Call) -> int:
    """The number of the list in the path; -1 when it is none."""
    text = call.parts["list"]
    return int(text) if text.isdigit() else -1


_ONE: Final = "crm/lists/{list}"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "crm/lists", _get_many),
    ("POST", "crm/lists", _create),
    ("POST", "crm/lists/search", _search),
    ("GET", "crm/lists/object-type-id/{type}/name/{name}", _get_named),
    ("GET", _ONE, _get),
    ("DELETE", _ONE, _delete),
    ("PUT", f"{_ONE}/restore", _restore),
    ("PUT", f"{_ONE}/update-list-name", _rename),
    ("PUT", f"{_ONE}/update-list-filters", _refilter),
)
