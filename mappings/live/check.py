"""What is wrong with a mapping against what its systems really have: fields, rights, picklists."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Final

from catalog.shape import Type
from config.nearest import did_you_mean
from mappings.finding import Finding, Severity
from mappings.live.create import check_create
from mappings.live.facts import Facts, FieldFacts, ObjectFacts
from mappings.live.links import check_links
from mappings.live.named import named_fields, plain_link
from mappings.live.rights import lacking
from mappings.spec import MappedField, Mapping, Side, SideField, Unknown
from mappings.values import UnknownValueError, reader, writer
from tasuki.errors import Place

_TAKES: Final = {
    "bool": {Type.BOOL},
    "int": {Type.INT, Type.NUM},
    "num": {Type.INT, Type.NUM},
    "date": {Type.DATE, Type.TIME},
    "datetime": {Type.DATE, Type.TIME},
}
"""Platform type → entity types that may be written to it; other platform types take all."""
_GIVES: Final = {
    Type.BOOL: {"bool", "text", "picklist", "int", "num"},
    Type.INT: {"int", "num", "text", "picklist"},
    Type.NUM: {"int", "num", "text", "picklist"},
    Type.DATE: {"date", "datetime", "text", "num", "int"},
    Type.TIME: {"date", "datetime", "text", "num", "int"},
}
"""Entity type → platform types it may be read from; other entity types take all."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """One side of a mapping beside what its system has."""

    mapping: Mapping
    side: Side
    known: ObjectFacts
    fields: Table[str, FieldFacts]
    others: Table[str, Table[str, FieldFacts]]
    """Side → fields, for every side whose object is known."""

    @property
    def there(self) -> str:
        return f"{self.side.connection}/{self.side.object}"


def check_live(mapping: Mapping, facts: Facts, *, is_whole: bool = True) -> list[Finding]:
    """Everything in a mapping that its systems do not bear out.

    Connections that `facts` leaves out are not judged; objects neither, unless it is the whole.
    """
    found = {
        side.name: known
        for side in mapping.sides.values()
        if (known := _object(facts.get(side.connection, ()), side.object)) is not None
    }
    fields = {name: {f.name: f for f in known.fields} for name, known in found.items()}
    findings: list[Finding] = []
    for side in mapping.sides.values():
        if side.name in found:
            desk = _Desk(mapping, side, found[side.name], fields[side.name], fields)
            findings += _check_side(desk)
        elif side.connection in facts and is_whole:
            findings.append(_no_object(mapping, side, facts[side.connection]))
    return findings


def _object(objects: Sequence[ObjectFacts], name: str) -> ObjectFacts | None:
    return next((found for found in objects if found.name == name), None)


def _no_object(mapping: Mapping, side: Side, objects: Sequence[ObjectFacts]) -> Finding:
    return Finding(
        Severity.ERROR,
        f"There is no object `{side.object}` in {side.connection}",
        Place(mapping.source, key=f"sides.{side.name}.object"),
        "the connection does not show it to our user",
        did_you_mean(side.object, (o.name for o in objects), "Check its API name and our rights."),
    )


def _check_side(desk: _Desk) -> Iterator[Finding]:
    for name, place in named_fields(desk.mapping, desk.side.name):
        if not _is_known(desk, name):
            yield _unknown(desk, name, place)
    yield from lacking(desk.mapping, desk.side, desk.known)
    for rule in desk.mapping.fields.values():
        look = rule.sides.get(desk.side.name)
        if look is not None and look.names and look.names[0] in desk.fields:
            yield from _check_look(desk, rule, look, desk.fields[look.names[0]])
    yield from check_links(desk.mapping, desk.side, desk.fields)
    yield from check_create(desk.mapping, desk.side, desk.fields)


def _is_known(desk: _Desk, name: str) -> bool:
    """A labelled link is judged only where the system tells its labels."""
    plain = plain_link(name)
    tells = any(known.startswith(f"{plain}#") for known in desk.fields)
    return name in desk.fields or (plain != name and plain in desk.fields and not tells)


def _unknown(desk: _Desk, name: str, place: Place | None) -> Finding:
    return Finding(
        Severity.ERROR,
        f"{desk.there} has no field `{name}`",
        place,
        "it does not exist there, or our user may not see it",
        did_you_mean(name, desk.fields, "Check its API name and our user's field permissions."),
    )


def _check_look(
    desk: _Desk, rule: MappedField, look: SideField, field: FieldFacts
) -> Iterator[Finding]:
    if look.reads and not look.value_map and not look.transform:
        yield from _check_read_type(desk, rule, look, field)
    if look.writes:
        yield from _check_written_type(desk, rule, look, field)
        yield from _check_length(desk, rule, look, field)
        if field.restricted and field.options:
            yield from _check_options(desk, rule, look, field)
    yield from _check_value_map(desk, look, field)


def _check_read_type(
    desk: _Desk, rule: MappedField, look: SideField, field: FieldFacts
) -> Iterator[Finding]:
    if field.type not in _GIVES.get(rule.type, {field.type}):
        yield Finding(
            Severity.ERROR,
            f"`{rule.name}` is {rule.type}, but `{field.name}` of {desk.there} is {field.type}",
            look.place,
            "its values could not be read",
            "Choose another field, or add a `transform` or `value_map`.",
        )


def _check_written_type(
    desk: _Desk, rule: MappedField, look: SideField, field: FieldFacts
) -> Iterator[Finding]:
    takes = _TAKES.get(field.type)
    if takes is not None and rule.type not in takes and not look.value_map:
        yield Finding(
            Severity.ERROR,
            f"`{field.name}` of {desk.there} is {field.type}, but `{rule.name}` is {rule.type}",
            look.place,
            "the system would refuse the value",
            "Choose a field of that type, or add a `value_map`.",
        )


def _check_length(
    desk: _Desk, rule: MappedField, look: SideField, field: FieldFacts
) -> Iterator[Finding]:
    sources = [
        (name, found.length)
        for name, other in rule.sides.items()
        if name != look.side and other.reads and other.names
        if (found := desk.others.get(name, {}).get(other.names[0])) is not None
        if found.length and field.length and found.length > field.length
    ]
    for name, length in sources:
        yield Finding(
            Severity.WARNING,
            f"`{field.name}` of {desk.there} holds {field.length} characters",
            look.place,
            f"values from `{name}` may have {length}; longer ones are parked",
            "Widen the field, or leave long values to a longer field.",
        )


def _check_value_map(desk: _Desk, look: SideField, field: FieldFacts) -> Iterator[Finding]:
    unknown = [k for k in look.value_map if k != "*" and field.options and k not in field.options]
    for key in unknown if field.restricted or not look.reads else ():
        yield Finding(
            Severity.ERROR if look.writes else Severity.WARNING,
            f"`{field.name}` of {desk.there} has no value `{key}`",
            look.place,
            "the value map names it, but the picklist does not",
            did_you_mean(key, field.options, "Take it out of the value map."),
        )


def _check_options(
    desk: _Desk, rule: MappedField, look: SideField, field: FieldFacts
) -> Iterator[Finding]:
    """Values other sides can give that this restricted picklist does not take."""
    write = writer(rule, look, desk.mapping.habits)
    for name, other in rule.sides.items():
        source = desk.others.get(name, {}).get(other.names[0]) if other.names else None
        if name == look.side or not other.reads or source is None:
            continue
        refused = [
            value
            for value in _possible(desk.mapping, rule, other, source)
            if not _taken(write.convert, value, field.options)
        ]
        if refused:
            yield _uncovered(desk, rule, look, field, refused)


def _possible(
    mapping: Mapping, rule: MappedField, look: SideField, field: FieldFacts
) -> list[object]:
    """The entity values that a picklist of another side can give."""
    read = reader(rule, look, mapping.habits)
    found: list[object] = []
    for option in field.options:
        try:
            found.append(read({look.names[0]: option}))
        except ValueError:
            continue
    return [value for value in dict.fromkeys(found) if value is not None]


def _taken(convert: object, value: object, options: Sequence[str]) -> bool:
    try:
        return callable(convert) and str(convert(value)) in options
    except UnknownValueError:
        return False


def _uncovered(
    desk: _Desk, rule: MappedField, look: SideField, field: FieldFacts, refused: list[object]
) -> Finding:
    shown = ", ".join(f"`{value}`" for value in refused[:6])
    more = f" and {len(refused) - 6} more" if len(refused) > 6 else ""
    return Finding(
        Severity.WARNING if look.unknown_value is not Unknown.KEEP else Severity.ERROR,
        f"`{field.name}` of {desk.there} does not take every value of `{rule.name}`",
        look.place,
        f"its picklist is restricted and has no {shown}{more}",
        "Add them to `value_map` at this side, or to the picklist.",
    )
