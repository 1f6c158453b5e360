"""What a plan does cell by cell, a page at a time; what became of it; one write with its answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from staging.write import cells as store
from staging.write import parking, plans, receipts
from staging.write.cells import Which, Why
from staging.write.parking import Waits
from staging.write.plans import Change
from staging.write.receipts import ReceiptRow
from sync.write.risk import ORDER
from tasuki.errors import UnknownRecordError
from tasuki.service.app import App
from tasuki.service.explaining.people import who
from tasuki.service.writing.folding import rank
from tasuki.values import Json

MOVED: Final = "moved"
"""Where the cause of a refused cell keeps what stood there: {there, by, at}."""


@dataclass(frozen=True, slots=True)
class CellPage:
    """Some cells of a plan, and how many there are."""

    cells: tuple[Change, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a plan is, in records."""

    total: int
    answered: int
    """Records none of whose cells is still to be sent."""
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GroupEnd:
    """What became of one group: a risk of one object."""

    risk: str
    connection: str
    object: str
    states: Mapping[str, int]
    """State → records."""


@dataclass(frozen=True, slots=True)
class LeftCell:
    """A cell that was left as it is because it moved since the plan was made."""

    write_id: str
    connection: str
    object: str
    record_id: str | None
    label: str
    field: str
    before: Json
    """What the plan saw."""
    after: Json
    """What it was to become."""
    there: Json
    """What stood there when it was looked at again; unless that was kept, None."""
    is_known: bool
    """Whether that was kept."""
    by: str | None
    at: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell of a write."""

    field: str
    before: Json
    """What stood there right before it was sent; else what the plan saw."""
    after: Json
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class WriteView:
    """One write: what it was to be, what was sent, what the system said."""

    id: str
    connection: str
    object: str
    record_id: str | None
    label: str
    verb: str
    plan_id: str
    run_id: str | None
    """The run that sent it; None: nothing was sent."""
    state: str
    """open | written | rejected | unknown | lost; a change's state when nothing was sent."""
    created: bool
    reason: str
    opened_at: str | None
    settled_at: str | None
    cells: tuple[CellView, ...]
    place: str
    """The line of the rule that wants it."""
    exchange: Mapping[str, Json] | None
    """call, status, request, answer, request_id; without secrets and values."""
    waits: Waits | None
    """Its place among the parked."""


def page(app: App, plan_id: str, which: Which, *, limit: int, skip: int = 0) -> CellPage:
    """Some of these cells of a plan, riskiest first, then record by record."""
    with app.store.reading() as db:
        total = store.count(db, plan_id, which)
        found = store.part(db, plan_id, which, ORDER, limit=limit, skip=skip)
    return CellPage(tuple(found), total)


def standing(app: App, plan_id: str) -> Standing:
    """How many records of a plan have their answer, and which."""
    with app.store.reading() as db:
        total = store.records(db, plan_id)
        states = store.records_by_state(db, plan_id)
    return Standing(total, total - states.get("planned", 0), states)


def ended(app: App, plan_id: str) -> tuple[GroupEnd, ...]:
    """What became of every group of a plan, riskiest first."""
    groups: dict[tuple[str, str, str], dict[str, int]] = {}
    with app.store.reading() as db:
        for each in store.ended(db, plan_id):
            at = (each.risk, each.connection, each.object)
            groups.setdefault(at, {})[each.state] = each.records
    found = sorted(groups.items(), key=lambda group: (rank(group[0][0]), group[0]))
    return tuple(GroupEnd(*at, states) for at, states in found)


def reasons(
    app: App, plan_id: str, states: Sequence[str] = ("refused", "unknown", "held")
) -> tuple[Why, ...]:
    """Why records of a plan were not written, most first; parked ones tell it themselves."""
    with app.store.reading() as db:
        return tuple(store.reasons(db, plan_id, states))


