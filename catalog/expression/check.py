"""Names and types: an untyped tree in, a typed one out, or an error that says where and how."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final

from catalog.entities import ENTITIES
from catalog.expression.engine.magnitude import check_magnitude, whole
from catalog.expression.functions.table import FUNCTIONS, NUMBER, Function, Parameter
from catalog.expression.parse import parse
from catalog.expression.scope import Scope
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
from tasuki.errors import ExpressionError, Place
from tasuki.values import instant, stamp

_TAKES_NULL: Final = frozenset({"coalesce", "if", "least", "greatest", "concat"})
_OVER_ROWS: Final = frozenset({"count", "sum", "avg", "min", "max"})
_SHOWN: Final = {
    Type.TEXT: "text",
    Type.INT: "a whole number",
    Type.NUM: "a number",
    Type.BOOL: "true or false",
    Type.DATE: "a date",
    Type.TIME: "an instant",
    None: "null",
}


def condition(text: str, scope: Scope, place: Place | None = None) -> Node:
    """The typed tree of a condition: true, false or unknown for every row."""
    return _of_type(text, scope, place, frozenset({Type.BOOL}), "a condition is true or false")


def value(text: str, scope: Scope, place: Place | None = None) -> Node:
    """The typed tree of a number, as in points and metrics."""
    return _of_type(text, scope, place, NUMBER, "a number is wanted here")


def anything(text: str, scope: Scope, place: Place | None = None) -> Node:
    """The typed tree of an expression of whatever type."""
    return _of_type(text, scope, place, frozenset(_SHOWN) - {None}, "a value is wanted here")


def _of_type(
    text: str, scope: Scope, place: Place | None, wanted: frozenset[Type | None], why: str
) -> Node:
    tree = check(parse(text, place), scope)
    if type_of(tree) not in wanted:
        raise _error(
            tree,
            f"The expression is {_SHOWN[type_of(tree)]}",
            why=why,
            fix="Compare it with something, as in account.employees >= 100."
            if Type.BOOL in wanted
            else "Take a number, as in account.employees * 2 or if(account.is_customer, 10, 0).",
        )
    check_magnitude(tree)
    return tree


def check(node: Node, scope: Scope) -> Node:
    """The same tree with every type filled in; ExpressionError at the first that does not fit."""
    return _Checker(scope).node(node)


def _error(node: Node, what: str, *, why: str = "", fix: str = "") -> ExpressionError:
    return ExpressionError(what, where=node.place, why=why, remedy=fix)


def _near(word: str, known: Iterable[str]) -> str:
    """The did-you-mean of a misspelt word; empty when nothing is like it."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean '{found[0]}'?" if found else ""


