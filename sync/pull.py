"""Read what changed in the systems into the store: a page and its cursor commit together.

The last page of a walk says which stamps it covered. When the walk was one page that held as many
records as the system said there are, that is its completeness certificate, and costs no call. Else
the window waits in the store, unproven, until both sides were counted (`sync.complete.certify`).
"""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Broken, Deletes, Filter, Page, Record
from staging import aliases, queue, records
from staging.completeness import certificates, counts, sweeps
from staging.completeness.certificates import Proof
from staging.records import Position
from staging.systems import schemas
from staging.write import parking
from sync.context import Call, Step, Tools
from sync.erasure.block import emptied
from sync.reading.covered import COVERED, WALK, Covered, Walk, asked
from sync.reading.scope import is_wanted
from sync.reading.stream import Stream, fields_of, hand_on, stream
from sync.reading.unproven import SCOPED, UNPROVEN, Unproven
from sync.write.rivals.flips import watch
from tasuki.values import Json, digest, dumps, loads, stamp

PAGE: Final = "page"
"""The stream of an object's changes."""
DELETES: Final = "deletes"
"""The stream of its deletes."""
_UNREADABLE: Final = "unreadable"
BROKEN: Final = "TSK-3010"
"""A row that could not be read."""
"""The fields that the system does not show us."""
Told = Counter[str]
"""What a chain has done so far."""
Part = Generator[Call, dict[str, Json], None]
"""A part of a chain; it counts what it does."""


def hidden_fields(db: Connection, connection: str, object: str) -> frozenset[str]:
    """The fields that the system did not show us when it was last asked."""
    kept = records.position(db, connection, object, _UNREADABLE).value
    return frozenset(loads(kept)) if kept else frozenset()


def pages(kind: str, told: Told) -> Part:
    """Read the pages of a stream up to the present."""
    page: dict[str, Json] = {"more": True, "next": {"cursor": None, "whole": None}}
    while page["more"]:
        page = yield Call(PULL_PAGE, {"kind": kind, **page["next"]})
        count(told, page)
    told["open"] += page["open"]
    told["scope"] += page["scope"]


def deletes(kind: str, told: Told) -> Part:
    """Mark what a system says it deleted."""
    page: dict[str, Json] = {"more": True, "next": None}
    while page["more"]:
        page = yield Call(PULL_DELETES, {"kind": kind, "cursor": page["next"]})
        told["deleted"] += page["deleted"]
        told["gap"] += page["gap"]


def count(told: Told, page: Mapping[str, Json]) -> None:
    """Add what a page brought."""
    for name in ("read", "changed", "broken", "outside"):
        told[name] += page[name]
    told.update({f"unreadable:{name}": 1 for name in page["unreadable"]})


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, and what was asked for it."""

    page: Page
    fields: list[str]
    whole: bool
    """It belongs to a walk from the beginning."""
    begins: bool
    """It is that walk's first."""
    described: Json = None
    """The object's metadata, where every field is kept and none was known."""


