"""How the writes of a plan go out: in which order, how many a call, and how many calls that makes.

One arithmetic for the plan, which says what applying it costs, and for the apply, which does it.
Overwrites go apart from what only fills: they alone are written so that a record that moved
meanwhile refuses them, where the system can do that. From `bulk_from` writes of one kind on, a
batch is as large as a bulk job may be.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from connectors.budget import Lane
from connectors.protocol import Capabilities, Verb
from mappings.spec import Mapping as RecordMapping
from staging.write.plans import Change
from sync.write.risk import Risk

LANES: Final = tuple(Lane)
_LOOKED_AT: Final = frozenset({Verb.UPDATE, Verb.DELETE})
_LOOKING_BACK: Final = Lane.MAPPINGS.value
"""The lane in which the past is asked for: nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Writes that are sent in one call."""

    lane: str
    connection: str
    object: str
    verb: str
    guarded: bool
    """Every write of it overwrites, and is refused by the system where its record moved."""
    writes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Calls:
    """API calls, those that look apart from those that write."""

    reads: int = 0
    writes: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.reads + self.writes


class _Kind(NamedTuple):
    """What the writes of a batch have in common, in the order in which batches go out."""

    lane: int
    connection: str
    deletes: bool
    rank: int
    object: str
    verb: str
    guarded: bool


def ranks(mappings: Iterable[RecordMapping], entities: Sequence[str]) -> dict[str, int]:
    """`connection/object` → its place among parents and children, as the catalog orders them."""
    places = {name: place for place, name in enumerate(entities)}
    found: dict[str, int] = {}
    for mapping in mappings:
        for side in mapping.sides.values():
            place = places.get(mapping.entity.name, len(places))
            found.setdefault(f"{side.connection}/{side.object}", place)
    return found


def batches(
    can: Mapping[str, Capabilities],
    changes: Iterable[Change],
    order: Mapping[str, int] | None = None,
) -> list[Batch]:
    """The writes of these changes in batches, in the order in which they go out.

    Urgent lanes first; parents before their children, deletes the other way round and last; writes
    about one parent side by side, so that they lock its row once. `order` is what `ranks` says;
    objects it does not know come behind their parents. A write is in exactly one batch.
    """
    cells: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        cells[change.write_id].append(change)
    places = defaultdict(lambda: max((order or {}).values(), default=0) + 1, order or {})
    groups: dict[_Kind, list[tuple[str, str]]] = defaultdict(list)
    for write_id, mine in cells.items():
        over = mine[0].verb == Verb.UPDATE and any(c.risk == Risk.OVERWRITE for c in mine)
        guarded = over and can[mine[0].connection].guarded_size > 0
        rank = places[f"{mine[0].connection}/{mine[0].object}"]
        groups[_kind(mine, rank, guarded=guarded)].append((_parent(mine), write_id))
    return [batch for kind, ones in sorted(groups.items()) for batch in _cut(can, kind, ones)]


def calls(can: Mapping[str, Capabilities], batched: Iterable[Batch]) -> dict[str, dict[str, Calls]]:
    """Connection → lane → the calls that applying these batches takes, when nothing fails.

    Cells are looked at before they are written; what was updated is looked back at afterwards, all
    of an object together, where its system keeps a past.
    """
    found: dict[str, dict[str, Calls]] = defaultdict(dict)
    updated: Counter[tuple[str, str]] = Counter()
    for batch in batched:
        able, lanes = can[batch.connection], found[batch.connection]
        known = lanes.get(batch.lane, Calls())
        looks = _pages(able, len(batch.writes)) if batch.verb in _LOOKED_AT else 0
        lanes[batch.lane] = Calls(known.reads + looks, known.writes + 1)
        if batch.verb == Verb.UPDATE and able.history:
            updated[batch.connection, batch.object] += len(batch.writes)
    for (connection, _), records in updated.items():
        known = found[connection].get(_LOOKING_BACK, Calls())
        size = can[connection].history_size or can[connection].page_size
        back = -(-records // max(1, size))
        found[connection][_LOOKING_BACK] = Calls(known.reads + back, known.writes)
    return dict(found)


def _pages(can: Capabilities, records: int) -> int:
    return -(-records // max(1, can.page_size))


def _kind(cells: Sequence[Change], rank: int, *, guarded: bool) -> _Kind:
    first = cells[0]
    deletes = first.verb == Verb.DELETE
    return _Kind(
        lane=min(LANES.index(Lane(c.cause.get("lane") or Lane.MAPPINGS)) for c in cells),
        connection=first.connection,
        deletes=deletes,
        rank=-rank if deletes else rank,
        object=first.object,
        verb=first.verb,
        guarded=guarded,
    )


def _parent(cells: Sequence[Change]) -> str:
    """What the record hangs on, as far as its change says."""
    pointed: Iterator[Any] = (c.cause.get("to") or c.cause.get("links") for c in cells)
    return str(next((each for each in pointed if each), ""))


def _cut(
    can: Mapping[str, Capabilities], kind: _Kind, ones: Sequence[tuple[str, str]]
) -> Iterator[Batch]:
    able = can[kind.connection]
    size = max(1, able.guarded_size if kind.guarded else able.batch_size)
    if not kind.guarded and 0 < able.bulk_from <= len(ones):
        size = max(size, able.bulk_size)
    writes = [write_id for _, write_id in sorted(ones, key=lambda one: one[0])]
    for start in range(0, len(writes), size):
        yield Batch(
            lane=LANES[kind.lane],
            connection=kind.connection,
            object=kind.object,
            verb=kind.verb,
            guarded=kind.guarded,
            writes=tuple(writes[start : start + size]),
        )
