"""Marketing e-mail events: sent, delivered, opened, clicked; newest first."""

from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.faults import PORTAL, invalid, not_found
from sandbox.hubspot.mailings.emails import APP_ID, gather
from sandbox.hubspot.mailings.statistics import data

_MOST: Final = 1000
_CAMPAIGN: Final = "json_extract(document, '$.emailCampaignId')"


def _list(call: Call) -> Answer:
    limit = call.limit(10, _MOST)
    pieces, values = _scope(call)
    rows = call.state.db.execute(
        f"SELECT id, created, document FROM hs_email_event WHERE {' AND '.join(pieces)} "
        "ORDER BY created DESC, id DESC LIMIT ?",
        (*values, limit + 1),
    ).fetchall()
    page = rows[:limit]
    content = {
        "hasMore": len(rows) > limit,
        "offset": f"{page[-1][1]}-{page[-1][0]}" if page else call.one("offset") or "",
        "events": [{"portalId": PORTAL, **orjson.loads(row[2])} for row in page],
    }
    return Answer(content, rows=len(page))


def _scope(call: Call) -> tuple[list[str], list[Any]]:
    """The conditions and their values; both ends of the time window belong to it."""
    pieces, values = ["1"], list[Any]()
    numbers = ((">=", "startTimestamp"), ("<=", "endTimestamp"))
    for sign, name in numbers:
        if (moment := call.number(name)) is not None:
            pieces.append(f"created {sign} ?")
            values.append(moment)
    for column, name in (("recipient", "recipient"), ("kind", "eventType")):
        if asked := call.one(name):
            pieces.append(f"{column} = ?")
            values.append(asked.lower() if name == "recipient" else asked)
    for key, name in (("emailCampaignId", "campaignId"), ("appId", "appId")):
        if (asked_id := call.number(name)) is not None:
            pieces.append(f"json_extract(document, '$.{key}') = ?")
            values.append(asked_id)
    if call.flag("excludeFilteredEvents"):
        pieces.append("coalesce(json_extract(document, '$.filteredEvent'), 0) = 0")
    if offset := call.one("offset"):
        pieces.append("(created, id) < (?, ?)")
        values.extend(_position(offset))
    return pieces, values


def _position(offset: str) -> tuple[int, str]:
    moment, _, id = offset.partition("-")
    if not moment.isdigit():
        raise invalid("offset is not a token of this endpoint")
    return int(moment), id


def _get(call: Call) -> Answer:
    row = call.state.db.execute(
        "SELECT document FROM hs_email_event WHERE id = ? AND created = ?",
        (call.parts["id"], call.parts["created"]),
    ).fetchone()
    if row is None:
        raise invalid("No such event")
    return Answer({"portalId": PORTAL, **orjson.loads(row[0])}, rows=1)


def _campaigns(call: Call) -> Answer:
    """Campaigns, the one with the latest events first."""
    limit, start = call.limit(100, _MOST), call.number("offset") or 0
    rows = call.state.db.execute(
        f"SELECT {_CAMPAIGN}, max(created) FROM hs_email_event WHERE {_CAMPAIGN} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ? OFFSET ?",
        (limit + 1, start),
    ).fetchall()
    shown = [
        {"id": id, "appId": APP_ID, "appName": "Batch", "lastUpdatedTime": at}
        for id, at in rows[:limit]
    ]
    content = {
        "hasMore": len(rows) > limit,
        "offset": str(start + len(shown)),
        "campaigns": shown,
    }
    return Answer(content, rows=len(shown))


def _campaign(call: Call) -> Answer:
    id = call.parts["campaign"]
    gather(call.state)
    row = call.state.db.execute("SELECT document FROM hs_email WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise not_found()
    written = orjson.loads(row[0])
    content = {
        "id": int(id),
        "appId": APP_ID,
        "appName": "Batch",
        "contentId": int(id),
        "name": written.get("name", f"Campaign {id}"),
        "subject": written.get("subject", f"Campaign {id}"),
        "type": "BATCH_EMAIL",
        "counters": data(call.state, [id])["counters"],
    }
    return Answer(content, rows=1)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "email/public/campaigns", _campaigns),
    ("GET", "email/public/campaigns/by-id", _campaigns),
    ("GET", "email/public/campaigns/{campaign}", _campaign),
    ("GET", "email/public/events", _list),
    ("GET", "email/public/events/{created}/{id}", _get),
)
