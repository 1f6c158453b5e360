"""One plan: what changes, how risky, who must say yes; write it, watch it, see how it ended."""

from dataclasses import dataclass
from typing import Final

from console.access.permission import May, may
from console.page import Action, Next, Page
from console.pages.runs import OneRun, progress
from console.visit import Visit
from staging.write.cells import Why
from sync.write.risk import ORDER
from tasuki.service import accounts
from tasuki.service.writing import cells, planning, undoing
from tasuki.service.writing.cells import GroupEnd, LeftCell, Standing
from tasuki.service.writing.undoing import Kept
from tasuki.service.writing.views import Fold, PlanView, TargetView

_SAMPLES: Final = 20
_LEFT: Final = 20
_BEGUN: Final = ("applying", "applied")


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
class Yes:
    """Who must say yes to a plan."""

    needs_second: str | None
    """Why somebody other than its author must; None: nobody else must."""
    is_given: bool
    """Everybody who must has said yes."""
    names: tuple[str, ...]
    """Who may, by name."""
    is_mine: bool
    """The reader made the plan, and therefore may not."""


@dataclass(frozen=True, slots=True)
class OnePlan:
    """A plan by risk, riskiest first."""

    plan: PlanView
    groups: tuple[Group, ...]
    yes: Yes
    only: tuple[str, ...]
    run: OneRun | None
    """The run that writes it, while somebody watches."""
    standing: Standing
    ended: tuple[GroupEnd, ...]
    """What became of every group, once it is being written."""
    reasons: tuple[Why, ...]
    """Why records were not written."""
    left: tuple[LeftCell, ...]
    """The first of the cells that moved since the plan was made."""
    left_total: int
    kept: tuple[Kept, ...]
    """The first of the cells that an undo leaves as they are."""
    kept_total: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the writing of a plan is."""

    plan_id: str
    standing: Standing
    run: OneRun | None


def _one(visit: Visit) -> OnePlan:
    only = tuple(r for r in visit.query.get("risk", "").split(",") if r)
    view = planning.show_plan(visit.app, visit.params["plan_id"], only, _SAMPLES)
    run_id = visit.query.get("run") or (view.run_id if view.state == "applying" else None)
    kept = undoing.kept(visit.app, view.id) if view.undo_of else ()
    is_begun = view.state in _BEGUN
    shown = _LEFT if is_begun and not view.undo_of else 0
    total, left = cells.left(visit.app, view.id, shown)
    return OnePlan(
        plan=view,
        groups=_groups(view),
        yes=_yes(visit, view),
        only=only,
        run=progress(visit, run_id) if run_id else None,
        standing=cells.standing(visit.app, view.id),
        ended=cells.ended(visit.app, view.id) if is_begun else (),
        reasons=cells.reasons(visit.app, view.id) if is_begun else (),
        left=left,
        left_total=total if shown else 0,
        kept=tuple(kept[:_LEFT]),
        kept_total=len(kept),
    )


def _yes(visit: Visit, view: PlanView) -> Yes:
    """By role, but for the author where a second person is needed."""
    others = view.needs_second is not None
    return Yes(
        needs_second=view.needs_second,
        is_given=view.state != "draft" and not planning.lacks_second(view),
        names=tuple(
            each.name or each.login
            for each in accounts.accounts(visit.app)
            if each.is_active
            and may(each.role, May.APPROVE)
            and not (others and each.login == view.author)
        ),
        is_mine=others and visit.who.login == view.author,
    )


def _groups(view: PlanView) -> tuple[Group, ...]:
    found = [
        Group(str(risk), target, folds)
        for risk in ORDER
        for target in view.targets
        if (folds := _folds(view, target, risk))
    ]
    return tuple(found)


def _folds(view: PlanView, target: TargetView, risk: str) -> tuple[Fold, ...]:
    """What an undo leaves as it is stands in a list of its own."""
    left = "refused" if view.undo_of and view.state not in _BEGUN else ""
    return tuple(fold for fold in target.folds if fold.risk == risk and fold.state != left)


def _progress(visit: Visit) -> Progress:
    plan_id, run_id = visit.params["plan_id"], visit.query.get("run", "")
    run = progress(visit, run_id) if run_id else None
    return Progress(plan_id, cells.standing(visit.app, plan_id), run)


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
    Page("/plans/{plan_id}/progress", "progress.html", _progress),
)
ACTIONS = (
    Action("/plans/{plan_id}/approve", _approve, May.APPROVE),
    Action("/plans/{plan_id}/apply", _apply, May.APPLY),
)
