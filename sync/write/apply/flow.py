"""Carry out exactly one plan: re-read, open receipts, send, settle; a parked record stops no other.

Killed between send and settle, the open receipt is the trace: the next run reads the record again
before anything is sent again (settle.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from connectors.budget import Lane, in_lane
from connectors.protocol import LinkTo, Receipt, Record, Settled, Verb, Write
from mappings.spec import ID
from staging.write import parking, plans, receipts
from staging.write.plans import Change, PlanRow
from staging.write.receipts import ReceiptRow
from sync.context import Runner, Step, Tools
from sync.write import intent
from sync.write.apply.settle import settle
from sync.write.cell import fields_of, holds, links_of, unmoved
from sync.write.echo import take_in
from sync.write.guards import limits as guards
from tasuki.errors import (
    BlockedError,
    GuardError,
    RejectedError,
    TransientError,
    UnknownRecordError,
)
from tasuki.values import Json, instant

_LANES: Final = tuple(Lane)


@dataclass(frozen=True, slots=True)
class Moved:
    """A planned cell that somebody changed since the plan was made."""

    change: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a batch looks like at the re-read."""

    send: Mapping[str, dict[str, Json]]
    """Write id → the values that stand there now, for the cells that go ahead."""
    already: tuple[str, ...]
    moved: tuple[Moved, ...]


def apply(run: Runner, plan_id: str) -> dict[str, Json]:
    """Carry out an approved plan; counts of written, parked, refused and unknown changes.

    A connection that lets nothing through holds up its own batches only, and a re-read that fails
    its own batch: they are refused with the reason, and the next plan asks for them again.
    """
    begun = run.step(BEGIN, plan=plan_id)
    total, sent = sum(len(batch["writes"]) for batch in begun["batches"]), 0
    blocked: dict[str, str] = {}
    for batch in begun["batches"]:
        run.tell("apply", sent, total)
        connection, writes = batch["connection"], batch["writes"]
        held = blocked.get(connection)
        if held is None:
            try:
                _carry_out(run, plan_id, batch)
            except BlockedError as error:
                held = blocked[connection] = error.what
            except (TransientError, RejectedError) as error:
                held = error.what
        if held is not None:
            run.step(HOLD, writes=writes, reason=held)
        sent += len(writes)
    run.tell("apply", sent, total)
    settle(run)
    return run.step(FINISH, plan=plan_id)


def _carry_out(run: Runner, plan_id: str, batch: Mapping[str, Json]) -> None:
    with in_lane(Lane(batch["lane"])):
        run.step(RECHECK, plan=plan_id, writes=batch["writes"])
        run.step(SEND, plan=plan_id, writes=batch["writes"])


def require_applicable(db: Connection, tools: Tools, plan_id: str) -> PlanRow:
    """The plan, if it may be applied now; UnknownRecordError or GuardError with the reason."""
    plan = plans.get(db, plan_id)
    if plan is None:
        raise UnknownRecordError(
            f"there is no plan {plan_id}", remedy="`tasuki plan` makes one and prints its id."
        )
    if plan.state not in ("approved", "applying"):
        raise GuardError(
            f"plan {plan.id} is {plan.state}, not approved",
            why="a plan is applied once, after somebody has said yes to it",
            remedy=f"Look at it, then `tasuki apply {plan.id}` and confirm; or plan anew.",
        )
    if instant(plan.expires_at) < tools.clock.now():
        raise GuardError(
            f"plan {plan.id} has expired",
            why=f"it was valid until {plan.expires_at}",
            remedy="Plan anew.",
        )
    return plan


