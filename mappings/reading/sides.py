"""The sides of a mapping: where records live, which belong, which may be made, what of deletes."""

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace

from catalog.expression.check import condition
from catalog.expression.scope import scope_for
from catalog.expression.tree import Node
from catalog.shape import Entity
from config.nearest import did_you_mean
from config.yaml import KeyPath
from mappings.reading.document import (
    CreateDocument,
    DeleteDocument,
    MappingDocument,
    SideDocument,
)
from mappings.reading.problems import Frame, Problems
from mappings.reading.scope import read_scope
from mappings.spec import (
    ALL,
    Confidence,
    Create,
    KeyRule,
    MappedField,
    OnDelete,
    Scope,
    Side,
)
from tasuki.errors import ExpressionError

_DELETE_IN = ("delete_in_", "archive_in_")


def read_sides(
    parsed: MappingDocument, connections: frozenset[str] | None, problems: Problems
) -> dict[str, Side]:
    """Every side, without what it may create: that depends on fields and keys."""
    found: dict[str, Side] = {}
    for name, side in parsed.sides.items():
        connection = side.connection or name
        if connections is not None and connection not in connections:
            at = ("sides", name, *(("connection",) if side.connection else ()))
            problems.unknown("connection", at, connection, connections, value=bool(side.connection))
        found[name] = Side(
            name=name,
            connection=connection,
            object=side.object,
            scope=_scope(side, name, problems),
            keep=(ALL,) if side.keep == "all" else tuple(side.keep),
        )
    for key, names in (("create", parsed.create), ("delete", parsed.delete)):
        for name in names:
            if name not in found:
                problems.unknown("side", (key, name), name, found)
    for name in set(parsed.delete) & set(found):
        rule, others = _delete(parsed.delete[name], found, name, problems)
        found[name] = replace(found[name], delete=rule, delete_in=others)
    return found


def _scope(side: SideDocument, name: str, problems: Problems) -> Scope | None:
    path = ("sides", name, "scope")
    try:
        text = side.scope
        return read_scope(text, problems.document.text_place(path)) if text is not None else None
    except ExpressionError as error:
        problems.take(error)
        return None


# ── deletes ──


def _delete(
    says: str | DeleteDocument, sides: Table[str, Side], own: str, problems: Problems
) -> tuple[OnDelete, tuple[str, ...]]:
    path: KeyPath = ("delete", own)
    if isinstance(says, DeleteDocument):
        path, named = (*path, "delete_in"), says.delete_in
    elif says in (OnDelete.IGNORE, OnDelete.UNLINK):
        return OnDelete(says), ()
    else:
        named = [says.removeprefix(each) for each in _DELETE_IN if says.startswith(each)]
    others = tuple(dict.fromkeys(side for word in named for side in _meant(word, sides)))
    unknown = [word for word in named if not _meant(word, sides)]
    if not named or unknown:
        _no_delete(str(says if isinstance(says, str) else unknown[0]), sides, own, path, problems)
    elif own in others:
        problems.add(
            f"`{own}` cannot delete what was deleted in it",
            path,
            "`delete_in` names the other sides",
            f"Take `{own}` out.",
            value=True,
        )
    return OnDelete.DELETE, others


def _meant(word: str, sides: Table[str, Side]) -> list[str]:
    """The side of that name, or all sides of the connection of that name."""
    return [word] if word in sides else [s.name for s in sides.values() if s.connection == word]


def _no_delete(
    word: str, sides: Table[str, Side], own: str, path: KeyPath, problems: Problems
) -> None:
    known = [name for name in sides if name != own]
    if path[-1] != "delete_in":
        known = ["ignore", "unlink", *(f"delete_in_{name}" for name in known)]
    problems.add(
        f"There is no `{word}` to do when a record of `{own}` is deleted",
        path,
        "a delete is ignored, unlinked, or carried on to other sides of this mapping",
        did_you_mean(word, known, "Choose one."),
        value=True,
    )


# ── creates ──


@dataclass(frozen=True, slots=True)
class Read:
    """What creating depends on."""

    fields: Table[str, MappedField]
    keys: tuple[KeyRule, ...]
    entities: Table[str, Entity]


def read_creates(parsed: MappingDocument, read: Read, frame: Frame) -> dict[str, Side]:
    """The sides with what Tasuki may create there."""
    found = dict(frame.sides)
    for name, says in parsed.create.items():
        if name in found and says is not False:
            plain = CreateDocument() if says is True else says
            found[name] = replace(found[name], create=_create(name, plain, read, frame))
    return found


def _create(side: str, says: CreateDocument, read: Read, frame: Frame) -> Create:
    path = ("create", side)
    key = _key(side, says.key, read, frame)
    place = frame.problems.document.place(path)
    return Create(key, _when(side, says.when, read, frame), says.when or "", place)


def _when(side: str, text: str | None, read: Read, frame: Frame) -> Node | None:
    if text is None:
        return None
    known = scope_for(frame.entity.name, entities=read.entities)
    try:
        at = frame.problems.document.text_place(("create", side, "when"))
        return condition(text, known, at)
    except ExpressionError as error:
        frame.problems.take(error)
        return None


def _key(side: str, named: str | None, read: Read, frame: Frame) -> str:
    """The entity field that says whether a record is there already."""
    written = {name for name, rule in read.fields.items() if _is_written(rule, side)}
    if named is None:
        usable = (
            rule.parts[0].field
            for rule in read.keys
            if len(rule.parts) == 1 and rule.confidence is Confidence.CERTAIN
        )
        if (found := next((field for field in usable if field in written), None)) is not None:
            return found
        frame.problems.add(
            f"Records cannot be created in `{side}` without a key",
            ("create", side),
            f"no certain identity rule of one field is written to `{side}`: a lost answer would "
            "make a second record",
            f"Write a field with such a rule to `{side}`, or add `key: <entity field>`.",
        )
    elif named not in written:
        path = ("create", side, "key")
        frame.problems.unknown(f"field written to `{side}`", path, named, written, value=True)
    return named or ""


def _is_written(rule: MappedField, side: str) -> bool:
    look = rule.sides.get(side)
    return look is not None and look.writes
