"""The last look before a batch: only cells that still hold what the plan saw go ahead.

Compare-and-set on values, not on stamps: a platform's stamp moves on any recalculation.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from connectors.protocol import Record, Verb
from mappings.spec import ID
from staging.write import plans, receipts
from staging.write.plans import Change
from staging.write.receipts import ReceiptRow
from sync.context import Step, Tools
from sync.write import intent
from sync.write.cell import holds, unmoved
from sync.write.intent import OURS, PART
from tasuki.values import Json, instant, stamp

_LOOKED_AT: Final = (Verb.UPDATE, Verb.DELETE)


@dataclass(frozen=True, slots=True)
class Moved:
    """A planned cell that somebody changed since the plan was made."""

    change: str
    reason: str
    there: Json = None
    by: str | None = None
    at: str | None = None

    def said(self) -> dict[str, Json]:
        """What stood there, since when and by whom, as the change's cause keeps it."""
        return {"there": self.there, "by": self.by, "at": self.at}


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a batch looks like at the re-read."""

    send: Mapping[str, dict[str, Json]]
    """Write id → the values that stand there now, for the cells that go ahead."""
    already: tuple[str, ...]
    moved: tuple[Moved, ...]


def recheck(todo: Sequence[Change], now_there: Mapping[str, Record]) -> Fresh:
    """Which cells still hold what the plan saw; a delete goes ahead wholly or not at all."""
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
        elif unmoved(change.field, value, change.before) and not _stirred(change, record):
            send.setdefault(change.write_id, {})[change.field] = value
        else:
            moved.append(_edited(change, record, value))
    moved += _with_theirs(todo, moved, send)
    whole = {m.change.rpartition("#")[0] for m in moved}
    deletes = {c.write_id for c in todo if c.verb == Verb.DELETE}
    kept = {w: cells for w, cells in send.items() if not (w in deletes and w in whole)}
    return Fresh(kept, tuple(already), tuple(moved))


def _with_theirs(
    todo: Sequence[Change], moved: Sequence[Moved], send: dict[str, dict[str, Json]]
) -> list[Moved]:
    """The other cells of wishes that go wholly or not at all: they are not sent either."""
    why = {m.change: m.reason for m in moved}
    given_up = {c.intent_id: why[c.id] for c in todo if OURS in c.cause and c.id in why}
    found: list[Moved] = []
    for change in todo:
        cells = send.get(change.write_id, {})
        if change.intent_id in given_up and change.field in cells:
            found.append(Moved(change.id, given_up[change.intent_id]))
            del cells[change.field]
            if not cells:
                del send[change.write_id]
    return found


def _stirred(change: Change, record: Record) -> bool:
    """Whether a record that is deleted only if untouched was touched, in whichever field."""
    seen = change.cause.get("seen_at")
    return bool(seen and record.modified_at and record.modified_at > instant(seen))


def _gone(change: Change) -> Moved:
    return Moved(change.id, "the record was deleted since the plan was made")


def _edited(change: Change, record: Record, value: Json) -> Moved:
    at = stamp(record.modified_at) if record.modified_at else None
    return Moved(change.id, _by_whom(record), value, record.modified_by, at)


def _by_whom(record: Record) -> str:
    who = f" by {record.modified_by}" if record.modified_by else ""
    when = f" at {record.modified_at:%Y-%m-%d %H:%M}" if record.modified_at else ""
    return f"changed{who}{when}, after the plan was made; left as it is"


def _ask(db: Connection, tools: Tools, arguments: dict[str, Json]) -> dict[str, Record]:
    cells = plans.cells_of(db, arguments["writes"], ("planned",))
    held = [c for c in cells if c.record_id and c.verb in _LOOKED_AT]
    if not held:
        return {}
    first = held[0]
    ids = sorted({c.record_id for c in held if c.record_id})
    fields = sorted({c.field for c in held} - {ID})
    found = tools.connectors[first.connection].read(first.object, ids, fields)
    return {record.id: record for record in found}


def _keep(
    db: Connection, tools: Tools, arguments: dict[str, Json], now_there: dict[str, Record]
) -> dict[str, Json]:
    """Open the receipts of what goes ahead; settle what is so already, has moved or is over.

    Two plans may be open over the same wish: what one of them settled the other does not send.
    """
    planned = _wanted(db, arguments)
    fresh = recheck(planned, now_there)
    plans.mark_cells(db, fresh.already, "written", "already so")
    for reason, ids in _by_reason(fresh.moved).items():
        plans.mark_cells(db, ids, "refused", reason)
    said = {each.change: each.said() for each in fresh.moved if each.at}
    plans.keep_causes(db, {c.id: {**c.cause, "moved": said[c.id]} for c in planned if c.id in said})
    out = {m.change for m in fresh.moved} | set(fresh.already)
    theirs = {m.change for m in fresh.moved}
    intent.withdraw(db, (c.intent_id or "" for c in planned if OURS in c.cause and c.id in theirs))
    cells: dict[str, list[Change]] = defaultdict(list)
    for change in planned:
        if change.id not in out:
            cells[change.write_id].append(change)
    receipts.open_(db, (_receipt(tools, cells[w], before) for w, before in fresh.send.items()))
    intent.fulfil(db, _wholly(planned, set(fresh.already)))
    stamps = _stamps(cells, now_there) if arguments["guarded"] else {}
    return {
        "send": len(fresh.send),
        "moved": len(fresh.moved),
        "already": len(fresh.already),
        "stamps": stamps,
        "part": sorted({c.intent_id for c in planned if c.intent_id and PART in c.cause}),
    }


def _wanted(db: Connection, arguments: dict[str, Json]) -> list[Change]:
    """What is still to be carried out; of wishes that are over, or want otherwise, nothing is."""
    over = plans.overtaken(db, arguments["writes"])
    planned = todo(db, arguments)
    refused: dict[str, list[str]] = defaultdict(list)
    for change in planned:
        if (reason := over.get(change.intent_id or "")) is not None:
            refused[reason].append(change.id)
    for reason, ids in refused.items():
        plans.mark_cells(db, ids, "refused", reason)
    return [change for change in planned if change.intent_id not in over]


def _by_reason(moved: Sequence[Moved]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for each in moved:
        found[each.reason].append(each.change)
    return found


def _stamps(
    cells: Mapping[str, Sequence[Change]], now_there: Mapping[str, Record]
) -> dict[str, str]:
    """Write id → the stamp its record had at this look, for a write that must not pass later."""
    seen = ((w, now_there.get(changes[0].record_id or "")) for w, changes in cells.items())
    return {w: stamp(r.modified_at) for w, r in seen if r is not None and r.modified_at}


def _receipt(tools: Tools, cells: Sequence[Change], before: Mapping[str, Json]) -> ReceiptRow:
    first = cells[0]
    return ReceiptRow(
        id=first.write_id,
        plan_id=first.plan_id,
        run_id=tools.run,
        connection=first.connection,
        object=first.object,
        verb=first.verb,
        fields={c.field: c.after for c in cells},
        before=dict(before),
        record_id=first.record_id,
        natural_key=first.cause.get("natural_key"),
        links=first.cause.get("links"),
        opened_at=tools.now(),
    )


def todo(db: Connection, arguments: dict[str, Json]) -> list[Change]:
    """The changes of a batch that are still to be carried out."""
    return plans.of_writes(db, arguments["writes"], ("planned",))


def _wholly(planned: Sequence[Change], already: set[str]) -> set[str]:
    """The intents whose every cell turned out to be true already."""
    pending = {c.intent_id for c in planned if c.id not in already or PART in c.cause}
    return {c.intent_id for c in planned if c.intent_id and c.id in already} - pending


RECHECK: Final = Step("apply.recheck", keep=_keep, ask=_ask)
