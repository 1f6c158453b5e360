"""Plans by risk: look at one, approve it, apply it, undo what a run wrote."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from staging.write import plans
from staging.write.plans import Change, PlanRow
from sync.context import Order
from sync.write.risk import ORDER, Risk
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.service.app import App, Runs
from tasuki.values import Json, instant

OPEN: Final = ("draft", "approved", "applying")
LATEST: Final = "latest"
"""Says the newest instead of an id."""
DAEMON: Final = "daemon"
"""Who approves what a schedule applies by itself; nobody else has this name."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One change out of many of the same shape."""

    label: str
    record_id: str | None
    before: Json
    after: Json
    why: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Changes of one shape on one line: same field, same risk, same rule, same state."""

    risk: str
    verb: str
    field: str
    """The field; several, comma-separated, when whole records are created or deleted."""
    records: int
    cells: int
    rule: str
    place: str
    policy: str
    state: str
    """planned | written | refused | parked | unknown"""
    reason: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class TargetView:
    """What a plan does to one object of one connection, riskiest first."""

    connection: str
    object: str
    environment: str | None
    records: int
    folds: tuple[Fold, ...]


@dataclass(frozen=True, slots=True)
class PlanView:
    """One plan as people look at it."""

    id: str
    state: str
    """draft | approved | applying | applied | discarded"""
    author: str
    created_at: str
    expires_at: str
    is_expired: bool
    applied_at: str | None
    run_id: str | None
    undo_of: str | None
    origin: str
    approved_by: tuple[str, ...]
    changes: int
    """Planned cells."""
    records: int
    risks: dict[str, int]
    """Risk → cells, riskiest first."""
    calls: dict[str, int]
    """Connection → API calls needed."""
    guards: tuple[str, ...]
    """Limits this plan goes beyond; it will not be applied while there are any."""
    kept: int
    """Cells an undo leaves alone because somebody edited them."""
    held: tuple[dict[str, Json], ...]
    """What mappings ask for and is not done: rule, to, why, n; of cells also field and since."""
    quiet: int
    """Cells of fields that a mapping calls quiet: counted here, in no fold."""
    told: tuple[dict[str, Json], ...]
    """What was renamed or removed in mappings, and what became of it."""
    targets: tuple[TargetView, ...] = field(repr=False)

    @property
    def connections(self) -> tuple[str, ...]:
        """The connections it writes to."""
        return tuple(dict.fromkeys(target.connection for target in self.targets))

    @property
    def production(self) -> tuple[str, ...]:
        """The production connections it writes to."""
        found = (t.connection for t in self.targets if t.environment == "production")
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan's cells."""

    plan_id: str
    run_id: str
    written: int
    parked: int
    refused: int
    unknown: int

    @property
    def is_clean(self) -> bool:
        """Everything was written."""
        return not (self.parked or self.refused or self.unknown)


def list_plans(app: App, limit: int = 20, states: Sequence[str] = ()) -> tuple[PlanRow, ...]:
    """The last plans (in these states), newest first, without their changes."""
    with app.store.reading() as db:
        return tuple(plans.latest(db, limit, states))


def show_plan(app: App, plan_id: str, only: Iterable[str] = (), samples: int = 1) -> PlanView:
    """One plan, folded, riskiest first; `only` keeps some risks.

    Errors: UnknownRecordError.
    """
    wanted = set(only)
    with app.store.reading() as db:
        row = _require(_find(db, plan_id), plan_id)
        approved_by = tuple(plans.approvers(db, row.id))
        changes = plans.changes(db, row.id)
    chosen = [c for c in changes if not wanted or c.risk in wanted]
    return _view(app, row, approved_by, chosen, samples)


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
    return tuple(sorted(chosen, key=lambda c: (_rank(c.risk), c.connection, c.object, c.write_id)))


def approve(app: App, plan_id: str, by: str) -> PlanView:
    """Say yes to a plan; who and when is kept.

    Errors: UnknownRecordError; GuardError when it is settled, expired or stopped by a guard.
    """
    view = show_plan(app, plan_id)
    _require_open(view)
    with app.store.writing() as db:
        plans.approve(db, view.id, by, app.tools.now())
    return show_plan(app, view.id)


def start_apply(
    app: App, runs: Runs, plan_id: str, *, by: str = "operator", trigger: str = "cli"
) -> str:
    """Carry out an approved plan; the run's id at once.

    Errors: UnknownRecordError; GuardError when nobody approved it, it expired or a guard holds it.
    """
    view = show_plan(app, plan_id)
    _require_open(view)
    if view.state == "draft":
        raise GuardError(
            f"plan {view.id} waits for approval",
            where=f"plan {view.id}",
            why="nothing is written before somebody has looked at it and said yes",
            remedy=f"Look at it, then `tasuki approve {view.id}`.",
        )
    order = Order("apply", {"plan": view.id}, trigger, by)
    return runs.enqueue(order)


def applied(run_id: str, counts: dict[str, Json]) -> Applied:
    """What a finished apply wrote, parked and refused, from the counts of its run."""
    return Applied(
        plan_id=str(counts.get("plan") or ""),
        run_id=run_id,
        written=int(counts.get("written", 0)),
        parked=int(counts.get("parked", 0)),
        refused=int(counts.get("refused", 0)),
        unknown=int(counts.get("unknown", 0)),
    )


