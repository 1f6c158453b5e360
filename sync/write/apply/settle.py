"""What became of writes whose answer never came: the record itself is asked first."""

from collections import defaultdict
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Record, Verb
from staging import records
from staging.write import plans, receipts
from staging.write.receipts import ReceiptRow
from sync.context import Runner, Step, Tools
from sync.write import intent
from sync.write.cell import holds
from sync.write.echo import take_in
from tasuki.errors import BlockedError, RejectedError, TransientError
from tasuki.values import Json

_OPEN: Final = ("open", "unknown")


def settle(run: Runner) -> dict[str, Json]:
    """Settle every write that is still open; how many had been written and how many had not.

    Those whose records cannot be read now stay open until a later run: nothing else waits for them.
    """
    waiting = run.step(FIND_OPEN)
    written = lost = 0
    for group in waiting["groups"]:
        try:
            done = run.step(SETTLE, ids=group)
        except (BlockedError, TransientError, RejectedError):
            continue
        written, lost = written + done["written"], lost + done["lost"]
    return {"written": written, "lost": lost}


def _keep_find(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for receipt in receipts.in_state(db, _OPEN):
        if receipt.connection not in tools.connectors:
            continue  # its connection left the project: nobody to ask until it comes back
        groups[receipt.connection, receipt.object, receipt.verb].append(receipt.id)
    return {"groups": [ids for _, ids in sorted(groups.items())]}


def _ask_settle(db: Connection, tools: Tools, arguments: dict[str, Json]) -> dict[str, Record]:
    """The records as they are now, by receipt id."""
    waiting = receipts.by_ids(db, arguments["ids"])
    if not waiting:
        return {}  # whom they were about was erased
    first = waiting[0]
    target = tools.connectors[first.connection]
    fields = sorted({name for r in waiting for name in r.fields})
    if first.verb in (Verb.UPDATE, Verb.DELETE):
        by_id = {
            r.id: r for r in target.read(first.object, [r.record_id or "" for r in waiting], fields)
        }
        return {r.id: by_id[r.record_id] for r in waiting if r.record_id in by_id}
    keyed = {r.natural_key[1]: r for r in waiting if r.natural_key}
    if not keyed:
        return {}
    name = next(r.natural_key[0] for r in keyed.values() if r.natural_key)
    found = target.find(first.object, name, sorted(keyed), [*fields, name])
    return {keyed[str(r.fields[name])].id: r for r in found if str(r.fields[name]) in keyed}


def _keep_settle(
    db: Connection, tools: Tools, arguments: dict[str, Json], there: dict[str, Record]
) -> dict[str, Json]:
    written = lost = 0
    for receipt in receipts.by_ids(db, arguments["ids"]):
        record = there.get(receipt.id)
        if _came_true(receipt, record):
            _close(db, tools, receipt, "written", record.id if record else receipt.record_id)
            written += 1
        else:
            _close(db, tools, receipt, "lost", receipt.record_id)
            lost += 1
    return {"written": written, "lost": lost}


def _came_true(receipt: ReceiptRow, record: Record | None) -> bool:
    if receipt.verb == Verb.DELETE:
        return record is None
    if record is None:
        return False
    if receipt.verb in (Verb.CREATE, Verb.UPSERT):
        return True
    return all(holds(k, record.fields.get(k), v) for k, v in receipt.fields.items())


def _close(
    db: Connection, tools: Tools, receipt: ReceiptRow, state: str, record_id: str | None
) -> None:
    """Written: fulfilled and known. Lost: the wish stays open and the next plan holds it again.

    A record that was staged before was there already: an undo must not delete it.
    """
    reason = "settled by reading the record again"
    creates = state == "written" and receipt.verb in (Verb.CREATE, Verb.UPSERT)
    known = records.read(db, receipt.connection, receipt.object, [record_id] if record_id else [])
    receipts.settle(
        db,
        receipt.id,
        state,
        record_id=record_id,
        created=creates and not known,
        reason=reason,
        now=tools.now(),
    )
    plans.mark(db, [receipt.id], "written" if state == "written" else "refused", reason)
    if state == "written":
        take_in(db, tools, [receipt])
        intent.fulfil(db, {c.intent_id for c in plans.of_writes(db, [receipt.id]) if c.intent_id})


FIND_OPEN: Final = Step("settle.find", keep=_keep_find)
SETTLE: Final = Step("settle.read", keep=_keep_settle, ask=_ask_settle)
