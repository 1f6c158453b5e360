"""Which platform fields a mapping names, and where."""

from collections.abc import Iterator

from mappings.spec import ALL, ID, LINKED, Mapping
from tasuki.errors import Place


def named_fields(mapping: Mapping, side: str) -> Iterator[tuple[str, Place | None]]:
    """Every platform field a side names, with the place where it is named."""
    for name, place in _every(mapping, side):
        if name not in (ID, ALL):
            yield name, place


def _every(mapping: Mapping, side: str) -> Iterator[tuple[str, Place | None]]:
    for rule in mapping.fields.values():
        if (look := rule.sides.get(side)) is not None:
            money = look.currency
            told = (money.field, money.on) if money else ()
            yield from ((name, look.place) for name in (*look.names, *told) if name)
    for link in mapping.links.values():
        for way in link.sides.get(side, ()):
            yield from ((name, link.place) for name in (way.source, *way.unless, *way.not_beside))
    for key in mapping.keys:
        if side in key.stored_in:
            yield key.stored_in[side], key.place
    own = mapping.sides[side]
    if own.scope is not None:
        yield from ((name, own.scope.place) for name in own.scope.fields)
    yield from ((name, Place(mapping.source, key=f"sides.{side}.keep")) for name in own.keep)


def plain_link(name: str) -> str:
    """The pseudo-field of all links behind one of a label; any other name as it is."""
    return name.partition("#")[0] if name.startswith(LINKED) else name
