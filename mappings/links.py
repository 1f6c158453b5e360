"""What a record points at, and by what it says who it is."""

from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from mappings.spec import ID, Confidence, KeyRule, LinkRule, Mapping, Pointer, Way
from mappings.transforms.tables.junk import is_junk
from mappings.values import Convert, map_key, steps_of
from tasuki.values import Ref

STORED_ID: Final = "stored_id"
"""The kind of the key that names a record itself: its ref as text."""


@dataclass(frozen=True, slots=True)
class Key:
    """One value by which a record says who it is."""

    kind: str
    value: str
    confidence: Confidence = Confidence.CERTAIN
    veto: bool = False


@dataclass(frozen=True, slots=True)
class ToKey:
    """Points at the entity that has this key; no link when none or several have it."""

    entity: str
    kind: str
    value: str


Target: TypeAlias = Ref | ToKey
KeyReader: TypeAlias = Callable[[Table[str, Any]], Key | None]
"""From a platform record (stored keys) or entity values (value keys)."""
WayReader: TypeAlias = Callable[[Table[str, Any]], Target | None]


def link_readers(mapping: Mapping, side: str) -> tuple[tuple[str, tuple[WayReader, ...]], ...]:
    """The references a side has, each with its ways, best first."""
    return tuple(
        (name, tuple(_way_reader(rule, way, mapping) for way in rule.sides[side]))
        for name, rule in mapping.links.items()
        if side in rule.sides
    )


def _way_reader(rule: LinkRule, way: Way, mapping: Mapping) -> WayReader:
    clean = steps_of(way.transform, mapping.habits)
    read: WayReader = (
        partial(_to_key, rule.to, way, clean)
        if way.pointer is Pointer.VALUE
        else partial(_to_record, way, clean)
    )
    return partial(_unless, way.unless, read) if way.unless else read


def _unless(names: tuple[str, ...], read: WayReader, record: Table[str, Any]) -> Target | None:
    """Nothing where the record says more than this way: another way must find its target."""
    return None if any(str(record.get(n) or "").strip() for n in names) else read(record)


def _to_key(entity: str, way: Way, clean: Convert, record: Table[str, Any]) -> ToKey | None:
    value = _cleaned(clean, record.get(way.source))
    return None if value is None else ToKey(entity, way.via or "", map_key(value))


def _to_record(way: Way, clean: Convert, record: Table[str, Any]) -> Ref | None:
    raw = record.get(way.source)
    if isinstance(raw, list | tuple):
        raw = raw[0] if raw else None
    value = _cleaned(clean, raw)
    if value is None:
        return None
    id = map_key(value)
    if way.by_prefix:
        object = next((o for start, o in way.by_prefix.items() if id.startswith(start)), None)
    else:
        object = way.object
    return None if object is None else Ref(way.connection, object, id)


def _cleaned(clean: Convert, raw: Any) -> Any:
    try:
        return clean(raw)
    except (ValueError, ArithmeticError):
        return None


def targets(ways: tuple[WayReader, ...], record: Table[str, Any]) -> tuple[Target, ...]:
    """What a record may point at, best first."""
    return tuple(target for way in ways if (target := way(record)) is not None)


def stored_keys(mapping: Mapping, side: str) -> tuple[KeyReader, ...]:
    """The keys a record carries as ids: its own, where others store it, and those it stores."""
    found: list[KeyReader] = []
    if any(rule.refers_to == side for rule in mapping.keys):
        own = mapping.sides[side]
        found.append(partial(_own_key, own.connection, own.object))
    for rule in mapping.keys:
        if side in rule.stored_in and rule.refers_to is not None:
            other = mapping.sides[rule.refers_to]
            clean = steps_of(rule.transform, mapping.habits)
            at = (other.connection, other.object)
            found.append(partial(_stored_key, rule, rule.stored_in[side], at, clean))
    return tuple(found)


def value_keys(mapping: Mapping) -> tuple[KeyReader, ...]:
    """The keys made of entity values, in the order of the file."""
    return tuple(
        partial(_value_key, rule, _part_readers(rule, mapping), mapping.habits.junk)
        for rule in mapping.keys
        if rule.parts
    )


def _own_key(connection: str, object: str, record: Table[str, Any]) -> Key | None:
    id = record.get(ID)
    return Key(STORED_ID, str(Ref(connection, object, id))) if id else None


def _part_readers(rule: KeyRule, mapping: Mapping) -> tuple[tuple[str, Convert], ...]:
    return tuple((part.field, steps_of(part.transform, mapping.habits)) for part in rule.parts)


def _value_key(
    rule: KeyRule,
    parts: tuple[tuple[str, Convert], ...],
    junk: frozenset[str],
    values: Table[str, Any],
) -> Key | None:
    """The key of a rule; none where a part is blank or says nothing (n/a, 不明, 000-0000-0000)."""
    found: list[str] = []
    for name, clean in parts:
        raw = values.get(name)
        value = _cleaned(clean, raw)
        if value is None or (isinstance(raw, str) and is_junk(raw, junk)):
            return None
        found.append(map_key(value))
    return Key(rule.kind, "|".join(found), rule.confidence, rule.veto)


def _stored_key(
    rule: KeyRule, name: str, at: tuple[str, str], clean: Convert, record: Table[str, Any]
) -> Key | None:
    raw = record.get(name)
    value = _cleaned(clean, raw.strip() if isinstance(raw, str) else raw)
    if value is None:
        return None
    return Key(STORED_ID, str(Ref(*at, map_key(value))), rule.confidence)
