"""Whether records can be created on a side, and no more than once."""

from collections.abc import Iterator
from collections.abc import Mapping as Table

from mappings.finding import Finding, Severity
from mappings.live.facts import FieldFacts
from mappings.spec import Mapping, Side
from tasuki.errors import Place


def check_create(mapping: Mapping, side: Side, fields: Table[str, FieldFacts]) -> Iterator[Finding]:
    """What a side that records are created on requires, and what makes a second one impossible."""
    if side.create is None:
        return
    place = side.create.place or Place(mapping.source, key=f"create.{side.name}")
    there = f"{side.connection}/{side.object}"
    given = _given(mapping, side.name)
    for field in fields.values():
        if field.required and field.createable and field.name not in given:
            yield Finding(
                Severity.ERROR,
                f"{there} cannot be created without `{field.name}`",
                place,
                "the system requires it and the mapping does not give it",
                f"Map a field to `{field.name}` with `direction: both` and a `default`.",
            )
    look = mapping.fields[side.create.key].sides.get(side.name) if side.create.key else None
    key = fields.get(look.names[0]) if look is not None and look.names else None
    if key is not None and not (key.unique or key.external_id):
        yield Finding(
            Severity.WARNING,
            f"`{key.name}` of {there} is not unique",
            place,
            "Tasuki looks before it creates, but somebody else may create the same at that moment",
            f"Make `{key.name}` unique there, or choose a `key` that is.",
        )


def _given(mapping: Mapping, side: str) -> set[str]:
    """What is sent with a new record."""
    given = {rule.sides[side].names[0] for rule in mapping.pushed(side)}
    return given | {
        way.source
        for link in mapping.links.values()
        if side in link.writes
        for way in link.sides.get(side, ())
    }
