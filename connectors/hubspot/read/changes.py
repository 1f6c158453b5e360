"""What changed since a cursor: one listing first, then windows of the search by stamp.

A search answers at most 10,000 records and pages by offset, which shifts when records move. So
every page is a new window that begins at the last stamp seen; when one stamp fills a page, its
records are walked by id. The index lags, so the next pull begins before this one did, on HubSpot's
own clock (`Cursor.resting`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from connectors.hubspot.client import Client
from connectors.hubspot.read import filters, links, scope
from connectors.hubspot.read.filters import milliseconds, moment
from connectors.hubspot.read.records import (
    absorbed,
    inlined,
    linked,
    listing,
    maker,
    next_of,
    plain,
    records,
    remembered,
    rows_by,
    search,
    stamp_of,
    with_merges,
)
from connectors.hubspot.read.scope import Groups
from connectors.protocol import Filter, Page, Record, Window
from tasuki.values import Json, dumps, loads

SEARCHES_AT_ONCE: Final = 5
"""Searched pages whose links are read together: a thousand records per call."""
_MOST_DIGITS: Final = 15
_WINDOW_CHARACTERS: Final = 250
"""What a window adds to each filter group of a body."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a pull stands. All instants are milliseconds since 1970."""

    listing: bool = False
    after: str | None = None
    """Where the next listed page begins, or the offset past an empty searched one."""
    since: int = 0
    """The searched window begins here."""
    first: int | None = None
    """Where this pull's first window began; None in a first pull and between pulls."""
    tie: str | None = None
    """The window is the one stamp `since`, behind this id."""
    due: int | None = None
    """How many records of the tie are still to come, as its first page told."""
    digits: int | None = None
    """The tie is walked once more, among ids of this many digits."""
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
        first = None if self.listing else self.since
        return replace(self, first=first, started=milliseconds(client.clock.now()), server=None)

    def observed(self, client: Client, rows: Sequence[Json]) -> Self:
        """What a page tells about HubSpot's clock."""
        server = client.server_time() if self.server is None else None
        if server or self.server is not None:
            return replace(self, server=milliseconds(server)) if server else self
        now = milliseconds(client.clock.now())
        skews = [milliseconds(stamp) - now for row in rows if (stamp := stamp_of(row))]
        known = [] if self.skew is None else [self.skew]
        return replace(self, skew=max([*skews, *known], default=None))

    def resting(self, overlap: timedelta) -> Self:
        """Where the next pull begins: a little before this one did, on HubSpot's clock."""
        began = self.server
        if began is None and self.skew is not None and self.started is not None:
            began = self.started + self.skew
        since = max(0, (began or 0) - overlap // timedelta(milliseconds=1))
        return type(self)(since=since, skew=self.skew)

    def covered(self, resting: "Cursor") -> Window | None:
        """The stamps that this pull has read for good."""
        if resting.since <= (self.first or 0):
            return None
        return Window(moment(self.first) if self.first else None, moment(resting.since))


def cursor_from(since: datetime) -> str:
    """The cursor of a pull of everything stamped at this moment or later."""
    return Cursor(since=milliseconds(since)).text()


def page(
    client: Client,
    object: str,
    fields: Sequence[str],
    text: str | None,
    filter: Filter | None = None,
) -> Page:
    """One page of what changed since the cursor; a listing cannot filter, so a search does."""
    groups = scope.groups(client, object, filter)
    cursor = Cursor.parse(text) if text or not groups else Cursor()
    cursor = cursor.begun(client)
    if cursor.listing:
        return _listed(client, object, fields, cursor)
    return _searched(client, object, fields, cursor, groups)


def _answer(
    client: Client,
    cursor: Cursor,
    found: tuple[Record, ...],
    rows: Sequence[Json],
    onward: Cursor | None,
    total: int | None = None,
) -> Page:
    """The page of these rows; the last one rests, and tells what was covered."""
    merged = absorbed(rows)
    if onward is not None:
        return Page(found, onward.text(), more=True, total=total, merged=merged)
    rest = cursor.resting(client.settings.overlap)
    covered = cursor.covered(rest)
    return Page(found, rest.text(), more=False, total=total, covered=covered, merged=merged)


# ── the first pull ──


def _listed(client: Client, object: str, fields: Sequence[str], cursor: Cursor) -> Page:
    """A page of the first pull: by id, with the links inline."""
    is_long = sum(len(name) + 12 for name in fields) > filters.LONGEST_LIST
    asked = [name for name in fields if not is_long or name not in plain(fields)]
    rows, after = listing(client, object, with_merges(object, asked), cursor.after)
    cursor = cursor.observed(client, rows)
    if is_long:
        rows = _filled(client, object, rows, with_merges(object, fields))
    plainly = inlined(fields)
    ends = {other: _inline(client, object, other, rows) for other in plainly}
    labelled = [other for other in linked(fields) if other not in plainly]
    ends |= links.read(client, object, labelled, [str(row["id"]) for row in rows])
    found = tuple(map(maker(fields, ends), rows))
    return _answer(client, cursor, found, rows, replace(cursor, after=after) if after else None)


def _inline(client: Client, object: str, other: str, rows: Sequence[Json]) -> links.Ends:
    ends, cut = links.inline(rows, object, other)
    return {**ends, **links.read(client, object, [other], cut)[other]} if cut else ends


# ── later pulls ──


def _searched(
    client: Client, object: str, fields: Sequence[str], cursor: Cursor, groups: Groups
) -> Page:
    """Windows of a later pull; several where links are read, since those cost a call each."""
    properties = with_merges(object, plain(fields))
    room = filters.LONGEST_SEARCH - len(dumps(groups)) - len(groups) * _WINDOW_CHARACTERS
    is_long = sum(len(name) + 3 for name in properties) > room
    wanted = [filters.stamp_property(object), *([] if is_long else properties)]
    rows: dict[str, Json] = {}
    total: int | None = None
    onward: Cursor | None = cursor
    for _ in range(SEARCHES_AT_ONCE if linked(fields) else 1):
        if onward is None:
            break
        body = search(client, object, _window(client, object, wanted, onward, groups))
        found = body.get("results") or []
        cursor = onward.observed(client, found)
        onward = _onward(cursor, found, body)
        rows.update((str(row["id"]), row) for row in found)
        total = int(body.get("total") or 0) if total is None else total
    kept = list(rows.values())
    if is_long or remembered(fields):
        kept = _filled(client, object, kept, with_merges(object, fields))
    return _answer(client, cursor, records(client, object, kept, fields), kept, onward, total)


def _window(
    client: Client, object: str, wanted: Sequence[str], cursor: Cursor, groups: Groups
) -> dict[str, object]:
    stamp = filters.stamp_property(object)
    if cursor.tie is None:
        found, sort = filters.changed_since(object, cursor.since), stamp
    else:
        found = filters.changed_at(object, cursor.since, cursor.tie, cursor.digits)
        sort = filters.ID
    limit = client.settings.search_page_size
    return filters.search(found, wanted, limit=limit, sort=sort, after=cursor.after, groups=groups)


def _onward(cursor: Cursor, rows: Sequence[Json], body: Json) -> Cursor | None:
    """The next window; None when the last one was reached."""
    after = next_of(body)
    if cursor.tie is not None:
        return _behind(cursor, rows, after, int(body.get("total") or 0))
    if after is None:
        return None
    if not rows:
        return replace(cursor, after=after)
    last = max(milliseconds(stamp) for row in rows if (stamp := stamp_of(row)))
    if last > cursor.since:
        return replace(cursor, since=last, after=None)
    return replace(cursor, tie="0", after=None)


def _behind(cursor: Cursor, rows: Sequence[Json], after: str | None, total: int) -> Cursor:
    """The next window of a tie, or the one after it.

    Ids may be sorted as text but compared as numbers; then "behind the last id" skips shorter ids.
    Fewer records than the tie has tell so; among ids of one length both orders are the same.
    """
    due = (total if cursor.due is None else cursor.due) - len(rows)
    if after is not None:
        tie = str(rows[-1]["id"]) if rows else cursor.tie
        return replace(cursor, tie=tie, after=None if rows else after, due=due)
    digits = cursor.digits
    if digits is None and due > 0:
        return replace(cursor, tie="0", after=None, due=0, digits=1)
    if digits is not None and digits < _MOST_DIGITS:
        return replace(cursor, tie=str(10**digits - 1), after=None, digits=digits + 1)
    # A tie that ran out leads on to the next millisecond.
    return replace(cursor, since=cursor.since + 1, tie=None, after=None, due=None, digits=None)


def _filled(client: Client, object: str, rows: list[Json], fields: Sequence[str]) -> list[Json]:
    """The rows with what a query cannot carry: long lists of properties, and history."""
    ids = [str(row["id"]) for row in rows]
    full = {str(row["id"]): row for row in rows_by(client, object, ids, fields, None)}
    return [{**row, **_carried(full[id])} for row in rows if (id := str(row["id"])) in full]


def _carried(row: Json) -> Json:
    parts = ("properties", "propertiesWithHistory")
    return {name: row[name] for name in parts if name in row}
