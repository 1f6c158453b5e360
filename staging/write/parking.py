"""What waits: rows and cells that could not be read, values a side does not take, refused writes.

One row per wish, per cell, or per row of a file. Its states:

    open      waits; a refused write until `next_at`, everything else for a person or for new data
    dead      was refused too often: waits for a person only
    retried   its wish was opened again and has no answer yet
    dropped   a person wants it no more, as it is
    closed    came true, was changed, or is wanted no more
"""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select, update

from staging.bulk import chunks, upsert
from staging.tables.writes import INTENT, PARKED, RECEIPT

WAITING: Final = ("open", "dead")
"""States in which something waits."""
STATES: Final = (*WAITING, "retried", "dropped", "closed")
UNDO: Final = "undo:"
"""What the id of a refused write begins with that was to undo something; a ref follows."""


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
    """The line that is to blame: of a mapping, a rule or a file of rows."""
    intent_id: str | None = None
    """The wish behind a refused write."""
    label: str | None = None
    """What a person calls the record."""
    cells: str | None = None
    """Digest of the values that were refused."""
    attempts: int = 1
    """How often it was sent and refused."""
    next_at: str | None = None
    """When it is tried again by itself; None: a person does."""
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing that waits or waited, as it stands."""

    id: str
    connection: str
    object: str
    record_id: str | None
    label: str | None
    code: str
    reason: str
    fix: str
    place: str | None
    state: str
    attempts: int | None
    next_at: str | None
    at: str
    run_id: str | None
    intent_id: str | None
    cells: str | None
    settled_by: str | None
    settled_at: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How much waits, and for what."""

    waiting: int
    """Everything that waits, dead ones too."""
    dead: int
    """Those that wait for a person only, having been refused too often."""
    next_at: str | None
    """When the next of them is tried again by itself."""


@dataclass(frozen=True, slots=True)
class Which:
    """Which of the parked things are meant: all that wait, unless something is said."""

    ids: Sequence[str] = ()
    """Their ids, or refs of records."""
    code: str = ""
    connection: str = ""
    run: str = ""
    states: Sequence[str] = WAITING
    same_as: str = ""
    """The id of one of them: all that wait for the very same cause."""


def park(db: Connection, what: Parked, run: str, now: str) -> None:
    """Park it; parking it again renews its reason."""
    park_all(db, [what], run, now)


def park_all(db: Connection, what: Iterable[Parked], run: str, now: str) -> None:
    """Park many at once; a cell that a person dropped stays so while its reason does."""
    found = list(what)
    kept = _still_dropped(db, [each.id for each in found if each.intent_id is None])
    when = {"run_id": run, "at": now, "settled_by": None, "settled_at": None}
    upsert(db, PARKED, ({**asdict(w), **when} for w in found if (w.id, w.reason) not in kept))


def _still_dropped(db: Connection, ids: Iterable[str]) -> set[tuple[str, str]]:
    kept: set[tuple[str, str]] = set()
    for chunk in chunks(ids):
        mine = (PARKED.c.id.in_(chunk), PARKED.c.state == "dropped")
        rows = db.execute(select(PARKED.c.id, PARKED.c.reason).where(*mine))
        kept |= {(row.id, row.reason) for row in rows}
    return kept


def unpark(db: Connection, ids: Iterable[str]) -> None:
    """These can be read or taken by now."""
    for chunk in chunks(ids):
        db.execute(update(PARKED).where(PARKED.c.id.in_(chunk)).values(state="closed"))


def known(db: Connection, ids: Iterable[str]) -> set[str]:
    """Which of these were ever parked, whatever became of them."""
    return set(by_ids(db, ids))


def by_ids(db: Connection, ids: Iterable[str]) -> dict[str, Waits]:
    """These, in any state."""
    found: dict[str, Waits] = {}
    for chunk in chunks(ids):
        rows = db.execute(_QUERY.where(PARKED.c.id.in_(chunk)))
        found |= {row.id: Waits(*row) for row in rows}
    return found


