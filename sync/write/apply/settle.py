"""What became of writes whose answer never came: the record itself is asked first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Capabilities, Record, Verb
from staging import records
from staging.write import parking, plans, receipts
from staging.write.receipts import UNSETTLED, Ending, ReceiptRow
from sync.context import Runner, Step, Tools
from sync.write import intent
from sync.write.apply import lookback
from sync.write.cell import holds
from sync.write.echo import take_in
from sync.write.parked.backoff import park_untold
from tasuki.errors import BlockedError, RejectedError, TransientError
from tasuki.values import Json

_MAKING: Final = (Verb.CREATE, Verb.UPSERT)
_READ_AGAIN: Final = "settled by reading the record again"
_SINCE: Final = "changed by somebody since it was written; left as it is"


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
    """The open writes in groups of one object and verb; those nobody can ask about are parked."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    untold: list[ReceiptRow] = []
    for receipt in receipts.in_state(db, UNSETTLED):
        if receipt.connection not in tools.connectors:
            continue  # its connection left the project: nobody to ask until it comes back
        if _place(tools.connectors[receipt.connection].can, receipt) or receipt.natural_key:
            groups[receipt.connection, receipt.object, receipt.verb].append(receipt.id)
        else:
            untold.append(receipt)
    _park(db, tools, untold)
    return {"groups": [ids for _, ids in sorted(groups.items())]}


def _park(db: Connection, tools: Tools, untold: Sequence[ReceiptRow]) -> None:
    """Parked once; what a person made of it since stays so."""
    known = parking.known(db, [receipt.id for receipt in untold])
    fresh = [receipt for receipt in untold if receipt.id not in known]
    plans.mark(db, (receipt.id for receipt in fresh), "unknown", "no answer came")
    park_untold(db, tools, fresh)


def _place(can: Capabilities, receipt: ReceiptRow) -> str | None:
    """The id under which a record can be read: its own, or the one that its fields make up."""
    parts = [receipt.fields.get(name) for name in can.id_from.get(receipt.object, ())]
    made = "/".join(map(str, parts)) if parts and all(parts) else None
    return receipt.record_id or made


def _ask_settle(db: Connection, tools: Tools, arguments: dict[str, Json]) -> dict[str, Record]:
    """The records as they are now, by receipt id."""
    waiting = receipts.by_ids(db, arguments["ids"])
    if not waiting:
        return {}  # whom they were about was erased
    first = waiting[0]
    target = tools.connectors[first.connection]
    fields = sorted({name for r in waiting for name in r.fields})
    placed = {r.id: place for r in waiting if (place := _place(target.can, r))}
    by_id = (
        {r.id: r for r in target.read(first.object, sorted(set(placed.values())), fields)}
        if placed
        else {}
    )
    there = {id_: by_id[place] for id_, place in placed.items() if place in by_id}
    keyed = {r.natural_key[1]: r for r in waiting if r.natural_key and r.id not in placed}
    for name in dict.fromkeys(r.natural_key[0] for r in keyed.values() if r.natural_key):
        values = sorted(v for v, r in keyed.items() if r.natural_key and r.natural_key[0] == name)
        found = target.find(first.object, name, values, [*fields, name])
        there |= {keyed[v].id: r for r in found if (v := str(r.fields[name])) in keyed}
    return there


def _keep_settle(
    db: Connection, tools: Tools, arguments: dict[str, Json], there: dict[str, Record]
) -> dict[str, Json]:
    """Written: fulfilled and known. Lost: the wish stays open and the next plan holds it again.

    Written in part: it arrived, and somebody changed a cell of it since; what stands is known, and
    the wish stays open. An undo has no wishes: what a killed apply of one did not send, the next
    apply of it sends.
    """
    waiting = receipts.by_ids(db, arguments["ids"])
    left = {r.id: found for r in waiting if (found := _left(r, there.get(r.id)))}
    came = {r.id for r in waiting if r.id in left or _came_true(r, there.get(r.id))}
    written = [_named(r, there) for r in waiting if r.id in came]
    lost = [r for r in waiting if r.id not in came]
    known = _known(db, {r.id: there[r.id].id for r in written if r.id in there}, waiting)
    endings = [_written(r, there.get(r.id), known) for r in written]
    endings += [Ending(r.id, "lost", r.record_id, reason=_READ_AGAIN) for r in lost]
    receipts.settle(db, endings, tools.now())
    edited = [f"{id_}#{name}" for id_, names in left.items() for name in names]
    plans.mark_cells(db, edited, "refused", _SINCE)
    plans.mark(db, (r.id for r in written), "written", _READ_AGAIN)
    plans.mark(db, _given_up(db, lost), "refused", _READ_AGAIN)
    take_in(db, tools, [_without(r, left.get(r.id, frozenset())) for r in written])
    ids = [receipt.id for receipt in written if receipt.id not in left]
    part = {c.intent_id for c in plans.of_writes(db, ids) if intent.PART in c.cause}
    intent.fulfil(db, plans.intents_of(db, ids) - plans.remade(db, ids) - part)
    lookback.mark(db, tools, written)
    return {"written": len(written), "lost": len(lost)}


def _given_up(db: Connection, lost: Sequence[ReceiptRow]) -> list[str]:
    """The lost writes that their own plan does not send any more."""
    still = plans.of_writes(db, (r.id for r in lost), ("planned",))
    goes_on = {change.write_id for change in still if change.intent_id is None}
    return [receipt.id for receipt in lost if receipt.id not in goes_on]


def _named(receipt: ReceiptRow, there: dict[str, Record]) -> ReceiptRow:
    """A receipt with the record that was found for it."""
    found = there.get(receipt.id)
    return replace(receipt, record_id=found.id) if found else receipt


def _came_true(receipt: ReceiptRow, record: Record | None) -> bool:
    if receipt.verb == Verb.DELETE:
        return record is None
    if record is None:
        return False
    if receipt.verb in _MAKING:
        return True
    return all(holds(k, record.fields.get(k), v) for k, v in receipt.fields.items())


def _left(receipt: ReceiptRow, record: Record | None) -> frozenset[str]:
    """The cells that somebody changed after an update that arrived; none when all or none stand.

    It arrived when a cell holds what was sent and did not hold it before: records are written
    wholly or not at all.
    """
    if receipt.verb != Verb.UPDATE or record is None:
        return frozenset()
    sent = receipt.fields.items()
    stands = {name for name, value in sent if holds(name, record.fields.get(name), value)}
    ours = {name for name, value in sent if not holds(name, receipt.before.get(name), value)}
    return frozenset(receipt.fields.keys() - stands) if stands & ours else frozenset()


def _without(receipt: ReceiptRow, names: frozenset[str]) -> ReceiptRow:
    kept = {name: value for name, value in receipt.fields.items() if name not in names}
    return replace(receipt, fields=kept) if names else receipt


def _known(db: Connection, found: dict[str, str], waiting: Sequence[ReceiptRow]) -> set[str]:
    """The ids among these that were staged before."""
    first = waiting[0] if waiting else None
    return set(records.read(db, first.connection, first.object, found.values())) if first else set()


def _written(receipt: ReceiptRow, record: Record | None, known: set[str]) -> Ending:
    """A record that was staged before was there already: an undo must not delete it."""
    id_ = record.id if record else receipt.record_id
    made = receipt.verb in _MAKING and id_ not in known
    return Ending(receipt.id, "written", id_, created=made, reason=_READ_AGAIN)


FIND_OPEN: Final = Step("settle.find", keep=_keep_find)
SETTLE: Final = Step("settle.read", keep=_keep_settle, ask=_ask_settle)