def _ask_page(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Answer:
    each = stream(tools, arguments["kind"])
    target, fields, described = tools.connectors[each.connection], fields_of(db, each), None
    if each.keeps_all and schemas.kept_of(db, each.connection, each.object) is None:
        described = asdict(target.discover([each.object])[0])
        fields = fields_of(db, each, described)
    cursor, whole = arguments["cursor"], arguments.get("whole")
    begins = False
    if cursor is None:
        at = records.positions(db, each.connection, each.object)
        begins = _begins_anew(tools, each, at, fields)
        walk = Walk.kept(at.get(WALK))
        whole = begins or (walk is not None and walk.whole)
        cursor = None if begins else at[PAGE].value
    page = ask_page(tools, each, fields, cursor, only=scope_of(tools, each) if whole else None)
    return Answer(page, fields, bool(whole), begins, described)


def ask_page(
    tools: Tools, each: Stream, fields: list[str], cursor: str | None, *, only: Filter | None = None
) -> Page:
    """A page; who cannot filter is not handed a filter."""
    target = tools.connectors[each.connection]
    if only is None:
        return target.page(each.object, fields, cursor)
    return target.page(each.object, fields, cursor, only)


def scope_of(tools: Tools, each: Stream) -> Filter | None:
    """What a walk from the beginning of a stream asks its system for."""
    return each.filter() if tools.connectors[each.connection].can.filters else None


def _begins_anew(tools: Tools, each: Stream, at: Mapping[str, Position], fields: list[str]) -> bool:
    """Whether what is wanted was not read yet, and no walk that reads it is under way."""
    before, walk = at.get(PAGE, Position(None, None)), Walk.kept(at.get(WALK))
    if before.value is None:
        return True
    covers = walk.covers if walk and walk.whole else _covered(at, fields)
    return covers is None or not covers.holds(fields, asked(scope_of(tools, each)))


def _covered(at: Mapping[str, Position], fields: list[str]) -> Covered | None:
    """What is complete; by an older version's word, that the same fields were asked for."""
    if COVERED not in at and PAGE in at and at[PAGE].fields_digest == digest(fields):
        return Covered(frozenset(fields))
    return Covered.kept(at.get(COVERED))


def _page_ahead(arguments: dict[str, Json], answer: Answer) -> dict[str, Json] | None:
    page = answer.page
    return {**arguments, **_next(page, answer.whole)} if page.more else None


def _next(page: Page, whole: bool) -> dict[str, Json]:  # noqa: FBT001  # it is handed on as it is
    return {"cursor": page.next_cursor, "whole": whole}


def _keep_page(
    db: Connection, tools: Tools, arguments: dict[str, Json], answer: Answer
) -> dict[str, Json]:
    each, page = stream(tools, arguments["kind"]), answer.page
    at = records.positions(db, each.connection, each.object)
    if answer.described is not None:
        schemas.keep(db, each.connection, [answer.described], tools.now())
    walk, first = _walk(db, tools, each, at, answer)
    result = take_in(db, tools, each, page)
    if walk.beside and walk.covers.filter is not None:
        queue.mark(db, queue.BROUGHT, each.kind, (record.id for record in page.records))
    again = first and _shown_again(db, tools, each, at, page)
    move(db, tools, each, PAGE, None if again else page.next_cursor)
    more = again or page.more
    _move_walk(db, tools, each, at, None if again or not page.more else walk)
    if not again:
        _cover(db, tools, each, at, answer, walk)
    is_open = not more and _prove(db, tools, each, at, page, first=first, walk=walk)
    waits = not more and Unproven.kept(records.positions(db, each.connection, each.object), SCOPED)
    onward = {"cursor": None, "whole": None} if again else _next(page, answer.whole)
    return {**result, "more": more, "next": onward, "open": is_open, "scope": waits is not None}


def _walk(
    db: Connection, tools: Tools, each: Stream, at: Mapping[str, Position], answer: Answer
) -> tuple[Walk, bool]:
    """The walk that a page belongs to, and whether it is its first page."""
    only, fields, kept = asked(scope_of(tools, each)), answer.fields, Walk.kept(at.get(WALK))
    if answer.begins:
        beside = any(records.living_ids(db, each.connection, each.object, most=1))
        queue.clear(db, queue.BROUGHT, each.kind)
        return Walk(whole=True, covers=Covered(frozenset(fields), only), beside=beside), True
    if kept is None:
        return Walk(whole=False, covers=_covered(at, fields) or Covered(frozenset(fields))), True
    if not kept.whole:
        return kept, False
    return replace(kept, covers=replace(kept.covers.without(fields), filter=only)), False


def _cover(
    db: Connection,
    tools: Tools,
    each: Stream,
    at: Mapping[str, Position],
    answer: Answer,
    walk: Walk,
) -> None:
    """Note what is complete now; a change that was read with fewer fields leaves fewer."""
    covers, text = walk.covers, at[COVERED].value if COVERED in at else None
    if not walk.whole:
        known = _covered(at, answer.fields) or covers
        covers = known.without(answer.fields) if answer.page.records else known
    elif answer.page.more:
        return
    elif covers.filter is None and SCOPED in at:
        move(db, tools, each, SCOPED, None)
    if covers.text() != text:
        move(db, tools, each, COVERED, covers.text())


def _move_walk(
    db: Connection, tools: Tools, each: Stream, at: Mapping[str, Position], walk: Walk | None
) -> None:
    text = walk.text() if walk else None
    if text != (at[WALK].value if WALK in at else None):
        move(db, tools, each, WALK, text)


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
    walk: Walk,
) -> bool:
    """Certify the walk that ends with this page, or leave its window open; whether it is open."""
    can, of = tools.connectors[each.connection].can, (each.connection, each.object)
    if walk.whole and can.links_swept:
        note_sweep(db, tools, each, sweeps.LINKS, {"read": "whole"})
    if each.object.startswith(can.uncounted):
        return False
    only_some = walk.covers.filter is not None
    if only_some and not walk.whole and page.covered is None:
        return False  # no window to count, and not all of its records are here
    part = SCOPED if only_some and walk.whole else UNPROVEN
    window = Unproven.of(page.covered, whole=walk.whole, beside=only_some and walk.beside)
    waits = Unproven.kept(at, part)
    answered = first and waits is None and page.covered is not None and not window.beside
    answered = answered and page.total == len({record.id for record in page.records})
    there = sum(window.holds(record) for record in page.records)
    span = (window.since, window.until if window.since else None)
    here = counts.count(db, *of, *span) if answered else 0
    if not answered or there != here:
        move(db, tools, each, part, (window if part is SCOPED else window.wider(waits)).text())
        return part is UNPROVEN
    proof = Proof(*of, there, here, certificates.ANSWER, window.since, window.until)
    certificates.keep(db, proof, tools.run, tools.now())
    if walk.whole:
        note_sweep(db, tools, each, sweeps.IDS, {"read": "whole"})
    return False


