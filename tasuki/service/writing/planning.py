"""Plans by risk: look at one, approve it, apply it, undo what a run wrote."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection

from staging.write import plans
from staging.write.plans import Change, PlanRow
from sync.context import Order
from sync.write.plan.describe import needs_second
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.service.app import App, Runs
from tasuki.service.writing.folding import (
    cells_by_risk,
    held_groups,
    rank,
    records_by_risk,
    targets,
)
from tasuki.service.writing.views import Applied, Left, PlanView, costs_of
from tasuki.values import Json, instant

OPEN: Final = ("draft", "approved", "applying")
_WAITING: Final = ("draft", "approved")
"""States in which a plan grows old; one that was begun may be gone on with."""
LATEST: Final = "latest"
"""Says the newest instead of an id."""
DAEMON: Final = "daemon"
"""Who approves what a schedule applies by itself; nobody else has this name."""
_LEFT_SHOWN: Final = 20
_DIGEST_SHOWN: Final = 12


def list_plans(app: App, limit: int = 20, states: Sequence[str] = ()) -> tuple[PlanRow, ...]:
    """The last plans (in these states), newest first, without their changes."""
    with app.store.reading() as db:
        return tuple(plans.latest(db, limit, states))


def show_plan(app: App, plan_id: str, only: Iterable[str] = (), samples: int = 1) -> PlanView:
    """One plan, folded, riskiest first; `only` keeps some risks.

    Errors: UnknownRecordError.
    """
    with app.store.reading() as db:
        row = _require(_find(db, plan_id), plan_id)
        approved_by = tuple(plans.approvers(db, row.id))
        changes = plans.changes(db, row.id)
    return _view(app, row, approved_by, changes, tuple(only), samples)


def row(app: App, plan_id: str) -> PlanRow:
    """One plan without its changes. Errors: UnknownRecordError."""
    with app.store.reading() as db:
        return _require(_find(db, plan_id), plan_id)


def cells(
    app: App,
    plan_id: str,
    *,
    only: Iterable[str] = (),
    connection: str | None = None,
    object: str | None = None,
    field: str | None = None,
) -> tuple[Change, ...]:
    """Every cell of a plan, riskiest first, then by record. Errors: UnknownRecordError."""
    wanted = set(only)
    with app.store.reading() as db:
        row = _require(_find(db, plan_id), plan_id)
        changes = plans.changes(db, row.id)
    chosen = [
        c
        for c in changes
        if (not wanted or c.risk in wanted)
        and connection in (None, c.connection)
        and object in (None, c.object)
        and field in (None, c.field)
    ]
    return tuple(sorted(chosen, key=lambda c: (rank(c.risk), c.connection, c.object, c.write_id)))


def approve(app: App, plan_id: str, by: str) -> PlanView:
    """Say yes to a plan; who, when and to what is kept.

    Errors: UnknownRecordError; GuardError when it is settled, expired, stopped by a guard, or when
    another person must say yes.
    """
    view = show_plan(app, plan_id)
    require_open(view)
    require_approver(view, by)
    with app.store.writing() as db:
        plans.approve(db, view.id, by, app.tools.now())
    return show_plan(app, view.id)


def require_approver(view: PlanView, by: str) -> None:
    """Raise GuardError when a second person must say yes and this is none."""
    if view.needs_second and by in (view.author, DAEMON):
        raise _nobody_approves_their_own(view, by)


def lacks_second(view: PlanView) -> bool:
    """Whether another than its author must say yes, and nobody has."""
    return bool(view.needs_second) and not set(view.approved_by) - {view.author, DAEMON}


def _nobody_approves_their_own(view: PlanView, by: str) -> GuardError:
    why = "the daemon is no second person" if by == DAEMON else f"{by} made it"
    return GuardError(
        f"a second person must approve plan {view.id}: {view.needs_second}",
        where=f"plan {view.id}",
        why=f"{why}; `approval:` of tasuki.yaml wants another than its author",
        remedy=f"Ask anybody but {view.author} to look at it and `tasuki approve {view.id}`.",
    )


def start_apply(
    app: App,
    runs: Runs,
    plan_id: str,
    *,
    by: str = "operator",
    trigger: str = "cli",
    production: bool = False,
) -> str:
    """Carry out an approved plan; the run's id at once. `production` says yes to such connections.

    Errors: UnknownRecordError; GuardError when nobody who may approved it, it expired or guards
    leave nothing of it.
    """
    view = show_plan(app, plan_id)
    require_open(view)
    if view.state == "draft":
        raise GuardError(
            f"plan {view.id} waits for approval",
            where=f"plan {view.id}",
            why="nothing is written before somebody has looked at it and said yes",
            remedy=f"Look at it, then `tasuki approve {view.id}`.",
        )
    if lacks_second(view):
        raise _nobody_approves_their_own(view, view.author)
    more: dict[str, Json] = {"production": True} if production else {}
    order = Order("apply", {"plan": view.id, **more}, trigger, by)
    return runs.enqueue(order)


def applied(app: App, run_id: str, counts: dict[str, Json]) -> Applied:
    """What became of a plan: counts of its run's cells, what somebody moved since, what is held."""
    plan_id = str(counts.get("plan") or "")
    with app.store.reading() as db:
        moved = plans.changes(db, plan_id, ("refused",))
        held = plans.changes(db, plan_id, ("held",))
    return Applied(
        plan_id=plan_id,
        run_id=run_id,
        written=int(counts.get("written", 0)),
        parked=int(counts.get("parked", 0)),
        refused=int(counts.get("refused", 0)),
        unknown=int(counts.get("unknown", 0)),
        held=int(counts.get("held", 0)),
        left=tuple(_left(change) for change in moved[:_LEFT_SHOWN]),
        moved=len(moved),
        groups=held_groups(held),
    )


