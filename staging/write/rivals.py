"""Cells that somebody sets back whenever we write them, as they stand in the store."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from dataclasses import field as given
from typing import Final

from sqlalchemy import Connection, select, update

from staging.bulk import chunks, upsert
from staging.tables.writes import RIVAL
from tasuki.values import Json

STATES: Final = ("watched", "paused", "resumed")
"""Set back once; set back twice, so that we write it no more; a person lets us write it again."""


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
    """user | app | automation | unknown"""
    state: str = "watched"
    cycle: list[dict[str, Json]] = given(default_factory=list)
    """[{value, at, by, by_kind, ours}] oldest first."""
    resumed_by: str | None = None


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


def listed(db: Connection, states: Sequence[str] = ("paused",)) -> list[Rival]:
    """Those in these states, last flip first."""
    rows = db.execute(_QUERY.where(RIVAL.c.state.in_(states)).order_by(RIVAL.c.last_at.desc()))
    return [Rival(*row) for row in rows]


def resume(db: Connection, connection: str, object: str, field: str, by: str) -> int:
    """Let us write a field again, on every record; how many cells that frees."""
    mine = (RIVAL.c.connection == connection, RIVAL.c.object == object, RIVAL.c.field == field)
    freed = update(RIVAL).where(*mine, RIVAL.c.state == "paused")
    return db.execute(freed.values(state="resumed", resumed_by=by, flips=0)).rowcount


_QUERY: Final = select(*(RIVAL.c[name] for name in Rival.__slots__))
