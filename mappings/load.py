"""From a mapping file to a checked Mapping, with an error for everything that is wrong in it."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
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
from mappings.reading.sides import Read, read_creates, read_sides
from mappings.reading.steps import read_policy, read_stages
from mappings.spec import Example, MappedField, Mapping
from mappings.transforms.registry import EDITION, USUAL, Habits
from tasuki.errors import ConfigError, MappingError
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

    Errors: ConfigError with file, line and column, the first of all that are wrong.
    """
    mapping, errors = examine(document, surroundings)
    if mapping is None:
        raise errors[0]
    return mapping


def examine(
    document: Document, surroundings: Surroundings = ALONE
) -> tuple[Mapping | None, list[ConfigError]]:
    """The mapping, or None and everything that is wrong with its file."""
    try:
        parsed = MappingDocument.model_validate(document.data)
    except ValidationError as error:
        found = explain(error, MappingDocument, document, family=MappingError)
        return None, found
    problems = Problems(document)
    entity = surroundings.entities.get(parsed.entity)
    if entity is None:
        problems.unknown("entity", ("entity",), parsed.entity, surroundings.entities, value=True)
        return None, problems.found
    sides = read_sides(parsed, surroundings.connections, problems)
    frame = Frame(entity, sides, surroundings.connections, problems, frozenset(parsed.fields))
    frame = replace(frame, stages=read_stages(parsed.owner_by_stage, frame))
    mapping = _mapping(parsed, frame, surroundings)
    return (None if problems.found else mapping), problems.found


def _mapping(parsed: MappingDocument, frame: Frame, around: Surroundings) -> Mapping:
    document = frame.problems.document
    first = parsed.first_sync
    fields, keys = read_fields(parsed, frame), read_keys(parsed, frame)
    return Mapping(
        name=parsed.name,
        entity=frame.entity,
        sides=read_creates(parsed, Read(fields, keys, around.entities), frame),
        fields=fields,
        links=read_links(parsed, frame),
        keys=keys,
        habits=around.habits,
        first_sync=read_policy(first, ("first_sync",), frame) if first else None,
        guards=_guards(parsed.guards, around.guards),
        tests=_examples(parsed, frame),
        quiet=_quiet(parsed, fields, frame),
        renamed_from=parsed.renamed_from,
        source=document.file,
        version=digest({"file": _meaning(document.data), "edition": EDITION}),
    )


def _guards(own: GuardsDocument, usual: Guards) -> Guards:
    return usual.model_copy(update=own.model_dump(exclude_none=True))


def _quiet(
    parsed: MappingDocument, fields: Table[str, MappedField], frame: Frame
) -> frozenset[str]:
    for index, name in enumerate(parsed.quiet_fields):
        if name not in fields:
            frame.problems.unknown("field here", ("quiet_fields", index), name, fields)
    return frozenset(parsed.quiet_fields)


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