class _Checker:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def node(self, node: Node) -> Node:
        match node:
            case Name():
                return self._name(node)
            case Literal():
                return replace(node, type=_literal_type(node))
            case Arithmetic():
                return self._arithmetic(node)
            case Call():
                return self._call(node)
            case Case():
                return self._case(node)
            case Compare():
                return self._compare(node)
            case And() | Or():
                return replace(node, items=tuple(map(self._condition, node.items)))
            case Not():
                return replace(node, item=self._condition(node.item))
            case In() | Between() | IsNull() | Like():
                return self._predicate(node)

    # ── names ──

    def _name(self, node: Name) -> Name:
        fields = self.scope.relations.get(node.relation)
        if fields is None:
            raise self._unknown_relation(node)
        if node.field not in fields:
            raise self._unknown_field(node, fields)
        return replace(node, type=fields[node.field])

    def _unknown_relation(self, node: Name) -> ExpressionError:
        far = self._elsewhere(node)
        if far is not None:
            return far
        known = sorted(self.scope.relations)
        about = f"a rule about {self.scope.own} sees" if self.scope.own else "this expression sees"
        why = _near(node.relation, known)
        fix = f"Use one of: {', '.join(known)}."
        if not why:
            why = f"{about} {', '.join(known)}"
            if node.relation in ENTITIES and self.scope.own:
                fix = (
                    f"Use a metric of {self.scope.own}; many {node.relation} rows may belong to it."
                )
        return _error(node, f"'{node.relation}' is not a relation here", why=why, fix=fix)

    def _unknown_field(self, node: Name, fields: Iterable[str]) -> ExpressionError:
        far = self._elsewhere(node)
        if far is not None:
            return far
        known = sorted(fields)
        return _error(
            node,
            f"'{node.relation}' has no field '{node.field}'",
            why=_near(node.field, known) or f"it has {', '.join(known)}",
            fix="Correct the name, or declare the field in the project's catalog.",
        )

    def _elsewhere(self, node: Name) -> ExpressionError | None:
        owner = self.scope.elsewhere.get((node.relation, node.field))
        if owner is None:
            return None
        return _error(
            node,
            f"'{node.relation}.{node.field}' belongs to {owner}",
            why=f"a rule about {self.scope.own} cannot tell which {owner} is meant",
            fix=f"Make it a rule about {owner}, or use a score of {self.scope.own}.",
        )

    # ── values ──

    def _arithmetic(self, node: Arithmetic) -> Arithmetic:
        left, right = (self._number(n, node.operator) for n in (node.left, node.right))
        typed = replace(node, left=left, right=right, type=Type.NUM)
        return replace(typed, type=Type.INT) if whole(typed) else typed

    def _number(self, node: Node, operator: str) -> Node:
        typed = self.node(node)
        if type_of(typed) in NUMBER:
            return typed
        days = type_of(typed) in {Type.DATE, Type.TIME}
        raise _error(
            typed,
            f"`{operator}` does not take {_SHOWN[type_of(typed)]}",
            why="it calculates with numbers only",
            fix="Use days_between(from, to), add_days(day, n) or add_months(date, n)."
            if days
            else "Use a number; to_num(text) reads one from text.",
        )

    def _call(self, node: Call) -> Call:
        function = FUNCTIONS.get(node.name)
        if function is None:
            raise _unknown_function(node)
        self._count(node, function)
        given = [self._argument(n, function, i) for i, n in enumerate(node.arguments)]
        same = [i for i in range(len(given)) if function.parameter(i).same]
        for index, typed in zip(same, self._alike([given[i] for i in same]), strict=True):
            given[index] = typed
        if same and _widest([given[i] for i in same]) is None:
            raise _error(node, f"Every value of '{node.name}' is null", fix="Give it a value.")
        kind = function.result or _widest([given[i] for i in same])
        return replace(node, arguments=tuple(given), type=kind)

    def _count(self, node: Call, function: Function) -> None:
        least, most = function.least(), function.most()
        if least <= len(node.arguments) and (most is None or len(node.arguments) <= most):
            return
        raise _error(
            node,
            f"'{node.name}' does not take {len(node.arguments)} arguments",
            why=f"it is called as {function.signature()}",
            fix="Give it the arguments it takes.",
        )

    def _argument(self, node: Node, function: Function, index: int) -> Node:
        parameter = function.parameter(index)
        typed = self.node(node)
        kind = type_of(typed)
        if parameter.literal is not None:
            self._written_number(typed, parameter, function)
        nothing = kind is None and function.name in _TAKES_NULL
        if nothing or kind in parameter.types:
            return typed
        if (day := _as_day(typed, parameter.types)) is not None:
            return day
        wanted = " or ".join(_SHOWN[t] for t in Type if t in parameter.types)
        raise _error(
            typed,
            f"'{function.name}' does not take {_SHOWN[kind]} here",
            why=f"{parameter.name} is {wanted}",
            fix=f"Call it as {function.signature()}.",
        )

    def _written_number(self, typed: Node, parameter: Parameter, function: Function) -> None:
        low, high = parameter.literal or (0, 0)
        number = typed.value if isinstance(typed, Literal) else None
        if type(number) is not int or not low <= number <= high:
            raise _error(
                typed,
                f"{parameter.name} of '{function.name}' is a written number",
                why=f"it lies between {low} and {high}",
                fix=f"Call it as in {function.examples[-1][0]}.",
            )

    def _case(self, node: Case) -> Case:
        conditions = [self._condition(when) for when, _ in node.branches]
        results = [*(then for _, then in node.branches), node.otherwise]
        typed = self._alike([self.node(n) for n in results])
        kind = _widest(typed)
        if kind is None:
            raise _error(node, "Every branch of this case is null", fix="Give one branch a value.")
        branches = tuple(zip(conditions, typed[:-1], strict=True))
        return replace(node, branches=branches, otherwise=typed[-1], type=kind)

    # ── conditions ──

    def _condition(self, node: Node) -> Node:
        typed = self.node(node)
        if type_of(typed) is not Type.BOOL:
            raise _error(
                typed,
                f"A condition is wanted here, this is {_SHOWN[type_of(typed)]}",
                why="and, or, not and when join conditions",
                fix="Compare it with something, as in account.employees >= 100.",
            )
        return typed

    def _compare(self, node: Compare) -> Compare:
        left, right = self._known(node.left), self._known(node.right)
        left, right = self._alike([left, right])
        if type_of(left) is Type.BOOL and node.operator not in {"=", "<>"}:
            raise _error(
                node,
                f"`{node.operator}` does not compare true with false",
                fix="Use = or <>, or the condition by itself.",
            )
        return replace(node, left=left, right=right)

    def _known(self, node: Node) -> Node:
        typed = self.node(node)
        if type_of(typed) is None:
            raise _error(
                typed,
                "Nothing can be compared with null",
                why="the result would be unknown for every row",
                fix="Write `is null` or `is not null`.",
            )
        return typed

    def _predicate(self, node: In | Between | IsNull | Like) -> Node:
        match node:
            case In():
                item, *options = self._alike([self._known(n) for n in (node.item, *node.options)])
                return replace(node, item=item, options=tuple(options))
            case Between():
                low, item, high = self._alike(
                    [self._known(n) for n in (node.low, node.item, node.high)]
                )
                if type_of(item) is Type.BOOL:
                    raise _error(node, "`between` does not take true or false")
                return replace(node, item=item, low=low, high=high)
            case IsNull():
                return replace(node, item=self._known(node.item))
            case Like():
                return self._like(node)

    def _like(self, node: Like) -> Like:
        item = self._known(node.item)
        if type_of(item) is not Type.TEXT:
            raise _error(
                item,
                f"`like` does not take {_SHOWN[type_of(item)]}",
                why="it compares text with a pattern",
                fix="Use a text field.",
            )
        return replace(node, item=item)

    def _alike(self, nodes: list[Node]) -> list[Node]:
        """The nodes as one type: written text becomes a date next to a date, null fits all."""
        days = {t for n in nodes if (t := type_of(n)) in {Type.DATE, Type.TIME} and t}
        if len(days) == 1:
            nodes = [_as_day(n, frozenset(days)) or n for n in nodes]
        first = next((n for n in nodes if type_of(n) is not None), None)
        for node in nodes:
            kinds = {type_of(node), type_of(first) if first else None} - {None}
            if len(kinds) > 1 and not kinds <= NUMBER:
                raise self._unlike(first or node, node)
        return nodes

    def _unlike(self, first: Node, node: Node) -> ExpressionError:
        kinds = {type_of(first), type_of(node)}
        fix = "Compare like with like; to_num(text) and to_date(text) read text."
        if kinds == {Type.DATE, Type.TIME}:
            fix = "Compare days_since(...) of both."
        elif (
            isinstance(node, Literal) and node.type is Type.TEXT and kinds & {Type.DATE, Type.TIME}
        ):
            fix = "Write a date as '2026-01-31', an instant as '2026-01-31T09:00:00Z'."
        return _error(
            node,
            f"{_SHOWN[type_of(node)].capitalize()} does not go with {_SHOWN[type_of(first)]}",
            why="both sides must be of one type",
            fix=fix,
        )


