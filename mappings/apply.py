"""A platform record as entity values, links and keys; entity values as platform fields."""

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from mappings.links import (
    Key,
    KeyReader,
    Target,
    WayReader,
    link_readers,
    stored_keys,
    targets,
    value_keys,
)
from mappings.spec import ALL, ID, LINKED, Mapping, Pointer, SideField, Way
from mappings.values import Read, UnknownRateError, UnknownValueError, Writer, reader, writer
from tasuki.values import Ref

NOTHING: Final[Table[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reject:
    """A cell that could not be taken over; its neighbours could. Never holds the value."""

    field: str
    source: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Normalized:
    """A record in the business's words."""

    values: dict[str, Any]
    """Entity field → value; None is a blank that was read, a rejected cell is left out."""
    links: dict[str, tuple[Target, ...]]
    """Entity reference → what it may point at, best first; empty when it points at nothing."""
    keys: tuple[Key, ...] = ()
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True)
class Pushed:
    """Entity values in a platform's words."""

    fields: dict[str, Any]
    """Platform field → JSON value."""
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True)
class Pointers:
    """Links in a platform's words."""

    fields: dict[str, str]
    """Lookup field → record id."""
    associations: tuple[tuple[str, str], ...] = ()
    """Object (`#` label, where it has one) and record id to associate."""
    left_out: tuple[str, ...] = ()
    """Lookup fields that the system does not take beside another pointer."""


def normalize(mapping: Mapping, side: str, fields: Table[str, Any], id: str = "") -> Normalized:
    """What a platform record of a side says about its entity; `id` is the record's own."""
    plan = _reading(mapping, side)
    record = {**fields, ID: id} if plan.wants_id else fields
    values: dict[str, Any] = {}
    rejects: list[Reject] = []
    for name, read in plan.readers:
        try:
            values[name] = read(record)
        except (ValueError, ArithmeticError) as error:
            rejects.append(_rejected(mapping, side, name, error))
    links = {name: targets(ways, record) for name, ways in plan.links}
    stored = [key for find in plan.stored_keys if (key := find(record)) is not None]
    others = [key for find in plan.value_keys if (key := find(values)) is not None]
    return Normalized(values, links, (*stored, *others), tuple(rejects))


def seen(mapping: Mapping, side: str, fields: Table[str, Any], id: str = "") -> dict[str, Any]:
    """Every mapped cell of a record in the entity's form, also cells that are only written.

    Compare in this form: a spelling that means the same is no difference.
    """
    record = {**fields, ID: id}
    found: dict[str, Any] = {}
    for name, read in _reading(mapping, side).cells:
        try:
            found[name] = read(record)
        except (ValueError, ArithmeticError):
            continue
    return found


def push(
    mapping: Mapping,
    side: str,
    values: Table[str, Any],
    *,
    creating: bool = False,
    record: Table[str, Any] = NOTHING,
) -> Pushed:
    """What to send to a side for these entity values.

    A blank is sent only where the mapping says `clear` (never on create); a default only on create.
    `record` is the platform's record as it is: it may say in which currency its amounts are.
    """
    fields: dict[str, Any] = {}
    rejects: list[Reject] = []
    for name, way in _writing(mapping, side):
        if (name not in values and not creating) or (way.on_create_only and not creating):
            continue
        value = values.get(name)
        if value is None and creating:
            value = way.default
        try:
            if value is not None and (sent := way.sent(value, record, fields)) is not None:
                fields[way.name] = sent
            elif value is None and way.clear and not creating:
                fields[way.name] = None
        except (UnknownValueError, UnknownRateError) as error:
            rejects.append(_rejected(mapping, side, name, error))
    return Pushed(fields, tuple(rejects))


