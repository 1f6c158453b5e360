"""What stood in a cell before us, and whether what stands there now is still ours.

Several writes to one cell are walked back from the newest for as long as each found there what the
one before it had left: where somebody's value stood between two of ours, that value is restored.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.protocol import Record, Verb
from mappings.spec import ID
from staging.erasure.scrub import is_struck
from staging.write.receipts import ReceiptRow
from sync.write.cell import added, dropped, is_link, tie
from sync.write.undo import left
from tasuki.values import Json, Ref, same_value

_MAKING: Final = (Verb.CREATE, Verb.UPSERT)


@dataclass(frozen=True, slots=True)
class Wrote:
    """Everything of a scope that was written to one record, oldest first."""

    ref: Ref
    receipts: tuple[ReceiptRow, ...]

    @property
    def made(self) -> bool:
        """Whether the first of it made the record."""
        return self.receipts[0].verb in _MAKING and self.receipts[0].created

    @property
    def deleted(self) -> bool:
        """Whether the last of it deleted the record."""
        return self.receipts[-1].verb == Verb.DELETE


@dataclass(frozen=True, slots=True)
class Back:
    """One cell as an undo finds it, and what it would put there."""

    wrote: Wrote
    receipt: ReceiptRow
    """The write up to which it goes back."""
    field: str
    now: Json
    ours: Json
    """What our last write left there."""
    after: Json
    verb: Verb = Verb.UPDATE
    is_ours: bool = True
    reason: str | None = None
    """Why it is left, or what is done instead; None of a cell that somebody edited."""
    whole: bool = False
    """Something about the record beside what we wrote is why it is left."""
    seen_at: str | None = None
    """Of a delete: the record's stamp at our look; it goes ahead only while that stands."""

    @property
    def cell(self) -> left.Cell:
        """Where it is."""
        return self.wrote.ref.id, left.WHOLE if self.whole else self.field

    @property
    def is_edited(self) -> bool:
        """Left, and nobody knows yet because of whom."""
        return not self.is_ours and self.reason is None


def by_record(receipts: Iterable[ReceiptRow]) -> list[Wrote]:
    """Settled writes record by record; a create that found its record there changed nothing.

    Nor did an upsert whose record was only found when its answer was lost.
    """
    groups: dict[Ref, list[ReceiptRow]] = defaultdict(list)
    for receipt in receipts:
        found = receipt.verb in _MAKING and not receipt.created
        if not found or (receipt.verb == Verb.UPSERT and receipt.reason is None):
            groups[Ref(receipt.connection, receipt.object, receipt.record_id or "")].append(receipt)
    return [
        Wrote(ref, tuple(sorted(group, key=lambda r: (r.opened_at, r.settled_at or "", r.id))))
        for ref, group in sorted(groups.items())
    ]


def gone(wrote: Wrote, kind: str, *, is_membership: bool) -> Iterator[Back]:
    """A record that is not there any more: what we made is gone as wanted, the rest is told."""
    if wrote.made:
        return
    last = wrote.receipts[-1]
    if wrote.deleted:
        by_hand = left.MEMBERSHIP if is_membership else left.BY_HAND.get(kind, left.BY_HAND[""])
        yield _left(wrote, last, ID, by_hand, after=wrote.ref.id)
        return
    for name, chain in _chains(wrote).items():
        yield _left(wrote, chain[-1], name, left.GONE, ours=chain[-1].fields[name])


def cells(wrote: Wrote, record: Record) -> Iterator[Back]:
    """Every cell that we wrote and that does not hold what stood there before us."""
    for name, chain in _chains(wrote).items():
        if any(is_struck(r.fields[name]) or is_struck(r.before.get(name)) for r in chain):
            yield _left(wrote, chain[-1], name, left.ERASED)
        elif is_link(name):
            yield from _links(wrote, record, name, chain)
        else:
            yield from _field(wrote, record, name, chain)


def _chains(wrote: Wrote) -> dict[str, list[ReceiptRow]]:
    """Field → the writes to it, oldest first."""
    chains: dict[str, list[ReceiptRow]] = defaultdict(list)
    for receipt in wrote.receipts:
        if receipt.verb in (Verb.UPDATE, Verb.UPSERT):
            for name in receipt.fields:
                chains[name].append(receipt)
    return chains


def _field(wrote: Wrote, record: Record, name: str, chain: Sequence[ReceiptRow]) -> Iterator[Back]:
    first, sent, now = _first(chain, name), chain[-1].fields[name], record.fields.get(name)
    if first.verb == Verb.UPSERT:
        yield _left(wrote, first, name, left.TAKEN_OVER, ours=sent, now=now)
    elif name not in record.fields:
        yield _left(wrote, first, name, left.HIDDEN, ours=sent)
    elif not same_value(now, first.before.get(name)):
        ours = same_value(now, sent)
        yield Back(wrote, first, name, now, sent, first.before.get(name), is_ours=ours)


def _first(chain: Sequence[ReceiptRow], name: str) -> ReceiptRow:
    """The oldest write after which nobody but us wrote the cell."""
    first = chain[-1]
    for older in reversed(chain[:-1]):
        if not same_value(first.before.get(name), older.fields[name]):
            break
        first = older
    return first


def _links(wrote: Wrote, record: Record, name: str, chain: Sequence[ReceiptRow]) -> Iterator[Back]:
    """A link is there or it is not: what we added and still stands goes, and the other way round.

    What stood there before is what the first write that touched the link found.
    """
    stood: dict[str, bool] = {}
    left_there: dict[str, bool] = {}
    for receipt in chain:
        sent, before = receipt.fields[name], set(receipt.before.get(name) or ())
        for id_ in (*added(sent), *dropped(sent)):
            stood.setdefault(id_, id_ in before)
            left_there[id_] = id_ in added(sent)
    now = list(record.fields.get(name) or ())
    moved = [id_ for id_, then in stood.items() if left_there[id_] == (id_ in now) != then]
    if moved:
        add = [id_ for id_ in moved if stood[id_]]
        after = tie(add, (id_ for id_ in moved if not stood[id_]))
        yield Back(wrote, chain[0], name, now, chain[-1].fields[name], after)


def _left(
    wrote: Wrote,
    receipt: ReceiptRow,
    name: str,
    reason: str,
    *,
    ours: Json = None,
    now: Json = None,
    after: Json = None,
) -> Back:
    return Back(wrote, receipt, name, now, ours, after, is_ours=False, reason=reason)
