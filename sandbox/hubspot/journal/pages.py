"""Reading the journal: each page is a signed link to at most a hundred changes, in order."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import kind_in
from sandbox.hubspot.data.records import read, values
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import PORTAL, invalid, not_found
from sandbox.hubspot.journal.subscriptions import ACTIONS, Wish, wishes
from sandbox.hubspot.oauth.tokens import APP_ACTIONS
from sandbox.hubspot.transfer.signed import opened, sign
from sandbox.hubspot.webhooks.changes import note

_PAGE: Final = 100
_MOST_PAGES: Final = 100
_SORTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(ACTIONS["ASSOCIATION"], "association"),
    **dict.fromkeys(ACTIONS["LIST_MEMBERSHIP"], "listMembership"),
    **dict.fromkeys(APP_ACTIONS, "appLifecycleEvent"),
}
_COLUMNS: Final = "number, uuid, at, action, type, object, document"
Row = tuple[int, str, int, str, str, int, str]


def _earliest(call: Call) -> Answer:
    return _one(call, _rows_after(call, 0))


def _latest(call: Call) -> Answer:
    return _one(call, _last(call))


def _next(call: Call) -> Answer:
    return _one(call, _rows_after(call, _number(call, call.parts["offset"])))


def _batch_earliest(call: Call) -> Answer:
    return _many(call, 0)


def _batch_next(call: Call) -> Answer:
    return _many(call, _number(call, call.parts["offset"]))


def _batch_latest(call: Call) -> Answer:
    rows = _last(call)
    return Answer({"results": [_page(call, rows)] if rows else []}, rows=len(rows))


def _batch_read(call: Call) -> Answer:
    offsets = [str(each) for each in call.body().get("inputs", ())]
    pages = [_page(call, [_row(call, offset)]) for offset in offsets]
    return Answer({"results": pages}, rows=len(pages))


def _one(call: Call, rows: Sequence[Row]) -> Answer:
    """The page of these changes; nothing new is a 204."""
    return Answer(_page(call, rows), rows=len(rows)) if rows else Answer(status=204)


def _many(call: Call, after: int) -> Answer:
    count = call.parts["count"]
    if not count.isdigit() or not 0 < int(count) <= _MOST_PAGES:
        raise invalid(f"count must be between 1 and {_MOST_PAGES}")
    pages: list[dict[str, Any]] = []
    while len(pages) < int(count) and (rows := _rows_after(call, after)):
        pages.append(_page(call, rows))
        after = rows[-1][0]
    return Answer({"results": pages}, rows=len(pages))


def _page(call: Call, rows: Sequence[Row]) -> dict[str, Any]:
    about = {"app": call.caller.app, "first": rows[0][0], "last": rows[-1][0]}
    url, ends = sign(call, "journal", about)
    return {"url": url, "currentOffset": rows[-1][1], "expiresAt": ends}


def _rows_after(call: Call, number: int) -> list[Row]:
    """The next changes this app asked for; the log is walked, so an offset stays what it was."""
    wanted = wishes(call.state, call.caller.app)
    found: list[Row] = []
    rows = call.state.db.execute(
        f"SELECT {_COLUMNS} FROM hs_change WHERE number > ? ORDER BY number", (number,)
    )
    for row in rows:
        if any(_concerns(wish, row) for wish in wanted):
            found.append(row)
        if len(found) == _PAGE:
            break
    return found


def _last(call: Call) -> list[Row]:
    wanted = wishes(call.state, call.caller.app)
    rows = call.state.db.execute(f"SELECT {_COLUMNS} FROM hs_change ORDER BY number DESC")
    for row in rows:
        if any(_concerns(wish, row) for wish in wanted):
            return [row]
    return []


def _concerns(wish: Wish, row: Row) -> bool:
    action, type, object = row[3:6]
    if action not in wish.actions or wish.type not in (None, type):
        return False
    if action in APP_ACTIONS:
        return object == wish.app
    if action == "UPDATE" and wish.properties:
        return not set(wish.properties).isdisjoint(orjson.loads(row[6])["properties"])
    return not wish.lists or orjson.loads(row[6]).get("listId") in wish.lists


def _number(call: Call, offset: str) -> int:
    return _row(call, offset)[0]


def _row(call: Call, offset: str) -> Row:
    row: Row | None = call.state.db.execute(
        f"SELECT {_COLUMNS} FROM hs_change WHERE uuid = ?", (offset,)
    ).fetchone()
    if row is None:
        raise not_found(f"The journal has no offset {offset}")
    return row


def _content(call: Call) -> Answer:
    """What a signed link opens: the changes of one page."""
    about = opened(call)
    wanted = wishes(call.state, about["app"])
    rows: list[Row] = call.state.db.execute(
        f"SELECT {_COLUMNS} FROM hs_change WHERE number BETWEEN ? AND ? ORDER BY number",
        (about["first"], about["last"]),
    ).fetchall()
    events = [
        _event(row, [wish for wish in wanted if _concerns(wish, row)])
        for row in rows
        if any(_concerns(wish, row) for wish in wanted)
    ]
    if not events:
        raise not_found("Nothing of this page is subscribed to any more")
    offset, published = rows[-1][1], iso(rows[-1][2])
    content = {"offset": offset, "journalEvents": events, "publishedAt": published}
    return Answer(content, rows=len(events))


def _event(row: Row, asked: Sequence[Wish]) -> dict[str, Any]:
    _, _, at, action, type, object, text = row
    document = orjson.loads(text)
    changed = document.pop("properties")
    source, source_id = document.pop("author")
    names = None if any(not each.properties for each in asked) else _names(asked)
    shown = {name: value for name, value in changed.items() if names is None or name in names}
    return {
        "type": _SORTS.get(action, "object"),
        "portalId": PORTAL,
        "occurredAt": iso(at),
        "action": action,
        "objectTypeId": type,
        "objectId": object,
        "propertyChanges": shown,
        "changeSource": source,
        "sourceId": source_id,
        **document,
    }


def _names(asked: Sequence[Wish]) -> set[str]:
    return {name for wish in asked for name in wish.properties}


def _snapshot(call: Call) -> Answer:
    """Ask for records as they are now: they appear in the journal as SNAPSHOT."""
    made: list[dict[str, Any]] = []
    with call.state.transaction():
        for each in call.body().get("snapshotRequests", ()):
            kind = kind_in(call.state, str(each.get("objectTypeId", "")))
            row = read(call.state, kind, str(each.get("objectId", "")))
            if row is None:
                continue
            held, names = values(kind, row), each.get("properties") or ()
            chosen = {name: held.get(name, "") for name in names}
            author = ("INTEGRATION", str(call.caller.app))
            note(call.state, "SNAPSHOT", kind.id, row[0], author, chosen)
            made.append({"portalId": PORTAL, "objectTypeId": kind.id, "objectId": row[0]})
    return Answer({"snapshotResponses": made}, rows=len(made))


_PATHS: Final = ("webhooks-journal/journal", "webhooks-journal/journal-local")
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *(
        ("GET", f"{path}/{rest}", handler)
        for path in _PATHS
        for rest, handler in (
            ("earliest", _earliest),
            ("latest", _latest),
            ("offset/{offset}/next", _next),
            ("batch/earliest/{count}", _batch_earliest),
            ("batch/latest/{count}", _batch_latest),
            ("batch/{offset}/next/{count}", _batch_next),
        )
    ),
    *(("POST", f"{path}/batch/read", _batch_read) for path in _PATHS),
    ("POST", "webhooks-journal/snapshots/crm", _snapshot),
    ("GET", "signed-files/journal/{token}", _content),
)
