"""Start runs, list them, look into one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from staging import runs as store
from staging.runs import RunRow
from sync.context import Order
from tasuki.errors import UnknownRecordError
from tasuki.service.app import App, Runs
from tasuki.values import Json, instant

KINDS: Final = ("run", "plan", "apply", "undo", "push")
WRITING: Final = frozenset({"apply", "push"})
"""Kinds of runs that write to systems."""
LATEST: Final = "latest"
"""Says the newest instead of an id."""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run as people look at it."""

    id: str
    kind: str
    state: str
    """running | done | partial | failed | interrupted"""
    trigger: str
    """cli | daemon | console"""
    by: str
    started_at: str
    ended_at: str | None
    took: timedelta | None
    counts: dict[str, Json]
    arguments: dict[str, Json]
    error: str | None

    @property
    def plan_id(self) -> str | None:
        """The plan it made or carried out."""
        return self.counts.get("plan") or self.arguments.get("plan")


@dataclass(frozen=True, slots=True)
class StepView:
    """One kind of step of a run: how often it was done, and when last."""

    name: str
    times: int
    last_at: str


def start_run(
    runs: Runs, *, by: str = "operator", trigger: str = "cli", run_id: str | None = None
) -> str:
    """Pull, understand, decide and plan; the run's id at once."""
    return runs.enqueue(Order("run", {"by": by}, trigger, by), run_id=run_id)


def start_replan(runs: Runs, *, by: str = "operator", trigger: str = "cli") -> str:
    """Decide and plan from what was pulled last, asking no system; the run's id at once."""
    return runs.enqueue(Order("replan", {"by": by}, trigger, by))


def list_runs(app: App, limit: int = 20, kind: str | None = None) -> tuple[RunView, ...]:
    """The last runs, newest first."""
    with app.store.reading() as db:
        return tuple(_view(row) for row in store.latest(db, limit, kind))


def show_run(
    app: App, id: str, among: Collection[str] = KINDS
) -> tuple[RunView, tuple[StepView, ...]]:
    """One run and its steps, by its id, the beginning of it, or `latest` (among these kinds).

    Errors: UnknownRecordError.
    """
    with app.store.reading() as db:
        row = _latest(db, among) if id == LATEST else store.get(db, id)
        if row is None:
            raise UnknownRecordError(
                f"there is no run {id}",
                why="no run, or more than one, has an id that begins so",
                remedy="`tasuki runs` lists them with their ids.",
            )
        steps = store.steps(db, row.id)
    return _view(row), tuple(StepView(s["name"], s["steps"], s["at"]) for s in steps)


def _latest(db: Connection, among: Collection[str]) -> RunRow | None:
    return next((row for row in store.latest(db, 100) if row.kind in among), None)


def last_run(app: App, kind: str | None = None) -> RunView | None:
    """The newest run (of a kind)."""
    return next(iter(list_runs(app, 1, kind)), None)


def _view(row: RunRow) -> RunView:
    took = instant(row.ended_at) - instant(row.started_at) if row.ended_at else None
    return RunView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        trigger=row.trigger,
        by=row.by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        took=took,
        counts=row.counts,
        arguments=row.arguments,
        error=row.error,
    )
