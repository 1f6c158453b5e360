"""Event occurrences: what visitors did, by object, by type or by id."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from sandbox.hubspot.activity.definitions import names as defined
from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.crm.filters import Sql
from sandbox.hubspot.data.kinds import KINDS, document, kind_of
from sandbox.hubspot.data.records import identify
from sandbox.hubspot.data.times import iso, parse
from sandbox.hubspot.faults import PORTAL, invalid, missing_scopes

_MOST: Final = 1000
_COLUMNS: Final = "id, type, object, event, occurred, properties"
_LABELS: Final = {kind.id: kind.label.upper() for kind in KINDS}
Row = tuple[str, str, int, str, int, str]


def _list(call: Call) -> Answer:
    _demand(call)
    limit, oldest_first = call.limit(100, _MOST), _is_ascending(call)
    scope = _scope(call)
    cursor = _cursor(call, oldest_first=oldest_first)
    way = "ASC" if oldest_first else "DESC"
    rows: list[Row] = call.state.db.execute(
        f"SELECT {_COLUMNS} FROM hs_event WHERE {scope.text} AND {cursor.text} "
        f"ORDER BY occurred {way}, id {way} LIMIT ?",
        (*scope.values, *cursor.values, limit + 1),
    ).fetchall()
    content: dict[str, Any] = {"results": [_shown(row) for row in rows[:limit]]}
    if len(rows) > limit:
        content["paging"] = _paging(call, rows[limit - 1])
    return Answer(content, rows=min(limit, len(rows)))


def _types(call: Call) -> Answer:
    """All types, whatever the subscription."""
    kept = call.state.db.execute("SELECT DISTINCT event FROM hs_event")
    names = {name.format(hubId=PORTAL) for name in document("event_types")}
    found = names | defined(call.state) | {row[0] for row in kept}
    return Answer({"eventTypes": sorted(found)})


def _demand(call: Call) -> None:
    if not call.settings.events_allowed:
        raise missing_scopes(
            "business-intelligence", "event-detail-read", "web-analytics-api-access"
        )


def _scope(call: Call) -> Sql:
    """The condition of all filters; at least a type, an object or an id must be named."""
    pieces: list[Sql] = []
    if call.one("objectId"):
        kind = kind_of(call.one("objectType") or "")
        pieces.append(Sql("type = ? AND object = ?", (kind.id, call.number("objectId") or 0)))
    elif email := call.one("objectProperty.email"):
        contact = identify(call.state, kind_of("contacts"), email, "email")
        pieces.append(Sql("type = ? AND object = ?", ("0-1", int(contact or -1))))
    elif call.one("objectType"):
        pieces.append(Sql("type = ?", (kind_of(call.one("objectType") or "").id,)))
    if event := call.one("eventType"):
        pieces.append(Sql("event = ?", (event,)))
    if ids := call.all("id"):
        wanted = orjson.dumps(ids).decode()
        pieces.append(Sql("id IN (SELECT value FROM json_each(?))", (wanted,)))
    named = ("objectId", "objectProperty.email", "eventType", "id")
    if not any(call.one(name) for name in named):
        raise invalid(
            "Events are read by eventType, or by objectType and objectId",
            subCategory="EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS",
        )
    return _joined([*pieces, *_window(call), *_values(call)])


def _window(call: Call) -> list[Sql]:
    pieces: list[Sql] = []
    for name, sign in (("occurredAfter", ">="), ("occurredBefore", "<=")):
        if asked := call.one(name):
            moment = parse(asked.replace(" ", "+"))
            if moment is None:
                raise invalid(f"{name} is not a date: {asked}")
            pieces.append(Sql(f"occurred {sign} ?", (moment,)))
    return pieces


def _values(call: Call) -> list[Sql]:
    """`property.hs_url=…` filters on a property of the event."""
    return [
        Sql("json_extract(properties, ?) = ?", (f'$."{key.removeprefix("property.")}"', value))
        for key, value in call.query
        if key.startswith("property.")
    ]


def _joined(pieces: list[Sql]) -> Sql:
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = whole.join("AND", piece)
    return whole


def _is_ascending(call: Call) -> bool:
    """Newest first unless asked otherwise."""
    asked = (call.one("sort") or "DESCENDING").lower()
    return not (asked.startswith(("desc", "-")))


def _cursor(call: Call, *, oldest_first: bool) -> Sql:
    after = call.one("after")
    if after is None:
        return Sql("1")
    try:
        occurred, _, id = urlsafe_b64decode(after).decode().partition("|")
        sign = ">" if oldest_first else "<"
        return Sql(f"(occurred, id) {sign} (?, ?)", (int(occurred), id))
    except (NotBase64Error, ValueError) as error:
        raise invalid("after is not a cursor of this listing") from error


def _paging(call: Call, last: Row) -> dict[str, Any]:
    after = urlsafe_b64encode(f"{last[4]}|{last[0]}".encode()).decode()
    query = [pair for pair in call.query if pair[0] != "after"]
    link = f"{call.origin}{call.path}?{urlencode([*query, ('after', after)])}"
    return {"next": {"after": after, "link": link}}


def _shown(row: Row) -> dict[str, Any]:
    id, type, object, event, occurred, properties = row
    return {
        "objectType": _LABELS[type],
        "objectId": str(object),
        "eventType": event,
        "occurredAt": iso(occurred),
        "id": id,
        "properties": orjson.loads(properties),
    }


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "events/events", _list),
    ("GET", "events/events/event-types", _types),
)