def _left(change: Change) -> Left:
    return Left(
        label=change.label,
        connection=change.connection,
        object=change.object,
        record_id=change.record_id,
        field=change.field,
        reason=change.reason or "",
    )


def _find(db: Connection, plan_id: str) -> PlanRow | None:
    """The plan of that id; `latest` is the newest that can be applied, else the newest."""
    if plan_id != LATEST:
        return plans.get(db, plan_id)
    return next(iter(plans.latest(db, 1, OPEN) or plans.latest(db, 1)), None)


def _require(row: PlanRow | None, plan_id: str) -> PlanRow:
    if row is None:
        raise UnknownRecordError(
            f"there is no plan {plan_id}",
            why="no plan, or more than one, has an id that begins so",
            remedy="`tasuki plan` makes one and prints its id.",
        )
    return row


def require_open(view: PlanView) -> None:
    """Raise GuardError when a plan cannot be applied any more, or guards leave nothing of it."""
    if view.state not in OPEN:
        raise GuardError(
            f"plan {view.id} is {view.state}",
            where=f"plan {view.id}",
            why="a plan is applied once; a newer one may have taken its place",
            remedy="Plan anew with `tasuki plan`.",
        )
    if view.is_expired:
        raise GuardError(
            f"plan {view.id} has expired",
            where=f"plan {view.id}",
            why=f"it was valid until {view.expires_at}",
            remedy="Plan anew with `tasuki plan`.",
        )
    if view.guards and not view.records and view.state != "applying":
        raise GuardError(
            "a guard stopped this plan before its first write",
            where=f"plan {view.id}",
            why="; ".join(view.guards),
            remedy="Look at the plan; if it is right, raise that limit and plan anew.",
        )


def _view(
    app: App,
    row: PlanRow,
    approved_by: tuple[str, ...],
    changes: Sequence[Change],
    only: Iterable[str],
    samples: int,
) -> PlanView:
    planned = [c for c in changes if _counts(row, c)]
    shown = [c for c in planned if not only or c.risk in only]
    notes = row.notes
    guards = tuple(notes.get("guards") or ())
    return PlanView(
        id=row.id,
        digest=row.digest[:_DIGEST_SHOWN],
        state=row.state,
        author=row.author,
        created_at=row.created_at,
        expires_at=row.expires_at,
        is_expired=row.state in _WAITING and instant(row.expires_at) < app.tools.clock.now(),
        applied_at=row.applied_at,
        run_id=row.run_id,
        undo_of=row.undo_of,
        origin=row.origin,
        select=tuple(notes.get("select") or ()),
        only=tuple(only),
        approved_by=approved_by,
        needs_second=_needs_second(app, row, planned),
        changes=len(shown),
        records=len({c.write_id for c in shown}),
        risks=cells_by_risk(shown),
        risk_records=records_by_risk(shown),
        calls={cost.connection: cost.total for cost in costs_of(notes)},
        costs=costs_of(notes),
        guards=tuple(str(g["text"]) if isinstance(g, dict) else str(g) for g in guards),
        guard_notes=tuple(g if isinstance(g, dict) else {"say": g, "values": {}} for g in guards),
        kept=int(notes.get("kept") or 0),
        held=tuple(notes.get("held") or ()),
        tasks=tuple(notes.get("tasks") or ()),
        automations=tuple(notes.get("automations") or ()),
        quiet=notes.get("quiet") or 0,
        told=tuple(notes.get("told") or ()),
        targets=targets(
            app,
            [c for c in changes if (not only or c.risk in only) and not c.cause.get("quiet")],
            samples,
        ),
    )


def _counts(row: PlanRow, change: Change) -> bool:
    """What will be written, or was to be; not what an undo or a guard leaves alone."""
    return change.state != "held" and (row.undo_of is None or change.state != "refused")


def _needs_second(app: App, row: PlanRow, planned: Sequence[Change]) -> str | None:
    """By today's rules, or by those it was made under, whichever is stricter."""
    records = len({c.write_id for c in planned})
    today = needs_second(app.project.approval, cells_by_risk(planned), records)
    return today or row.notes.get("needs_second")
