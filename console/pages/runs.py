"""Runs: what Tasuki did; one of them step by step, tried again or taken back."""

from dataclasses import dataclass, replace
from typing import Any, Final

from console.access.permission import May
from console.page import Action, Next, Page
from console.visit import Visit
from staging.write.cells import Why
from staging.write.plans import PlanRow
from tasuki.errors import UnknownRecordError
from tasuki.service import accounts, running
from tasuki.service.running import WRITING, RunView, StepView
from tasuki.service.writing import cells, parked, planning, undoing
from tasuki.values import Json

_LISTED: Final = 200
_TILES: Final = ("read", "changed", "written", "refused", "parked", "unknown")
STATES: Final = ("running", "done", "partial", "failed", "interrupted")


@dataclass(frozen=True, slots=True)
class RunList:
    """The runs that match the facets."""

    runs: tuple[RunView, ...]
    kinds: tuple[str, ...]
    states: tuple[str, ...]
    kind: str | None
    state: str | None
    total: int


@dataclass(frozen=True, slots=True)
class OneRun:
    """One run; before its turn comes it has only an id."""

    id: str
    state: str
    run: RunView | None
    steps: tuple[StepView, ...]
    is_open: bool
    error: tuple[str, str, str, str] | None
    """What, where, why, fix."""
    plan_id: str | None
    tiles: tuple[tuple[str, Json], ...] = ()
    """What was read and changed, and what became of writes; None: this kind does not do it."""
    causes: tuple[dict[str, Any], ...] = ()
    """What was parked in it and still waits, by cause, most first."""
    reasons: tuple[Why, ...] = ()
    """Why other records were not written."""
    tries: int = 0
    """How often a refused write is sent before it is dead."""

    @property
    def waiting(self) -> int:
        """Records that were parked in it and still wait."""
        return sum(cause["count"] for cause in self.causes)

    @property
    def can_undo(self) -> bool:
        """It wrote something."""
        return bool(self.run and not self.is_open and self.run.counts.get("written"))


@dataclass(frozen=True, slots=True)
class PlanList:
    """The last plans."""

    plans: tuple[PlanRow, ...]
    states: tuple[str, ...]
    state: str | None


def progress(visit: Visit, id: str) -> OneRun:
    """One run as it stands, whether the store knows it yet or not. Errors: UnknownRecordError."""
    follow = visit.house.follow
    error = follow.error(id)
    is_open = follow.is_open(id)
    try:
        run, steps = running.show_run(visit.app, id)
    except UnknownRecordError:
        if not is_open and error is None:
            raise
        run, steps = None, ()
    state = run.state if run else "failed" if error else "queued"
    told = error.lines() if error else (run.error, "-", "-", "-") if run and run.error else None
    return OneRun(
        id=run.id if run else id,
        state=state,
        run=run,
        steps=steps,
        is_open=is_open or state == "running",
        error=told,
        plan_id=run.plan_id if run else None,
    )


def _list(visit: Visit) -> RunList:
    kind, state = visit.query.get("kind") or None, visit.query.get("state") or None
    every = running.list_runs(visit.app, _LISTED, kind)
    chosen = tuple(run for run in every if state in (None, run.state))
    return RunList(chosen, running.KINDS, STATES, kind, state, len(every))


def _one(visit: Visit) -> OneRun:
    found = progress(visit, visit.params["run_id"])
    if found.run is None:
        return found
    causes = parked.causes_of(visit.app, found.id)
    wrote = found.run.kind in WRITING and found.plan_id
    return replace(
        found,
        tiles=_tiles(found.run, sum(cause["count"] for cause in causes)),
        causes=causes,
        reasons=cells.reasons(visit.app, found.plan_id or "") if wrote else (),
        tries=visit.app.project.retries.times + 1,
    )


def _tiles(run: RunView, parked_now: int) -> tuple[tuple[str, Json], ...]:
    """Counts of cells for what writes, of rows for what reads."""
    counts: dict[str, Json] = {"parked": parked_now, **run.counts}
    if run.kind in WRITING:
        counts = {**dict.fromkeys(_TILES[2:], 0), **counts}
    return tuple((name, counts.get(name)) for name in _TILES)


def _retry(visit: Visit) -> Next:
    id_, who = visit.params["run_id"], visit.who.login
    of = running.show_run(visit.app, id_)[0].id
    run_id = parked.start_retry(visit.house.follow, of, by=who, trigger="console")
    accounts.audit(visit.app, who, "run.retried", of, run=run_id)
    return Next(f"/runs/{run_id}")


def _undo(visit: Visit) -> Next:
    """The plan that takes it back is made; its own page leads there."""
    who, scope = visit.who.login, undoing.meant(visit.app, visit.params["run_id"])
    run_id = undoing.start_undo(visit.house.follow, scope, by=who, trigger="console")
    accounts.audit(visit.app, who, "run.undone", scope.id, run=run_id)
    return Next(f"/runs/{run_id}")


def _plans(visit: Visit) -> PlanList:
    states = ("draft", "approved", "applying", "applied", "discarded")
    state = visit.query.get("state") or None
    wanted = (state,) if state in states else ()
    return PlanList(planning.list_plans(visit.app, 100, wanted), states, state)


PAGES = (
    Page("/runs", "runs.html", _list),
    Page("/runs/{run_id}", "run.html", _one),
    Page("/plans", "plans.html", _plans),
)
ACTIONS = (
    Action("/runs/{run_id}/retry", _retry, May.RETRY),
    Action("/runs/{run_id}/undo", _undo, May.UNDO),
)
