"""What a system's metadata lost or tightened since the last time, and which mappings feel it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from mappings.live.facts import FieldFacts, ObjectFacts
from mappings.live.named import named_fields, plain_link
from mappings.spec import Mapping as RecordMapping
from tasuki.errors import Place


class What(StrEnum):
    """One way in which metadata drifts."""

    OBJECT_GONE = "object_gone"
    FIELD_GONE = "field_gone"
    FIELD_NEW = "field_new"
    READ_LOST = "read_lost"
    WRITE_LOST = "write_lost"
    OPTION_GONE = "option_gone"
    NOW_REQUIRED = "now_required"
    TYPE_CHANGED = "type_changed"
    SHORTER = "shorter"


@dataclass(frozen=True, slots=True)
class Moved:
    """One thing that is not as it was."""

    what: What
    field: str | None = None
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Felt:
    """A mapping that names what moved, and where it does."""

    mapping: str
    place: Place | None


def drift(before: ObjectFacts, after: ObjectFacts | None) -> list[Moved]:
    """How an object moved; a field that is no longer shown is gone, whoever took it away."""
    if after is None:
        return [Moved(What.OBJECT_GONE)]
    was = {field.name: field for field in before.fields}
    now = {field.name: field for field in after.fields}
    gone = [Moved(What.FIELD_GONE, name) for name in was if name not in now]
    new = [_new(field) for name, field in now.items() if name not in was]
    kept = [
        moved for name, field in now.items() if name in was for moved in _tell(was[name], field)
    ]
    return [*gone, *kept, *new]


def _new(field: FieldFacts) -> Moved:
    return Moved(What.NOW_REQUIRED if field.required else What.FIELD_NEW, field.name)


def _tell(was: FieldFacts, now: FieldFacts) -> Iterator[Moved]:
    name = now.name
    if was.type != now.type:
        yield Moved(What.TYPE_CHANGED, name, was.type, now.type)
    if was.readable and not now.readable:
        yield Moved(What.READ_LOST, name)
    if (was.createable and not now.createable) or (was.updateable and not now.updateable):
        yield Moved(What.WRITE_LOST, name)
    if now.required and not was.required:
        yield Moved(What.NOW_REQUIRED, name)
    if was.length and now.length and now.length < was.length:
        yield Moved(What.SHORTER, name, str(was.length), str(now.length))
    for option in was.options:
        if now.options and option not in now.options:
            yield Moved(What.OPTION_GONE, name, option)


def felt_by(
    moved: Moved, connection: str, object: str, mappings: Iterable[RecordMapping]
) -> list[Felt]:
    """The mappings that name what moved: they break, or lose something, at that place."""
    found: list[Felt] = []
    for mapping in mappings:
        for side in mapping.sides.values():
            if (side.connection, side.object) == (connection, object):
                found += _felt(moved, mapping, side.name, is_creating=side.create is not None)
    return found


def _felt(moved: Moved, mapping: RecordMapping, side: str, *, is_creating: bool) -> Iterator[Felt]:
    if moved.what is What.OBJECT_GONE:
        yield Felt(mapping.name, Place(mapping.source, key=f"sides.{side}.object"))
        return
    if moved.what is What.FIELD_NEW:
        return
    named: dict[str, Place | None] = dict(named_fields(mapping, side))
    named |= {plain_link(name): place for name, place in named.items()}
    if moved.field is not None and moved.field in named:
        yield Felt(mapping.name, named[moved.field])
    elif moved.what is What.NOW_REQUIRED and is_creating:
        yield Felt(mapping.name, Place(mapping.source, key=f"sides.{side}.create"))
