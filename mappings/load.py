"""From a mapping file to a checked Mapping, with an error for everything that is wrong in it."""

from collections.abc import Collection, Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from catalog.entities import ENTITIES
from catalog.shape import Entity, Type
from config.guards import Guards
from config.money.currency import Rates
from config.settings import explain
from config.yaml import Document
from mappings.reading.document import GuardsDocument, MappingDocument
from mappings.reading.fields import read_fields
from mappings.reading.links import read_keys, read_links
from mappings.reading.problems import Frame, Problems
from mappings.reading.sides import Read, read_creates, read_sides
from mappings.reading.steps import read_policy, read_stages
from mappings.spec import (
    Example,
    KeyRule,
    LinkRule,
    MappedField,
    Mapping,
    OnDelete,
    Pointer,
    Policy,
    Side,
    Step,
    Way,
)
from mappings.transforms.registry import EDITION, USUAL, Habits
from tasuki.errors import ConfigError, MappingError
from tasuki.values import digest

_BESIDE: Final = frozenset(
    "description owner tags tests name renamed_from guards quiet_fields".split()
)
"""Keys that change nothing of what records say: to edit them reads nothing anew."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the project says that a mapping is read against."""

    connections: frozenset[str] | None = None
    """Known connections; None leaves the names unchecked."""
    absent: frozenset[str] = frozenset()
    """Connections that ready mappings name and the project does without: no mistake to name."""
    guards: Guards = field(default_factory=Guards)
    habits: Habits = USUAL
    entities: Table[str, Entity] = field(default_factory=lambda: ENTITIES)
    teams: frozenset[str] | None = None
    """The teams of the playbook; None leaves their names unchecked."""


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
    """The mapping, or None and everything that is wrong with its file.

    It is without the sides of absent connections; it may have none left.
    """
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
    known = surroundings.connections
    known = None if known is None else known | surroundings.absent
    sides = read_sides(parsed, known, problems)
    frame = Frame(
        entity, sides, known, problems, frozenset(parsed.fields), teams=surroundings.teams
    )
    frame = replace(frame, stages=read_stages(parsed.owner_by_stage, frame))
    mapping = _mapping(parsed, frame, surroundings)
    if problems.found:
        return None, problems.found
    return _versioned(_without(mapping, surroundings.absent)), []


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
    return {key: value for key, value in data.items() if key not in _BESIDE}


# ── what the words depend on besides the file ──

_BY_REGION: Final = frozenset({"phone", "mobile"})
_BY_CLOCK: Final = frozenset({Type.DATE, Type.TIME})


def _versioned(mapping: Mapping) -> Mapping:
    """With the habits it reads by in its version: another rate or mail domain reads anew."""
    said = {"left out": sorted(mapping.left_out), **_habits_of(mapping)}
    said = {name: value for name, value in said.items() if value}
    return replace(mapping, version=digest([mapping.version, said])) if said else mapping


def _habits_of(mapping: Mapping) -> dict[str, Any]:
    """The habits that this mapping's words depend on, where they are not the usual ones."""
    habits, steps = mapping.habits, {step.name for step in _steps(mapping)}
    depends = {
        "phone_region": bool(steps & _BY_REGION),
        "timezone": any(rule.type in _BY_CLOCK for rule in mapping.fields.values()),
        "free_mail": "domain" in steps,
        "shared_mail": "personal_email" in steps,
        "junk": any(rule.parts for rule in mapping.keys),
    }
    found: dict[str, Any] = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, used in depends.items()
        if used and (value := getattr(habits, name)) != getattr(USUAL, name)
    }
    looks = (look for rule in mapping.fields.values() for look in rule.sides.values())
    codes = {look.currency.code for look in looks if look.currency is not None}
    return {**found, "rates": _rates(habits.rates, codes)} if codes else found


