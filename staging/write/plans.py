"""Plans, their changes and approvals, as they stand in the store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update

from staging.bulk import chunks, row_of, upsert
from staging.tables.writes import APPROVAL, CHANGE, INTENT, PLAN
from tasuki.values import Json, digest

_WANTED: Final = ("open", "parked")
"""States of a wish that is to be sent."""
_CHANGED: Final = "another value is wanted since the plan was made; the next plan has it"
_OVER: Final = "it came true otherwise, or is not wanted any more, since the plan was made"
_SENT_ALONG: Final = ("natural_key", "links")
"""What a write sends beside its cells, as its cause keeps it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One planned cell: what stands there, what shall stand there, why, and how risky it is."""

    id: str
    plan_id: str
    write_id: str
    intent_id: str | None
    connection: str
    object: str
    record_id: str | None
    verb: str
    field: str
    before: Json
    after: Json
    risk: str
    cause: dict[str, Json]
    label: str
    state: str = "planned"
    reason: str | None = None


class Cell(NamedTuple):
    """Where a change writes."""

    connection: str
    object: str
    record_id: str | None
    verb: str
    field: str


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One plan as it stands."""

    id: str
    digest: str
    state: str
    author: str
    created_at: str
    expires_at: str
    applied_at: str | None = None
    run_id: str | None = None
    undo_of: str | None = None
    origin: str = "all"
    counts: dict[str, Json] = field(default_factory=dict)
    notes: dict[str, Json] = field(default_factory=dict)


def save(db: Connection, plan: PlanRow, changes: Iterable[Change]) -> None:
    """Keep a plan and its changes."""
    upsert(db, PLAN, [row_of(plan)])
    add(db, changes)


def add(db: Connection, changes: Iterable[Change]) -> None:
    """Keep changes of a plan that is made part by part; its own row is saved last."""
    upsert(db, CHANGE, map(row_of, changes))


def get(db: Connection, id: str) -> PlanRow | None:
    """The plan of that id, or the only one whose id starts so."""
    rows = db.execute(select(PLAN).where(PLAN.c.id.startswith(id, autoescape=True)).limit(2)).all()
    return _plan(rows[0]) if len(rows) == 1 else None


def latest(db: Connection, limit: int = 20, states: Sequence[str] = ()) -> list[PlanRow]:
    """The last plans, newest first."""
    query = select(PLAN).order_by(PLAN.c.created_at.desc(), PLAN.c.id.desc()).limit(limit)
    if states:
        query = query.where(PLAN.c.state.in_(states))
    return [_plan(row) for row in db.execute(query)]


def changes(db: Connection, plan_id: str, states: Sequence[str] = ()) -> list[Change]:
    """A plan's changes, record by record."""
    query = _CHANGES.where(CHANGE.c.plan_id == plan_id)
    if states:
        query = query.where(CHANGE.c.state.in_(states))
    order = (CHANGE.c.connection, CHANGE.c.object, CHANGE.c.write_id, CHANGE.c.field)
    return [_change(row) for row in db.execute(query.order_by(*order))]


def of_writes(db: Connection, write_ids: Iterable[str], states: Sequence[str] = ()) -> list[Change]:
    """The changes of these writes (in these states)."""
    found: list[Change] = []
    for chunk in chunks(write_ids):
        query = _CHANGES.where(CHANGE.c.write_id.in_(chunk)).order_by(CHANGE.c.id)
        if states:
            query = query.where(CHANGE.c.state.in_(states))
        found.extend(_change(row) for row in db.execute(query))
    return found


def cells_of(db: Connection, write_ids: Iterable[str], states: Sequence[str]) -> list[Cell]:
    """Where the changes of these writes in these states write."""
    found: list[Cell] = []
    for chunk in chunks(write_ids):
        mine = (CHANGE.c.write_id.in_(chunk), CHANGE.c.state.in_(states))
        rows = db.execute(select(*(CHANGE.c[name] for name in Cell._fields)).where(*mine))
        found.extend(Cell(*row) for row in rows)
    return found


def intents_of(db: Connection, write_ids: Iterable[str]) -> set[str]:
    """The wishes behind these writes."""
    return {intent for _, intent in wishes_of(db, write_ids)}


def wishes_of(db: Connection, write_ids: Iterable[str]) -> set[tuple[str, str]]:
    """Which wish is behind which of these writes: (write, wish)."""
    found: set[tuple[str, str]] = set()
    for chunk in chunks(write_ids):
        mine = (CHANGE.c.write_id.in_(chunk), CHANGE.c.intent_id.is_not(None))
        rows = db.execute(select(CHANGE.c.write_id, CHANGE.c.intent_id).where(*mine).distinct())
        found.update((write, intent) for write, intent in rows)
    return found


def overtaken(db: Connection, write_ids: Iterable[str]) -> dict[str, str]:
    """The wishes behind these writes that another plan or run settled or changed since: why.

    A plan carries what was wanted when it was made; only what is wanted still may be sent.
    """
    found: dict[str, str] = {}
    theirs = (CHANGE.c.intent_id == INTENT.c.id, CHANGE.c.plan_id == PLAN.c.id)
    over, anew = INTENT.c.state.not_in(_WANTED), INTENT.c.created_at > PLAN.c.created_at
    for chunk in chunks(write_ids):
        mine = (*theirs, CHANGE.c.write_id.in_(chunk), or_(over, anew))
        rows = db.execute(select(INTENT.c.id, anew).where(*mine).distinct())
        found |= {id_: _CHANGED if is_new else _OVER for id_, is_new in rows}
    return found


