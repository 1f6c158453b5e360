"""Exports: asked for, made one at a time, fetched through a link that needs no signing in."""

import csv
from collections.abc import Mapping
from io import BytesIO, StringIO
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.filters import Sql, matching, where
from sandbox.hubspot.data.definitions import definitions
from sandbox.hubspot.data.kinds import Kind, kind_in
from sandbox.hubspot.data.records import COLUMNS, values
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import Fault, invalid, not_found
from sandbox.hubspot.transfer.signed import opened, sign
from sandbox.state import State

_LASTS: Final = 1000
_DAY: Final = 86_400_000
_MOST_A_DAY: Final = 30
_GROUPS: Final = 3
_FILTERS: Final = 3
_ZIPPED_FROM: Final = 2 * 1024 * 1024
Row = tuple[int, int, int, str, bytes | None]


def _start(call: Call) -> Answer:
    body = call.body()
    _check(call, body)
    made = call.state.db.execute(
        "SELECT count(*), coalesce(max(starts), 0) FROM hs_export WHERE created > ?",
        (call.now - _DAY,),
    ).fetchone()
    if made[0] >= _MOST_A_DAY:
        raise Fault(429, "You have reached your export limit.", "RATE_LIMITS", policyName="DAILY")
    starts = max(call.now, made[1] + _LASTS)
    with call.state.transaction() as db:
        id = db.execute(
            "INSERT INTO hs_export VALUES (NULL, ?, ?, ?, NULL) RETURNING id",
            (call.now, starts, orjson.dumps(body).decode()),
        ).fetchone()[0]
    link = f"{call.origin}{call.path}/tasks/{id}/status"
    return Answer({"id": str(id), "links": {"status": link}}, 202, 1)


def _check(call: Call, body: Mapping[str, Any]) -> None:
    if body.get("exportType") not in ("VIEW", "LIST"):
        raise invalid("exportType must be VIEW or LIST")
    if body.get("format") != "CSV":
        raise invalid("The sandbox exports format CSV only")
    if not body.get("objectProperties"):
        raise invalid("objectProperties must name at least one property")
    kind_in(call.state, str(body.get("objectType", "")))
    if body["exportType"] == "LIST":
        _list_id(call.state, body)
    groups = _groups(body)
    if len(groups) > _GROUPS or any(len(each["filters"]) > _FILTERS for each in groups):
        raise invalid(f"An export holds at most {_GROUPS} groups of {_FILTERS} filters")
    _scope(call.state, kind_in(call.state, str(body["objectType"])), body)


def _status(call: Call) -> Answer:
    id, created, starts, text, content = _row(call, call.parts["task"])
    shown: dict[str, Any] = {"requestedAt": iso(created), "startedAt": iso(starts)}
    if call.now < starts + _LASTS:
        word = "PENDING" if call.now < starts else "PROCESSING"
        return Answer({"status": word, "completedAt": iso(starts + _LASTS), **shown})
    if content is None:
        _make(call.state, id, orjson.loads(text))
    url, _ = sign(call, "exports", {"id": id})
    done = {"status": "COMPLETE", "result": url, "completedAt": iso(starts + _LASTS), **shown}
    return Answer(done | {"numErrors": 0, "errors": []}, rows=1)


def _about(call: Call) -> Answer:
    id, created, starts, text, content = _row(call, call.parts["export"])
    body = orjson.loads(text)
    is_done = call.now >= starts + _LASTS
    if is_done and content is None:
        _make(call.state, id, body)
        content = _row(call, str(id))[4]
    shown = {
        "id": str(id),
        "exportName": body.get("exportName"),
        "exportType": body["exportType"],
        "exportState": "DONE" if is_done else "PROCESSING",
        "objectType": body["objectType"],
        "objectProperties": body["objectProperties"],
        "recordCount": None if content is None else len(_lines(content)) - 1,
        "createdAt": iso(created),
        "updatedAt": iso(min(call.now, starts + _LASTS)),
    }
    return Answer(shown, rows=1)


