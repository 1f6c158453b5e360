"""Law 4, its second half: an edit that fell between our look and our write is found afterwards.

HubSpot has no conditional write, and Salesforce's is one second coarse. So the past of the cells
we wrote is asked for once they are written: where the value before ours is neither what we saw nor
ours, it was somebody's, a moment old, and we wrote over it. It becomes an open conflict, in which
their value can be taken back. The receipts wait in a queue: a killed apply looks later.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Past, Verb
from mappings.apply import NOTHING, normalize
from mappings.spec import mapping_of
from mappings.values import to_json
from staging import identities, queue, records
from staging.write import conflicts, plans, receipts
from staging.write.conflicts import OVERWRITTEN, Conflict, conflict_id
from staging.write.plans import Change
from staging.write.receipts import ReceiptRow
from sync.context import Runner, Step, Tools
from sync.write import intent
from sync.write.cell import is_link
from tasuki.errors import BlockedError, RejectedError, TransientError
from tasuki.values import Json, Ref, instant, same_value, stamp

_AT_ONCE: Final = 500
_CLOCKS_DIFFER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lost:
    """A value of somebody's that stood there when we wrote, and that we had not seen."""

    receipt: ReceiptRow
    field: str
    theirs: Past

    @property
    def change(self) -> str:
        """The id of the change that wrote over it."""
        return f"{self.receipt.id}#{self.field}"


@dataclass(frozen=True, slots=True)
class Looked:
    """The receipts that were looked at, and the edits that their writes went over."""

    ids: tuple[str, ...]
    found: tuple[Lost, ...] = ()


def mark(db: Connection, tools: Tools, written: Iterable[ReceiptRow]) -> None:
    """Leave written updates to be looked back at, where their system keeps a past."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for receipt in written:
        if receipt.verb == Verb.UPDATE and tools.connectors[receipt.connection].can.history:
            kinds[f"{receipt.connection}/{receipt.object}"].append(receipt.id)
    for kind, ids in kinds.items():
        queue.mark(db, queue.WRITTEN, kind, ids)


def look_back(run: Runner) -> dict[str, Json]:
    """Look at everything written that was not looked at yet; how many edits were overwritten.

    What cannot be asked now stays in the queue for a later run.
    """
    overwritten = left = 0
    for kind, waiting in sorted(run.step(WAITING)["kinds"].items()):
        for _ in range(-(-waiting // _AT_ONCE)):
            try:
                overwritten += run.step(LOOK, kind=kind)["overwritten"]
            except (BlockedError, TransientError, RejectedError):
                left += waiting
                break
    return {OVERWRITTEN: overwritten, "not_looked_at": left}


def lost(written: Iterable[ReceiptRow], past: Iterable[Past]) -> Iterator[Lost]:
    """The edits that these writes went over: what stood before ours, and was not what we saw."""
    cells: dict[tuple[str, str], list[Past]] = defaultdict(list)
    for each in past:
        cells[each.id, each.field].append(each)
    for receipt in written:
        for name, sent in receipt.fields.items():
            theirs = _before_ours(cells.get((receipt.record_id or "", name), ()), sent)
            seen = receipt.before.get(name)
            if theirs is not None and not same_value(theirs.value, seen):
                yield Lost(receipt, name, theirs)


def _before_ours(past: Sequence[Past], sent: Json) -> Past | None:
    """What stood there when the value that was sent last came to stand there."""
    ordered = sorted(past, key=lambda each: each.at)
    ours = [i for i, each in enumerate(ordered) if same_value(each.value, sent)]
    if not ours or ours[-1] == 0:
        return None
    return ordered[ours[-1] - 1]


def _keep_waiting(
    db: Connection, tools: Tools, _arguments: dict[str, Json], _answer: object
) -> dict[str, Json]:
    kinds = queue.waiting(db, queue.WRITTEN).items()
    return {"kinds": {k: n for k, n in kinds if k.partition("/")[0] in tools.connectors}}


def _ask_look(db: Connection, tools: Tools, arguments: dict[str, Json]) -> Looked:
    ids = tuple(queue.peek(db, queue.WRITTEN, arguments["kind"], _AT_ONCE))
    written = receipts.by_ids(db, ids)
    connection, _, object_ = arguments["kind"].partition("/")
    names = sorted({n for receipt in written for n in receipt.fields if not is_link(n)})
    if not names:
        return Looked(ids)
    since = min(instant(receipt.opened_at) for receipt in written) - _CLOCKS_DIFFER
    at = sorted({receipt.record_id for receipt in written if receipt.record_id})
    past = tools.connectors[connection].history(object_, at, names, since)
    return Looked(ids, tuple(lost(written, past)))


def _keep_look(
    db: Connection, tools: Tools, arguments: dict[str, Json], looked: Looked
) -> dict[str, Json]:
    """What became of somebody who was erased meanwhile is nobody's business."""
    there = {r.id for r in receipts.by_ids(db, {each.receipt.id for each in looked.found})}
    found = [each for each in looked.found if each.receipt.id in there]
    for each in found:
        plans.mark_cells(db, [each.change], "written", _told(each))
    _dispute(db, tools, found)
    queue.done(db, queue.WRITTEN, arguments["kind"], looked.ids)
    return {OVERWRITTEN: len(found)}


