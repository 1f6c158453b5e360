"""Text to tree: sqlglot reads, this module admits what the language knows and refuses the rest."""

from collections.abc import Callable
from typing import Final, cast

from sqlglot import exp

from catalog.expression.reader import SPLIT, Source, read, sentence
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
)
from tasuki.errors import ExpressionError, Place

LARGEST: Final = 10**15
SMALLEST: Final = 1e-15
LONGEST_PATTERN: Final = 200
MOST_WILDCARDS: Final = 8
MOST_COST: Final = 72
"""SQLite's parser keeps a stack of 100; a sum of 70 terms, 24 nots or 9 calls fit."""
_COSTS: Final[dict[type[exp.Expr], int]] = {exp.Paren: 1, exp.Anonymous: 8, exp.Case: 8}

_ARITHMETIC: Final[dict[type[exp.Expr], str]] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
}
_COMPARE: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_KINDS: Final[dict[type[exp.Expr], tuple[str, str]]] = {
    exp.Cast: ("casts do not belong in an expression", "Use to_num(text) or to_date(text)."),
    exp.ILike: ("`ilike` is not known", "Write lower(field) like 'abc%'."),
    exp.Star: ("`*` does not belong in an expression", "Name the field, as relation.field."),
    exp.Mod: ("`%` is not known", "Use + - * / and the functions of the reference page."),
    exp.Alias: ("something is left over after the expression", "Join conditions by and / or."),
    exp.NullSafeNEQ: ("`is distinct from` is not known", "Write coalesce(field, '') <> 'x'."),
    exp.Interval: ("intervals are not known", "Write add_days(day, 30) or days_since(day) > 30."),
}
_NO_NAMES: Final = {
    "current_date": "Write today().",
    "current_timestamp": "Write now().",
    "localtimestamp": "Write now().",
}


def parse(text: str, place: Place | None = None, own: str | None = None) -> Node:
    """The untyped tree of an expression; ExpressionError with its place when it is not one.

    With `own` every name is a field of that one relation, spelled as written, dots included.
    """
    source = Source(text, place or Place("expression"))
    return _Converter(source, own).node(read(source))