def _rates(rates: Rates, codes: Collection[str | None]) -> list[Any]:
    """The rates of these currencies; of all where a field says which it is."""
    return [
        rates.own,
        *(
            [code, [(day.isoformat(), str(rate)) for day, rate in known]]
            for code, known in sorted(rates.by_currency.items())
            if None in codes or code in codes
        ),
    ]


def _steps(mapping: Mapping) -> Iterator[Step]:
    for rule in mapping.fields.values():
        for look in rule.sides.values():
            yield from look.transform
    for link in mapping.links.values():
        for way in (way for ways in link.sides.values() for way in ways):
            yield from way.transform
    for key in mapping.keys:
        yield from key.transform
        for part in key.parts:
            yield from part.transform


# ── without the connections a project does not have ──


def _without(mapping: Mapping, absent: Collection[str]) -> Mapping:
    """The mapping as if it never named these connections; none of its sides may be left."""
    gone = {name for name, side in mapping.sides.items() if side.connection in absent}
    every = (way for link in mapping.links.values() for ways in link.sides.values() for way in ways)
    left_out = {mapping.sides[name].connection for name in gone}
    left_out |= {way.connection for way in every if way.connection in absent}
    if not left_out:
        return mapping
    fields = {n: f for n, r in mapping.fields.items() if (f := _field_without(r, gone)) is not None}
    links = {n: x for n, r in mapping.links.items() if (x := _link_without(r, gone, absent))}
    first = mapping.first_sync
    return replace(
        mapping,
        sides={
            n: _side_without(s, gone, fields) for n, s in mapping.sides.items() if n not in gone
        },
        fields=fields,
        links=links,
        keys=tuple(key for rule in mapping.keys if (key := _key_without(rule, gone)) is not None),
        first_sync=_policy_without(first, gone) if first else None,
        tests=tuple(t for t in mapping.tests if gone.isdisjoint({*t.given, *t.expect})),
        quiet=mapping.quiet & fields.keys(),
        left_out=frozenset(left_out),
    )


def _side_without(side: Side, gone: Collection[str], fields: Table[str, MappedField]) -> Side:
    others = tuple(name for name in side.delete_in if name not in gone)
    is_cut = side.delete is OnDelete.DELETE and not others
    create = side.create if side.create is not None and side.create.key in fields else None
    delete = OnDelete.UNLINK if is_cut else side.delete
    return replace(side, create=create, delete=delete, delete_in=others)


def _field_without(rule: MappedField, gone: Collection[str]) -> MappedField | None:
    """None where nobody is left to read it from: what is written would be blank."""
    looks = {name: look for name, look in rule.sides.items() if name not in gone}
    if not any(look.reads for look in looks.values()):
        return None
    return replace(rule, sides=looks, policy=_policy_without(rule.policy, gone))


def _link_without(
    rule: LinkRule, gone: Collection[str], absent: Collection[str]
) -> LinkRule | None:
    sides: dict[str, tuple[Way, ...]] = {}
    for name, ways in rule.sides.items():
        if name not in gone and (kept := tuple(w for w in ways if w.connection not in absent)):
            sides[name] = kept
    if not sides:
        return None
    writes = {n for n in rule.writes & sides.keys() if sides[n][0].pointer is not Pointer.VALUE}
    policy = _policy_without(rule.policy, gone)
    return replace(rule, sides=sides, policy=policy, writes=frozenset(writes))


def _key_without(rule: KeyRule, gone: Collection[str]) -> KeyRule | None:
    stored = {side: name for side, name in rule.stored_in.items() if side not in gone}
    if rule.stored_in and (not stored or rule.refers_to in gone):
        return None
    return replace(rule, stored_in=stored)


def _policy_without(policy: Policy, gone: Collection[str]) -> Policy:
    by_stage = {team: side for team, side in policy.by_stage.items() if side not in gone}
    return replace(policy, order=tuple(n for n in policy.order if n not in gone), by_stage=by_stage)
