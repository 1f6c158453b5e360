"""One batch on its way: sent once, every answer taken down, what was written looked back at."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from connectors.protocol import LinkTo, Receipt, Settled, Verb, Write
from staging.bulk import row_of
from staging.write import plans, receipts
from staging.write.receipts import Ending, ReceiptRow
from sync.context import Step, Tools
from sync.write import intent
from sync.write.apply import lookback
from sync.write.cell import fields_of, links_of, unlinks_of
from sync.write.echo import take_in
from sync.write.parked.backoff import park
from tasuki.errors import TransientError
from tasuki.values import Json, instant


def _ask(db: Connection, tools: Tools, arguments: dict[str, Json]) -> list[Receipt]:
    opened = [r for r in receipts.by_ids(db, arguments["writes"]) if r.state == "open"]
    if not opened:
        return []
    target = tools.connectors[opened[0].connection]
    stamps: Mapping[str, str] = arguments["stamps"]
    return list(target.write([write_of(receipt, stamps.get(receipt.id)) for receipt in opened]))


def write_of(receipt: ReceiptRow, seen_at: str | None = None) -> Write:
    """What is sent for a receipt; `seen_at` is the stamp of our last look at the record."""
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
        unlinks=() if receipt.verb == Verb.DELETE else unlinks_of(receipt.fields),
        unmoved_since=instant(seen_at) if seen_at else None,
    )


def _keep(
    db: Connection, tools: Tools, arguments: dict[str, Json], answers: list[Receipt]
) -> dict[str, Json]:
    """Settle what was answered; whoever was erased meanwhile has no receipt any more."""
    opened = {r.id: r for r in receipts.by_ids(db, arguments["writes"])}
    answers = [answer for answer in answers if answer.key in opened]
    endings = [_ending(opened[a.key], a) for a in answers]
    receipts.settle(db, endings, tools.now())
    for (state, reason), ids in _by_outcome(answers).items():
        plans.mark(db, ids, state, reason)
    park(db, tools, [(opened[a.key], a) for a in answers if outcome(a) == "parked"])
    ended = (e for e in endings if e.state == Settled.WRITTEN)
    written = [replace(opened[e.id], record_id=e.record_id) for e in ended]
    take_in(db, tools, written)
    wholly = plans.intents_of(db, (r.id for r in written)) - set(arguments.get("part") or ())
    intent.fulfil(db, wholly)
    lookback.mark(db, tools, written)
    return {"written": len(written), "answers": len(answers)}


def _ending(receipt: ReceiptRow, answer: Receipt) -> Ending:
    return Ending(
        receipt.id,
        answer.settled.value,
        record_id=answer.id or receipt.record_id,
        created=answer.created,
        reason=answer.error.what if answer.error else None,
        exchange=row_of(answer.exchange) if answer.exchange else None,
    )


def outcome(answer: Receipt) -> str:
    """What becomes of a change: a record that may pass later is refused now and planned again."""
    if answer.settled is Settled.REJECTED:
        return "refused" if isinstance(answer.error, TransientError) else "parked"
    return "written" if answer.settled is Settled.WRITTEN else "unknown"


def _by_outcome(answers: Iterable[Receipt]) -> dict[tuple[str, str | None], list[str]]:
    found: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for answer in answers:
        reason = answer.error.what if answer.error else None
        found[outcome(answer), reason].append(answer.key)
    return found


def _keep_hold(
    db: Connection, _tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    """Refuse what was not sent; a receipt that is open stays so until its record can be read."""
    writes: Sequence[str] = arguments["writes"]
    opened = {receipt.id for receipt in receipts.by_ids(db, writes)}
    plans.mark(db, opened, "unknown", arguments["reason"])
    held = [each for each in writes if each not in opened]
    plans.mark(db, held, "refused", arguments["reason"])
    return {"held": len(held)}


SEND: Final = Step("apply.send", keep=_keep, ask=_ask)
HOLD: Final = Step("apply.hold", keep=_keep_hold)
