"""A plan that restores what a run wrote, where it is still ours; the rest is listed.

Undo is a plan like any other: read it, approve it, apply it, undo it. Cells that somebody edited
since are in the plan as refused, with both values, so that nobody has to look for them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Record, Verb
from staging import runs
from staging.erasure.scrub import is_struck
from staging.write import plans, receipts
from staging.write.plans import Change
from staging.write.receipts import ReceiptRow
from sync.context import Runner, Step, Tools
from sync.write.cell import holds, is_link
from sync.write.guards.group import UNDO as RULE
from sync.write.plan.describe import describe
from sync.write.risk import Risk
from tasuki.errors import UnknownRecordError
from tasuki.values import Json, Ref, instant, new_id, same_value

There = dict[Ref, Record]
_STAYS: Final = "a link that was added stays; take it away by hand"
_ERASED: Final = "it named somebody who was erased since; left as it is"
_OWN_AUTOMATION: Final = timedelta(minutes=2)
"""Clocks differ, and a system's own rules may follow a create; what comes later is somebody's."""


def plan_undo(run: Runner, of: str, by: str = "operator") -> dict[str, Json]:
    """Save the plan that undoes a run; `plan` is None when nothing of it is left to undo."""
    return run.step(UNDO, of=of, by=by)


def written_by(db: Connection, run_id: str) -> list[ReceiptRow]:
    """What a run wrote, and what earlier runs of the same plan wrote before they were killed.

    Errors: UnknownRecordError when there is no such run.
    """
    found = runs.get(db, run_id)
    if found is None:
        raise UnknownRecordError(
            f"there is no run {run_id}", remedy="`tasuki runs` lists them with their ids."
        )
    plans_of = {receipt.plan_id for receipt in receipts.in_state(db, ("written",), found.id)}
    return receipts.of_plans(db, ("written",), plans_of)


def _ask_undo(db: Connection, tools: Tools, arguments: dict[str, Json]) -> There:
    there: There = {}
    groups: dict[tuple[str, str], list[ReceiptRow]] = defaultdict(list)
    for receipt in written_by(db, arguments["of"]):
        groups[receipt.connection, receipt.object].append(receipt)
    for (connection, object_), group in sorted(groups.items()):
        ids = sorted({r.record_id for r in group if r.record_id})
        fields = sorted({name for r in group for name in r.fields})
        for record in tools.connectors[connection].read(object_, ids, fields):
            there[Ref(connection, object_, record.id)] = record
    return there


def _keep_undo(
    db: Connection, tools: Tools, arguments: dict[str, Json], there: There
) -> dict[str, Json]:
    wrote = written_by(db, arguments["of"])
    plan_id = f"p_{new_id()[-12:]}"
    changes = backwards(plan_id, wrote, there, _names(db, wrote))
    open_ = [change for change in changes if change.state == "planned"]
    kept = len(changes) - len(open_)
    if not changes:
        return {"plan": None, "changes": 0, "kept": 0}
    plans.discard_drafts(db, f"undo:{arguments['of']}")
    row = describe(db, tools, plan_id, changes, arguments["by"])
    notes = {**row.notes, "kept": kept}
    row = replace(row, undo_of=arguments["of"], origin=f"undo:{arguments['of']}", notes=notes)
    plans.save(db, row, changes)
    return {"plan": plan_id, "changes": len(open_), "kept": kept}


def backwards(
    plan_id: str, wrote: Iterable[ReceiptRow], there: Mapping[Ref, Record], names: Mapping[str, str]
) -> list[Change]:
    """The changes that restore each written cell that still holds what we wrote."""
    changes: list[Change] = []
    for receipt in wrote:
        record = there.get(Ref(receipt.connection, receipt.object, receipt.record_id or ""))
        label = names.get(receipt.id, receipt.record_id or "")
        changes.extend(_back(plan_id, receipt, record, label))
    return changes


def _back(plan_id: str, receipt: ReceiptRow, record: Record | None, label: str) -> Iterable[Change]:
    if record is None or receipt.verb == Verb.DELETE:
        return
    created = receipt.verb in (Verb.CREATE, Verb.UPSERT)
    if created and not receipt.created:
        return
    struck = {n for n, sent in receipt.fields.items() if _is_struck(sent, receipt.before.get(n))}
    edited = created and (_touched(receipt, record) or _differs(receipt, record, struck))
    for name, sent in receipt.fields.items():
        before = receipt.before.get(name)
        value = record.fields.get(name)
        if name in struck:
            left = _change(plan_id, receipt, name, None, None, label, ours=False)
            yield from () if created else (replace(left, reason=_ERASED),)
            continue
        if not created and same_value(value, before):
            continue
        ours = not edited if created else same_value(value, sent)
        change = _change(
            plan_id, receipt, name, value, None if created else before, label, ours=ours
        )
        yield change if created or not is_link(name) else replace(change, reason=_STAYS)


def _is_struck(sent: Json, before: Json) -> bool:
    """Whether a value of somebody erased stood there: nobody can tell it, or restore it."""
    return is_struck(sent) or is_struck(before)


def _differs(receipt: ReceiptRow, record: Record, but: set[str]) -> bool:
    sent = ((name, value) for name, value in receipt.fields.items() if name not in but)
    return any(not holds(name, record.fields.get(name), value) for name, value in sent)


def _touched(receipt: ReceiptRow, record: Record) -> bool:
    """Whether a record we made was changed since, be it in a field that we never sent."""
    if record.modified_at is None or receipt.settled_at is None:
        return False
    return record.modified_at > instant(receipt.settled_at) + _OWN_AUTOMATION


def _change(
    plan_id: str,
    receipt: ReceiptRow,
    name: str,
    value: Json,
    restored: Json,
    label: str,
    *,
    ours: bool,
) -> Change:
    created = receipt.verb in (Verb.CREATE, Verb.UPSERT)
    write = f"{plan_id}/{receipt.connection}/{receipt.object}/{receipt.record_id}"
    return Change(
        id=f"{write}#{name}",
        plan_id=plan_id,
        write_id=write,
        intent_id=None,
        connection=receipt.connection,
        object=receipt.object,
        record_id=receipt.record_id,
        verb=Verb.DELETE if created else Verb.UPDATE,
        field=name,
        before=value,
        after=restored,
        risk=Risk.DELETE if created else Risk.OVERWRITE,
        cause={"rule": RULE, "why": f"undo of run {receipt.run_id[:18]}", "lane": "mappings"},
        label=label,
        state="planned" if ours else "refused",
        reason=None if ours else "somebody edited it since; left as it is",
    )


def _names(db: Connection, wrote: Sequence[ReceiptRow]) -> dict[str, str]:
    changes = plans.of_writes(db, [r.id for r in wrote])
    return {change.write_id: change.label for change in changes}


UNDO: Final = Step("undo.plan", keep=_keep_undo, ask=_ask_undo)