def start_undo(runs: Runs, of: str, *, by: str = "operator", trigger: str = "cli") -> str:
    """Make the plan that undoes a run; the undo run's id at once."""
    return runs.enqueue(Order("undo", {"of": of, "by": by}, trigger, by))


def was_approved_by_a_person(app: App, connections: Iterable[str]) -> bool:
    """Whether somebody once approved and applied a plan to each of these connections."""
    missing = set(connections)
    with app.store.reading() as db:
        for row in plans.latest(db, 200, ("applied",)):
            if not missing:
                break
            if set(plans.approvers(db, row.id)) - {DAEMON}:
                missing -= set(row.notes.get("calls") or {})
    return not missing


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


def _require_open(view: PlanView) -> None:
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
    if view.guards and view.state != "applying":
        raise GuardError(
            "a guard stopped this plan before its first write",
            where=f"plan {view.id}",
            why="; ".join(view.guards),
            remedy="Look at the plan; if it is right, raise that limit and plan anew.",
        )


def _view(
    app: App, row: PlanRow, approved_by: tuple[str, ...], changes: Sequence[Change], samples: int
) -> PlanView:
    planned = [c for c in changes if row.undo_of is None or c.state != "refused"]
    return PlanView(
        id=row.id,
        state=row.state,
        author=row.author,
        created_at=row.created_at,
        expires_at=row.expires_at,
        is_expired=row.state in OPEN and instant(row.expires_at) < app.tools.clock.now(),
        applied_at=row.applied_at,
        run_id=row.run_id,
        undo_of=row.undo_of,
        origin=row.origin,
        approved_by=approved_by,
        changes=len(planned),
        records=len({c.write_id for c in planned}),
        risks=_risks(planned),
        calls=dict(row.notes.get("calls") or {}),
        guards=tuple(row.notes.get("guards") or ()),
        kept=int(row.notes.get("kept") or 0),
        held=tuple(row.notes.get("held") or ()),
        quiet=row.notes.get("quiet") or 0,
        told=tuple(row.notes.get("told") or ()),
        targets=_targets(app, [c for c in changes if not c.cause.get("quiet")], samples),
    )


def _risks(changes: Iterable[Change]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for change in changes:
        counts[change.risk] += 1
    return {risk: counts[risk] for risk in sorted(counts, key=_rank)}


def _rank(risk: str) -> int:
    names = [str(each) for each in ORDER]
    return names.index(risk) if risk in names else len(names)


def _targets(app: App, changes: Iterable[Change], samples: int) -> tuple[TargetView, ...]:
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.connection, change.object].append(change)
    found = [_target(app, *key, group, samples) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda t: (_rank(t.folds[0].risk), t.connection, t.object)))


def _target(
    app: App, connection: str, object: str, changes: Sequence[Change], samples: int
) -> TargetView:
    config = app.project.connections.get(connection)
    folds: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in changes:
        folds[_shape(change)].append(change)
    lines = [_fold(group, samples) for group in folds.values()]
    lines.sort(key=lambda fold: (_rank(fold.risk), -fold.records, fold.field, fold.rule))
    return TargetView(
        connection,
        object,
        config.environment if config else None,
        len({change.write_id for change in changes}),
        tuple(lines),
    )


def _shape(change: Change) -> tuple[str, ...]:
    """Changes of equal shape stand on one line; whole records are one line per rule."""
    name = change.field if change.risk in (Risk.FILL, Risk.OVERWRITE) else ""
    cause = change.cause
    return (
        change.risk,
        change.verb,
        name,
        str(cause.get("rule") or ""),
        str(cause.get("place") or ""),
        change.state,
        change.reason or "",
    )


def _fold(changes: Sequence[Change], samples: int) -> Fold:
    first = changes[0]
    by_record = {change.write_id: _telling(change, changes) for change in changes}
    return Fold(
        risk=first.risk,
        verb=first.verb,
        field=", ".join(dict.fromkeys(change.field for change in changes)),
        records=len(by_record),
        cells=len(changes),
        rule=str(first.cause.get("rule") or ""),
        place=str(first.cause.get("place") or ""),
        policy=str(first.cause.get("policy") or ""),
        state=first.state,
        reason=first.reason or "",
        samples=tuple(_sample(change) for change in list(by_record.values())[:samples]),
    )


_TELLING: Final = ("Subject", "subject", "hs_task_subject", "Name", "name")


def _telling(change: Change, changes: Sequence[Change]) -> Change:
    """The cell that says most about a record that is created or deleted: its name."""
    if change.field in _TELLING:
        return change
    mine = (c for c in changes if c.write_id == change.write_id and c.field in _TELLING)
    return next(mine, change)


def _sample(change: Change) -> Sample:
    return Sample(change.label, change.record_id, change.before, change.after, reason_of(change))


def reason_of(change: Change) -> str:
    """Why a cell is written: the rule's words; for a merged value also where it comes from."""
    why, source = str(change.cause.get("why") or ""), change.cause.get("from")
    if not source:
        return why
    return f"{source} ({why}; {change.cause.get('policy') or 'no policy'})"
