"""Single records: list, read, create, update, archive."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode
from zlib import crc32

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.linking import inline, link_new, needs_contact, with_links
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.records import COLUMNS, Row, View, identify, read, show, show_many, view
from sandbox.hubspot.data.writes import archive, create, purge, update
from sandbox.hubspot.faults import invalid, missing, not_found
from sandbox.hubspot.habits.rules import enforce
from sandbox.hubspot.webhooks.changes import note

_PAGE: Final = (
    f"SELECT {COLUMNS} FROM hs_record WHERE type = ? AND archived = ? AND id >= ? "
    "ORDER BY id LIMIT ?"
)


def _list(call: Call) -> Answer:
    kind, shown = call.kind(), _view(call)
    limit = call.limit(10, 50 if shown.history else 100)
    start = call.number("after") or 0
    if call.settings.short_pages:
        limit = _shortened(call, limit)
    rows = call.state.db.execute(
        _PAGE, (kind.id, int(call.flag("archived")), start, limit + 1)
    ).fetchall()
    results = _with_links(call, kind, shown, rows[:limit])
    content: dict[str, Any] = {"results": results}
    if len(rows) > limit:
        after = str(rows[limit][0])
        content["paging"] = _paging(call, after if limit else f"0{after}")
    return Answer(content, rows=len(results))


def _shortened(call: Call, limit: int) -> int:
    """The size of a page in bad weather: none, a third or all of it, by seed and place.

    The cursor of an empty page begins with a zero, and the page it leads to is never empty.
    """
    after = call.one("after") or ""
    choice = crc32(f"{call.settings.seed}:{after}".encode()) % 3
    if not after or (choice == 0 and not after.startswith("0")):
        return 0
    return limit if choice == 1 else max(1, limit // 3)


def _paging(call: Call, after: str) -> dict[str, Any]:
    query = [pair for pair in call.query if pair[0] != "after"]
    link = f"{call.origin}{call.path}?{urlencode([*query, ('after', after)])}"
    return {"next": {"after": after, "link": link}}


def _read(call: Call) -> Answer:
    kind = call.kind()
    row = _found(call, kind, archived=call.flag("archived"))
    return Answer(_with_links(call, kind, _view(call), [row])[0], rows=1)


def _create(call: Call) -> Answer:
    kind, body = call.kind(), call.body()
    if needs_contact(kind, body.get("associations")):
        raise missing(kind.label, ["associations"])
    with call.state.transaction():
        enforce(call, kind, body.get("properties"))
        row = create(call.state, kind, body.get("properties", {}), call.author)
        link_new(call.state, kind, row[0], body.get("associations"), call.author)
        row = _again(call, kind, row)
    return Answer(show(call.state, View(kind), row), 201, 1)


def _update(call: Call) -> Answer:
    kind = call.kind()
    with call.state.transaction():
        row, properties = _found(call, kind), call.body().get("properties", {})
        enforce(call, kind, properties, row)
        row = update(call.state, kind, row, properties, call.author)
    return Answer(show(call.state, View(kind), row), rows=1)


def _archive(call: Call) -> Answer:
    kind = call.kind()
    row = read(call.state, kind, call.parts["id"])
    if row is not None:
        with call.state.transaction():
            archive(call.state, kind, row, call.author)
    return Answer(status=204, rows=int(row is not None))


def _forget(call: Call) -> Answer:
    """Privacy deletion: the record and its history are gone, also from the archived listing."""
    kind, body = call.kind(), call.body()
    id = identify(call.state, kind, str(body.get("objectId", "")), body.get("idProperty"))
    row = None if id is None else read(call.state, kind, id)
    if row is None:
        raise not_found()
    with call.state.transaction():
        purge(call.state, kind, row, call.author)
        note(call.state, "GDPR_DELETE", kind.id, row[0], call.author.signed)
    return Answer(status=204, rows=1)


def _view(call: Call) -> View:
    properties, history = call.all("properties"), call.all("propertiesWithHistory")
    if any("/" in name for name in properties):
        raise invalid("Property names hold no slash")
    asked = properties or (list(call.kind().defaults) if history else [])
    return view(call.state, call.kind(), asked, history)


def _found(call: Call, kind: Kind, *, archived: bool = False) -> Row:
    id = identify(call.state, kind, call.parts["id"], call.one("idProperty"))
    row = None if id is None else read(call.state, kind, id, archived=archived)
    if row is None:
        raise not_found()
    return row


def _again(call: Call, kind: Kind, row: Row) -> Row:
    """The record as its new associations left it."""
    return read(call.state, kind, str(row[0])) or row


def _with_links(
    call: Call, kind: Kind, shown: View, rows: Iterable[Row]
) -> list[Mapping[str, Any]]:
    page = list(rows)
    plain = [show(call.state, shown, row) for row in page] if shown.history else None
    records = show_many(shown, page) if plain is None else plain
    wanted = inline(call.state, call.all("associations"))
    return with_links(call.state, kind, records, wanted) if wanted else list(records)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "crm/objects/{type}", _list),
    ("POST", "crm/objects/{type}", _create),
    ("GET", "crm/objects/{type}/{id}", _read),
    ("PATCH", "crm/objects/{type}/{id}", _update),
    ("DELETE", "crm/objects/{type}/{id}", _archive),
    ("POST", "crm/objects/{type}/gdpr-delete", _forget),
)
