"""Read what changed in the systems into the store: a page and its cursor commit together.

The last page of a walk says which stamps it covered. When the walk was one page that held as many
records as the system said there are, that is its completeness certificate, and costs no call. Else
the window waits in the store, unproven, until both sides were counted (`sync.complete.certify`).
"""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from catalog.shape import Grain
from connectors.protocol import Broken, Deletes, Page, Record, Window
from mappings.apply import fields_to_read
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Side
from staging import aliases, queue, records
from staging.completeness import certificates, sweeps
from staging.completeness.certificates import Proof
from staging.records import Position
from staging.write import parking
from sync.context import Call, Step, Tools
from sync.erasure.block import emptied
from tasuki.values import Json, digest, dumps, loads, stamp

PAGE: Final = "page"
"""The stream of an object's changes."""
DELETES: Final = "deletes"
"""The stream of its deletes."""
UNPROVEN: Final = "unproven"
"""The window of stamps that was read and not yet counted on both sides."""
_WALK: Final = "walk"
"""`whole` or `delta` between the first and the last page of a walk."""
_UNREADABLE: Final = "unreadable"
"""The fields that the system does not show us."""
_NONE: Final[frozenset[str]] = frozenset()
Told = Counter[str]
"""What a chain has done so far."""
Part = Generator[Call, dict[str, Json], None]
"""A part of a chain; it counts what it does."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One object of one connection, and every mapping side that reads it."""

    connection: str
    object: str
    readers: tuple[tuple[RecordMapping, Side], ...]
    also: frozenset[str] = frozenset()
    """Platform fields that no mapping reads but rules write."""

    @property
    def kind(self) -> str:
        """The stream's name in the dirty queue."""
        return f"{self.connection}/{self.object}"

    def fields(self) -> list[str]:
        """The platform fields any reader needs."""
        wanted = {f for mapping, side in self.readers for f in fields_to_read(mapping, side.name)}
        return sorted(wanted | self.also)


def streams(tools: Tools) -> list[Stream]:
    """Every object the mappings read, in the order the mappings name them."""
    readers: dict[tuple[str, str], list[tuple[RecordMapping, Side]]] = {}
    for mapping in tools.mappings:
        for side in mapping.sides.values():
            readers.setdefault((side.connection, side.object), []).append((mapping, side))
    return [
        Stream(connection, object_, tuple(found), tools.reads.get(f"{connection}/{object_}", _NONE))
        for (connection, object_), found in readers.items()
    ]


def stream(tools: Tools, kind: str) -> Stream:
    """The stream behind `connection/object`."""
    return next(s for s in streams(tools) if s.kind == kind)


def hand_on(db: Connection, each: Stream, ids: Iterable[str]) -> None:
    """Leave changed records for those who read this stream."""
    ids = list(ids)
    for grain, consumer in ((Grain.MERGED, queue.MAP), (Grain.COPIED, queue.COPY)):
        if any(mapping.entity.grain is grain for mapping, _ in each.readers):
            queue.mark(db, consumer, each.kind, ids)


@dataclass(frozen=True, slots=True)
class Unproven:
    """What was read and not yet counted: stamps from `since` up to `until` (None: no bound)."""

    since: str | None
    until: str | None
    whole: bool
    """It was read from the beginning, so that a count that agrees speaks for all ids."""
    tried: str | None = None
    """When reading it again and comparing all ids did not explain its difference."""

    @classmethod
    def of(cls, window: Window | None, *, whole: bool) -> "Unproven":
        """The window a walk covered; without one, all living records are counted."""
        if window is None:
            return cls(None, None, whole)
        return cls(stamp(window.since) if window.since else None, stamp(window.until), whole)

    @classmethod
    def kept(cls, at: Mapping[str, Position]) -> "Unproven | None":
        """What waits in the store, if anything."""
        text = at[UNPROVEN].value if UNPROVEN in at else None
        return cls(*loads(text)) if text else None

    def text(self) -> str:
        """As the store keeps it."""
        return dumps([self.since, self.until, self.whole, self.tried])

    def holds(self, record: Record) -> bool:
        """Whether a record was last changed within; from the beginning on, every record was."""
        if self.since is None:
            return True
        at = stamp(record.modified_at) if record.modified_at else ""
        return self.since <= at < (self.until or "~")

    def wider(self, other: "Unproven | None") -> "Unproven":
        """The stamps of both."""
        if other is None:
            return self
        since = min(self.since, other.since) if self.since and other.since else None
        until = max(self.until, other.until) if self.until and other.until else None
        return Unproven(since, until, self.whole or other.whole, self.tried or other.tried)


