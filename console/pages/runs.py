"""Runs: what Tasuki did, and one of them step by step."""

from dataclasses import dataclass
from typing import Final

from console.page import Page
from console.visit import Visit
from staging.write.plans import PlanRow
from tasuki.errors import UnknownRecordError
from tasuki.service import running
from tasuki.service.running import RunView, StepView
from tasuki.service.writing import planning

_LISTED: Final = 200
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
    return progress(visit, visit.params["run_id"])


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
ACTIONS = ()
