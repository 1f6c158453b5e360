"""Tree to SQLAlchemy Core: one set-based expression, every value a bound parameter."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnClause,
    ColumnElement,
    Float,
    String,
    literal,
    null,
)
from sqlalchemy.types import TypeEngine

from catalog.expression.engine import postgresql, sqlite
from catalog.expression.engine.rule import Rule
from catalog.expression.engine.sqlite import register_functions
from catalog.expression.evaluate import like_parts
from catalog.expression.functions.total import operation
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

__all__ = ["Columns", "Element", "lower", "postgresql", "register_functions", "sqlite"]
# Importing an engine's module tells SQLAlchemy its rules.

Element: TypeAlias = ColumnElement[Any]
Columns: TypeAlias = Callable[[str, str], Element]
"""(relation, field) -> the column of the query that holds it."""

_SQL_TYPES: Final[dict[Type | None, TypeEngine[Any]]] = {
    Type.TEXT: String(),
    Type.REF: String(),
    Type.DATE: String(),
    Type.TIME: String(),
    Type.INT: BigInteger(),
    Type.NUM: Float(),
    Type.BOOL: Boolean(),
}
_ENDLESS: Final = 1_000_000
_TEXTUAL: Final = frozenset({Type.TEXT, Type.DATE, Type.TIME, Type.REF})


def lower(tree: Node, columns: Columns, today: date, now: datetime) -> Element:
    """The SQL of a checked tree; `today` and `now` are bound, the database's clock is never asked.

    Shape: conditions are Boolean, numbers Float or BigInteger, the rest text.
    """
    return _Lowering(columns, today.isoformat(), stamp(now)).node(tree)


def _rule(name: str, *arguments: Element, type_: Type | None = Type.BOOL) -> Rule:
    return Rule(name, *arguments, type_=_SQL_TYPES[type_])


def _bound(value: object, kind: Type | None) -> Element:
    if value is None:
        return null()
    element = literal(value, _SQL_TYPES[kind])
    return _rule("text", element, type_=kind) if kind in _TEXTUAL else element


class _Lowering:
    def __init__(self, columns: Columns, today: str, now: str) -> None:
        self.columns = columns
        self.today = _bound(today, Type.DATE)
        self.now = _bound(now, Type.TIME)

    def node(self, node: Node) -> Element:
        match node:
            case Name():
                return self._name(node)
            case Literal():
                return _bound(node.value, node.type)
            case Arithmetic():
                return self._arithmetic(node)
            case Call():
                return self._call(node)
            case Case():
                return self._case(node.branches, node.otherwise, node.type)
            case Compare():
                left, right = self._alike(node.left, node.right)
                return _rule(node.operator, left, right)
            case And() | Or():
                word = "and" if isinstance(node, And) else "or"
                return _rule(word, *map(self.node, node.items))
            case Not() | In() | Between() | IsNull() | Like():
                return self._predicate(node)

    def _name(self, node: Name) -> Element:
        column = self.columns(node.relation, node.field)
        if not isinstance(column, ColumnClause):
            column = _rule("group", column, type_=node.type)
        if node.type is Type.NUM:
            return _rule("number", column, type_=Type.NUM)
        return _rule("text", column, type_=node.type) if node.type in _TEXTUAL else column

    def _as(self, node: Node, kind: Type | None) -> Element:
        """The node, as a float where a float is wanted of a whole number."""
        if kind is not Type.NUM or type_of(node) is not Type.INT:
            return self.node(node)
        if isinstance(node, Literal):
            return _bound(float(node.value or 0), Type.NUM)
        return _rule("float", self.node(node), type_=Type.NUM)

    def _alike(self, *nodes: Node) -> list[Element]:
        kind = Type.NUM if any(type_of(n) is Type.NUM for n in nodes) else None
        return [self._as(n, kind) for n in nodes]

    def _arithmetic(self, node: Arithmetic) -> Element:
        sides = (node.left, node.right)
        if node.type is Type.NUM:
            left, right = (self._as(n, Type.NUM) for n in sides)
        else:
            left, right = (_rule("long", self.node(n), type_=Type.INT) for n in sides)
        return _rule(node.operator, left, right, type_=node.type)

    def _case(
        self, branches: tuple[tuple[Node, Node], ...], otherwise: Node, kind: Type | None
    ) -> Element:
        pairs = [(self.node(when), self._as(then, kind)) for when, then in branches]
        flat = [element for pair in pairs for element in pair]
        return _rule("case", *flat, self._as(otherwise, kind), type_=kind)

    def _predicate(self, node: Not | In | Between | IsNull | Like) -> Element:
        match node:
            case Not():
                return _rule("not", self.node(node.item))
            case IsNull():
                return _rule("is_null", self.node(node.item))
            case Between():
                return _rule("between", *self._alike(node.item, node.low, node.high))
            case In():
                return _rule("in", *self._alike(node.item, *node.options))
            case Like():
                item, pattern = self.node(node.item), like_parts(node.pattern)
                return _rule("like", item, *(_bound(p, Type.TEXT) for p in _patterns(pattern)))

    # ── functions ──

    def _call(self, node: Call) -> Element:
        arguments = node.arguments
        match node.name:
            case "today":
                return self.today
            case "now":
                return self.now
            case "if":
                return self._case(((arguments[0], arguments[1]),), arguments[2], node.type)
            case "days_since" | "days_until":
                return self._days(node)
            case "least" | "greatest":
                sides = [self._as(n, node.type) for n in arguments]
                return _rule(node.name, *sides, type_=node.type)
            case "concat":
                empty = _bound("", Type.TEXT)
                known = [_rule("coalesce", self.node(n), empty, type_=node.type) for n in arguments]
                return _rule("concat", *known, type_=node.type)
            case _:
                return self._plain(node)

    def _days(self, node: Call) -> Element:
        kind = type_of(node.arguments[0])
        here = self.now if kind is Type.TIME else self.today
        ends = (self.node(node.arguments[0]), here)
        ordered = ends if node.name == "days_since" else ends[::-1]
        return _rule(operation("days_between", kind), *ordered, type_=Type.INT)

    def _plain(self, node: Call) -> Element:
        name = operation(node.name, type_of(node.arguments[0]))
        if name == "round":
            return self._round(node)
        alike = name in {"coalesce", "nullif"}
        given = self._alike(*node.arguments) if alike else [self.node(n) for n in node.arguments]
        if name == "abs" and node.type is Type.INT:
            given = [_rule("long", *given, type_=Type.INT)]
        if name == "substr" and len(given) == 2:
            given = [*given, _bound(_ENDLESS, Type.INT)]
        return _rule(name, *given, type_=node.type)

    def _round(self, node: Call) -> Element:
        number = self._as(node.arguments[0], Type.NUM)
        power = 1.0
        for digits in node.arguments[1:]:
            power = 10.0 ** int(digits.value or 0) if isinstance(digits, Literal) else power
        return _rule("round", number, _bound(power, Type.NUM), type_=Type.NUM)


def _patterns(pattern: tuple[tuple[str, bool], ...]) -> tuple[str, str]:
    """The pattern as LIKE with backslashes and as GLOB; each engine takes its own."""
    like = "".join(c if free else f"\\{c}" if c in "%_\\" else c for c, free in pattern)
    wild = {"%": "*", "_": "?"}
    glob = "".join(wild[c] if free else f"[{c}]" if c in "*?[" else c for c, free in pattern)
    return like, glob
