"""From a scope's tree to what a system can be asked for: never fewer records than it takes."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import product
from math import prod
from typing import Any, Final, cast

from catalog.expression.tree import (
    And,
    Between,
    Call,
    Compare,
    In,
    IsNull,
    Like,
    Literal,
    Name,
    Node,
    Not,
    Or,
)
from catalog.shape import Type
from mappings.filter import Comparison, Filter, Op
from mappings.spec import LINKED

MOST_GROUPS: Final = 20
"""More alternatives than this are not asked for; what is asked for then takes more."""

Group = tuple[Comparison, ...]

_FLIPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}
_OPPOSITE: Final = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "<>", "<>": "="}
_OPS: Final = {
    "=": Op.IS,
    "<>": Op.IS_NOT,
    "<": Op.LESS,
    "<=": Op.AT_MOST,
    ">": Op.MORE,
    ">=": Op.AT_LEAST,
}


ALL: Final[Filter] = ((),)
"""Also for what no system can be asked: everything is read, and looked at here."""
NONE: Final[Filter] = ()


def pushed_down(tree: Node) -> Filter | None:
    """The filter of a checked condition; None when it asks for everything, or takes nothing."""
    asked = _asked(tree, wanted=True)
    return asked if asked and () not in asked else None


def _asked(node: Node, *, wanted: bool) -> Filter:
    """Of which records the node is true, or with `wanted` false: false; unknown is neither."""
    match node:
        case And() | Or():
            parts = [_asked(item, wanted=wanted) for item in node.items]
            return _all(parts) if isinstance(node, And) is wanted else _any(parts)
        case Not():
            return _asked(node.item, wanted=not wanted)
        case Literal():
            return ALL if node.value is wanted else NONE
        case Name():
            return _one(node, Op.IS, wanted)
        case IsNull():
            return _one(node.item, Op.BLANK if wanted else Op.FILLED)
        case Call(name="coalesce"):
            return _coalesced(node, wanted=wanted)
        case Compare() | In() | Between() | Like():
            return _compared(node, wanted=wanted)
        case _:
            return ALL


def _compared(node: Compare | In | Between | Like, *, wanted: bool) -> Filter:
    match node:
        case Compare():
            return _compare(node, wanted=wanted)
        case In():
            return _in(node, wanted=wanted)
        case Between():
            low = Compare("<=", node.low, node.item)
            high = Compare("<=", node.item, node.high)
            return _asked(And((low, high)), wanted=wanted)
        case Like():
            return _one(node.item, Op.FILLED)


def _compare(node: Compare, *, wanted: bool) -> Filter:
    left, right, operator = node.left, node.right, node.operator
    if isinstance(left, Literal):
        left, right, operator = right, left, _FLIPPED[operator]
    if not wanted:
        operator = _OPPOSITE[operator]
    if not isinstance(left, Name):
        return ALL
    if not isinstance(right, Literal):
        return _one(left, Op.FILLED)
    return _held(left, operator, right.value)


def _held(name: Name, operator: str, value: Any) -> Filter:
    """One field beside one written value."""
    if name.type is Type.DATE:
        return _on_day(name, operator, date.fromisoformat(str(value)))
    if name.type is Type.TIME and operator in ("=", "<>"):
        return _at_instant(name, operator, value)
    if name.type is Type.TEXT and operator not in ("=", "<>"):
        return _one(name, Op.FILLED)  # every system sorts text in its own way
    return _one(name, _OPS[operator], value)


def _on_day(name: Name, operator: str, day: date) -> Filter:
    """By the bounds of the day, so that a field of instants is asked for rightly too."""
    if day == date.max:
        return _one(name, Op.FILLED)
    start, after = day.isoformat(), (day + timedelta(days=1)).isoformat()
    match operator:
        case "<":
            return _one(name, Op.LESS, start)
        case "<=":
            return _one(name, Op.LESS, after)
        case ">":
            return _one(name, Op.AT_LEAST, after)
        case ">=":
            return _one(name, Op.AT_LEAST, start)
        case "=":
            return _all([_one(name, Op.AT_LEAST, start), _one(name, Op.LESS, after)])
        case _:
            return _any([_one(name, Op.LESS, start), _one(name, Op.AT_LEAST, after)])


def _at_instant(name: Name, operator: str, moment: Any) -> Filter:
    if operator == "=":
        return _all([_one(name, Op.AT_LEAST, moment), _one(name, Op.AT_MOST, moment)])
    return _any([_one(name, Op.LESS, moment), _one(name, Op.MORE, moment)])


def _in(node: In, *, wanted: bool) -> Filter:
    if not isinstance(node.item, Name):
        return ALL
    values = [cast("Literal", option).value for option in node.options]
    if node.item.type in (Type.DATE, Type.TIME):
        each = [_held(node.item, "=" if wanted else "<>", value) for value in values]
        return _any(each) if wanted else _all(each)
    return _one(node.item, Op.ONE_OF if wanted else Op.NONE_OF, *dict.fromkeys(values))


def _coalesced(node: Call, *, wanted: bool) -> Filter:
    """`flag is true` and its kin: a blank counts as what is written behind it."""
    match node.arguments:
        case (Name() as name, Literal(value=bool() as otherwise)):
            found = _one(name, Op.IS, wanted)
            return _any([found, _one(name, Op.BLANK)]) if otherwise is wanted else found
        case _:
            return ALL


def _one(item: Node, op: Op, *values: Any) -> Filter:
    if not isinstance(item, Name) or item.field.startswith(LINKED):
        return ALL
    return ((Comparison(item.field, op, values),),)


def _any(parts: Sequence[Filter]) -> Filter:
    """Either: nothing is asked for as soon as one part cannot be."""
    groups = _distinct(group for part in parts for group in part)
    return ALL if () in groups or len(groups) > MOST_GROUPS else groups


def _all(parts: Sequence[Filter]) -> Filter:
    """Both: what cannot be asked is left out, the widest alternatives first when too many."""
    kept = sorted(parts, key=len)
    while prod(map(len, kept)) > MOST_GROUPS:
        kept.pop()
    return _distinct(
        tuple(dict.fromkeys(test for group in groups for test in group))
        for groups in product(*kept)
    )


def _distinct(groups: Iterable[Group]) -> tuple[Group, ...]:
    return tuple(dict.fromkeys(groups))