def settle(db: Connection, ids: Iterable[str], state: str, by: str | None, now: str) -> None:
    """Opened again (`retried`) or given up (`dropped`); by whom, nobody for the clock, and when."""
    said = {"state": state, "next_at": None, "settled_by": by, "settled_at": now}
    for chunk in chunks(ids):
        db.execute(update(PARKED).where(PARKED.c.id.in_(chunk)).values(said))


def close_settled(db: Connection, now: str) -> int:
    """Close refused writes whose wish came true, changed or is wanted no more; how many."""
    mine = INTENT.c.id == PARKED.c.intent_id
    parked = exists().where(mine, INTENT.c.state == "parked")
    wanted = exists().where(mine, INTENT.c.state.not_in(_OVER))
    wished = PARKED.c.intent_id.is_not(None)
    waits = PARKED.c.state.in_(WAITING)
    over = or_(
        and_(wished, waits, ~parked),
        and_(wished, PARKED.c.state == "retried", ~wanted),
        and_(~wished, waits, PARKED.c.id.startswith(UNDO), _written_since()),
    )
    closed = update(PARKED).where(PARKED.c.state.in_((*WAITING, "retried")), over)
    return db.execute(closed.values(state="closed", next_at=None, settled_at=now)).rowcount


def _written_since() -> Any:
    """Whether the same record was written after its undo was refused."""
    same = (RECEIPT.c[name] == PARKED.c[name] for name in ("connection", "object", "record_id"))
    return exists().where(*same, RECEIPT.c.state == "written", RECEIPT.c.settled_at > PARKED.c.at)


_OVER: Final = ("done", "withdrawn", "undone", "dropped")
"""States of a wish that is not to be sent any more."""


def due(db: Connection, now: str) -> list[Waits]:
    """What is to be tried again by now."""
    rung = (PARKED.c.state == "open", PARKED.c.next_at <= now)
    return [Waits(*row) for row in db.execute(_QUERY.where(*rung).order_by(PARKED.c.id))]


def listed(db: Connection, which: Which) -> list[Waits]:
    """These, longest waiting first."""
    query = _QUERY.where(*_meant(which)).order_by(PARKED.c.at, PARKED.c.id)
    return [Waits(*row) for row in db.execute(query)]


def _meant(which: Which) -> list[Any]:
    conditions: list[Any] = [PARKED.c.state.in_(which.states)]
    if which.ids:
        ref = PARKED.c.connection + "/" + PARKED.c.object + "/" + PARKED.c.record_id
        conditions.append(or_(PARKED.c.id.in_(which.ids), ref.in_(which.ids)))
    if which.code:
        conditions.append(PARKED.c.code == which.code)
    if which.connection:
        conditions.append(PARKED.c.connection == which.connection)
    if which.run:
        conditions.append(PARKED.c.run_id == which.run)
    if which.same_as:
        conditions.append(_same_cause(which.same_as))
    return conditions


def _same_cause(id: str) -> ColumnElement[bool]:
    one = PARKED.alias()
    same = (one.c[name] == PARKED.c[name] for name in _CAUSE)
    lines = (func.coalesce(_line(table.c), "") for table in (one, PARKED))
    return exists().where(one.c.id == id, *same, operator.eq(*lines))


def part(db: Connection, which: Which, *, limit: int, skip: int = 0) -> list[Waits]:
    """Some of these, those for a person only first, then what is tried again soonest."""
    alive = case((PARKED.c.state == "dead", 0), else_=1)
    query = _QUERY.where(*_meant(which)).order_by(
        alive, PARKED.c.next_at.is_(None), PARKED.c.next_at, PARKED.c.at, PARKED.c.id
    )
    return [Waits(*row) for row in db.execute(query.limit(limit).offset(skip))]


def count(db: Connection, which: Which) -> int:
    """How many these are."""
    return db.scalar(select(func.count()).select_from(PARKED).where(*_meant(which))) or 0


