"""Whether our user may do what a mapping needs: read, create, update, delete, field by field."""

from collections.abc import Iterator
from collections.abc import Mapping as Table

from mappings.finding import Finding, Severity
from mappings.live.facts import FieldFacts, ObjectFacts
from mappings.live.named import named_fields
from mappings.spec import Mapping, OnDelete, Side
from tasuki.errors import Place

_NEEDED: Table[str, str] = {
    "read": "without it nothing of this side is ever pulled",
    "create": "the mapping creates records there",
    "update": "the mapping writes values there",
    "delete": "the mapping deletes records there with those of another side",
}


def needs(mapping: Mapping, side: Side) -> dict[str, Place]:
    """What our user must be allowed to do with the records of a side -> the line that asks it."""
    at = Place(mapping.source, key=f"sides.{side.name}")
    found = {"read": at}
    if side.create is not None:
        found["create"] = side.create.place or at
    written = [rule.sides[side.name].place for rule in mapping.pushed(side.name)
               if not rule.on_create_only]  # fmt: skip
    written += [link.place for link in mapping.links.values() if side.name in link.writes]
    if written:
        found["update"] = written[0] or at
    others = (each for each in mapping.sides.values() if each.delete is OnDelete.DELETE)
    if any(side.name in each.delete_in for each in others):
        found["delete"] = Place(mapping.source, key=f"delete.{side.name}")
    return found


def lacking(mapping: Mapping, side: Side, known: ObjectFacts) -> Iterator[Finding]:
    """Every right a side needs and our user has not: on the object, and on each field."""
    there = f"{side.connection}/{side.object}"
    for verb, place in needs(mapping, side).items():
        if verb in known.refused:
            yield Finding(
                Severity.ERROR,
                f"Our user may not {verb} {there}",
                place,
                _NEEDED[verb],
                f"Grant {known.refused[verb]}.",
            )
    fields = {field.name: field for field in known.fields}
    yield from _unreadable(mapping, side, fields)
    yield from _unwritable(mapping, side, fields)


def _unreadable(mapping: Mapping, side: Side, fields: Table[str, FieldFacts]) -> Iterator[Finding]:
    for name, place in named_fields(mapping, side.name):
        if name in fields and not fields[name].readable:
            yield Finding(
                Severity.ERROR,
                f"Our user may not read `{name}` of {side.connection}/{side.object}",
                place,
                "without it every record would look blank there",
                f"Give our user read access to `{name}`, or take it out of the mapping.",
            )


def _unwritable(mapping: Mapping, side: Side, fields: Table[str, FieldFacts]) -> Iterator[Finding]:
    for rule in mapping.pushed(side.name):
        look = rule.sides[side.name]
        field = fields.get(look.names[0])
        if field is None or (field.createable if rule.on_create_only else field.updateable):
            continue
        yield Finding(
            Severity.ERROR,
            f"`{field.name}` of {side.connection}/{side.object} cannot be written",
            look.place,
            "it is calculated, or our user may not edit it",
            f"Give our user edit access, or write `direction: pull` for `{look.side}`.",
        )
