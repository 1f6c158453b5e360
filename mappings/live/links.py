"""Whether links lead where the platform's pointers lead, and can be written where they are."""

from collections.abc import Iterator
from collections.abc import Mapping as Table

from mappings.finding import Finding, Severity
from mappings.live.facts import FieldFacts
from mappings.spec import LinkRule, Mapping, Pointer, Side, Way


def check_links(mapping: Mapping, side: Side, fields: Table[str, FieldFacts]) -> Iterator[Finding]:
    """Every lookup that leads elsewhere, and every written one that our user cannot write."""
    for rule in mapping.links.values():
        ways = [w for w in rule.sides.get(side.name, ()) if w.pointer is Pointer.LOOKUP]
        for way in ways:
            if (field := fields.get(way.source)) is not None:
                yield from _elsewhere(rule, way, side, field)
        first = fields.get(ways[0].source) if ways and side.name in rule.writes else None
        if first is not None and not first.updateable:
            yield Finding(
                Severity.ERROR if not first.createable else Severity.WARNING,
                f"`{first.name}` of {side.connection}/{side.object} cannot be written",
                rule.place,
                "it is calculated, or our user may not edit it",
                f"Give our user edit access, or leave `{side.name}` out of `to`.",
            )


def _elsewhere(rule: LinkRule, way: Way, side: Side, field: FieldFacts) -> Iterator[Finding]:
    wrong = [name for name in way.objects() if field.refers_to and name not in field.refers_to]
    if wrong and way.connection == side.connection:
        yield Finding(
            Severity.ERROR,
            f"`{field.name}` of {side.connection}/{side.object} leads to no {wrong[0]}",
            rule.place,
            f"it refers to {', '.join(field.refers_to)}",
            f"Write one of them as the object of `{field.name}`.",
        )