def pointers(
    mapping: Mapping, side: str, targets: Table[str, Ref], record: Table[str, Any] = NOTHING
) -> Pointers:
    """How links are written to a side: entity reference → the record it must point at there.

    `record` is what stands there; a pointer that the system takes not beside another is left out.
    """
    fields: dict[str, str] = {}
    ways: dict[str, Way] = {}
    associations: list[tuple[str, str]] = []
    for name, rule in mapping.links.items():
        target = targets.get(name)
        way = next((w for w in rule.sides.get(side, ()) if _leads(w, target)), None)
        if target is None or way is None or side not in rule.writes:
            continue
        if way.pointer is Pointer.ASSOCIATION:
            associations.append((way.source.removeprefix(LINKED), target.id))
        else:
            fields[way.source], ways[way.source] = target.id, way
    there = {**record, **fields}
    apart = tuple(name for name, way in ways.items() if _is_beside(way, there))
    kept = {name: id_ for name, id_ in fields.items() if name not in apart}
    return Pointers(kept, tuple(associations), apart)


def _is_beside(way: Way, there: Table[str, Any]) -> bool:
    return any(
        str(there.get(name) or "").startswith(start) for name, start in way.not_beside.items()
    )


def _leads(way: Way, target: Ref | None) -> bool:
    return (
        target is not None
        and target.connection == way.connection
        and target.object in way.objects()
    )


def fields_to_read(mapping: Mapping, side: str) -> list[str]:
    """The platform fields a pull of this side must ask for, `associations.X` included."""
    names: list[str] = []
    for rule in mapping.fields.values():
        if (look := rule.sides.get(side)) is not None:
            names += _names(look)
    for link in mapping.links.values():
        names += [n for way in link.sides.get(side, ()) for n in _sources(way)]
    names += [key.stored_in[side] for key in mapping.keys if side in key.stored_in]
    own = mapping.sides[side]
    names += [*(own.scope.fields if own.scope else ()), *own.keep]
    return [name for name in dict.fromkeys(names) if name not in (ID, ALL)]


def _sources(way: Way) -> tuple[str, ...]:
    return (way.source, *way.unless, *way.not_beside)


def _names(look: SideField) -> Iterator[str]:
    """The platform fields that one cell is read from."""
    yield from look.names
    if look.currency is not None:
        yield from filter(None, (look.currency.field, look.currency.on))


# ── compiled once per mapping and side ──


@dataclass(frozen=True, slots=True)
class _Reading:
    readers: tuple[tuple[str, Read], ...]
    cells: tuple[tuple[str, Read], ...]
    links: tuple[tuple[str, tuple[WayReader, ...]], ...]
    stored_keys: tuple[KeyReader, ...]
    value_keys: tuple[KeyReader, ...]
    wants_id: bool


@lru_cache(maxsize=512)
def _reading(mapping: Mapping, side: str) -> _Reading:
    looks = [(rule, rule.sides[side]) for rule in mapping.fields.values() if side in rule.sides]
    compiled = [(r, look, reader(r, look, mapping.habits)) for r, look in looks]
    stored = stored_keys(mapping, side)
    return _Reading(
        readers=tuple((r.name, read) for r, look, read in compiled if look.reads),
        cells=tuple((r.name, read) for r, look, read in compiled if look.names),
        links=link_readers(mapping, side),
        stored_keys=stored,
        value_keys=value_keys(mapping),
        wants_id=bool(stored) or any(ID in look.names for _, look in looks),
    )


@lru_cache(maxsize=512)
def _writing(mapping: Mapping, side: str) -> tuple[tuple[str, Writer], ...]:
    """The writers of a side; amounts last, since what is sent may tell their currency."""
    found = [(r.name, writer(r, r.sides[side], mapping.habits)) for r in mapping.pushed(side)]
    return tuple(sorted(found, key=lambda pair: pair[1].currency is not None))


def _rejected(mapping: Mapping, side: str, name: str, error: Exception) -> Reject:
    rule = mapping.fields[name]
    look = rule.sides[side]
    source = look.names[0] if look.names else name
    reason = str(error) if isinstance(error, ValueError) else "it is out of range"
    if isinstance(error, UnknownRateError):
        remedy = "Add the rate to the project's file of rates, or correct the record's currency."
    elif isinstance(error, UnknownValueError):
        remedy = f"Add the value to `value_map` of `{name}` in {mapping.source or 'the mapping'}."
    else:
        remedy = f"Correct `{source}` in {mapping.sides[side].connection}, or add a `transform`."
    return Reject(name, source, f"`{source}` does not fit {rule.type.value}: {reason}", remedy)
