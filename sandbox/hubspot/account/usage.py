"""The account itself: its details and how much of the daily limit is used."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.times import iso, millis
from sandbox.hubspot.faults import PORTAL


def _details(call: Call) -> Answer:
    zone = call.settings.time_zone
    offset = call.state.now().astimezone(ZoneInfo(zone)).strftime("%z")
    content: dict[str, Any] = {
        "portalId": PORTAL,
        "accountType": "STANDARD",
        "timeZone": zone,
        "utcOffset": f"{offset[:3]}:{offset[3:]}",
        "utcOffsetMilliseconds": _milliseconds(offset),
        "companyCurrency": call.settings.currency,
        "additionalCurrencies": [],
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return Answer(content, rows=1)


def _milliseconds(offset: str) -> int:
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    return (-1 if offset[0] == "-" else 1) * minutes * 60_000


def _daily(call: Call) -> Answer:
    usage = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": call.settings.daily,
        "currentUsage": call.gate.used_today(call.settings),
        "collectedAt": iso(call.now),
        "fetchStatus": "SUCCESS",
        "resetsAt": iso(millis(call.gate.resets_at(call.settings))),
    }
    return Answer({"results": [usage]}, rows=1)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("GET", "account-info/details", _details),
    ("GET", "account-info/api-usage/daily/private-apps", _daily),
    ("GET", "account-info/api-usage/daily", _daily),
)
