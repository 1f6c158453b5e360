"""Which platform fields the project writes, of which type and why: mappings, scores, tasks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from catalog.shape import Field, Type
from connectors.protocol import LINKED, NewField
from mappings.spec import ID, MappedField, Side, SideField, WrittenAs
from mappings.spec import Mapping as RecordMapping
from playbook.book import Playbook, playbook_of
from playbook.decide.tasks.order import KEY, SYSTEM
from playbook.rules import Handoff, Score, Signal
from sync.context import Tools
from sync.wishes.creates import OWN_KEY
from tasuki.errors import Place

_TYPES: Final[Mapping[Type, str]] = {
    Type.TEXT: "text",
    Type.INT: "int",
    Type.NUM: "num",
    Type.BOOL: "bool",
    Type.DATE: "date",
    Type.TIME: "datetime",
    Type.REF: "text",
}
_WRITTEN: Final[Mapping[WrittenAs, str]] = {
    WrittenAs.DATE: "date",
    WrittenAs.EPOCH_MS: "datetime",
    WrittenAs.TEXT: "text",
}
_SCORED: Final[Mapping[str, tuple[str, int | None]]] = {
    "value": ("num", None),
    "grade": ("text", 10),
    "top_reasons": ("text", 255),
}
"""What of a score is written -> type and length."""
_SCORE_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "value": {"en": "Tasuki score: {name}", "ja": "Tasuki スコア: {name}"},
    "grade": {"en": "Tasuki grade: {name}", "ja": "Tasuki ランク: {name}"},
    "top_reasons": {"en": "Tasuki reasons: {name}", "ja": "Tasuki 根拠: {name}"},
}
_KEY_WORDS: Final = {"en": "Tasuki key", "ja": "Tasuki キー"}
_KEY_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class Named:
    """One platform field that the project writes, and the lines that say so."""

    connection: str
    field: NewField
    """As it would be made, were it missing; `unique` where it holds a key."""
    why: tuple[Place, ...]
    read_from: tuple[tuple[str, str, str], ...] = ()
    """Connection, object and field of what is written there: they tell how long it can be."""


def named(tools: Tools) -> list[Named]:
    """Every field the project writes, once each, in the order the files name them."""
    found: dict[tuple[str, str, str], Named] = {}
    for each in _every(tools):
        if each.connection not in tools.project.connections:
            continue
        key = (each.connection, each.field.object, each.field.name)
        found[key] = _both(found[key], each) if key in found else each
    return list(found.values())


def _every(tools: Tools) -> Iterator[Named]:
    language = tools.project.language
    for mapping in tools.mappings:
        for side in mapping.sides.values():
            for rule, look in _written(mapping, side):
                yield _mapped(mapping, side, rule, look, language)
    book = playbook_of(tools)
    for score in book.scores:
        yield from _scored(tools, score)
    yield from _task_key(book, language)


def _both(one: Named, other: Named) -> Named:
    """One field named twice: a key if either says so."""
    field = other.field if other.field.unique and not one.field.unique else one.field
    why = tuple(dict.fromkeys((*one.why, *other.why)))
    return Named(one.connection, field, why, (*one.read_from, *other.read_from))


def _written(mapping: RecordMapping, side: Side) -> Iterator[tuple[MappedField, SideField]]:
    """What is written to a side, and the field that keeps a create single."""
    key = side.create.key if side.create else ""
    for rule in mapping.fields.values():
        look = rule.sides.get(side.name)
        if look is None or not look.names or look.names[0] == ID:
            continue
        if (look.writes or rule.name == key) and not look.names[0].startswith(LINKED):
            yield rule, look


def _mapped(
    mapping: RecordMapping, side: Side, rule: MappedField, look: SideField, language: str
) -> Named:
    says = mapping.entity.field(rule.name)
    is_key = rule.name == OWN_KEY or bool(side.create and side.create.key == rule.name)
    kind = _WRITTEN[look.written_as] if look.written_as else _TYPES[rule.type]
    if look.value_map:
        kind = "text"  # the platform's values are words, whatever the entity's are
    field = NewField(
        object=side.object,
        name=look.names[0],
        type=kind,
        label=_labels(says, rule.name, language),
        length=_KEY_LENGTH if is_key and kind == "text" else None,
        unique=is_key,
    )
    place = look.place or rule.place or Place(mapping.source)
    others = tuple(
        (mapping.sides[name].connection, mapping.sides[name].object, other.names[0])
        for name, other in rule.sides.items()
        if name != side.name and other.reads and other.names
    )
    return Named(side.connection, field, (place,), others)


def _labels(says: Field | None, name: str, language: str) -> dict[str, str]:
    return _ordered({"en": says.en, "ja": says.ja} if says else {"en": name}, language)


def _ordered(words: Mapping[str, str], language: str) -> dict[str, str]:
    """The project's language first: systems that know one label take that one."""
    return dict(sorted(words.items(), key=lambda pair: pair[0] != language))


def _scored(tools: Tools, score: Score) -> Iterator[Named]:
    name, language = score.rule.name, tools.project.language
    source = tools.project.resource("score", name).source
    systems: dict[str, dict[str, dict[str, str]]] = score.says.write.model_dump()
    for connection, objects in systems.items():
        for object, fields in objects.items():
            for field, what in fields.items():
                kind, length = _SCORED[what]
                words = {k: text.format(name=name) for k, text in _SCORE_WORDS[what].items()}
                label, help = _ordered(words, language), score.says.description
                place = source.place(("write", connection, object, field))
                made = NewField(object, field, kind, label, help, length)
                yield Named(connection, made, (place,))


def _task_key(book: Playbook, language: str) -> Iterator[Named]:
    """The key of the tasks that rules give, named by the first of them."""
    rules: tuple[Signal | Handoff, ...] = (*book.signals, *book.handoffs)
    given = [each.rule.place for each in rules if each.says.task]
    given += [
        each.rule.place
        for each in book.scenarios
        if any(branch.do.sales_task for branch in each.says.branches)
    ]
    if given:
        label = _ordered(_KEY_WORDS, language)
        key = NewField("Task", KEY, "text", label, length=_KEY_LENGTH, unique=True)
        yield Named(SYSTEM, key, tuple(given[:1]))
