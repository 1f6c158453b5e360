"""One row at a time, in plain Python: what the engines answer for the same row."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, TypeAlias

from catalog.expression.functions.total import STRICT, number, operation
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
    type_of,
)
from catalog.shape import Type
from tasuki.values import stamp

Values: TypeAlias = Mapping[tuple[str, str], Any]
"""(relation, field) -> value as the store gives it; a missing one is unknown."""

_COMPARE: Final = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and what the run counts as today and as now."""

    values: Values
    today: date
    now: datetime


def evaluate(tree: Node, values: Values, today: date, now: datetime) -> Any:
    """The value of a checked tree for one row; None is unknown, days and instants are text."""
    return value_in(tree, Row(values, today, now))


def value_in(tree: Node, row: Row) -> Any:
    """The same, for a row at hand."""
    match tree:
        case Name():
            return normal(row.values.get((tree.relation, tree.field)), tree.type)
        case Literal():
            return tree.value
        case Arithmetic():
            left, right = (value_in(n, row) for n in (tree.left, tree.right))
            return _arithmetic(tree, left, right)
        case Call():
            return _call(tree, row)
        case Case():
            for when, then in tree.branches:
                if value_in(when, row) is True:
                    return _as(tree.type, value_in(then, row))
            return _as(tree.type, value_in(tree.otherwise, row))
        case _:
            return _truth(tree, row)


def conjunction(verdicts: Iterable[bool | None]) -> bool | None:
    """All of them: false beats unknown, unknown beats true."""
    seen = set(verdicts)
    return False if False in seen else None if None in seen else True


def disjunction(verdicts: Iterable[bool | None]) -> bool | None:
    """Any of them: true beats unknown, unknown beats false."""
    seen = set(verdicts)
    return True if True in seen else None if None in seen else False


def opposite(verdict: bool | None) -> bool | None:  # noqa: FBT001  (a verdict is what it is about)
    """The other one; the opposite of unknown is unknown."""
    return None if verdict is None else not verdict


def normal(value: Any, kind: Type | None) -> Any:
    """A stored value as the language sees it."""
    if value is None:
        return None
    match kind:
        case Type.NUM:
            return number(value)
        case Type.INT:
            return int(value)
        case Type.BOOL:
            return bool(value)
        case Type.DATE | Type.TIME if isinstance(value, datetime):
            return stamp(value)
        case Type.DATE | Type.TIME if isinstance(value, date):
            return value.isoformat()
        case _:
            return value


def _truth(node: Node, row: Row) -> bool | None:
    match node:
        case And():
            return conjunction(value_in(n, row) for n in node.items)
        case Or():
            return disjunction(value_in(n, row) for n in node.items)
        case Not():
            return opposite(value_in(node.item, row))
        case IsNull():
            return value_in(node.item, row) is None
        case Compare():
            left, right = (value_in(n, row) for n in (node.left, node.right))
            return _compare(node.operator, left, right)
        case In():
            item = value_in(node.item, row)
            return disjunction(_compare("=", item, value_in(o, row)) for o in node.options)
        case Between():
            low, item, high = (value_in(n, row) for n in (node.low, node.item, node.high))
            return conjunction([_compare("<=", low, item), _compare("<=", item, high)])
        case Like():
            item = value_in(node.item, row)
            return None if item is None else bool(_pattern(node.pattern).match(item))
        case _:
            raise TypeError(f"{type(node).__name__} is not a condition")


def _compare(operator: str, left: Any, right: Any) -> bool | None:
    return None if left is None or right is None else bool(_COMPARE[operator](left, right))


def _arithmetic(node: Arithmetic, left: Any, right: Any) -> float | int | None:
    if left is None or right is None:
        return None
    if node.type is Type.NUM:
        left, right = float(left), float(right)
    match node.operator:
        case "+":
            return left + right  # type: ignore[no-any-return]
        case "-":
            return left - right  # type: ignore[no-any-return]
        case "*":
            return left * right  # type: ignore[no-any-return]
        case _:
            return left / right if right else None


def _call(node: Call, row: Row) -> Any:
    if node.name == "today":
        return row.today.isoformat()
    if node.name == "now":
        return stamp(row.now)
    given = [value_in(n, row) for n in node.arguments]
    known = [v for v in given if v is not None]
    match node.name:
        case "coalesce":
            return _as(node.type, known[0]) if known else None
        case "nullif":
            return None if given[0] == given[1] else _as(node.type, given[0])
        case "if":
            return _as(node.type, given[1] if given[0] is True else given[2])
        case "least" | "greatest":
            choose = min if node.name == "least" else max
            return _as(node.type, choose(known)) if known else None
        case "concat":
            return "".join(known)
        case _:
            return None if len(known) < len(given) else _strict(node, given, row)


def _strict(node: Call, given: list[Any], row: Row) -> Any:
    name, kind = node.name, type_of(node.arguments[0])
    if name in {"days_since", "days_until"}:
        here = stamp(row.now) if kind is Type.TIME else row.today.isoformat()
        given = [given[0], here] if name == "days_since" else [here, given[0]]
        name = "days_between"
    return _as(node.type, STRICT[operation(name, kind)](*given))


def _as(kind: Type | None, value: Any) -> Any:
    return float(value) if kind is Type.NUM and value is not None else value


def like_parts(pattern: str) -> tuple[tuple[str, bool], ...]:
    """The characters of a pattern, each with whether it is a wildcard."""
    found = re.findall(r"\\(.)|([%_])|(.)", pattern, re.DOTALL)
    return tuple((a or b or c, bool(b)) for a, b, c in found)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    body = "".join(wild[c] if free else re.escape(c) for c, free in like_parts(pattern))
    return re.compile(body + r"\Z", re.DOTALL)