class _Converter:
    """One sqlglot tree to ours; every kind of node is either listed here or refused."""

    def __init__(self, source: Source, own: str | None = None) -> None:
        self.source = source
        self.own = own
        self.depth = 0

    def node(self, found: exp.Expr, cost: int = 0) -> Node:
        """Our node for sqlglot's; the cost is how much it adds to the engines' own nesting."""
        cost = cost or _COSTS.get(type(found), 3)
        self.depth += cost
        if self.depth > MOST_COST:
            raise self.source.refuse(
                "The expression is nested too deeply", self.offset(found), fix=SPLIT
            )
        node = self._node(found)
        self.depth -= cost
        return node

    def _node(self, found: exp.Expr) -> Node:
        kind = type(found)
        place = self.place(found)
        if kind in _ARITHMETIC:
            left, right = self.node(found.this, 1), self.node(found.expression)
            return Arithmetic(_ARITHMETIC[kind], left, right, place=place)
        if kind in _COMPARE:
            left, right = self.node(found.this), self.node(found.expression)
            return Compare(_COMPARE[kind], left, right, place)
        maker = _MAKERS.get(kind)
        if maker is None:
            raise self._refused(found)
        self._only(found, _ARGS.get(kind, frozenset()))
        return maker(self, found)

    def _only(self, found: exp.Expr, args: frozenset[str]) -> None:
        odd = [k for k, v in found.args.items() if v and k not in args | {"this", "expression"}]
        if odd:
            raise self._refused(found)

    def _refused(self, found: exp.Expr) -> ExpressionError:
        known = ("this is not part of the language", "")
        what, fix = next((v for k, v in _KINDS.items() if isinstance(found, k)), known)
        why = "" if fix else f"{found.key.replace('_', ' ')} is none of its operators"
        return self.source.refuse(sentence(what), self.offset(found), why=why, fix=fix)

    def offset(self, found: exp.Expr) -> int:
        """Where the node begins in the text; a leftover is shown where it begins."""
        found = found.args["alias"] if isinstance(found, exp.Alias) else found
        starts = [n.meta["start"] for n in found.walk() if "start" in n.meta]
        return min(starts, default=0)

    def place(self, found: exp.Expr) -> Place:
        """Where the node begins in the file."""
        return self.source.at(self.offset(found))

    def name(self, found: exp.Expr) -> Node:
        """`relation.field`, nothing shorter or longer."""
        column = cast("exp.Column", found)
        parts = [part.name.lower() for part in column.parts]
        if isinstance(column.this, exp.Star):
            raise self._refused(column.this)
        if self.own is not None:
            spelled = ".".join(part.name for part in column.parts)
            return Name(self.own, spelled, place=self.place(found))
        if len(parts) != 2:
            usual = f"Write the relation before it, as in account.{parts[-1]}."
            raise self.source.refuse(
                f"'{'.'.join(parts)}' is not a relation and a field",
                self.offset(found),
                why="fields are named relation.field, as in account.employees",
                fix=_NO_NAMES.get(parts[-1], usual),
            )
        return Name(parts[0], parts[1], place=self.place(found))

    def literal(self, found: exp.Expr) -> Node:
        """Text or a number within what both databases hold exactly."""
        literal = cast("exp.Literal", found)
        place, text = self.place(found), literal.name
        if literal.is_string:
            return Literal(text, place=place)
        value = int(text) if text.isascii() and text.isdigit() else float(text)
        if value > LARGEST or 0 < value < SMALLEST:
            raise self.source.refuse(
                f"The number {text[:20]} is out of range",
                self.offset(found),
                why="numbers lie between 1e-15 and 1e15",
                fix="Use a number in that range.",
            )
        return Literal(value, place=place)

    def negative(self, found: exp.Expr) -> Node:
        """A minus sign before a value."""
        item, place = self.node(found.this), self.place(found)
        if isinstance(item, Literal) and type(item.value) in {int, float}:
            return Literal(-cast("float", item.value), place=place)
        return Arithmetic("-", Literal(0, place=place), item, place=place)

    def call(self, found: exp.Expr) -> Node:
        """A call of whatever name; the check knows which exist."""
        arguments = tuple(self.node(e) for e in found.expressions)
        return Call(str(found.this).lower(), arguments, place=self.place(found))

    def flat(self, found: exp.Expr) -> Node:
        """`a and b and c` as one node of three."""
        items = tuple(self.node(e) for e in cast("exp.Connector", found).flatten())
        merged = tuple(n for item in items for n in _same_kind(found, item))
        kind = And if isinstance(found, exp.And) else Or
        return kind(merged, self.place(found))

    def case(self, found: exp.Expr) -> Node:
        """Both forms of `case`; `case x when 1` compares x with each."""
        subject = self.node(found.this) if found.this else None
        branches: list[tuple[Node, Node]] = []
        for branch in found.args["ifs"]:
            when, then = self.node(branch.this), self.node(branch.args["true"])
            if subject is not None:
                when = Compare("=", subject, when, self.place(branch))
            branches.append((when, then))
        default = found.args.get("default")
        otherwise = self.node(default) if default else Literal(None, place=self.place(found))
        return Case(tuple(branches), otherwise, place=self.place(found))

    def is_(self, found: exp.Expr) -> Node:
        """`is null`, `is true`, `is false` and their opposites."""
        item, place = self.node(found.this), self.place(found)
        match found.expression:
            case exp.Null():
                node: Node = IsNull(item, place)
            case exp.Boolean() as boolean if boolean.this:
                node = Call("coalesce", (item, Literal(False, place=place)), place=place)
            case exp.Boolean():
                node = Not(Call("coalesce", (item, Literal(True, place=place)), place=place), place)
            case _:
                raise self._refused(found)
        return Not(node, place) if found.args.get("negate") else node

    def in_(self, found: exp.Expr) -> Node:
        """`in (...)` over written values."""
        options = tuple(self.node(e) for e in found.expressions)
        item = self.node(found.this)
        if not options or not all(isinstance(option, Literal) for option in options):
            raise self.source.refuse(
                "`in` takes a list of written values",
                self.offset(found),
                fix="List them, as in ('a', 'b'); compare with a field by = and or.",
            )
        return In(item, options, self.place(found))

    def between(self, found: exp.Expr) -> Node:
        """`between low and high`."""
        low, high = self.node(found.args["low"]), self.node(found.args["high"])
        return Between(self.node(found.this), low, high, self.place(found))

    def like(self, found: exp.Expr) -> Node:
        """`like` with a written pattern."""
        pattern = found.expression
        if not (isinstance(pattern, exp.Literal) and pattern.is_string):
            raise self.source.refuse(
                "`like` takes a written pattern",
                self.offset(found),
                fix="Write it as 'abc%', or use starts_with, ends_with or contains.",
            )
        self._pattern(pattern.name, self.offset(pattern))
        negate = bool(found.args.get("negate"))
        node = Like(self.node(found.this), pattern.name, self.place(found))
        return Not(node, self.place(found)) if negate else node

    def _pattern(self, pattern: str, offset: int) -> None:
        ends_open = (len(pattern) - len(pattern.rstrip("\\"))) % 2 == 1
        wide = len(pattern) > LONGEST_PATTERN or pattern.count("%") > MOST_WILDCARDS
        if ends_open or wide:
            raise self.source.refuse(
                "The pattern cannot be used",
                offset,
                why=r"it ends in a single \ " if ends_open else "it is too long or has too many %",
                fix=r"Write \\ for a backslash; use contains(...) for long pieces.",
            )


