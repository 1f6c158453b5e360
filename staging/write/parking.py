"""What waits for a person: rows that could not be read and writes that were refused."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from staging.bulk import chunks, upsert
from staging.tables.writes import PARKED


@dataclass(frozen=True, slots=True)
class Parked:
    """One thing that waits, with its cause and its fix in plain words."""

    id: str
    connection: str
    object: str
    code: str
    reason: str
    fix: str
    record_id: str | None = None
    place: str | None = None
    intent_id: str | None = None
    """The wish behind a refused write."""
    label: str | None = None
    """What a person calls the record."""
    attempts: int = 1
    next_at: str | None = None
    """When it is tried again by itself; None: a person does."""


def park(db: Connection, what: Parked, run: str, now: str) -> None:
    """Park it; parking it again renews its reason."""
    park_all(db, [what], run, now)


def park_all(db: Connection, what: Iterable[Parked], run: str, now: str) -> None:
    """Park many at once."""
    upsert(db, PARKED, ({**asdict(w), "run_id": run, "state": "open", "at": now} for w in what))


def unpark(db: Connection, ids: list[str]) -> None:
    """These no longer wait."""
    for chunk in chunks(ids):
        db.execute(update(PARKED).where(PARKED.c.id.in_(chunk)).values(state="retried"))


def known(db: Connection, ids: Iterable[str]) -> set[str]:
    """Which of these were ever parked, whatever became of them."""
    found: set[str] = set()
    for chunk in chunks(ids):
        found.update(db.scalars(select(PARKED.c.id).where(PARKED.c.id.in_(chunk))))
    return found


def open_ids(db: Connection, code: str) -> set[str]:
    """What waits for this reason."""
    query = select(PARKED.c.id).where(PARKED.c.state == "open", PARKED.c.code == code)
    return set(db.scalars(query))


def open_of(
    db: Connection, code: str, connection: str, object: str, ids: Iterable[str]
) -> set[str]:
    """What waits for this reason, of these records."""
    found: set[str] = set()
    here = (PARKED.c.connection == connection, PARKED.c.object == object)
    for chunk in chunks(ids):
        mine = (*here, PARKED.c.record_id.in_(chunk), PARKED.c.state == "open")
        found.update(db.scalars(select(PARKED.c.id).where(*mine, PARKED.c.code == code)))
    return found


def open_in(db: Connection, code: str, run: str) -> int:
    """How many things wait for this reason since a run."""
    of = (PARKED.c.state == "open", PARKED.c.code == code, PARKED.c.run_id == run)
    return db.scalar(select(func.count()).select_from(PARKED).where(*of)) or 0


def open_count(db: Connection) -> int:
    """How many things wait."""
    waiting = select(func.count()).select_from(PARKED).where(PARKED.c.state == "open")
    return db.scalar(waiting) or 0


def open_causes(db: Connection) -> list[dict[str, Any]]:
    """What waits, grouped by cause: code, reason, fix, place, count, a sample record."""
    rows = db.execute(
        select(
            PARKED.c.connection,
            PARKED.c.object,
            PARKED.c.code,
            PARKED.c.reason,
            PARKED.c.fix,
            func.min(PARKED.c.place).label("place"),
            func.count().label("count"),
            func.min(PARKED.c.record_id).label("sample"),
        )
        .where(PARKED.c.state == "open")
        .group_by(
            PARKED.c.connection, PARKED.c.object, PARKED.c.code, PARKED.c.reason, PARKED.c.fix
        )
        .order_by(func.count().desc(), PARKED.c.reason)
    )
    return [row._asdict() for row in rows]
