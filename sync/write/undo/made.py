"""What becomes of a record that we made: deleted when untouched, closed, or left as it is.

Untouched: it holds what we sent, nobody changed anything on it, and no record that others made
hangs on it (Salesforce deletes an account's contacts with it). A task that the org does not let us
delete is closed instead, if nobody works on it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from connectors.protocol import Connector, Record, Verb
from mappings.spec import ID, Pointer, mapping_of
from mappings.spec import Mapping as RecordMapping
from staging.erasure.scrub import is_struck
from sync.write.cell import holds
from sync.write.undo.backwards import Back, Wrote
from tasuki.errors import ConfigError, RejectedError
from tasuki.values import Json, instant, same_value, stamp

CLOSED: Final = "the org does not let us delete it: it is closed instead"
KEPT: Final = "the org does not let us delete it; a person who may has to"
UNCHECKED: Final = "nobody can tell whether records hang on it; left as it is"
_OWN_AUTOMATION: Final = timedelta(minutes=2)
"""Clocks differ, and a system's own rules may follow a create; what comes later is somebody's."""
_TELLING: Final = ("Subject", "subject", "hs_task_subject", "Name", "name")
_DONE: Final = ("activity", "status", "completed")
"""The entity, its field and the value of a task that is closed."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What decides about records of one object that we made, besides the records themselves."""

    may_not: frozenset[str] = frozenset()
    """Those that we may not delete."""
    closing: tuple[str, Json] | None = None
    """The field and value that close such a record; None: it is no task."""
    hanging: Mapping[str, str] = field(default_factory=dict)
    """Record id → what hangs on it."""


def back(wrote: Wrote, record: Record, ground: Ground) -> Iterator[Back]:
    """Delete it, close it, or leave it and tell what was edited."""
    if _is_closed(record, ground):
        return
    sent = _sent(wrote)
    edited = [n for n, value in sent.items() if not holds(n, record.fields.get(n), value)]
    first = wrote.receipts[0]
    for name in edited:
        yield Back(
            wrote, first, name, record.fields.get(name), sent[name], None, Verb.DELETE,
            is_ours=False,
        )  # fmt: skip
    if edited:
        return
    name = next((n for n in (*_TELLING, *sent) if n in sent), ID)
    if (why := ground.hanging.get(record.id)) or _touched(wrote, record):
        now = record.fields.get(name)
        yield Back(
            wrote, first, name, now, now, None, Verb.DELETE,
            is_ours=False, reason=why, whole=True,
        )  # fmt: skip
    elif record.id in ground.may_not:
        yield from _instead(wrote, record, ground, name)
    else:
        yield from _delete(wrote, record, sent)


def _is_closed(record: Record, ground: Ground) -> bool:
    """Whether what may not be deleted was closed already."""
    if ground.closing is None or record.id not in ground.may_not:
        return False
    return same_value(record.fields.get(ground.closing[0]), ground.closing[1])


def _sent(wrote: Wrote) -> dict[str, Json]:
    """What we left in it, but for what named somebody who was erased since."""
    found: dict[str, Json] = {}
    for receipt in wrote.receipts:
        found |= receipt.fields if receipt.verb != Verb.DELETE else {}
    return {name: value for name, value in found.items() if not is_struck(value)}


def _touched(wrote: Wrote, record: Record) -> bool:
    """Whether it was changed since our last write, be it in a field that we never sent."""
    settled = [r.settled_at for r in wrote.receipts if r.settled_at]
    if record.modified_at is None or not settled:
        return False
    return record.modified_at > instant(max(settled)) + _OWN_AUTOMATION


def _delete(wrote: Wrote, record: Record, sent: Iterable[str]) -> Iterator[Back]:
    seen = stamp(record.modified_at) if record.modified_at else None
    names = list(sent) or [ID]
    for name in names:
        now = record.id if name == ID else record.fields.get(name)
        yield Back(wrote, wrote.receipts[0], name, now, now, None, Verb.DELETE, seen_at=seen)


def _instead(wrote: Wrote, record: Record, ground: Ground, name: str) -> Iterator[Back]:
    first = wrote.receipts[0]
    if ground.closing is None:
        now = record.fields.get(name)
        yield Back(wrote, first, name, now, now, None, Verb.DELETE, is_ours=False, reason=KEPT)
        return
    field_, closed = ground.closing
    now = record.fields.get(field_)
    yield Back(wrote, first, field_, now, now, closed, reason=CLOSED)


def closing(
    mappings: Iterable[RecordMapping], connection: str, object: str
) -> tuple[str, Json] | None:
    """The platform field and value that close a record of this object; None: it is no task."""
    entity, name, done = _DONE
    home = mapping_of((m for m in mappings if m.entity.name == entity), connection, object)
    rule = home[0].fields.get(name) if home else None
    look = rule.sides.get(home[1].name) if rule and home else None
    if look is None or not look.names:
        return None
    spelled = (theirs for theirs, ours in look.value_map.items() if ours == done)
    return look.names[0], next(spelled, done)


def hanging(
    mappings: Iterable[RecordMapping],
    target: Connector,
    of: tuple[str, str],
    ids: Collection[str],
    ours: Collection[tuple[str, str]],
) -> dict[str, str]:
    """What looks up to these records and was not made by what is undone: record id → in words.

    `ours` are object and id of the records that the same undo takes back.
    """
    counts: dict[str, Counter[str]] = {id_: Counter() for id_ in ids}
    unsure: set[str] = set()
    for child, name in sorted(_lookups(mappings, of)) if ids else ():
        try:
            found = target.find(child, name, sorted(ids), [name])
        except (ConfigError, RejectedError):
            unsure.update(ids)
            continue
        for record in found:
            parent = str(record.fields.get(name))
            if parent in counts and (child, record.id) not in ours:
                counts[parent][child] += 1
    told = {id_: _hangs(count) for id_, count in counts.items() if count}
    return dict.fromkeys(unsure, UNCHECKED) | told


def _hangs(count: Counter[str]) -> str:
    said = ", ".join(f"{n} {child}" for child, n in sorted(count.items()))
    return f"records of others hang on it ({said}); left as it is"


def _lookups(mappings: Iterable[RecordMapping], of: tuple[str, str]) -> set[tuple[str, str]]:
    """The objects of the same connection that look up to this one, and by which field."""
    connection, object_ = of
    return {
        (mapping.sides[side].object, way.source)
        for mapping in mappings
        for link in mapping.links.values()
        for side, ways in link.sides.items()
        for way in ways
        if way.pointer is Pointer.LOOKUP
        and mapping.sides[side].connection == connection
        and object_ in way.objects()
        and "." not in way.source
    }