def take_in(db: Connection, tools: Tools, each: Stream, page: Page) -> dict[str, Json]:
    """Stage a page's records and hand on those that changed; what it brought.

    A field the system does not show us is not empty: it keeps the value it had.
    """
    changed = keep_records(db, tools, each, page.records)
    scoped = page.records if each.is_scoped else ()
    gone = absorb(db, tools, each, page.merged)
    hand_on(db, each, {*changed, *gone})
    _park_broken(db, tools, each, page)
    return {
        "read": len(page.records),
        "changed": len(changed),
        "broken": len(page.broken),
        "outside": sum(not is_wanted(each, record.fields) for record in scoped),
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
) -> list[str]:
    """Stage records, with what was not asked for or not shown this time; the ids that changed."""
    at = (each.connection, each.object)
    rows = list(seen(emptied(db, tools, at, each.readers, found)))
    changed = records.stage(db, *at, rows, run=tools.run, now=tools.now())
    watch(db, tools, *at, changed)
    return changed


def seen(found: Iterable[Record]) -> Iterator[records.Seen]:
    """Records as the store stages them."""
    for record in found:
        modified = stamp(record.modified_at) if record.modified_at else None
        yield records.Seen(record.id, record.fields, modified, record.modified_by)


def move(db: Connection, tools: Tools, each: Stream, name: str, value: str | None) -> None:
    """Move one of a stream's cursors; it commits with what was read."""
    to = Position(value, None)
    records.move(db, each.connection, each.object, name, to, tools.run, tools.now())


def note_sweep(db: Connection, tools: Tools, each: Stream, sweep: str, result: Json) -> None:
    """A comparison of a whole object has come to its end."""
    sweeps.note(db, (each.connection, each.object), sweep, result, tools.run, tools.now())


def _park_broken(db: Connection, tools: Tools, each: Stream, page: Page) -> None:
    """Park what could not be read; what waited in a place that was read anew waits no more."""
    rows = {f"{each.kind}@{row.place}": row for row in page.broken}
    read = {f"{each.kind}@{place}" for place in page.reread}
    waiting = parking.open_ids(db, BROKEN) if read else set()
    mended = {id_ for id_ in waiting if read & {id_, id_.rpartition(":")[0]}}
    parking.unpark(db, sorted(mended - rows.keys()))
    parking.park_all(db, map(partial(_parked, each), rows, rows.values()), tools.run, tools.now())


def _parked(each: Stream, id: str, row: Broken) -> parking.Parked:
    return parking.Parked(
        id=id,
        connection=each.connection,
        object=each.object,
        code=BROKEN,
        reason=row.reason,
        fix="Correct the row in its source; the next run reads it again.",
        place=row.place,
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