def open_ids(db: Connection, code: str) -> set[str]:
    """What waits for this reason."""
    query = select(PARKED.c.id).where(PARKED.c.state == "open", PARKED.c.code == code)
    return set(db.scalars(query))


def open_of(
    db: Connection, code: str, connection: str, object: str, ids: Iterable[str]
) -> set[str]:
    """The cells of these records that wait for this reason or were given up; no refused write."""
    found: set[str] = set()
    here = (PARKED.c.connection == connection, PARKED.c.object == object)
    waits = (PARKED.c.state.in_((*WAITING, "dropped")), PARKED.c.intent_id.is_(None))
    for chunk in chunks(ids):
        mine = (*here, PARKED.c.record_id.in_(chunk), *waits)
        found.update(db.scalars(select(PARKED.c.id).where(*mine, PARKED.c.code == code)))
    return found


def open_in(db: Connection, code: str, run: str) -> int:
    """How many things wait for this reason since a run."""
    of = (PARKED.c.state == "open", PARKED.c.code == code, PARKED.c.run_id == run)
    return db.scalar(select(func.count()).select_from(PARKED).where(*of)) or 0


def standing(db: Connection) -> Standing:
    """How much waits, how much of it for a person only, and when the next is tried again."""
    waits = PARKED.c.state.in_(WAITING)
    dead = case((PARKED.c.state == "dead", _RECORD))
    query = select(_many(_RECORD), _many(dead), func.min(PARKED.c.next_at))
    return Standing(*db.execute(query.where(waits)).one())


def _many(what: ColumnElement[Any]) -> ColumnElement[int]:
    return func.count(what.distinct())


def open_count(db: Connection) -> int:
    """How many things wait."""
    return standing(db).waiting


def open_causes(db: Connection, which: Which | None = None) -> list[dict[str, Any]]:
    """What waits, grouped by cause, most first.

    Each: connection, object, code, reason, fix, place, count, dead, next_at, attempts (the most),
    since, last, and of one of them id, sample (its record id) and label. Records are apart when
    another line is to blame; rows of files, each with a line of its own, are not.
    """
    line = _line(PARKED.c)
    by = tuple(PARKED.c[name] for name in _CAUSE)
    rows = db.execute(
        select(
            *by,
            func.min(PARKED.c.place).label("place"),
            _many(_RECORD).label("count"),
            _many(case((PARKED.c.state == "dead", _RECORD))).label("dead"),
            func.min(PARKED.c.next_at).label("next_at"),
            func.max(PARKED.c.attempts).label("attempts"),
            func.min(PARKED.c.at).label("since"),
            func.max(PARKED.c.at).label("last"),
            func.min(PARKED.c.id).label("id"),
        )
        .where(*_meant(which or Which()))
        .group_by(*by, line)
        .order_by(_many(_RECORD).desc(), PARKED.c.reason)
    )
    causes = [row._asdict() for row in rows]
    samples = by_ids(db, (cause["id"] for cause in causes))
    return [
        {**cause, "sample": one.record_id, "label": one.label}
        for cause in causes
        for one in [samples[cause["id"]]]
    ]


def _line(of: Any) -> ColumnElement[Any]:
    """The line to blame, where each cause has its own."""
    return case((or_(of.intent_id.is_not(None), of.record_id.is_not(None)), of.place))


_CAUSE: Final = ("connection", "object", "code", "reason", "fix")
_IS_CELL: Final = PARKED.c.record_id.is_not(None)
_RECORD: Final = case(
    (
        and_(PARKED.c.intent_id.is_not(None), _IS_CELL),
        PARKED.c.connection + "/" + PARKED.c.object + "/" + PARKED.c.record_id,
    ),
    else_=PARKED.c.id,
)
"""What is counted: a record that several wishes are about is one, a cell or a row is one."""
_QUERY: Final[Any] = select(*(PARKED.c[name] for name in Waits.__slots__))
