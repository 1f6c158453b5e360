"""Imports: a CSV file is taken at once, read a moment later, and never more than three together."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.definitions import definitions
from sandbox.hubspot.data.kinds import kind_in
from sandbox.hubspot.data.times import iso, millis
from sandbox.hubspot.faults import Fault, invalid, not_found
from sandbox.hubspot.transfer.sheets import Column, Plan, load, table
from sandbox.hubspot.transfer.upload import received
from sandbox.state import State

_TOGETHER: Final = 3
_MOST_ROWS: Final = 1_048_576
_MOST_A_DAY: Final = 80_000_000
_DAY: Final = 86_400_000
_OPENING: Final = 1000
_ROWS_A_MILLISECOND: Final = 5
_WAYS: Final = ("CREATE", "UPDATE", "UPSERT")
_COLUMNS: Final = "id, created, starts, ends, state, document"
Row = tuple[int, int, int, int, str, str]


def run_due(state: State) -> None:
    """Read the files of all imports whose time has come; cheap while there is none."""
    due = state.db.execute(
        "SELECT id FROM hs_import WHERE state = 'OPEN' AND ends <= ? ORDER BY ends, id",
        (millis(state.now()),),
    ).fetchall()
    for (id,) in due:
        with state.transaction() as db:
            row = db.execute("SELECT document, file FROM hs_import WHERE id = ?", (id,)).fetchone()
            kept = orjson.loads(row[0])
            kept["counters"] = load(state, id, _plan(state, kept["request"]), row[1])
            db.execute(
                "UPDATE hs_import SET state = 'DONE', document = ?, file = NULL WHERE id = ?",
                (orjson.dumps(kept).decode(), id),
            )


def _start(call: Call) -> Answer:
    upload = received(call)
    try:
        request = orjson.loads(upload.fields.get("importRequest", ""))
    except orjson.JSONDecodeError as error:
        raise invalid("importRequest is missing or no JSON") from error
    plan = _plan(call.state, request)
    file = upload.files.get(plan.file)
    if file is None:
        raise invalid(f"The body holds no file named {plan.file}")
    rows = len(table(file)) - int(plan.has_header)
    _allow(call, rows)
    starts = _slot(call)
    ends = starts + _OPENING + rows // _ROWS_A_MILLISECOND
    document = orjson.dumps({"request": request, "rows": rows}).decode()
    with call.state.transaction() as db:
        id = db.execute(
            "INSERT INTO hs_import VALUES (NULL, ?, ?, ?, 'OPEN', ?, ?) RETURNING id",
            (call.now, starts, ends, document, file),
        ).fetchone()[0]
    return Answer(_shown(call, _row(call, id)), rows=1)


def _plan(state: State, request: Any) -> Plan:
    """What to do with each column; a 400 for a column that leads nowhere."""
    files = request.get("files") if isinstance(request, Mapping) else None
    if not files or len(files) != 1:
        raise invalid("importRequest.files must describe one file")
    page = files[0].get("fileImportPage") or {}
    if files[0].get("fileFormat", "CSV") != "CSV":
        raise invalid("The sandbox imports CSV files only")
    columns = tuple(_column(state, each) for each in page.get("columnMappings") or ())
    if not columns:
        raise invalid("fileImportPage.columnMappings must hold a mapping for each column")
    ways = {
        kind_in(state, type).id: str(way)
        for type, way in (request.get("importOperations") or {}).items()
    }
    wrong = sorted(set(ways.values()) - set(_WAYS))
    if wrong:
        raise invalid(f"importOperations knows no {', '.join(wrong)}")
    return Plan(str(files[0].get("fileName", "")), bool(page.get("hasHeader", True)), columns, ways)


def _column(state: State, given: Mapping[str, Any]) -> Column:
    kind = kind_in(state, str(given.get("columnObjectTypeId") or given.get("columnObjectType")))
    is_id = given.get("columnType") == "HUBSPOT_OBJECT_ID"
    name = given.get("propertyName")
    if not is_id and name is not None and name not in definitions(state, kind):
        raise invalid(f"{kind.label} has no property {name}", context={"propertyName": [name]})
    return Column(str(given.get("columnName", "")), kind.id, name, is_id)


def _allow(call: Call, rows: int) -> None:
    if rows > _MOST_ROWS:
        raise invalid(f"A file holds at most {_MOST_ROWS} rows")
    since = call.now - _DAY
    day = call.state.db.execute(
        "SELECT coalesce(sum(json_extract(document, '$.rows')), 0) FROM hs_import "
        "WHERE created > ?",
        (since,),
    ).fetchone()[0]
    if day + rows > _MOST_A_DAY:
        raise Fault(429, "You have reached your daily limit.", "RATE_LIMITS", policyName="DAILY")


def _slot(call: Call) -> int:
    """When this import begins: at once, or when one of the three running ends."""
    ends = [
        row[0]
        for row in call.state.db.execute(
            "SELECT ends FROM hs_import WHERE state = 'OPEN' AND ends > ? ORDER BY ends",
            (call.now,),
        )
    ]
    return call.now if len(ends) < _TOGETHER else int(ends[-_TOGETHER])


def _list(call: Call) -> Answer:
    limit, start = call.limit(20, 100), call.number("after") or 0
    rows: list[Row] = call.state.db.execute(
        f"SELECT {_COLUMNS} FROM hs_import WHERE id > ? ORDER BY id LIMIT ?", (start, limit + 1)
    ).fetchall()
    content: dict[str, Any] = {"results": [_shown(call, row) for row in rows[:limit]]}
    if len(rows) > limit:
        after = str(rows[limit - 1][0])
        content["paging"] = {"next": {"after": after, "link": f"?after={after}"}}
    return Answer(content, rows=min(limit, len(rows)))


def _get(call: Call) -> Answer:
    return Answer(_shown(call, _row(call, call.parts["id"])), rows=1)


def _cancel(call: Call) -> Answer:
    row = _row(call, call.parts["id"])
    if row[4] == "OPEN":
        with call.state.transaction() as db:
            db.execute("UPDATE hs_import SET state = 'CANCELED' WHERE id = ?", (row[0],))
    now = iso(call.now)
    return Answer({"status": "COMPLETE", "startedAt": now, "completedAt": now})


def _errors(call: Call) -> Answer:
    row = _row(call, call.parts["id"])
    limit, start = call.limit(10, 100), call.number("after") or 0
    rows = call.state.db.execute(
        "SELECT id, document FROM hs_import_error WHERE import = ? AND id > ? ORDER BY id LIMIT ?",
        (row[0], start, limit + 1),
    ).fetchall()
    shown = [{"id": str(id), **orjson.loads(text)} for id, text in rows[:limit]]
    for each in shown:
        if not call.flag("includeErrorMessage"):
            each.pop("errorMessage")
    content: dict[str, Any] = {"results": shown}
    if len(rows) > limit:
        after = str(rows[limit - 1][0])
        content["paging"] = {"next": {"after": after, "link": f"?after={after}"}}
    return Answer(content, rows=len(shown))


def _row(call: Call, id: object) -> Row:
    row: Row | None = call.state.db.execute(
        f"SELECT {_COLUMNS} FROM hs_import WHERE id = ?", (id,)
    ).fetchone()
    if row is None:
        raise not_found(f"No import {id}")
    return row


def _shown(call: Call, row: Row) -> dict[str, Any]:
    id, created, starts, ends, word, text = row
    kept = orjson.loads(text)
    request = kept["request"]
    types = sorted({each.type for each in _plan(call.state, request).columns})
    return {
        "id": str(id),
        "state": _word(call.now, starts, word),
        "importName": request.get("name"),
        "importSource": "API",
        "importRequestJson": request,
        "mappedObjectTypeIds": types,
        "optOutImport": bool(request.get("optOutImport", False)),
        "metadata": {
            "counters": kept.get("counters", {"TOTAL_ROWS": kept["rows"]}),
            "fileIds": [str(id)],
            "objectLists": [],
        },
        "createdAt": iso(created),
        "updatedAt": iso(max(created, min(ends, call.now))),
    }


def _word(now: int, starts: int, word: str) -> str:
    """The state as it is called at this moment of an import still open."""
    if word != "OPEN":
        return word
    if now < starts:
        return "DEFERRED"
    return "STARTED" if now < starts + _OPENING // 2 else "PROCESSING"


_PATH: Final = "crm/imports"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", _PATH, _list),
    ("POST", _PATH, _start),
    ("GET", f"{_PATH}/{{id}}", _get),
    ("POST", f"{_PATH}/{{id}}/cancel", _cancel),
    ("GET", f"{_PATH}/{{id}}/errors", _errors),
)