def _download(call: Call) -> Answer:
    id, _, _, text, content = _row(call, str(opened(call)["id"]))
    name = str(orjson.loads(text).get("exportName") or f"export-{id}")
    if content is None:
        raise not_found("This export holds no file")
    if len(content) <= _ZIPPED_FROM:
        return Answer(content, headers=_attached(f"{name}.csv", "text/csv;charset=utf-8"))
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.csv", content)
    return Answer(packed.getvalue(), headers=_attached(f"{name}.zip", "application/zip"))


def _attached(name: str, media: str) -> dict[str, str]:
    plain = "".join(each for each in name if each.isascii() and each.isprintable() and each != '"')
    return {
        "Content-Type": media,
        "Content-Disposition": f'attachment; filename="{plain}"',
    }


def _make(state: State, id: int, body: Mapping[str, Any]) -> None:
    kind = kind_in(state, str(body["objectType"]))
    scope = _scope(state, kind, body)
    names = [str(each) for each in body["objectProperties"]]
    internal = set(body.get("exportInternalValuesOptions") or ())
    labels = {} if "NAMES" in internal else _labels(state, kind)
    words = {} if "VALUES" in internal else _option_labels(state, kind)
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Record ID", *(labels.get(name, name) for name in names)])
    rows = state.db.execute(
        f"SELECT {COLUMNS} FROM hs_record r WHERE r.type = ? AND r.archived = 0 "
        f"AND {scope.text} ORDER BY id",
        (kind.id, *scope.values),
    )
    for row in rows:
        held = values(kind, row)
        cells = (_shown(held.get(name, ""), words.get(name, {})) for name in names)
        writer.writerow([row[0], *cells])
    with state.transaction() as db:
        db.execute("UPDATE hs_export SET content = ? WHERE id = ?", (text.getvalue().encode(), id))


def _labels(state: State, kind: Kind) -> dict[str, str]:
    rows = state.db.execute(
        "SELECT name, json_extract(document, '$.label') FROM hs_property WHERE type = ?", (kind.id,)
    )
    return dict(rows.fetchall())


def _option_labels(state: State, kind: Kind) -> dict[str, dict[str, str]]:
    """What people read instead of each value of a property with options."""
    rows = state.db.execute(
        "SELECT name, json_extract(document, '$.options') FROM hs_property WHERE type = ? "
        "AND json_array_length(document, '$.options') > 0",
        (kind.id,),
    )
    return {
        name: {each["value"]: each["label"] for each in orjson.loads(options)}
        for name, options in rows.fetchall()
    }


def _shown(value: str, words: Mapping[str, str]) -> str:
    """A value as the file shows it: each of several options by its label."""
    return ";".join(words.get(each, each) for each in value.split(";")) if words else value


def _scope(state: State, kind: Kind, body: Mapping[str, Any]) -> Sql:
    """The records an export holds: those a search finds, or the members of a list."""
    request = body.get("publicCrmSearchRequest") or {}
    found = where(state, kind, definitions(state, kind), _groups(body))
    found = found.join("AND", matching(kind, str(request.get("query") or "")))
    if body["exportType"] != "LIST":
        return found
    member = "id IN (SELECT record FROM hs_member WHERE list = ?)"
    return found.join("AND", Sql(member, (_list_id(state, body),)))


def _groups(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    request = body.get("publicCrmSearchRequest") or {}
    groups = [{"filters": each.get("filters") or []} for each in request.get("filterGroups") or ()]
    plain = request.get("filters")
    return [*groups, {"filters": list(plain)}] if plain else groups


def _list_id(state: State, body: Mapping[str, Any]) -> int:
    id = str(body.get("listId", ""))
    row = state.db.execute("SELECT id FROM hs_list WHERE id = ? AND deleted IS NULL", (id,))
    found = row.fetchone()
    if found is None:
        raise invalid(f"List {id} does not exist")
    return int(found[0])


def _lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode(), newline="")))


def _row(call: Call, id: str) -> Row:
    row: Row | None = call.state.db.execute(
        "SELECT id, created, starts, document, content FROM hs_export WHERE id = ?", (id,)
    ).fetchone()
    if row is None:
        raise not_found(f"No export {id}")
    return row


_PATH: Final = "crm/exports/export"
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("POST", f"{_PATH}/async", _start),
    ("GET", f"{_PATH}/async/tasks/{{task}}/status", _status),
    ("GET", f"{_PATH}/{{export}}", _about),
    ("GET", "signed-files/exports/{token}", _download),
)
