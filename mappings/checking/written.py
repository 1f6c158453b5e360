"""Two rules that want the same cell, and rules whose values would chase one another for ever."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass

from mappings.finding import Finding, Severity
from mappings.spec import ID, LinkRule, MappedField, Mapping, Pointer
from tasuki.errors import Place

Cell = tuple[str, str, str]
"""Connection, object, platform field."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """One field or link of a mapping, by the cells it touches."""

    mapping: Mapping
    name: str
    reads: frozenset[Cell]
    writes: Table[Cell, Place | None]
    chases: frozenset[Cell]
    """Of what it writes: what is written again whenever the value moves."""

    def __str__(self) -> str:
        return f"`{self.name}` of the mapping `{self.mapping.name}`"


def check_written(mappings: Sequence[Mapping]) -> list[Finding]:
    """Cells that two rules write, and circles of rules that each read what another writes."""
    rules = [rule for mapping in mappings for rule in _rules(mapping)]
    return [*_twice(rules), *_circles(rules)]


def _rules(mapping: Mapping) -> Iterator[_Rule]:
    for rule in mapping.fields.values():
        yield _of_field(mapping, rule)
    for link in mapping.links.values():
        yield _of_link(mapping, link)


def _of_field(mapping: Mapping, rule: MappedField) -> _Rule:
    reads: set[Cell] = set()
    writes: dict[Cell, Place | None] = {}
    for look in rule.sides.values():
        side = mapping.sides[look.side]
        cells = [(side.connection, side.object, name) for name in look.names if name != ID]
        if look.reads:
            reads.update(cells)
        if look.writes and cells:
            writes[cells[0]] = look.place
    chases = frozenset[Cell]() if rule.on_create_only else frozenset(writes)
    return _Rule(mapping, rule.name, frozenset(reads), writes, chases)


def _of_link(mapping: Mapping, link: LinkRule) -> _Rule:
    """A link writes the lookup that is its first way; what it points at chases nothing.

    Several links may share a lookup that leads to several objects, as in Salesforce's WhatId.
    """
    writes: dict[Cell, Place | None] = {}
    for name in link.writes:
        side, way = mapping.sides[name], next(iter(link.sides.get(name, ())), None)
        if way is not None and way.pointer is Pointer.LOOKUP and not way.by_prefix:
            writes[side.connection, side.object, way.source] = link.place
    return _Rule(mapping, link.name, frozenset(), writes, frozenset())


def _twice(rules: Sequence[_Rule]) -> Iterator[Finding]:
    first: dict[Cell, tuple[_Rule, Place | None]] = {}
    for rule in rules:
        for cell, place in rule.writes.items():
            if cell not in first:
                first[cell] = rule, place
                continue
            other, there = first[cell]
            yield Finding(
                Severity.ERROR,
                f"{'/'.join(cell[:2])}.{cell[2]} is written twice",
                place,
                f"{rule} writes it here, and {other} at {there}: each would undo the other",
                "Write it by one of them, and let the other only read it.",
            )


def _circles(rules: Sequence[_Rule]) -> Iterator[Finding]:
    """The shortest circle through each rule, each circle once."""
    readers: dict[Cell, list[_Rule]] = {}
    for rule in rules:
        for cell in rule.reads:
            readers.setdefault(cell, []).append(rule)
    told: set[frozenset[_Rule]] = set()
    for rule in rules:
        circle = _back_to(rule, readers)
        if circle and not _share(circle) and frozenset(circle) not in told:
            told.add(frozenset(circle))
            yield _circle(circle)


def _back_to(start: _Rule, readers: Table[Cell, Sequence[_Rule]]) -> list[_Rule]:
    """The rules of the shortest way from one back to itself; empty when there is none."""
    ways = [[start]]
    seen = {start}
    while ways:
        longer: list[list[_Rule]] = []
        for way in ways:
            for rule in (r for cell in way[-1].chases for r in readers.get(cell, ())):
                if rule is start and len(way) > 1:
                    return way
                if rule not in seen:
                    seen.add(rule)
                    longer.append([*way, rule])
        ways = longer
    return []


def _share(rules: Sequence[_Rule]) -> bool:
    """Whether two of them write one cell, which is told by itself."""
    cells = [cell for rule in rules for cell in rule.writes]
    return len(cells) > len(set(cells))


def _circle(rules: Sequence[_Rule]) -> Finding:
    place = next(iter(rules[0].writes.values()))
    way = ", ".join(f"{rule} ({next(iter(rule.writes.values()))})" for rule in rules)
    return Finding(
        Severity.ERROR,
        "Values would chase one another in a circle",
        place,
        f"each of these writes what the next one reads: {way}",
        "Make one entity field of them with `direction: both`, so that one policy decides.",
    )
