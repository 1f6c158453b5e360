"""Carry out exactly one plan: re-read, open receipts, send, settle; a parked record stops no other.

Killed between send and settle, the open receipt is the trace: the next run reads the record again
before anything is sent again (settle.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from connectors.budget import Lane, in_lane
from staging.write import plans
from staging.write.plans import Change, PlanRow
from sync.context import Runner, Step, Tools
from sync.write.apply.lookback import look_back
from sync.write.apply.recheck import RECHECK
from sync.write.apply.send import HOLD, SEND
from sync.write.apply.settle import settle
from sync.write.batches import batches, ranks
from sync.write.guards import judge
from sync.write.guards.moment import trust
from sync.write.undo import store as undoing
from tasuki.errors import (
    BlockedError,
    GuardError,
    RejectedError,
    TransientError,
    UnknownRecordError,
)
from tasuki.values import Json, instant


def apply(run: Runner, plan_id: str, *, production: bool = False) -> dict[str, Json]:
    """Carry out an approved plan; counts of written, parked, refused, held and unknown changes.

    What a guard stops is held, what writes to production unless that is said included.

    A connection that lets nothing through holds up its own batches only, and a re-read that fails
    its own batch: they are refused with the reason, and the next plan asks for them again.
    """
    begun = run.step(BEGIN, plan=plan_id, production=production)
    total, sent = sum(len(batch["writes"]) for batch in begun["batches"]), 0
    blocked: dict[str, str] = {}
    for batch in begun["batches"]:
        run.tell("apply", sent, total)
        connection, writes = batch["connection"], batch["writes"]
        held = blocked.get(connection)
        if held is None:
            try:
                _carry_out(run, batch)
            except BlockedError as error:
                held = blocked[connection] = error.what
            except (TransientError, RejectedError) as error:
                held = error.what
        if held is not None:
            run.step(HOLD, writes=writes, reason=held)
        sent += len(writes)
    run.tell("apply", sent, total)
    settle(run)
    looked = look_back(run)
    return {**run.step(FINISH, plan=plan_id), **{k: n for k, n in looked.items() if n}}


def _carry_out(run: Runner, batch: Mapping[str, Json]) -> None:
    writes = batch["writes"]
    with in_lane(Lane(batch["lane"])):
        looked = run.step(RECHECK, writes=writes, guarded=batch["guarded"])
        if looked["send"]:
            run.step(SEND, writes=writes, stamps=looked["stamps"], part=looked["part"])


def require_applicable(db: Connection, tools: Tools, plan_id: str) -> PlanRow:
    """The plan, if it may be applied now; UnknownRecordError or GuardError with the reason.

    One that was interrupted may be gone on with, however old it is.
    """
    plan = plans.get(db, plan_id)
    if plan is None:
        raise UnknownRecordError(
            f"there is no plan {plan_id}", remedy="`tasuki plan` makes one and prints its id."
        )
    if plan.state not in ("approved", "applying"):
        raise _refusal(
            plan,
            f"is {plan.state}, not approved",
            "a plan is applied once, after somebody has said yes to it",
            f"Look at it, then `tasuki apply {plan.id}` and confirm; or plan anew.",
        )
    if plan.state == "approved" and instant(plan.expires_at) < tools.clock.now():
        raise _refusal(plan, "has expired", f"it was valid until {plan.expires_at}", "Plan anew.")
    return plan


def _refusal(plan: PlanRow, what: str, why: str, remedy: str) -> GuardError:
    return GuardError(f"plan {plan.id} {what}", where=f"plan {plan.id}", why=why, remedy=remedy)


def _keep_begin(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    plan = require_applicable(db, tools, arguments["plan"])
    every = plans.changes(db, plan.id)
    if plan.state == "approved":
        _require_untouched(db, plan, every)
    todo = [change for change in every if change.state == "planned"]
    todo = judge.begin(db, tools, plan, todo, production=bool(arguments.get("production")))
    if plan.undo_of:
        undoing.begin(db, plan, todo)
    plans.set_state(db, plan.id, "applying", run_id=tools.run)
    can = {name: tools.connectors[name].can for name in {c.connection for c in todo}}
    order = ranks(tools.mappings, tuple(tools.entities))
    cut = batches(can, todo, order)
    return {
        "batches": [
            {
                "lane": batch.lane,
                "connection": batch.connection,
                "guarded": batch.guarded,
                "writes": list(batch.writes),
            }
            for batch in cut
        ]
    }


def _require_untouched(db: Connection, plan: PlanRow, changes: Sequence[Change]) -> None:
    """What was approved is what is carried out: its changes still have the plan's digest."""
    said = {plan.digest, *plans.approved_digests(db, plan.id)}
    if said != {plans.digest_of(changes)}:
        raise _refusal(
            plan,
            "is not what was approved",
            "its changes in the store were altered since, or named somebody who was erased",
            "Plan anew with `tasuki plan`; if nobody was erased, find out who writes to the store.",
        )


def _keep_finish(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    counts: dict[str, Json] = {"plan": arguments["plan"]}
    counts |= plans.tally(db, arguments["plan"])
    trust(db, tools, arguments["plan"])
    plans.set_state(db, arguments["plan"], "applied", applied_at=tools.now())
    undoing.finish(db, arguments["plan"])
    if any(counts.get(state) for state in ("parked", "refused", "unknown", "held")):
        counts["state"] = "partial"
    return counts


BEGIN: Final = Step("apply.begin", keep=_keep_begin)
FINISH: Final = Step("apply.finish", keep=_keep_finish)
