"""What the store lets go of when an undo is applied: wishes, plans not sent yet, a scenario's push.

A wish that is undone is not made again until it wants another value; a task not as long as what it
is about lasts. Undoing the undo takes the wishes up again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from staging.bulk import chunks
from staging.tables.decisions import ASSIGNMENT, SCENARIO_RUN
from staging.tables.entities import ENTITY_TABLES
from staging.write import plans, written
from staging.write.plans import Change, PlanRow
from sync.write import intent
from sync.write.undo.backwards import Back
from sync.write.undo.scope import Of, Scope, pieces, plans_in, scope_of
from tasuki.values import Json

UNDONE = "undone"
"""The state of a push that was taken back, and why those it reached count no more."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The wishes behind a cell that is undone, and what becomes of them."""

    ids: tuple[str, ...] = ()
    taken_up: bool = False
    """The cell was undone once, and this takes that back."""

    def said(self) -> dict[str, Json]:
        """What a change's cause keeps of it."""
        found: dict[str, Json] = {"wishes": list(self.ids)} if self.ids else {}
        return {**found, "taken_up": True} if self.taken_up else found


def wishes_of(back: Back, known: Mapping[str, Change]) -> Wishes:
    """The wishes behind the writes that a cell goes back over; the oldest decides."""
    found: dict[str, None] = {}
    taken_up = False
    for receipt in back.wrote.receipts:
        change = known.get(f"{receipt.id}#{back.field}")
        if change is None:
            change = next((known[f"{receipt.id}#{n}"] for n in receipt.fields
                           if f"{receipt.id}#{n}" in known), None)  # fmt: skip
        if change is None:
            continue
        undone = change.cause.get("wishes") or ()
        found |= dict.fromkeys([change.intent_id] if change.intent_id else undone)
        if receipt.id == back.receipt.id:
            taken_up = change.intent_id is None and not change.cause.get("taken_up")
    return Wishes(tuple(found), taken_up and bool(found))


def begin(db: Connection, plan: PlanRow, going: Sequence[Change]) -> None:
    """Before the first write of an undo: nothing that it takes back is wanted or sent any more."""
    scope = _scope(plan)
    up = _wishes(change for change in going if change.cause.get("taken_up"))
    listed = plans.changes(db, plan.id, ("refused",))
    later = _wishes(change for change in listed if change.cause.get("later"))
    undone = plans.intents_of(db, (piece.id for piece in pieces(db, scope)))
    intent.let_go(db, undone - later)
    intent.take_up(db, up)
    _give_up(db, scope)


def finish(db: Connection, plan_id: str) -> None:
    """After its last write: the push of a scenario that is taken back is undone for good."""
    plan = plans.get(db, plan_id)
    if plan is None or not plan.undo_of:
        return
    scope = _scope(plan)
    runs = {scope.id} if scope.of is Of.SCENARIO else _scenarios(db, plans_in(db, scope))
    if runs:
        _mark(db, runs, _wishes(plans.changes(db, plan.id, ("written",))))


def give_up(db: Connection, scope: Scope) -> int:
    """Nothing of it was written, or nothing is left: a scenario's push is undone by that.

    How many of its wishes are not wanted any more.
    """
    if scope.of is not Of.SCENARIO:
        return 0
    wishes = intent.by_ids(db, written.intents_of_scenario(db, scope.id))
    _give_up(db, scope)
    _mark(db, {scope.id}, ())
    return sum(wish.state in ("open", "parked") for wish in wishes.values())


def _give_up(db: Connection, scope: Scope) -> None:
    """What was not sent of it is not sent any more."""
    for plan in plans_in(db, scope):
        found = plans.get(db, plan)
        if found is not None and found.state in ("draft", "approved", "applying"):
            plans.set_state(db, plan, "discarded")
    if scope.of is Of.SCENARIO:
        intent.let_go(db, written.intents_of_scenario(db, scope.id))


def _wishes(changes: Iterable[Change]) -> set[str]:
    return {id_ for change in changes for id_ in change.cause.get("wishes") or ()}


def _scope(plan: PlanRow) -> Scope:
    """What a plan undoes; plans of older versions undo runs."""
    said = plan.notes.get("scope") or {"of": Of.RUN, "id": plan.undo_of}
    return scope_of(said)


def _scenarios(db: Connection, undone: Iterable[str]) -> set[str]:
    """The pushes whose own plans are taken back."""
    rows = (plans.get(db, plan) for plan in undone)
    kind = f"{Of.SCENARIO}:"
    return {
        r.origin.removeprefix(kind) for r in rows if r is not None and r.origin.startswith(kind)
    }


def _mark(db: Connection, runs: Iterable[str], wishes: Iterable[str]) -> None:
    """Its runs are undone; who was reached keeps the arm they drew, marked."""
    mine = list(runs)
    pushed = (SCENARIO_RUN.c.id.in_(mine), SCENARIO_RUN.c.state.in_(("pushed", "approved")))
    db.execute(update(SCENARIO_RUN).where(*pushed).values(state=UNDONE))
    reached = intent.by_ids(db, wishes).values()
    accounts = {w.entity_id for w in reached if w.entity == "account" and w.entity_id}
    people = {w.entity_id for w in reached if w.entity == "person" and w.entity_id}
    table = ENTITY_TABLES["person"]
    for chunk in chunks(people):
        query = select(table.c.account_id).where(table.c.id.in_(chunk))
        accounts |= {id_ for id_ in db.scalars(query) if id_}
    for chunk in chunks(sorted(accounts)):
        of = (ASSIGNMENT.c.scenario_run_id.in_(mine), ASSIGNMENT.c.entity_id.in_(chunk))
        db.execute(update(ASSIGNMENT).where(*of).values(reason=UNDONE))
