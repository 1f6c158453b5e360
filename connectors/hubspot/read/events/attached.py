"""Contacts to whom earlier visits were attached, and the whole history of one contact."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.metadata import HISTORY
from connectors.hubspot.read import filters
from connectors.hubspot.read.filters import milliseconds
from connectors.hubspot.read.records import next_of, rows_by, search
from tasuki.values import Json, instant

CONTACTS: Final = "contacts"
FIRST_SEEN: Final = "hs_analytics_first_timestamp"
LAST_SEEN: Final = "hs_analytics_last_timestamp"
CONVERTED: Final = "recent_conversion_date"
_EVENTS_PER_CALL: Final = 100


def contacts(client: Client, since: int, owed: Sequence[str]) -> list[str]:
    """Contacts whose web history may have grown at its beginning, the most urgent first.

    Those who filled in a form since, then those whose first visit moved, then who waits already.
    """
    rows = list(_changed(client, since))
    converted = [row for row in rows if _moment(row, CONVERTED) >= since]
    others = [str(row["id"]) for row in rows if row not in converted]
    moved = [
        row
        for row in rows_by(client, CONTACTS, others, [LAST_SEEN, f"{HISTORY}{FIRST_SEEN}"], None)
        if _moved(row, since)
    ]
    urgent = sorted(converted, key=lambda row: -_moment(row, CONVERTED))
    later = sorted(moved, key=lambda row: -_moment(row, LAST_SEEN))
    return list(dict.fromkeys([*(str(row["id"]) for row in (*urgent, *later)), *owed]))


def _changed(client: Client, since: int) -> Iterator[Json]:
    """Contacts that moved since and are known to the tracking code."""
    wanted, last = [CONVERTED, FIRST_SEEN, LAST_SEEN], "0"
    while True:
        conditions = [
            *filters.changed_since(CONTACTS, since),
            filters.condition(FIRST_SEEN, "HAS_PROPERTY"),
            filters.condition(filters.ID, "GT", last),
        ]
        limit = client.settings.search_page_size
        body = search(
            client,
            CONTACTS,
            filters.search(conditions, wanted, limit=limit, sort=filters.ID),
        )
        rows = body.get("results") or []
        yield from rows
        if not rows or next_of(body) is None:
            return
        last = str(rows[-1]["id"])


def _moment(row: Json, name: str) -> int:
    text = str((row.get("properties") or {}).get(name) or "")
    if text.isdigit():
        return int(text)
    return milliseconds(instant(text)) if text else 0


def _moved(row: Json, since: int) -> bool:
    versions = (row.get("propertiesWithHistory") or {}).get(FIRST_SEEN) or ()
    stamps = [milliseconds(instant(each["timestamp"])) for each in versions if each["timestamp"]]
    return max(stamps, default=0) >= since


def lately_seen(client: Client, since: int, limit: int) -> tuple[list[str], int]:
    """Contacts seen on the web since, longest ago first, and when the last of them was seen."""
    found = [filters.condition(LAST_SEEN, "GT", str(since))]
    size = max(1, min(limit, client.settings.search_page_size))
    asked = filters.search(found, [LAST_SEEN], limit=size, sort=LAST_SEEN)
    rows = search(client, CONTACTS, asked).get("results") or []
    newest = max([since, *(_moment(row, LAST_SEEN) for row in rows)])
    return [str(row["id"]) for row in rows], newest


def history(client: Client, object: str, prefix: str, contact: str) -> Iterator[Json]:
    """Every event of the type that one contact has."""
    options: dict[str, Any] = {}
    while True:
        body = client.call(
            client.apis.events.get_page,
            object_type="contact",
            object_id=int(contact),
            event_type=object.removeprefix(prefix),
            limit=_EVENTS_PER_CALL,
            about=object,
            **options,
        )
        yield from body.get("results") or ()
        after = next_of(body)
        if after is None:
            return
        options["after"] = after