def hidden_fields(db: Connection, connection: str, object: str) -> frozenset[str]:
    """The fields that the system did not show us when it was last asked."""
    kept = records.position(db, connection, object, _UNREADABLE).value
    return frozenset(loads(kept)) if kept else frozenset()


def pages(kind: str, told: Told) -> Part:
    """Read the pages of a stream up to the present."""
    page: dict[str, Json] = {"more": True, "next": None}
    while page["more"]:
        page = yield Call(PULL_PAGE, {"kind": kind, "cursor": page["next"]})
        count(told, page)
    told["open"] += page["open"]


def deletes(kind: str, told: Told) -> Part:
    """Mark what a system says it deleted."""
    page: dict[str, Json] = {"more": True, "next": None}
    while page["more"]:
        page = yield Call(PULL_DELETES, {"kind": kind, "cursor": page["next"]})
        told["deleted"] += page["deleted"]
        told["gap"] += page["gap"]


def count(told: Told, page: Mapping[str, Json]) -> None:
    """Add what a page brought."""
    for name in ("read", "changed", "broken"):
        told[name] += page[name]
    told.update({f"unreadable:{name}": 1 for name in page["unreadable"]})


def _ask_page(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Page:
    each = stream(tools, arguments["kind"])
    fields, cursor = each.fields(), arguments["cursor"]
    if cursor is None:
        at = records.position(db, each.connection, each.object, PAGE)
        cursor = at.value if at.fields_digest == digest(fields) else None
    return tools.connectors[each.connection].page(each.object, fields, cursor)


def _page_ahead(arguments: dict[str, Json], page: Page) -> dict[str, Json] | None:
    return {**arguments, "cursor": page.next_cursor} if page.more else None


def _keep_page(
    db: Connection, tools: Tools, arguments: dict[str, Json], page: Page
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    at = records.positions(db, each.connection, each.object)
    first, whole = _where(each, at)
    result = take_in(db, tools, each, page)
    again = first and _shown_again(db, tools, each, at, page)
    walk = None if again or not page.more else "whole" if whole else "delta"
    move(db, tools, each, PAGE, None if again else page.next_cursor)
    if walk != (at[_WALK].value if _WALK in at else None):
        move(db, tools, each, _WALK, walk)
    more = again or page.more
    is_open = not more and _prove(db, tools, each, at, page, first=first, whole=whole)
    return {**result, "more": more, "next": None if again else page.next_cursor, "open": is_open}


def _where(each: Stream, at: Mapping[str, Position]) -> tuple[bool, bool]:
    """Whether a page is the first of its walk, and whether that walk began at the beginning."""
    before = at.get(PAGE, Position(None, None))
    fresh = before.value is None or before.fields_digest != digest(each.fields())
    walk = at[_WALK].value if _WALK in at else None
    return fresh or walk is None, fresh or walk == "whole"


def _shown_again(
    db: Connection, tools: Tools, each: Stream, at: Mapping[str, Position], page: Page
) -> bool:
    """Whether a field that was hidden from us is shown now: then everything is read once more."""
    known = set(loads(at[_UNREADABLE].value or "[]")) if _UNREADABLE in at else set()
    if known != set(page.unreadable):
        move(db, tools, each, _UNREADABLE, dumps(sorted(page.unreadable)))
    before = at.get(PAGE, Position(None, None))
    return bool(known - set(page.unreadable)) and before.value is not None


def _prove(
    db: Connection,
    tools: Tools,
    each: Stream,
    at: Mapping[str, Position],
    page: Page,
    *,
    first: bool,
    whole: bool,
) -> bool:
    """Certify the walk that ends with this page, or leave its window open; whether it is open."""
    can = tools.connectors[each.connection].can
    if whole and can.links_swept:
        note_sweep(db, tools, each, sweeps.LINKS, {"read": "whole"})
    if each.object.startswith(can.uncounted):
        return False
    window, waits = Unproven.of(page.covered, whole=whole), Unproven.kept(at)
    answered = first and waits is None and page.covered is not None
    answered = answered and page.total == len({record.id for record in page.records})
    there = sum(window.holds(record) for record in page.records)
    span = (window.since, window.until if window.since else None)
    here = records.count(db, each.connection, each.object, *span) if answered else 0
    if not answered or there != here:
        move(db, tools, each, UNPROVEN, window.wider(waits).text())
        return True
    of, span = (each.connection, each.object), (window.since, window.until)
    proof = Proof(*of, there, here, certificates.ANSWER, *span)
    certificates.keep(db, proof, tools.run, tools.now())
    if whole:
        note_sweep(db, tools, each, sweeps.IDS, {"read": "whole"})
    return False


def take_in(db: Connection, tools: Tools, each: Stream, page: Page) -> dict[str, Json]:
    """Stage a page's records and hand on those that changed; what it brought.

    A field the system does not show us is not empty: it keeps the value it had.
    """
    changed = keep_records(db, tools, each, page.records, hidden=page.unreadable)
    gone = absorb(db, tools, each, page.merged)
    hand_on(db, each, {*changed, *gone})
    _park_broken(db, tools, each, page.broken)
    return {
        "read": len(page.records),
        "changed": len(changed),
        "broken": len(page.broken),
        "unreadable": list(page.unreadable),
    }


def absorb(db: Connection, tools: Tools, each: Stream, merged: Mapping[str, str]) -> list[str]:
    """Remember who absorbed whom; the ids that were alive until now."""
    if not merged:
        return []
    aliases.remember(db, each.connection, each.object, merged, tools.now())
    return records.mark_deleted(db, each.connection, each.object, list(merged), tools.now())


def keep_records(
    db: Connection,
    tools: Tools,
    each: Stream,
    found: Sequence[Record],
    *,
    hidden: Collection[str] = (),
) -> list[str]:
    """Stage records, with the values that fields hidden from us had; the ids that changed."""
    at = (each.connection, each.object)
    rows = list(seen(emptied(db, tools, at, each.readers, found)))
    if hidden:
        before = records.read(db, each.connection, each.object, [row.id for row in rows])
        known = {
            id_: {name: record.payload[name] for name in hidden if name in record.payload}
            for id_, record in before.items()
        }
        rows = [replace(row, fields=known.get(row.id, {}) | dict(row.fields)) for row in rows]
    return records.stage(db, each.connection, each.object, rows, run=tools.run, now=tools.now())


def seen(found: Iterable[Record]) -> Iterator[records.Seen]:
    """Records as the store stages them."""
    for record in found:
        modified = stamp(record.modified_at) if record.modified_at else None
        yield records.Seen(record.id, record.fields, modified, record.modified_by)


def move(db: Connection, tools: Tools, each: Stream, name: str, value: str | None) -> None:
    """Move one of a stream's cursors; it commits with what was read."""
    known = digest(each.fields()) if name == PAGE else None
    to = Position(value, known)
    records.move(db, each.connection, each.object, name, to, tools.run, tools.now())


def note_sweep(db: Connection, tools: Tools, each: Stream, sweep: str, result: Json) -> None:
    """A comparison of a whole object has come to its end."""
    sweeps.note(db, (each.connection, each.object), sweep, result, tools.run, tools.now())


def _park_broken(db: Connection, tools: Tools, each: Stream, broken: tuple[Broken, ...]) -> None:
    for row in broken:
        parking.park(
            db,
            parking.Parked(
                id=f"{each.kind}@{row.place}",
                connection=each.connection,
                object=each.object,
                code="TSK-3010",
                reason=row.reason,
                fix="Correct the row in its source; the next run reads it again.",
                place=row.place,
            ),
            tools.run,
            tools.now(),
        )


def _ask_deletes(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Deletes:
    each, cursor = stream(tools, arguments["kind"]), arguments["cursor"]
    if cursor is None:
        cursor = records.position(db, each.connection, each.object, DELETES).value
    return tools.connectors[each.connection].deletes(each.object, cursor)


def _deletes_ahead(arguments: dict[str, Json], found: Deletes) -> dict[str, Json] | None:
    return {**arguments, "cursor": found.next_cursor} if found.more else None


def _keep_deletes(
    db: Connection, tools: Tools, arguments: dict[str, Json], found: Deletes
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    gone = records.mark_deleted(db, each.connection, each.object, found.ids, tools.now())
    gone += absorb(db, tools, each, found.merged)
    hand_on(db, each, {*gone, *found.merged.values()})
    move(db, tools, each, DELETES, found.next_cursor)
    if not found.more and tools.connectors[each.connection].can.deletes_swept:
        note_sweep(db, tools, each, sweeps.DELETES, {"gone": len(gone)})
    return {
        "deleted": len(gone),
        "more": found.more,
        "next": found.next_cursor,
        "gap": found.gap,
    }


PULL_PAGE: Final = Step("pull.page", keep=_keep_page, ask=_ask_page, ahead=_page_ahead)
PULL_DELETES: Final = Step(
    "pull.deletes", keep=_keep_deletes, ask=_ask_deletes, ahead=_deletes_ahead
)