def _same_kind(found: exp.Expr, item: Node) -> tuple[Node, ...]:
    kind = And if isinstance(found, exp.And) else Or
    return item.items if isinstance(item, kind) else (item,)


def _paren(converter: _Converter, found: exp.Expr) -> Node:
    return converter.node(found.this)


def _not(converter: _Converter, found: exp.Expr) -> Node:
    return Not(converter.node(found.this), converter.place(found))


def _null(converter: _Converter, found: exp.Expr) -> Node:
    return Literal(None, place=converter.place(found))


def _boolean(converter: _Converter, found: exp.Expr) -> Node:
    return Literal(bool(found.this), place=converter.place(found))


_MAKERS: Final[dict[type[exp.Expr], Callable[[_Converter, exp.Expr], Node]]] = {
    exp.Column: _Converter.name,
    exp.Literal: _Converter.literal,
    exp.Neg: _Converter.negative,
    exp.Anonymous: _Converter.call,
    exp.And: _Converter.flat,
    exp.Or: _Converter.flat,
    exp.Not: _not,
    exp.Paren: _paren,
    exp.Case: _Converter.case,
    exp.Is: _Converter.is_,
    exp.In: _Converter.in_,
    exp.Between: _Converter.between,
    exp.Like: _Converter.like,
    exp.Null: _null,
    exp.Boolean: _boolean,
}
_ARGS: Final[dict[type[exp.Expr], frozenset[str]]] = {
    exp.Column: frozenset({"table", "db", "catalog"}),
    exp.Literal: frozenset({"is_string"}),
    exp.Anonymous: frozenset({"expressions"}),
    exp.Case: frozenset({"ifs", "default"}),
    exp.Is: frozenset({"negate"}),
    exp.In: frozenset({"expressions"}),
    exp.Between: frozenset({"low", "high"}),
    exp.Like: frozenset({"negate"}),
}
