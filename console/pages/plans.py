"""One plan: what changes, how risky, why; approve it, write it, watch it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from console.access.permission import May
from console.page import Action, Next, Page
from console.pages.runs import OneRun, progress
from console.visit import Visit
from staging.write.plans import Change
from sync.write.risk import ORDER
from tasuki.service import accounts
from tasuki.service.writing import planning
from tasuki.service.writing.views import Fold, PlanView, TargetView

_SAMPLES: Final = 20
_CELLS: Final = 500


@dataclass(frozen=True, slots=True)
class Group:
    """One risk of a plan: the folds of one object, most records first."""

    risk: str
    target: TargetView
    folds: tuple[Fold, ...]

    @property
    def records(self) -> int:
        """How many records these folds touch (a record may be in several)."""
        return max((fold.records for fold in self.folds), default=0)


@dataclass(frozen=True, slots=True)
class OnePlan:
    """A plan by risk, riskiest first."""

    plan: PlanView
    groups: tuple[Group, ...]
    states: dict[str, int]
    """State of the change → records."""
    only: tuple[str, ...]
    run: OneRun | None
    """The run that writes it, while somebody watches."""
    parked: tuple[tuple[str, int], ...]
    """Why records were parked, most first."""

    @property
    def settled(self) -> int:
        """Records that have their answer."""
        return sum(self.states.values()) - self.states.get("planned", 0)

    @property
    def total(self) -> int:
        """All records."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Cells:
    """Every cell of one fold."""

    plan: PlanView
    connection: str
    object: str
    risk: str
    rule: str
    cells: tuple[Change, ...]
    total: int


def _one(visit: Visit) -> OnePlan:
    only = tuple(r for r in visit.query.get("risk", "").split(",") if r)
    view = planning.show_plan(visit.app, visit.params["plan_id"], only, _SAMPLES)
    changes = planning.cells(visit.app, view.id)
    run_id = visit.query.get("run") or (view.run_id if view.state == "applying" else None)
    return OnePlan(
        plan=view,
        groups=_groups(view),
        states=_states(changes),
        only=only,
        run=progress(visit, run_id) if run_id else None,
        parked=_parked(changes),
    )


def _groups(view: PlanView) -> tuple[Group, ...]:
    found = [
        Group(str(risk), target, folds)
        for risk in ORDER
        for target in view.targets
        if (folds := tuple(fold for fold in target.folds if fold.risk == risk))
    ]
    return tuple(found)


def _states(changes: Sequence[Change]) -> dict[str, int]:
    by_write: dict[str, str] = {}
    for change in changes:
        by_write.setdefault(change.write_id, change.state)
    return dict(Counter(by_write.values()))


def _parked(changes: Sequence[Change]) -> tuple[tuple[str, int], ...]:
    reasons = {c.write_id: c.reason or "" for c in changes if c.state in ("parked", "unknown")}
    return tuple(Counter(reasons.values()).most_common())


def _cells(visit: Visit) -> Cells:
    asked = visit.query
    view = planning.show_plan(visit.app, visit.params["plan_id"], samples=0)
    found = planning.cells(
        visit.app,
        view.id,
        only=[asked["risk"]] if asked.get("risk") else (),
        connection=asked.get("connection") or None,
        object=asked.get("object") or None,
    )
    rule = asked.get("rule", "")
    chosen = [c for c in found if not rule or c.cause.get("rule") == rule]
    return Cells(
        view,
        asked.get("connection", ""),
        asked.get("object", ""),
        asked.get("risk", ""),
        rule,
        tuple(chosen[:_CELLS]),
        len(chosen),
    )


def _approve(visit: Visit) -> Next:
    view = planning.approve(visit.app, visit.params["plan_id"], visit.who.login)
    accounts.audit(visit.app, visit.who.login, "plan.approved", view.id, records=view.records)
    return Next(f"/plans/{view.id}?done=approved")


def _apply(visit: Visit) -> Next:
    plan_id, who = visit.params["plan_id"], visit.who.login
    run_id = planning.start_apply(
        visit.app, visit.house.follow, plan_id, by=who, trigger="console", production=True
    )
    accounts.audit(visit.app, who, "plan.applied", plan_id, run=run_id)
    return Next(f"/plans/{plan_id}?run={run_id}")


PAGES = (
    Page("/plans/{plan_id}", "plan.html", _one),
    Page("/plans/{plan_id}/cells", "cells.html", _cells),
)
ACTIONS = (
    Action("/plans/{plan_id}/approve", _approve, May.APPROVE),
    Action("/plans/{plan_id}/apply", _apply, May.APPLY),
)
