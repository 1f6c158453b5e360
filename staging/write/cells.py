"""A plan's cells, a page at a time, riskiest first; and what became of them, counted in records."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Text, case, func, literal, select

from staging.tables.writes import CHANGE, RECEIPT
from staging.write.plans import Change

_NAMES: Final = tuple(Change.__slots__)


@dataclass(frozen=True, slots=True)
class Which:
    """Which cells of a plan are meant: all, unless something is said."""

    risk: str = ""
    state: str = ""
    connection: str = ""
    object: str = ""
    rule: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How many records of one group, a risk of one object, are in one state."""

    risk: str
    connection: str
    object: str
    state: str
    records: int


@dataclass(frozen=True, slots=True)
class Why:
    """How many records of one object are in a state for one reason."""

    connection: str
    object: str
    state: str
    reason: str | None
    records: int
    write_id: str
    """One of them."""
    label: str | None


def part(
    db: Connection, plan_id: str, which: Which, order: Sequence[str], *, limit: int, skip: int = 0
) -> list[Change]:
    """Some of these cells, by risk in this order, then record by record."""
    rank = case({risk: n for n, risk in enumerate(order)}, value=CHANGE.c.risk, else_=len(order))
    by = (rank, *(CHANGE.c[name] for name in ("connection", "object", "write_id", "field")))
    query = select(*(CHANGE.c[name] for name in _NAMES)).where(*_meant(plan_id, which))
    rows = db.execute(query.order_by(*by).limit(limit).offset(skip))
    return [_change(Change(*row)) for row in rows]


def count(db: Connection, plan_id: str, which: Which) -> int:
    """How many cells these are."""
    query = select(func.count()).select_from(CHANGE).where(*_meant(plan_id, which))
    return db.scalar(query) or 0


def records_by_state(db: Connection, plan_id: str) -> dict[str, int]:
    """State → records of a plan in it; one whose cells ended differently is in each."""
    records = func.count(CHANGE.c.write_id.distinct())
    query = select(CHANGE.c.state, records).where(CHANGE.c.plan_id == plan_id)
    return dict(db.execute(query.group_by(CHANGE.c.state).order_by(CHANGE.c.state)).all())


def records(db: Connection, plan_id: str) -> int:
    """How many records a plan is about."""
    query = select(func.count(CHANGE.c.write_id.distinct())).where(CHANGE.c.plan_id == plan_id)
    return db.scalar(query) or 0


def ended(db: Connection, plan_id: str) -> list[Ended]:
    """What became of each group of a plan."""
    by = (CHANGE.c.risk, CHANGE.c.connection, CHANGE.c.object, CHANGE.c.state)
    query = select(*by, func.count(CHANGE.c.write_id.distinct())).where(CHANGE.c.plan_id == plan_id)
    return [Ended(*row) for row in db.execute(query.group_by(*by).order_by(*by))]


def reasons(db: Connection, plan_id: str, states: Sequence[str]) -> list[Why]:
    """Why records of a plan are in these states, most first."""
    by = (CHANGE.c.connection, CHANGE.c.object, CHANGE.c.state, CHANGE.c.reason)
    records = func.count(CHANGE.c.write_id.distinct())
    first = func.min(CHANGE.c.write_id)
    query = select(*by, records, first, func.min(CHANGE.c.label)).where(
        CHANGE.c.plan_id == plan_id, CHANGE.c.state.in_(states)
    )
    rows = db.execute(query.group_by(*by).order_by(records.desc(), first))
    return [Why(*row) for row in rows]


def last_write(db: Connection, intent_id: str) -> str | None:
    """The newest write that a wish led to, sent or not."""
    query = (
        select(CHANGE.c.write_id)
        .outerjoin(RECEIPT, RECEIPT.c.id == CHANGE.c.write_id)
        .where(CHANGE.c.intent_id == intent_id)
        .order_by(func.coalesce(RECEIPT.c.opened_at, "").desc(), CHANGE.c.write_id.desc())
    )
    return db.scalar(query.limit(1))


def _meant(plan_id: str, which: Which) -> list[Any]:
    said = {name: getattr(which, name) for name in ("risk", "state", "connection", "object")}
    said["field"] = which.field
    conditions: list[Any] = [CHANGE.c.plan_id == plan_id]
    conditions += [CHANGE.c[name] == value for name, value in said.items() if value]
    if which.rule:
        rule = CHANGE.c.cause.op("->>", return_type=Text())(literal("rule", Text()))
        conditions.append(rule == which.rule)
    return conditions


def _change(change: Change) -> Change:
    return change if change.cause else replace(change, cause={})
