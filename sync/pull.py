"""Read what changed in the systems into the store: a page and its cursor commit together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from catalog.entities import Grain
from connectors.protocol import Broken, Deletes, Page, Record
from mappings.apply import fields_to_read
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Side
from staging import aliases, queue, records
from staging.write import parking
from sync.context import Runner, Step, Tools
from tasuki.values import Json, digest, stamp

_PAGE: Final = "page"
_DELETES: Final = "deletes"
_NONE: Final[frozenset[str]] = frozenset()


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


def pull(run: Runner) -> dict[str, Json]:
    """Bring every stream up to date; what was read and changed, and whose deletes have gaps."""
    every = streams(run.tools)
    read = changed = deleted = broken = 0
    gaps: list[str] = []
    for done, each in enumerate(every):
        run.tell("pull", done, len(every), each.kind)
        more = True
        while more:
            page = run.step(PULL_PAGE, kind=each.kind)
            read, changed = read + page["rows"], changed + page["changed"]
            broken += page["broken"]
            more = page["more"]
        gone, gap = _pull_deletes(run, each)
        deleted += gone
        gaps += [each.kind] if gap else []
    run.tell("pull", len(every), len(every))
    totals = {"read": read, "changed": changed, "deleted": deleted, "broken": broken}
    return {**totals, "gaps": gaps}


def _pull_deletes(run: Runner, each: Stream) -> tuple[int, bool]:
    """How many are gone, and whether some deletes are no longer told."""
    if not run.tools.connectors[each.connection].can.deletes:
        return 0, False
    total, gap, more = 0, False, True
    while more:
        page = run.step(PULL_DELETES, kind=each.kind)
        total, gap, more = total + page["deleted"], gap or page["gap"], page["more"]
    return total, gap


def _ask_page(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Page:
    each = stream(tools, arguments["kind"])
    fields = each.fields()
    at = records.position(db, each.connection, each.object, _PAGE)
    cursor = at.value if at.fields_digest == digest(fields) else None
    return tools.connectors[each.connection].page(each.object, fields, cursor)


def _keep_page(
    db: Connection, tools: Tools, arguments: dict[str, Json], page: Page
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    now = tools.now()
    rows = list(seen(page.records))
    changed = records.stage(db, each.connection, each.object, rows, run=tools.run, now=now)
    hand_on(db, each, changed)
    _park_broken(db, tools, each, page.broken)
    to = records.Position(page.next_cursor, digest(each.fields()))
    records.move(db, each.connection, each.object, _PAGE, to, tools.run, now)
    return {
        "rows": len(rows),
        "changed": len(changed),
        "broken": len(page.broken),
        "more": page.more,
    }


def seen(found: Iterable[Record]) -> Iterator[records.Seen]:
    """Records as the store stages them."""
    for record in found:
        modified = stamp(record.modified_at) if record.modified_at else None
        yield records.Seen(record.id, record.fields, modified, record.modified_by)


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
    each = stream(tools, arguments["kind"])
    at = records.position(db, each.connection, each.object, _DELETES)
    return tools.connectors[each.connection].deletes(each.object, at.value)


def _keep_deletes(
    db: Connection, tools: Tools, arguments: dict[str, Json], found: Deletes
) -> dict[str, Json]:
    each = stream(tools, arguments["kind"])
    now = tools.now()
    aliases.remember(db, each.connection, each.object, found.merged, now)
    gone = records.mark_deleted(db, each.connection, each.object, {*found.ids, *found.merged}, now)
    hand_on(db, each, {*gone, *found.merged.values()})
    to = records.Position(found.next_cursor, None)
    records.move(db, each.connection, each.object, _DELETES, to, tools.run, now)
    return {"deleted": len(gone), "more": found.more, "gap": found.gap}


PULL_PAGE: Final = Step("pull.page", keep=_keep_page, ask=_ask_page)
PULL_DELETES: Final = Step("pull.deletes", keep=_keep_deletes, ask=_ask_deletes)
