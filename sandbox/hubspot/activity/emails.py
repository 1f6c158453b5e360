"""Marketing e-mail events: sent, delivered, opened, clicked; newest first."""

from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.faults import PORTAL, invalid

_MOST: Final = 1000


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


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "email/public/events", _list),
    ("GET", "email/public/events/{created}/{id}", _get),
)