def remade(db: Connection, write_ids: Iterable[str]) -> set[str]:
    """The wishes behind these writes that were made anew, with other values, since their plan."""
    return {id_ for id_, why in overtaken(db, write_ids).items() if why == _CHANGED}


def refused_in(db: Connection, run: str) -> set[str]:
    """The wishes that a run refused, because somebody was first, and that are still open."""
    theirs = (PLAN.c.run_id == run, CHANGE.c.plan_id == PLAN.c.id, CHANGE.c.state == "refused")
    wanted = (INTENT.c.id == CHANGE.c.intent_id, INTENT.c.state == "open")
    return set(db.scalars(select(INTENT.c.id).where(*theirs, *wanted).distinct()))


def tally(db: Connection, plan_id: str) -> dict[str, int]:
    """How many of a plan's changes are in each state."""
    mine = select(CHANGE.c.state, func.count()).where(CHANGE.c.plan_id == plan_id)
    return dict(db.execute(mine.group_by(CHANGE.c.state)).all())


def digest_of(changes: Iterable[Change]) -> str:
    """What a plan says, in one word: another cell, value or record is another digest.

    So is another risk, and whether a cell is to be written or left alone.
    """
    cells = [
        [
            c.id.removeprefix(c.plan_id),
            *(c.connection, c.object, c.record_id, c.verb, c.before, c.after),
            *(c.risk, c.state == "planned"),
            *(c.cause.get(name) for name in _SENT_ALONG),
        ]
        for c in changes
    ]
    return digest(sorted(cells, key=str))


def close_interrupted(db: Connection, origin: str) -> None:
    """Plans of this origin whose apply never ended: what was not sent is planned anew."""
    mine = (PLAN.c.state == "applying", PLAN.c.origin == origin)
    _close(db, db.scalars(select(PLAN.c.id).where(*mine)).all())


def close_forgotten(db: Connection, now: str) -> None:
    """Plans whose apply never ended and that nobody went on with in time; no undo is one."""
    is_undo = PLAN.c.undo_of.is_not(None)
    mine = (PLAN.c.state == "applying", PLAN.c.expires_at < now, ~is_undo)
    _close(db, db.scalars(select(PLAN.c.id).where(*mine)).all())


def _close(db: Connection, ids: Iterable[str]) -> None:
    for chunk in chunks(ids):
        rest = (CHANGE.c.plan_id.in_(chunk), CHANGE.c.state == "planned")
        said = "the apply was interrupted; the next plan has it again"
        db.execute(update(CHANGE).where(*rest).values(state="refused", reason=said))
        db.execute(update(PLAN).where(PLAN.c.id.in_(chunk)).values(state="applied"))


def set_state(db: Connection, plan_id: str, state: str, **values: Json) -> None:
    """Move a plan on."""
    db.execute(update(PLAN).where(PLAN.c.id == plan_id).values(state=state, **values))


def discard_drafts(db: Connection, origin: str) -> None:
    """Older plans of this origin that were never applied are overtaken."""
    overtaken = PLAN.c.state.in_(("draft", "approved"))
    db.execute(update(PLAN).where(overtaken, PLAN.c.origin == origin).values(state="discarded"))


def mark(db: Connection, write_ids: Iterable[str], state: str, reason: str | None = None) -> None:
    """Move every change of these writes on."""
    for chunk in chunks(write_ids):
        db.execute(
            update(CHANGE)
            .where(CHANGE.c.write_id.in_(chunk), CHANGE.c.state.in_(("planned", "unknown")))
            .values(state=state, reason=reason)
        )


def mark_cells(db: Connection, ids: Iterable[str], state: str, reason: str | None = None) -> None:
    """Move single changes on."""
    for chunk in chunks(ids):
        db.execute(update(CHANGE).where(CHANGE.c.id.in_(chunk)).values(state=state, reason=reason))


def keep_causes(db: Connection, causes: Mapping[str, dict[str, Json]]) -> None:
    """Keep what is known of single changes by now: change id → its whole cause."""
    rows = [{"its_id": id_, "its_cause": cause} for id_, cause in causes.items()]
    if rows:
        its = update(CHANGE).where(CHANGE.c.id == bindparam("its_id"))
        db.execute(its.values(cause=bindparam("its_cause")), rows)


def approve(db: Connection, plan_id: str, by: str, now: str) -> None:
    """Write down who approved a plan, and what it said then."""
    said = db.scalar(select(PLAN.c.digest).where(PLAN.c.id == plan_id))
    row = {"plan_id": plan_id, "by": by, "at": now, "digest": said}
    upsert(db, APPROVAL, [row], replace=False)
    set_state(db, plan_id, "approved")


def approved_digests(db: Connection, plan_id: str) -> set[str]:
    """What a plan said when it was approved; approvals of earlier releases did not keep it."""
    mine = (APPROVAL.c.plan_id == plan_id, APPROVAL.c.digest.is_not(None))
    return set(db.scalars(select(APPROVAL.c.digest).where(*mine)))


def approvers(db: Connection, plan_id: str) -> list[str]:
    """Who approved a plan."""
    return list(db.scalars(select(APPROVAL.c.by).where(APPROVAL.c.plan_id == plan_id)))


def _plan(row: Row[Any]) -> PlanRow:
    values = row._asdict()
    values["counts"] = values["counts"] or {}
    values["notes"] = values["notes"] or {}
    return PlanRow(**values)


_CHANGES: Final = select(*(CHANGE.c[name] for name in Change.__slots__))


def _change(row: Any) -> Change:
    return Change(*row) if row.cause is not None else replace(Change(*row), cause={})
