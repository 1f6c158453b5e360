"""Runs, their steps, and the lease that lets one of them write at a time."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from staging.bulk import upsert
from staging.tables.operating import LEASE, RUN, RUN_STEP
from tasuki.values import Json

# Said with every step: built once, since building them costs more than running them.
_DONE: Final = RUN_STEP.insert()
_BEAT: Final = update(RUN).where(RUN.c.id == bindparam("run")).values(beat_at=bindparam("now"))
_EXTEND: Final = (
    update(LEASE)
    .where(LEASE.c.name == bindparam("of"), LEASE.c.holder == bindparam("by"))
    .values(until=bindparam("to"))
)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as it stands."""

    id: str
    kind: str
    state: str
    trigger: str
    by: str
    started_at: str
    beat_at: str
    ended_at: str | None
    arguments: dict[str, Json]
    counts: dict[str, Json]
    error: str | None


def start(
    db: Connection, id: str, kind: str, *, trigger: str, by: str, arguments: Json, now: str
) -> None:
    """Open a run."""
    row = {"id": id, "kind": kind, "state": "running", "trigger": trigger, "by": by}
    times = {"started_at": now, "beat_at": now}
    db.execute(RUN.insert().values(**row, **times, arguments=arguments, counts={}))


def end(
    db: Connection, id: str, state: str, counts: Json, now: str, error: str | None = None
) -> None:
    """Close a run."""
    db.execute(
        update(RUN)
        .where(RUN.c.id == id)
        .values(state=state, counts=counts, ended_at=now, beat_at=now, error=error)
    )


def step_done(db: Connection, run: str, position: int, name: str, result: Json, now: str) -> None:
    """Keep a step's result and show that the run is alive; commits with the step's own rows."""
    step = {"run_id": run, "position": position, "name": name, "result": result, "at": now}
    db.execute(_DONE, step)
    db.execute(_BEAT, {"run": run, "now": now})


def interrupt_orphans(db: Connection, alive: str | None, now: str) -> list[str]:
    """Close runs whose process is gone (all that are open but the one alive)."""
    orphans = list(db.scalars(select(RUN.c.id).where(RUN.c.state == "running", RUN.c.id != alive)))
    for id_ in orphans:
        end(db, id_, "interrupted", {}, now, "the process ended before the run did")
    return orphans


def get(db: Connection, id: str) -> RunRow | None:
    """The run of that id, or the only one whose id starts so."""
    rows = db.execute(select(RUN).where(RUN.c.id.startswith(id, autoescape=True)).limit(2)).all()
    exact = db.execute(select(RUN).where(RUN.c.id == id)).first()
    return _row(exact or rows[0]) if exact or len(rows) == 1 else None


def exists(db: Connection, id: str) -> bool:
    """Whether there is a run of exactly that id."""
    return db.scalar(select(RUN.c.id).where(RUN.c.id == id)) is not None


def latest(db: Connection, limit: int = 20, kind: str | None = None) -> list[RunRow]:
    """The last runs, newest first."""
    query = select(RUN).order_by(RUN.c.started_at.desc(), RUN.c.id.desc()).limit(limit)
    if kind:
        query = query.where(RUN.c.kind == kind)
    return [_row(row) for row in db.execute(query)]


def steps(db: Connection, run: str) -> list[dict[str, Any]]:
    """A run's steps by name: how many, and the last result of each."""
    rows = db.execute(
        select(RUN_STEP.c.name, func.count().label("steps"), func.max(RUN_STEP.c.at).label("at"))
        .where(RUN_STEP.c.run_id == run)
        .group_by(RUN_STEP.c.name)
        .order_by(func.min(RUN_STEP.c.position))
    )
    return [row._asdict() for row in rows]


def lease_holder(db: Connection, name: str) -> tuple[str, str] | None:
    """Who holds a lease and until when."""
    row = db.execute(select(LEASE.c.holder, LEASE.c.until).where(LEASE.c.name == name)).first()
    return (row.holder, row.until) if row else None


def take_lease(db: Connection, name: str, holder: str, until: str) -> None:
    """Write the lease down; the caller has looked who holds it in the same transaction."""
    upsert(db, LEASE, [{"name": name, "holder": holder, "until": until}])


def extend_lease(db: Connection, name: str, holder: str, until: str) -> bool:
    """Hold a lease longer; False when somebody took it meanwhile."""
    return db.execute(_EXTEND, {"of": name, "by": holder, "to": until}).rowcount == 1


def drop_lease(db: Connection, name: str, holder: str) -> None:
    """Give a lease back."""
    db.execute(delete(LEASE).where(LEASE.c.name == name, LEASE.c.holder == holder))


def _row(row: Row[Any]) -> RunRow:
    values = row._asdict()
    return RunRow(
        **{**values, "arguments": values["arguments"] or {}, "counts": values["counts"] or {}}
    )