def _told(found: Lost) -> str:
    who = f" by {found.theirs.by}" if found.theirs.by else ""
    return (
        f"written over a change made{who} at {found.theirs.at:%Y-%m-%d %H:%M:%S}, "
        "a moment before; it can be taken back: tasuki conflicts"
    )


def _dispute(db: Connection, tools: Tools, found: Sequence[Lost]) -> None:
    """Open a conflict for each cell that a mapping wrote: theirs against ours."""
    changes = {c.id: c for c in plans.of_writes(db, {each.receipt.id for each in found})}
    wishes = intent.by_ids(db, {c.intent_id for c in changes.values() if c.intent_id})
    opened = (
        _conflict(db, tools, each, change, wishes.get(change.intent_id or ""))
        for each in found
        if (change := changes.get(each.change)) is not None
    )
    conflicts.keep(db, [conflict for conflict in opened if conflict is not None])


def _conflict(
    db: Connection, tools: Tools, found: Lost, change: Change, wish: intent.Intent | None
) -> Conflict | None:
    name = change.cause.get("field")
    if wish is None or not (name and wish.entity and wish.entity_id):
        return None
    receipt, theirs = found.receipt, {found.field: found.theirs.value}
    at = Ref(receipt.connection, receipt.object, receipt.record_id or "")
    lost = _says(db, tools, at, name, theirs)
    members = identities.members_of(db, wish.entity, [wish.entity_id]).get(wish.entity_id, ())
    said = [each for link in members if (each := _says(db, tools, link.ref, name))]
    if lost is None or not said:
        return None
    lost |= {"side": OVERWRITTEN, "at": stamp(found.theirs.at)}
    return Conflict(
        id=conflict_id(wish.entity, wish.entity_id, name),
        entity=wish.entity,
        entity_id=wish.entity_id,
        field=name,
        candidates=[lost, *sorted(said, key=lambda each: str(each["ref"]))],
        state="open",
        at=tools.now(),
    )


def _says(
    db: Connection, tools: Tools, ref: Ref, name: str, over: Mapping[str, Json] = NOTHING
) -> dict[str, Json] | None:
    """What a record says of a field, in the entity's form; with some cells in other words."""
    home = mapping_of(tools.mappings, ref.connection, ref.object)
    staged = records.read(db, ref.connection, ref.object, [ref.id]).get(ref.id)
    if home is None or staged is None:
        return None
    mapping, side = home
    values = normalize(mapping, side.name, {**staged.payload, **over}, ref.id).values
    if name not in values:
        return None
    said = {"ref": str(ref), "side": side.name, "value": to_json(values[name])}
    return said | {"at": staged.modified_at}


WAITING: Final = Step("apply.written", keep=_keep_waiting)
LOOK: Final = Step("apply.look_back", keep=_keep_look, ask=_ask_look)
