"""A scope as written: parsed, its fields' types told by what they are compared with, checked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from catalog.expression.check import check
from catalog.expression.engine.magnitude import check_magnitude
from catalog.expression.functions.table import FUNCTIONS, NUMBER
from catalog.expression.parse import parse
from catalog.expression.scope import Scope as Known
from catalog.expression.tree import (
    And,
    Arithmetic,
    Between,
    Call,
    Case,
    Compare,
    In,
    IsNull,
    Like,
    Literal,
    Name,
    Node,
    Not,
    Or,
    names,
    parts,
    type_of,
    walk,
)
from catalog.shape import Type
from mappings.reading.pushdown import pushed_down
from mappings.scope import GIVEN, RECORD
from mappings.spec import Scope
from tasuki.errors import ExpressionError, Place

_BY_THE_CLOCK: Final = frozenset({"today", "now", "days_since", "days_until"})
_PARTS_OF_TEXT: Final = frozenset({"contains", "starts_with", "ends_with"})
_DAYS: Final = frozenset({Type.DATE, Type.TIME})
_SHOWN: Final = {
    Type.TEXT: "text",
    Type.NUM: "a number",
    Type.BOOL: "true or false",
    Type.DATE: "a date",
    Type.TIME: "an instant",
}


def read_scope(text: str, place: Place | None = None) -> Scope:
    """The scope behind a condition over platform fields.

    A field has the type of what it is compared with; text is compared without case, as the
    platforms do. Errors: ExpressionError at the line and column of what does not fit.
    """
    found = parse(text, place, own=RECORD)
    _refuse_the_clock(found)
    tree = check(found, Known({RECORD: _types(found)}, RECORD))
    if type_of(tree) is not Type.BOOL:
        raise ExpressionError(
            "A scope is a condition",
            where=place,
            why="it says of each record whether it belongs to the side",
            remedy="Compare a field with something, as in Type = 'Customer'.",
        )
    check_magnitude(tree)
    fields = tuple(field for _, field in names(tree))
    return Scope(text, _folded(tree), fields, pushed_down(tree), place)


def _refuse_the_clock(tree: Node) -> None:
    for node in walk(tree):
        if isinstance(node, Call) and node.name in _BY_THE_CLOCK:
            raise ExpressionError(
                f"A scope does not know `{node.name}`",
                where=node.place,
                why="records would leave it by the clock alone, without a change to be seen",
                remedy="Compare with a written day, or take the condition to a playbook rule.",
            )


# ── types ──


def _types(tree: Node) -> dict[str, Type]:
    """Field → type, by everything the field stands beside."""
    found: dict[str, Type] = {}
    for name, hint in _hints(tree):
        known = found.get(name.field, hint)
        joined = known if known is hint else _joined(known, hint)
        if joined is None:
            raise ExpressionError(
                f"`{name.field}` is compared with {_SHOWN[hint]} here",
                where=name.place,
                why=f"elsewhere in this scope it is compared with {_SHOWN[known]}",
                remedy="Write all its values alike: 'text', a number, true, or '2026-01-31'.",
            )
        found[name.field] = joined
    return {field: found.get(field, Type.TEXT) for _, field in names(tree)}


def _joined(one: Type, other: Type) -> Type | None:
    """The type of a field that stands beside both; written days may turn out to be text."""
    both = {one, other}
    if both == _DAYS:
        return Type.TIME
    return Type.TEXT if Type.TEXT in both and both & _DAYS else None


def _hints(node: Node) -> Iterator[tuple[Name, Type]]:
    for item, hint in _hints_here(node):
        if isinstance(item, Name) and hint is not None:
            yield item, hint
    for part in parts(node):
        yield from _hints(part)


def _hints_here(node: Node) -> Iterator[tuple[Node, Type | None]]:
    match node:
        case And() | Or():
            yield from ((item, Type.BOOL) for item in node.items)
        case Not():
            yield node.item, Type.BOOL
        case Case():
            yield from ((when, Type.BOOL) for when, _ in node.branches)
        case Like():
            yield node.item, Type.TEXT
        case Arithmetic():
            yield from ((side, Type.NUM) for side in (node.left, node.right))
        case Compare() | In() | Between():
            yield from _side_by_side(parts(node))
        case Call():
            yield from _arguments(node)
        case Name() | Literal() | IsNull():
            return


def _side_by_side(nodes: tuple[Node, ...]) -> Iterator[tuple[Node, Type | None]]:
    """Every field beside every value it is held against."""
    for index, item in enumerate(nodes):
        if isinstance(item, Name):
            yield from ((item, _kind(other)) for i, other in enumerate(nodes) if i != index)


def _arguments(node: Call) -> Iterator[tuple[Node, Type | None]]:
    if (function := FUNCTIONS.get(node.name)) is None or not function.parameters:
        return
    same = [n for i, n in enumerate(node.arguments) if function.parameter(i).same]
    yield from _side_by_side(tuple(same))
    for index, item in enumerate(node.arguments):
        parameter = function.parameter(index)
        if parameter.same:
            continue
        taken = {Type.NUM if kind is Type.INT else kind for kind in parameter.types}
        yield item, Type.TIME if taken == _DAYS else next(iter(taken)) if len(taken) == 1 else None


def _kind(node: Node) -> Type | None:
    """What a field beside this must be; None when it does not tell."""
    match node:
        case Literal(value=bool()):
            return Type.BOOL
        case Literal(value=int() | float()):
            return Type.NUM
        case Literal(value=str() as text):
            return _of_text(text)
        case Arithmetic():
            return Type.NUM
        case Call() if node.name in FUNCTIONS:
            result = FUNCTIONS[node.name].result
            return Type.NUM if result in NUMBER else result
        case Compare() | And() | Or() | Not() | In() | Between() | IsNull() | Like():
            return Type.BOOL
        case _:
            return None


def _of_text(text: str) -> Type:
    """Whether written text is a day, an instant, or just text."""
    try:
        if len(text) == 10:
            date.fromisoformat(text)
            return Type.DATE
        if len(text) > 10 and text[10] in "T ":
            datetime.fromisoformat(text)
            return Type.TIME
    except ValueError:
        pass
    return Type.TEXT


# ── text without case, blanks as they stand ──


def _folded(node: Node) -> Node:
    """The tree that judges records: text compared without case, `is null` of what is given."""
    match node:
        case And() | Or():
            return replace(node, items=tuple(map(_folded, node.items)))
        case Not():
            return replace(node, item=_folded(node.item))
        case IsNull(item=Name() as name):
            return replace(node, item=replace(name, relation=GIVEN, type=Type.TEXT))
        case Case():
            branches = tuple((_folded(when), _folded(then)) for when, then in node.branches)
            return replace(node, branches=branches, otherwise=_folded(node.otherwise))
        case Call():
            return _folded_call(node)
        case _:
            return _compared(node)


def _compared(node: Node) -> Node:
    match node:
        case Compare() if _is_text(node.left) and node.operator in ("=", "<>"):
            return replace(node, left=_lower(node.left), right=_lower(node.right))
        case Compare():
            return replace(node, left=_folded(node.left), right=_folded(node.right))
        case In() if _is_text(node.item):
            options = tuple(map(_lower, node.options))
            return replace(node, item=_lower(node.item), options=options)
        case Like():
            return replace(node, item=_lower(node.item), pattern=node.pattern.lower())
        case _:
            return node


def _folded_call(node: Call) -> Node:
    match node:
        case Call(name="coalesce", arguments=(Name() as name, Literal() as otherwise)):
            blank = _folded(IsNull(name, node.place))
            return Case(((blank, otherwise),), name, node.type, node.place)
        case Call() if node.name in _PARTS_OF_TEXT:
            return replace(node, arguments=tuple(map(_lower, node.arguments)))
        case _:
            return replace(node, arguments=tuple(map(_folded, node.arguments)))


def _is_text(node: Node) -> bool:
    return type_of(node) is Type.TEXT


def _lower(node: Node) -> Node:
    if isinstance(node, Literal):
        return replace(node, value=str(node.value).lower())
    return Call("lower", (_folded(node),), Type.TEXT, node.place)
