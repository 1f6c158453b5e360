"""What HubSpot counts of a contact's visits and forms, kept as properties of the contact."""

from itertools import pairwise
from typing import Any, Final

import orjson

from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.data.records import read
from sandbox.hubspot.data.times import iso, parse
from sandbox.hubspot.data.writes import touch
from sandbox.state import State

_SESSION: Final = 30 * 60 * 1000
_CONTACTS: Final = kind_of("contacts")
_VIEWS: Final = (
    "SELECT occurred, properties FROM hs_event WHERE type = '0-1' AND object = ? "
    "AND (event = 'e_visited_page' OR event LIKE 'pe%/_page/_viewed' ESCAPE '/') "
    "ORDER BY occurred, id"
)
_SEARCH: Final = ("google.", "bing.", "yahoo.", "duckduckgo.")
_SOCIAL: Final = ("linkedin.", "facebook.", "twitter.", "x.com")


def follow_views(state: State, contact: int) -> None:
    """Count the contact's page views anew: a session ends after half an hour of silence."""
    rows = state.db.execute(_VIEWS, (contact,)).fetchall()
    row = read(state, _CONTACTS, str(contact))
    if not rows or row is None:
        return
    views = [(at, orjson.loads(shown)) for at, shown in rows]
    starts = _starts([at for at, _ in views])
    first, last = views[0], views[-1]
    held = orjson.loads(row[5])
    decided = {
        "hs_analytics_num_page_views": str(len(views)),
        "hs_analytics_num_visits": str(len(starts)),
        "hs_analytics_first_url": first[1].get("hs_url", ""),
        "hs_analytics_last_url": last[1].get("hs_url", ""),
        "hs_analytics_first_referrer": first[1].get("hs_referrer", ""),
        "hs_analytics_first_timestamp": iso(first[0]),
        "hs_analytics_last_timestamp": iso(last[0]),
        "hs_analytics_first_visit_timestamp": iso(starts[0]),
        "hs_analytics_last_visit_timestamp": iso(starts[-1]),
        "hs_analytics_source": first[1].get("hs_session_source") or _source(first[1]),
    }
    if any(held.get(name, "") != value for name, value in decided.items()):
        touch(state, _CONTACTS, contact, decided)


def follow_form(state: State, contact: int, form: str, name: str, at: int) -> None:
    """Count a conversion: the first and the most recent form keep their name and date."""
    row = read(state, _CONTACTS, str(contact))
    if row is None:
        return
    held: dict[str, Any] = orjson.loads(row[5])
    others = state.db.execute(
        "SELECT count(DISTINCT json_extract(properties, '$.hs_form_id')) FROM hs_event WHERE "
        "type = '0-1' AND object = ? AND event = 'e_form_submission_v2'",
        (contact,),
    ).fetchone()[0]
    decided = {
        "num_conversion_events": str(int(held.get("num_conversion_events", "0")) + 1),
        "num_unique_conversion_events": str(
            max(int(held.get("num_unique_conversion_events", "0")), others)
        ),
    }
    if at >= _moment(held.get("recent_conversion_date")):
        decided |= {"recent_conversion_event_name": name, "recent_conversion_date": iso(at)}
    if "first_conversion_date" not in held:
        decided |= {"first_conversion_event_name": name, "first_conversion_date": iso(at)}
    touch(state, _CONTACTS, contact, decided)


def _moment(shown: str | None) -> int:
    return (parse(shown) or 0) if shown else 0


def _starts(moments: list[int]) -> list[int]:
    starts = moments[:1]
    for before, at in pairwise(moments):
        if at - before > _SESSION:
            starts.append(at)
    return starts


def _source(shown: dict[str, str]) -> str:
    """Where a first view without a named source came from."""
    url, referrer = shown.get("hs_url", ""), shown.get("hs_referrer", "")
    if "utm_medium=email" in url or "_hsenc=" in url:
        return "EMAIL_MARKETING"
    if "utm_medium=cpc" in url or "gclid=" in url:
        return "PAID_SEARCH"
    if not referrer:
        return "DIRECT_TRAFFIC"
    if any(each in referrer for each in _SEARCH):
        return "ORGANIC_SEARCH"
    return "SOCIAL_MEDIA" if any(each in referrer for each in _SOCIAL) else "REFERRALS"
