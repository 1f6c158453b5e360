"""From a mapping file to a checked Mapping, with an error for everything that is wrong in it."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from catalog.entities import ENTITIES
from catalog.shape import Entity
from config.guards import Guards
from config.settings import explain
from config.yaml import Document
from mappings.reading.document import GuardsDocument, MappingDocument
from mappings.reading.fields import read_fields
from mappings.reading.links import read_keys, read_links
from mappings.reading.problems import Frame, Problems
from mappings.reading.steps import read_policy
from mappings.spec import Create, Example, Mapping, OnDelete, Side
from mappings.transforms.registry import USUAL, Habits
from tasuki.errors import MappingError
from tasuki.values import digest

_PROSE: Final = frozenset({"description", "owner", "tags", "tests"})
"""Keys that change nothing a mapping does."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the project says that a mapping is read against."""

    connections: frozenset[str] | None = None
    """Known connections; None leaves the names unchecked."""
    guards: Guards = field(default_factory=Guards)
    habits: Habits = USUAL
    entities: Table[str, Entity] = field(default_factory=lambda: ENTITIES)


ALONE: Final = Surroundings()


def load(document: Document, surroundings: Surroundings = ALONE) -> Mapping:
    """The mapping that a file describes.

    Errors: MappingError with file, line and column, the first of all that are wrong.
    """
    mapping, errors = examine(document, surroundings)
    if mapping is None:
        raise errors[0]
    return mapping


def examine(
    document: Document, surroundings: Surroundings = ALONE
) -> tuple[Mapping | None, list[MappingError]]:
    """The mapping, or None and everything that is wrong with its file."""
    try:
        parsed = MappingDocument.model_validate(document.data)
    except ValidationError as error:
        found = explain(error, MappingDocument, document, family=MappingError)
        return None, [each for each in found if isinstance(each, MappingError)]
    problems = Problems(document)
    entity = surroundings.entities.get(parsed.entity)
    if entity is None:
        problems.unknown("entity", ("entity",), parsed.entity, surroundings.entities, value=True)
        return None, problems.found
    sides = _sides(parsed, surroundings, problems)
    frame = Frame(entity, sides, surroundings.connections, problems)
    mapping = _mapping(parsed, frame, surroundings)
    return (None if problems.found else mapping), problems.found


def _mapping(parsed: MappingDocument, frame: Frame, around: Surroundings) -> Mapping:
    document = frame.problems.document
    first = parsed.first_sync
    return Mapping(
        name=parsed.name,
        entity=frame.entity,
        sides=frame.sides,
        fields=read_fields(parsed, frame),
        links=read_links(parsed, frame),
        keys=read_keys(parsed, frame),
        habits=around.habits,
        first_sync=read_policy(first, ("first_sync",), frame) if first else None,
        guards=_guards(parsed.guards, around.guards),
        tests=_examples(parsed, frame),
        source=document.file,
        version=digest(_meaning(document.data)),
    )


def _sides(parsed: MappingDocument, around: Surroundings, problems: Problems) -> dict[str, Side]:
    found: dict[str, Side] = {}
    for name, side in parsed.sides.items():
        connection = side.connection or name
        if around.connections is not None and connection not in around.connections:
            at = ("sides", name, *(("connection",) if side.connection else ()))
            problems.unknown(
                "connection", at, connection, around.connections, value=bool(side.connection)
            )
        if side.scope is not None:
            problems.add(
                f"The side `{name}` has a scope, which this version cannot hold to",
                ("sides", name, "scope"),
                "records out of scope would be read as if they were in it",
                "Take `scope` out; limit what the connection's user may see instead.",
            )
        found[name] = Side(
            name=name,
            connection=connection,
            object=side.object,
            create=Create("") if parsed.create.get(name, False) else None,
            delete=parsed.delete.get(name, OnDelete.UNLINK),
        )
    for key, names in (("create", parsed.create), ("delete", parsed.delete)):
        for name in names:
            if name not in found:
                problems.unknown("side", (key, name), name, found)
    return found


def _guards(own: GuardsDocument, usual: Guards) -> Guards:
    return usual.model_copy(update=own.model_dump(exclude_none=True))


def _examples(parsed: MappingDocument, frame: Frame) -> tuple[Example, ...]:
    for index, example in enumerate(parsed.tests):
        for name in example.given:
            frame.side(name, ("tests", index, "given", name))
        known = (*frame.sides, frame.entity.name)
        for name in example.expect:
            if name not in known:
                at = ("tests", index, "expect", name)
                frame.problems.unknown("side or entity", at, name, known)
    return tuple(
        Example(e.given, e.expect, e.name, frame.problems.document.place(("tests", index)))
        for index, e in enumerate(parsed.tests)
    )


def _meaning(data: Any) -> Any:
    return {key: value for key, value in data.items() if key not in _PROSE}