def _unknown_function(node: Call) -> ExpressionError:
    if node.name in _OVER_ROWS:
        return _error(
            node,
            f"'{node.name}' counts over many rows",
            why="an expression sees one row at a time",
            fix="Declare a metric; for the larger of two values use greatest(a, b).",
        )
    return _error(
        node,
        f"There is no function '{node.name}'",
        why=_near(node.name, FUNCTIONS) or "only the functions of the reference are known",
        fix="See docs/reference/expressions.md for the functions.",
    )


def _widest(nodes: Iterable[Node]) -> Type | None:
    """The one type of them all; a number among whole numbers makes them numbers."""
    kinds = [kind for node in nodes if (kind := type_of(node))]
    return Type.NUM if Type.NUM in kinds else next(iter(kinds), None)


def _literal_type(node: Literal) -> Type | None:
    if node.type is not None:
        return node.type
    match node.value:
        case None:
            return None
        case bool():
            return Type.BOOL
        case int():
            return Type.INT
        case float():
            return Type.NUM
        case str():
            return Type.TEXT


def _as_day(node: Node, wanted: frozenset[Type]) -> Literal | None:
    """Written text as the date or instant wanted; None when it is neither."""
    if not isinstance(node, Literal) or node.type is not Type.TEXT:
        return None
    text = str(node.value)
    try:
        if Type.DATE in wanted and len(text) == 10:
            return replace(node, value=date.fromisoformat(text).isoformat(), type=Type.DATE)
        if Type.TIME in wanted and len(text) >= 10:
            moment = instant(datetime.fromisoformat(text).isoformat())
            return replace(node, value=stamp(moment), type=Type.TIME)
    except (ValueError, OverflowError):
        return None
    return None