def left(app: App, plan_id: str, limit: int = 20) -> tuple[int, tuple[LeftCell, ...]]:
    """How many cells were left as they are since they moved, and the first of them."""
    which = Which(state="refused")
    with app.store.reading() as db:
        total = store.count(db, plan_id, which)
        found = store.part(db, plan_id, which, ORDER, limit=limit)
        names = _names(db, found)
    return total, tuple(_left(change, names) for change in found)


def unwritten(app: App, plan_id: str, limit: int = 20) -> tuple[WriteView, ...]:
    """The writes of a plan that were sent and not written, each with its exchange."""
    with app.store.reading() as db:
        failed = receipts.of_plans(db, ("rejected", "unknown", "open"), [plan_id])[:limit]
        changes = plans.of_writes(db, [receipt.id for receipt in failed])
        by_write = {r.id: [c for c in changes if c.write_id == r.id] for r in failed}
        return tuple(
            _write(by_write[r.id], r, _waiting(db, by_write[r.id]))
            for r in failed
            if by_write[r.id]
        )


def show(app: App, id: str) -> WriteView:
    """One write by its id, or the last one that a wish led to. Errors: UnknownRecordError."""
    with app.store.reading() as db:
        changes = plans.of_writes(db, [id])
        if not changes and (last := store.last_write(db, id)):
            changes = plans.of_writes(db, [last])
        if not changes:
            raise UnknownRecordError(
                f"there is no write {id}",
                why="no plan has it any more, or whoever it was about was erased",
                remedy="Look at the record in its system.",
            )
        receipt = next(iter(receipts.by_ids(db, [changes[0].write_id])), None)
        return _write(changes, receipt, _waiting(db, changes))


def _waiting(db: Connection, changes: Sequence[Change]) -> Waits | None:
    first = changes[0]
    undo = f"{parking.UNDO}{first.connection}/{first.object}/{first.record_id}"
    ids = {first.write_id, undo, *(c.intent_id for c in changes if c.intent_id)}
    found = parking.by_ids(db, ids).values()
    return next((each for each in found if each.state in parking.WAITING), None)


def _write(changes: Sequence[Change], receipt: ReceiptRow | None, waits: Waits | None) -> WriteView:
    first = changes[0]
    return WriteView(
        id=first.write_id,
        connection=first.connection,
        object=first.object,
        record_id=receipt.record_id if receipt else first.record_id,
        label=first.label,
        verb=first.verb,
        plan_id=first.plan_id,
        run_id=receipt.run_id if receipt else None,
        state=receipt.state if receipt else first.state,
        created=bool(receipt and receipt.created),
        reason=(receipt.reason if receipt else first.reason) or "",
        opened_at=receipt.opened_at if receipt else None,
        settled_at=receipt.settled_at if receipt else None,
        cells=tuple(_cell(change, receipt) for change in changes),
        place=next((str(c.cause["place"]) for c in changes if c.cause.get("place")), ""),
        exchange=receipt.exchange if receipt else None,
        waits=waits,
    )


def _cell(change: Change, receipt: ReceiptRow | None) -> CellView:
    was = receipt.before if receipt else {}
    before = was.get(change.field, change.before)
    return CellView(change.field, before, change.after, change.state, change.reason or "")


def _names(db: Connection, found: Iterable[Change]) -> dict[tuple[str, str], str | None]:
    """Who is behind each user id, asked once for each."""
    said = {(c.connection, str(by)) for c in found if (by := _moved(c).get("by"))}
    return {(connection, by): who(db, connection, by) for connection, by in said}


def _left(change: Change, names: Mapping[tuple[str, str], str | None]) -> LeftCell:
    moved = _moved(change)
    by = moved.get("by")
    return LeftCell(
        write_id=change.write_id,
        connection=change.connection,
        object=change.object,
        record_id=change.record_id,
        label=change.label,
        field=change.field,
        before=change.before,
        after=change.after,
        there=moved.get("there"),
        is_known="there" in moved,
        by=names.get((change.connection, str(by)), by) if by else None,
        at=moved.get("at"),
        reason=change.reason or "",
    )


def _moved(change: Change) -> dict[str, Json]:
    return change.cause.get(MOVED) or {}