def _keep_begin(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    plan = require_applicable(db, tools, arguments["plan"])
    todo = plans.changes(db, plan.id, ("planned",))
    if plan.state == "approved":
        guards.refuse(guards.tripped(db, tools, todo), plan.id)
    if plan.undo_of:
        wrote = receipts.in_state(db, ("written",), plan.undo_of)
        intent.let_go(db, _intents_of(db, {receipt.id for receipt in wrote}))
    plans.set_state(db, plan.id, "applying", run_id=tools.run)
    return {"batches": batches(tools, todo)}


def batches(tools: Tools, changes: Iterable[Change]) -> list[dict[str, Json]]:
    """The write ids in batches of one lane, connection, object and verb; urgent lanes first."""
    groups: dict[tuple[int, str, str, str], dict[str, None]] = defaultdict(dict)
    for change in changes:
        lane = _LANES.index(Lane(change.cause.get("lane", Lane.MAPPINGS)))
        groups[lane, change.connection, change.object, change.verb][change.write_id] = None
    found: list[dict[str, Json]] = []
    seen: set[str] = set()
    for (lane, connection, _, _), ids in sorted(groups.items()):
        size = tools.connectors[connection].can.batch_size
        fresh = [id_ for id_ in ids if id_ not in seen]
        seen.update(fresh)
        for i in range(0, len(fresh), size):
            says = {"lane": _LANES[lane], "connection": connection}
            found.append({**says, "writes": fresh[i : i + size]})
    return found


def _ask_recheck(db: Connection, tools: Tools, arguments: dict[str, Json]) -> dict[str, Record]:
    todo = _todo(db, arguments)
    held = [c for c in todo if c.record_id and c.verb in (Verb.UPDATE, Verb.DELETE)]
    if not held:
        return {}
    first = held[0]
    ids = sorted({c.record_id for c in held if c.record_id})
    fields = sorted({c.field for c in held} - {ID})
    found = tools.connectors[first.connection].read(first.object, ids, fields)
    return {record.id: record for record in found}


def _keep_recheck(
    db: Connection, tools: Tools, arguments: dict[str, Json], now_there: dict[str, Record]
) -> dict[str, Json]:
    todo = _todo(db, arguments)
    fresh = recheck(todo, now_there)
    plans.mark_cells(db, fresh.already, "written", "already so")
    for moved in fresh.moved:
        plans.mark_cells(db, [moved.change], "refused", moved.reason)
    refused = {m.change for m in fresh.moved} | set(fresh.already)
    cells: dict[str, list[Change]] = defaultdict(list)
    for change in todo:
        if change.id not in refused:
            cells[change.write_id].append(change)
    receipts.open_(db, (_receipt(tools, cells[w], before) for w, before in fresh.send.items()))
    intent.fulfil(db, _wholly(todo, set(fresh.already)))
    return {"send": len(fresh.send), "moved": len(fresh.moved), "already": len(fresh.already)}


def recheck(todo: Sequence[Change], now_there: Mapping[str, Record]) -> Fresh:
    """Which cells still hold what the plan saw (compare-and-set on values, not on stamps)."""
    send: dict[str, dict[str, Json]] = {}
    already: list[str] = []
    moved: list[Moved] = []
    for change in todo:
        if change.verb in (Verb.CREATE, Verb.UPSERT):
            send.setdefault(change.write_id, {})[change.field] = None
            continue
        record = now_there.get(change.record_id or "")
        if record is None:
            gone = change.verb == Verb.DELETE
            (already.append(change.id) if gone else moved.append(_gone(change)))
            continue
        value = record.id if change.field == ID else record.fields.get(change.field)
        if change.verb == Verb.UPDATE and holds(change.field, value, change.after):
            already.append(change.id)
        elif unmoved(change.field, value, change.before):
            send.setdefault(change.write_id, {})[change.field] = value
        else:
            moved.append(Moved(change.id, _edited(record)))
    whole = {m.change.rpartition("#")[0] for m in moved}
    deletes = {c.write_id for c in todo if c.verb == Verb.DELETE}
    kept = {w: cells for w, cells in send.items() if not (w in deletes and w in whole)}
    return Fresh(kept, tuple(already), tuple(moved))


def _gone(change: Change) -> Moved:
    return Moved(change.id, "the record was deleted since the plan was made")


def _edited(record: Record) -> str:
    who = f" by {record.modified_by}" if record.modified_by else ""
    when = f" at {record.modified_at:%Y-%m-%d %H:%M}" if record.modified_at else ""
    return f"changed{who}{when}, after the plan was made; left as it is"


def _receipt(tools: Tools, cells: Sequence[Change], before: Mapping[str, Json]) -> ReceiptRow:
    first = cells[0]
    sent = {c.field: c.after for c in cells}
    return ReceiptRow(
        id=first.write_id,
        plan_id=first.plan_id,
        run_id=tools.run,
        connection=first.connection,
        object=first.object,
        verb=first.verb,
        fields=sent,
        before=dict(before),
        record_id=first.record_id,
        natural_key=first.cause.get("natural_key"),
        links=first.cause.get("links"),
        opened_at=tools.now(),
    )


def _ask_send(db: Connection, tools: Tools, arguments: dict[str, Json]) -> list[Receipt]:
    opened = [r for r in receipts.by_ids(db, arguments["writes"]) if r.state == "open"]
    if not opened:
        return []
    target = tools.connectors[opened[0].connection]
    return list(target.write([_write(receipt) for receipt in opened]))


def _write(receipt: ReceiptRow) -> Write:
    key = receipt.natural_key
    tied = () if receipt.verb == Verb.DELETE else links_of(receipt.fields)
    return Write(
        key=receipt.id,
        verb=Verb(receipt.verb),
        object=receipt.object,
        fields={} if receipt.verb == Verb.DELETE else fields_of(receipt.fields),
        id=receipt.record_id,
        natural_key=(key[0], key[1]) if key else None,
        links=(*(LinkTo(object_, id_) for object_, id_ in receipt.links or ()), *tied),
    )


def _keep_send(
    db: Connection, tools: Tools, arguments: dict[str, Json], answers: list[Receipt]
) -> dict[str, Json]:
    opened = {r.id: r for r in receipts.by_ids(db, arguments["writes"])}
    answers = [a for a in answers if a.key in opened]  # somebody may have been erased meanwhile
    for answer in answers:
        _settle_one(db, tools, opened[answer.key], answer)
    written = [opened[a.key] for a in answers if a.settled is Settled.WRITTEN]
    take_in(db, tools, written)
    intents = _intents_of(db, {r.id for r in written})
    intent.fulfil(db, intents)
    return {"written": len(written), "answers": len(answers)}


def _settle_one(db: Connection, tools: Tools, receipt: ReceiptRow, answer: Receipt) -> None:
    reason = answer.error.what if answer.error else None
    receipts.settle(
        db,
        receipt.id,
        answer.settled.value,
        record_id=answer.id or receipt.record_id,
        created=answer.created,
        reason=reason,
        now=tools.now(),
    )
    plans.mark(db, [receipt.id], _state(answer), reason)
    if _state(answer) == "parked":
        _park(db, tools, receipt, answer)


def _state(answer: Receipt) -> str:
    """What becomes of a change: a record that may pass later is refused now and planned again."""
    if answer.settled is Settled.REJECTED:
        return "refused" if isinstance(answer.error, TransientError) else "parked"
    return "written" if answer.settled is Settled.WRITTEN else "unknown"


def _park(db: Connection, tools: Tools, receipt: ReceiptRow, answer: Receipt) -> None:
    error = answer.error
    parking.park(
        db,
        parking.Parked(
            id=receipt.id,
            connection=receipt.connection,
            object=receipt.object,
            record_id=receipt.record_id,
            code=error.code if error else "TSK-3000",
            reason=error.what if error else "the system refused the record",
            fix=error.remedy if error else "Look at the record in its system.",
            place=str(error.where) if error and error.where else None,
        ),
        tools.run,
        tools.now(),
    )
    intent.park(db, _intents_of(db, {receipt.id}))


def _keep_hold(
    db: Connection, _tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    """Refuse what was not sent; a receipt that is open stays so until its record can be read."""
    opened = [receipt.id for receipt in receipts.by_ids(db, arguments["writes"])]
    plans.mark(db, opened, "unknown", arguments["reason"])
    held = [each for each in arguments["writes"] if each not in set(opened)]
    plans.mark(db, held, "refused", arguments["reason"])
    return {"held": len(held)}


def _keep_finish(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    every = plans.changes(db, arguments["plan"])
    counts: dict[str, Json] = {"plan": arguments["plan"]}
    for change in every:
        counts[change.state] = counts.get(change.state, 0) + 1
    plans.set_state(db, arguments["plan"], "applied", applied_at=tools.now())
    if counts.get("parked") or counts.get("refused") or counts.get("unknown"):
        counts["state"] = "partial"
    return counts


def _todo(db: Connection, arguments: dict[str, Json]) -> list[Change]:
    return plans.of_writes(db, arguments["writes"], ("planned",))


def _intents_of(db: Connection, writes: set[str]) -> set[str]:
    return {c.intent_id for c in plans.of_writes(db, writes) if c.intent_id}


def _wholly(todo: Sequence[Change], already: set[str]) -> set[str]:
    """The intents whose every cell turned out to be true already."""
    pending = {c.intent_id for c in todo if c.id not in already}
    return {c.intent_id for c in todo if c.intent_id and c.id in already} - pending


BEGIN: Final = Step("apply.begin", keep=_keep_begin)
RECHECK: Final = Step("apply.recheck", keep=_keep_recheck, ask=_ask_recheck)
SEND: Final = Step("apply.send", keep=_keep_send, ask=_ask_send)
HOLD: Final = Step("apply.hold", keep=_keep_hold)
FINISH: Final = Step("apply.finish", keep=_keep_finish)
