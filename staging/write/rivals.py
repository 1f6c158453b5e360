"""Cells that somebody sets back whenever we write them, as they stand in the store."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from dataclasses import field as given
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update

from staging.bulk import chunks, upsert
from staging.tables.writes import RECEIPT, RIVAL
from tasuki.values import Json

STATES: Final = ("watched", "paused", "resumed")
"""Set back once; set back twice, so that we write it no more; a person lets us write it again."""
WHOLE: Final = "*"
"""Stands for every record: the field is set back on so many that a rule leaves it alone."""


@dataclass(frozen=True, slots=True)
class Rival:
    """One cell that is flipped back, and who does it."""

    connection: str
    object: str
    record_id: str
    field: str
    ours: Json
    theirs: Json
    flips: int
    first_at: str
    last_at: str
    rule: str | None = None
    writer: str | None = None
    writer_kind: str | None = None
    """user | app | automation | unknown; None until somebody was asked."""
    state: str = "watched"
    cycle: list[dict[str, Json]] = given(default_factory=list)
    """[{value, at, by, by_kind, ours}] oldest first; ours also name their `write`."""
    resumed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Wrote:
    """What we wrote to a cell last, and what stood there."""

    write: str
    sent: Json
    before: Json
    at: str


def wrote_last(
    db: Connection, connection: str, object: str, ids: Iterable[str]
) -> dict[tuple[str, str], Wrote]:
    """Our last settled write of each cell of these records: (record id, field) → write."""
    found: dict[tuple[str, str], Wrote] = {}
    names = ("record_id", "id", "fields", "before", "settled_at")
    query = select(*(RECEIPT.c[name] for name in names)).where(
        RECEIPT.c.connection == connection,
        RECEIPT.c.object == object,
        RECEIPT.c.state == "written",
        RECEIPT.c.verb != "delete",
    )
    for chunk in chunks(ids):
        mine = query.where(RECEIPT.c.record_id.in_(chunk)).order_by(RECEIPT.c.settled_at)
        for row in db.execute(mine):
            was = row.before or {}
            for name, sent in (row.fields or {}).items():
                found[row.record_id, name] = Wrote(row.id, sent, was.get(name), row.settled_at)
    return found


def keep(db: Connection, found: Iterable[Rival]) -> None:
    """Write them down as they are now."""
    upsert(db, RIVAL, (asdict(each) for each in found))


def of_records(
    db: Connection, connection: str, object: str, ids: Iterable[str]
) -> dict[tuple[str, str], Rival]:
    """What is known of these records: (record id, field) → rival."""
    found: dict[tuple[str, str], Rival] = {}
    for chunk in chunks(ids):
        mine = (RIVAL.c.connection == connection, RIVAL.c.object == object)
        rows = db.execute(_QUERY.where(*mine, RIVAL.c.record_id.in_(chunk)))
        found |= {(each.record_id, each.field): each for each in (Rival(*row) for row in rows)}
    return found


def listed(db: Connection, states: Sequence[str] = ("paused",), most: int = 0) -> list[Rival]:
    """Those in these states, last flip first; all, or so many."""
    query = _QUERY.where(RIVAL.c.state.in_(states)).order_by(RIVAL.c.last_at.desc(), *_KEY)
    return [Rival(*row) for row in db.execute(query.limit(most) if most else query)]


def paused_fields(db: Connection) -> dict[tuple[str, str, str], int]:
    """Where something is paused: (connection, object, field) → how many records."""
    by = (RIVAL.c.connection, RIVAL.c.object, RIVAL.c.field)
    rows = db.execute(
        select(*by, func.count(RIVAL.c.record_id).filter(RIVAL.c.record_id != WHOLE))
        .where(RIVAL.c.state == "paused")
        .group_by(*by)
        .order_by(*by)
    )
    return {(connection, object_, field): n for connection, object_, field, n in rows}


def paused(
    db: Connection, connection: str, object: str, ids: Collection[str]
) -> dict[tuple[str, str], Rival]:
    """The paused cells of these records; a whole field stands under `WHOLE`."""
    known = of_records(db, connection, object, {*ids, WHOLE})
    return {cell: rival for cell, rival in known.items() if rival.state == "paused"}


def nameless(db: Connection, connection: str = "", object: str = "") -> list[Rival]:
    """Paused cells of whose writer nobody was asked yet (of one object)."""
    which = [RIVAL.c.state == "paused", RIVAL.c.writer_kind.is_(None), RIVAL.c.record_id != WHOLE]
    if connection:
        which += [RIVAL.c.connection == connection, RIVAL.c.object == object]
    return [Rival(*row) for row in db.execute(_QUERY.where(*which).order_by(*_KEY))]


def resume(db: Connection, connection: str, object: str, field: str, by: str) -> int:
    """Let us write a field again, on every record; how many cells that frees."""
    mine = (RIVAL.c.connection == connection, RIVAL.c.object == object, RIVAL.c.field == field)
    which = (*mine, RIVAL.c.state == "paused", RIVAL.c.record_id != WHOLE)
    freed = update(RIVAL).where(*which).values(state="resumed", resumed_by=by, flips=0)
    n = db.execute(freed).rowcount
    db.execute(delete(RIVAL).where(*mine, RIVAL.c.record_id == WHOLE))
    return n


_KEY: Final[tuple[Any, ...]] = tuple(RIVAL.primary_key.columns)
_QUERY: Final = select(*(RIVAL.c[name] for name in Rival.__slots__))
