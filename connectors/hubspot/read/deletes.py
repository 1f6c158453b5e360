"""What was archived or merged away since a cursor.

Searches never show archived records, so the archived listing is walked; HubSpot keeps it for 90
days and cannot narrow it, so the walk costs one call per hundred records archived in that time.
"""

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Final, Self

from connectors.hubspot.client import Client
from connectors.hubspot.read import filters
from connectors.hubspot.read.filters import milliseconds
from connectors.hubspot.read.records import (
    MERGEABLE,
    MERGED_IDS,
    absorbed,
    listing,
    next_of,
    search,
)
from connectors.protocol import Deletes
from tasuki.values import Json, dumps, instant, loads

OVERLAP: Final = timedelta(seconds=60)
"""What is archived may be listed a little later."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the walk stands; instants in milliseconds since 1970, on HubSpot's clock."""

    since: int = 0
    """Everything archived earlier was told before."""
    newest: int = 0
    began: int = 0
    """When the walk's first page was answered: what is archived later may be behind the walk."""
    after: str | None = None
    counting: bool = False
    """Nobody asked yet: the walk only finds where to start from."""

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """The cursor behind its text; a walk that only counts without one."""
        return cls(**loads(text)) if text else cls(counting=True)

    def text(self) -> str:
        """The cursor as opaque text."""
        return dumps({name: value for name, value in asdict(self).items() if value})


def deletes(client: Client, object: str, text: str | None) -> Deletes:
    """Ids archived since the cursor; without one, only where to start from."""
    cursor = Cursor.parse(text)
    if cursor.counting:
        return Deletes((), _walked(client, object).text())
    rows, after = listing(client, object, (), cursor.after, archived=True)
    cursor = _timed(client, cursor)
    stamps = {str(row["id"]): _archived_at(row) for row in rows}
    fresh = tuple(id for id, stamp in stamps.items() if stamp > cursor.since)
    onward = replace(cursor, newest=max(cursor.newest, *stamps.values(), 0), after=after)
    if after:
        return Deletes(fresh, onward.text(), more=True)
    merged = _merged(client, object, cursor.since)
    return Deletes((*fresh, *merged), _rested(onward).text(), merged=merged)


def _walked(client: Client, object: str) -> Cursor:
    cursor = Cursor()
    while True:
        rows, after = listing(client, object, (), cursor.after, archived=True)
        newest = max([cursor.newest, *map(_archived_at, rows)])
        cursor = replace(_timed(client, cursor), newest=newest, after=after)
        if after is None:
            return _rested(cursor)


def _timed(client: Client, cursor: Cursor) -> Cursor:
    if cursor.began:
        return cursor
    return replace(cursor, began=milliseconds(client.server_time() or client.clock.now()))


def _rested(cursor: Cursor) -> Cursor:
    reached = min(cursor.newest, cursor.began) - OVERLAP // timedelta(milliseconds=1)
    return Cursor(since=max(cursor.since, reached), newest=cursor.newest)


def _archived_at(row: Json) -> int:
    text = row.get("archivedAt")
    return milliseconds(instant(text)) if text else 0


def _merged(client: Client, object: str, since: int) -> dict[str, str]:
    """Absorbed ids to their survivors, of records that moved since; one search."""
    if object not in MERGEABLE:
        return {}
    conditions = [
        filters.condition(MERGED_IDS, "HAS_PROPERTY"),
        *filters.changed_since(object, since),
    ]
    merged: dict[str, str] = {}
    after: str | None = None
    while True:
        limit = client.settings.search_page_size
        body = filters.search(conditions, [MERGED_IDS], limit=limit, sort=filters.ID, after=after)
        answer = search(client, object, body)
        merged.update(absorbed(answer.get("results") or ()))
        after = next_of(answer)
        if after is None or int(after) + limit > 10_000:
            return merged
