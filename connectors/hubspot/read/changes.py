"""What changed since a cursor: one listing first, then windows of the search by stamp.

A search answers at most 10,000 records and pages by offset, which shifts when records move. So
every page is a new window that begins at the last stamp seen; when one stamp fills a page, its
records are walked by id. The index lags and clocks differ, so the next pull begins before this
one did, on HubSpot's own clock (`Cursor.resting`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Self

from connectors.hubspot import filters
from connectors.hubspot.client import Client
from connectors.hubspot.filters import milliseconds
from connectors.hubspot.read import links
from connectors.hubspot.read.records import (
    linked,
    listing,
    next_of,
    plain,
    record,
    records,
    rows_by,
    search,
    stamp_of,
)
from connectors.protocol import Page, Record
from tasuki.values import Json, dumps, loads


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a pull stands. All instants are milliseconds since 1970."""

    listing: bool = False
    after: str | None = None
    """Where the next listed page begins, or the offset past an empty searched one."""
    since: int = 0
    """The searched window begins here."""
    tie: str | None = None
    """The window is the one stamp `since`, behind this id."""
    started: int | None = None
    """When this pull began, on our clock; None between pulls."""
    server: int | None = None
    """The same on HubSpot's clock, if its answers tell."""
    skew: int | None = None
    """The most by which a stamp was ever ahead of our clock: HubSpot's clock is at least that."""

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """The cursor behind its text; a first pull without one."""
        return cls(**loads(text)) if text else cls(listing=True)

    def text(self) -> str:
        """The cursor as opaque text, without what is unset."""
        return dumps({k: v for k, v in asdict(self).items() if v is not None and v is not False})

    def begun(self, client: Client) -> Self:
        """This pull's beginning, noted before its first call."""
        if self.started is not None:
            return self
        return replace(self, started=milliseconds(client.clock.now()), server=None)

    def observed(self, client: Client, rows: Sequence[Json]) -> Self:
        """What a page tells about HubSpot's clock."""
        server = client.server_time() if self.server is None else None
        stamps = [milliseconds(moment) for row in rows if (moment := stamp_of(row))]
        now = milliseconds(client.clock.now())
        skews = [stamp - now for stamp in stamps] + ([] if self.skew is None else [self.skew])
        return replace(
            self,
            server=milliseconds(server) if server else self.server,
            skew=max(skews, default=None),
        )

    def resting(self, overlap: timedelta) -> Self:
        """Where the next pull begins: the earlier of two readings of when this one began."""
        readings = [] if self.server is None else [self.server]
        if self.skew is None or self.started is None:
            readings = [0]  # nothing was ever seen, so everything is new
        else:
            readings.append(self.started + self.skew)
        since = max(0, min(readings) - overlap // timedelta(milliseconds=1))
        return type(self)(since=since, skew=self.skew)


def page(client: Client, object: str, fields: Sequence[str], text: str | None) -> Page:
    """One page of what changed since the cursor."""
    cursor = Cursor.parse(text).begun(client)
    turn = _listed if cursor.listing else _searched
    found, following = turn(client, object, fields, cursor)
    return Page(found, following.text(), more=following.started is not None)


def _listed(
    client: Client, object: str, fields: Sequence[str], cursor: Cursor
) -> tuple[tuple[Record, ...], Cursor]:
    """A page of the first pull: by id, with the links inline."""
    is_long = sum(len(name) + 12 for name in fields) > filters.LONGEST_LIST
    asked = [name for name in fields if not is_long or name not in plain(fields)]
    rows, after = listing(client, object, asked, cursor.after)
    seen = cursor.observed(client, rows)
    following = replace(seen, after=after) if after else seen.resting(client.settings.overlap)
    if is_long:
        rows = _filled(client, object, rows, fields)
    ends = {other: _inline(client, object, other, rows) for other in linked(fields)}
    return tuple(record(row, fields, ends) for row in rows), following


def _inline(client: Client, object: str, other: str, rows: Sequence[Json]) -> links.Ends:
    ends, cut = links.inline(rows, object, other)
    return {**ends, **links.read(client, object, other, cut)} if cut else ends


def _searched(
    client: Client, object: str, fields: Sequence[str], cursor: Cursor
) -> tuple[tuple[Record, ...], Cursor]:
    """A window of a later pull: by stamp, or by id within one stamp."""
    properties = plain(fields)
    is_long = sum(len(name) + 3 for name in properties) > filters.LONGEST_SEARCH
    wanted = [filters.stamp_property(object), *([] if is_long else properties)]
    body = search(client, object, _window(client, object, wanted, cursor))
    rows = body.get("results") or []
    following = _onward(cursor.observed(client, rows), rows, next_of(body))
    if following is None:
        following = cursor.observed(client, rows).resting(client.settings.overlap)
    if is_long:
        rows = _filled(client, object, rows, fields)
    return records(client, object, rows, fields), following


def _window(
    client: Client, object: str, wanted: Sequence[str], cursor: Cursor
) -> dict[str, object]:
    stamp = filters.stamp_property(object)
    if cursor.tie is None:
        found, sort = filters.changed_since(object, cursor.since), stamp
    else:
        found, sort = filters.changed_at(object, cursor.since, cursor.tie), filters.ID
    limit = client.settings.search_page_size
    return filters.search(found, wanted, limit=limit, sort=sort, after=cursor.after)


def _onward(cursor: Cursor, rows: Sequence[Json], after: str | None) -> Cursor | None:
    """The next window; None when the last one was reached."""
    if after is None:
        # A tie that ran out leads on to the next millisecond.
        return replace(cursor, since=cursor.since + 1, tie=None, after=None) if cursor.tie else None
    if not rows:
        return replace(cursor, after=after)
    if cursor.tie is not None:
        return replace(cursor, tie=str(rows[-1]["id"]), after=None)
    last = max(milliseconds(stamp) for row in rows if (stamp := stamp_of(row)))
    if last > cursor.since:
        return replace(cursor, since=last, after=None)
    return replace(cursor, tie="0", after=None)


def _filled(client: Client, object: str, rows: list[Json], fields: Sequence[str]) -> list[Json]:
    """The rows with all their properties, read in bulk since their names do not fit a query."""
    ids = [str(row["id"]) for row in rows]
    full = {str(row["id"]): row for row in rows_by(client, object, ids, plain(fields), None)}
    return [
        {**row, "properties": full[id]["properties"]}
        for row in rows
        if (id := str(row["id"])) in full
    ]
