"""What became of marketing e-mails: per e-mail, never per recipient."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.times import iso, millis, parse
from sandbox.hubspot.faults import invalid
from sandbox.state import State

_COUNTERS: Final = {
    "SENT": "sent",
    "DELIVERED": "delivered",
    "OPEN": "open",
    "CLICK": "click",
    "BOUNCE": "bounce",
    "DROPPED": "dropped",
    "STATUSCHANGE": "unsubscribed",
    "SPAMREPORT": "spamreport",
    "FORWARD": "reply",
}
_RATIOS: Final = {
    "openratio": ("open", "delivered"),
    "clickratio": ("click", "delivered"),
    "clickthroughratio": ("click", "open"),
    "deliveredratio": ("delivered", "sent"),
    "bounceratio": ("bounce", "sent"),
    "unsubscribedratio": ("unsubscribed", "delivered"),
    "spamreportratio": ("spamreport", "delivered"),
}
_STEPS: Final = {
    "YEAR": 12, "QUARTER": 3, "MONTH": 1, "WEEK": timedelta(days=7), "DAY": timedelta(days=1),
    "HOUR": timedelta(hours=1), "QUARTER_HOUR": timedelta(minutes=15),
    "MINUTE": timedelta(minutes=1), "SECOND": timedelta(seconds=1),
}  # fmt: skip
_MOST: Final = 1000
_COUNT: Final = (
    "SELECT kind, lower(coalesce(json_extract(document, '$.deviceType'), 'unknown')), recipient "
    "FROM hs_email_event WHERE json_extract(document, '$.emailCampaignId') IN "
    "(SELECT value FROM json_each(?)) AND created >= ? AND created < ? "
    "GROUP BY kind, json_extract(document, '$.emailCampaignId'), recipient"
)


def data(state: State, ids: Iterable[str], since: int = 0, until: int = 2**62) -> dict[str, Any]:
    """Counters and ratios of some e-mails; each person counts once per e-mail and kind."""
    wanted = orjson.dumps([int(each) for each in ids if each.isdigit()]).decode()
    counters = dict.fromkeys(_COUNTERS.values(), 0)
    devices: dict[str, dict[str, int]] = {"open_device_type": {}, "click_device_type": {}}
    for kind, device, _ in state.db.execute(_COUNT, (wanted, since, until)):
        name = _COUNTERS.get(kind)
        if name is None:
            continue
        counters[name] += 1
        if name in ("open", "click"):
            held = devices[f"{name}_device_type"]
            held[device] = held.get(device, 0) + 1
    ratios = {
        name: round(100 * counters[part] / counters[whole], 3) if counters[whole] else 0.0
        for name, (part, whole) in _RATIOS.items()
    }
    return {
        "counters": counters,
        "ratios": ratios,
        "deviceBreakdown": devices,
        "qualifierStats": {},
    }


def _list(call: Call) -> Answer:
    since, until = _window(call)
    ids = _ids(call, since, until)
    content = {
        "aggregate": data(call.state, ids, since, until),
        "campaignAggregations": {each: data(call.state, [each], since, until) for each in ids},
        "emails": [int(each) for each in ids],
    }
    return Answer(content, rows=len(ids))


def _histogram(call: Call) -> Answer:
    since, until = _window(call)
    ids = _ids(call, since, until)
    name = (call.one("interval") or "DAY").upper()
    if name not in _STEPS:
        raise invalid(f"interval must be one of {', '.join(_STEPS)}")
    moments = _cuts(since, until, _STEPS[name])
    results = [
        {
            "interval": {"start": iso(start), "end": iso(end)},
            "aggregations": data(call.state, ids, start, end),
        }
        for start, end in pairwise(moments)
    ]
    return Answer({"total": len(results), "results": results}, rows=len(results))


def _cuts(since: int, until: int, step: Any) -> list[int]:
    """The moments between which events are counted."""
    cuts, at = [since], datetime.fromtimestamp(since / 1000, UTC)
    while cuts[-1] < until:
        if len(cuts) > _MOST:
            raise invalid(f"More than {_MOST} intervals: ask for a longer interval")
        at = at + step if isinstance(step, timedelta) else _months_on(at, step)
        cuts.append(min(millis(at), until))
    return cuts


def _months_on(at: datetime, months: int) -> datetime:
    """The first day of the month so many months later."""
    index = at.year * 12 + at.month - 1 + months
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.replace(year=index // 12, month=index % 12 + 1)


def _window(call: Call) -> tuple[int, int]:
    found = []
    for name in ("startTimestamp", "endTimestamp"):
        asked = call.one(name)
        moment = None if asked is None else parse(asked.replace(" ", "+"))
        if moment is None:
            raise invalid(f"{name} is needed, as a date or in milliseconds")
        found.append(moment)
    if found[0] >= found[1]:
        raise invalid("startTimestamp must be before endTimestamp")
    return found[0], found[1]


def _ids(call: Call, since: int, until: int) -> list[str]:
    """The e-mails asked for, or all with events in the window."""
    asked = call.all("emailIds")
    if asked:
        return asked
    rows = call.state.db.execute(
        "SELECT DISTINCT json_extract(document, '$.emailCampaignId') FROM hs_email_event "
        "WHERE created >= ? AND created < ? ORDER BY 1",
        (since, until),
    ).fetchall()
    return [str(row[0]) for row in rows if row[0] is not None]


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "marketing/emails/statistics/list", _list),
    ("GET", "marketing/emails/statistics/histogram", _histogram),
)
