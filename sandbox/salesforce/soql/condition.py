"""Conditions into SQL; under NOT a comparison with null is false first, as SOQL means it."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.ids import full_id, is_id
from sandbox.salesforce.rows.values import moment, stamp
from sandbox.salesforce.schema import NUMBER_TYPES, TEXT_TYPES, Field
from sandbox.salesforce.soql.dates import edge, span
from sandbox.salesforce.soql.grammar.tokens import pointed, unquoted
from sandbox.salesforce.soql.grammar.tree import (
    Call,
    Comparison,
    Condition,
    Group,
    Literal,
    Not,
    Path,
    Select,
)
from sandbox.salesforce.soql.scope import Column, Scope

Operand = Callable[[Scope, Path | Call], Column]
SubSelect = Callable[[Scope, Select], str]
_LIKED: Final = (TEXT_TYPES - {"multipicklist"}) | {"string"}
_ORDERS: Final = frozenset({"<", "<=", ">", ">="})
_NULL_TESTS: Final = {"=": "IS NULL", "!=": "IS NOT NULL"}


class Conditions:
    """Lowers conditions of one statement; told how to lower operands and sub-selects."""

    def __init__(self, operand: Operand, subselect: SubSelect) -> None:
        self._operand = operand
        self._subselect = subselect

    def sql(self, scope: Scope, condition: Condition) -> str:
        """One condition as SQL."""
        if isinstance(condition, Group):
            parts = (self.sql(scope, each) for each in condition.parts)
            return "(" + f" {condition.word.upper()} ".join(parts) + ")"
        if isinstance(condition, Not):
            return f"(NOT ifnull({self.sql(scope, condition.part)}, 0))"
        return self._comparison(scope, condition)

    def _comparison(self, scope: Scope, one: Comparison) -> str:
        column = self._operand(scope, one.left)
        _check_filterable(scope, column.field, one.left.at)
        _check_operator(scope, column.field, one)
        if isinstance(one.values, Select):
            inner = self._subselect(scope, one.values)
            return _membership(column.sql, one.operator, inner)
        if one.operator in {"in", "not in"}:
            return _among(scope, column, one.operator, one.values)
        if one.operator in {"includes", "excludes"}:
            return _includes(scope, column, one.operator, one.values)
        literal = one.values[0]
        if literal.kind == "macro":
            return _in_span(scope, column, one.operator, literal)
        if literal.kind == "null" and one.operator in _NULL_TESTS:
            return f"({column.sql} {_NULL_TESTS[one.operator]})"
        if one.operator == "like":
            mark = scope.context.bind(unquoted(literal.text, pattern=True))
            return f"({column.sql} LIKE {mark} ESCAPE '\\')"
        mark = scope.context.bind(value_of(scope, column.field, literal))
        operator = "IS NOT" if one.operator == "!=" else one.operator
        return f"({column.sql} {operator} {mark})"


def is_wide(field: Field) -> bool:
    """Whether a field is long text or compound: neither filtered nor sorted by."""
    return field.type == "address" or (field.type == "textarea" and field.length > 255)


def _check_filterable(scope: Scope, field: Field, at: int) -> None:
    if is_wide(field):
        text = f"field '{field.name}' can not be filtered in a query call"
        raise pointed(scope.context.text, at, "INVALID_FIELD", text)


def _check_operator(scope: Scope, field: Field, one: Comparison) -> None:
    text = None
    unordered = one.operator in _ORDERS and field.type in {"boolean", "multipicklist"}
    if unordered or (one.operator == "like" and field.type not in _LIKED):
        text = f"invalid operator on {field.type} field"
    elif one.operator in {"includes", "excludes"} and field.type != "multipicklist":
        text = "includes or excludes operator only valid on multipicklist field"
    if text is not None:
        raise pointed(scope.context.text, one.left.at, "INVALID_QUERY_FILTER_OPERATOR", text)


def _membership(sql: str, operator: str, inner: str) -> str:
    if operator == "not in":
        return f"({sql} IS NULL OR {sql} NOT IN ({inner}))"
    return f"({sql} IN ({inner}))"


def _among(scope: Scope, column: Column, operator: str, values: Sequence[Literal]) -> str:
    bind, known = scope.context.bind, [each for each in values if each.kind != "null"]
    marks = ", ".join(bind(value_of(scope, column.field, each)) for each in known)
    null = len(known) < len(values)
    if operator == "in":
        extra = f" OR {column.sql} IS NULL" if null else ""
        return f"({column.sql} IN ({marks}){extra})"
    if null:
        return f"({column.sql} IS NOT NULL AND {column.sql} NOT IN ({marks}))"
    return _membership(column.sql, operator, marks)


def _includes(scope: Scope, column: Column, operator: str, values: Sequence[Literal]) -> str:
    tests: list[str] = []
    for each in values:
        wanted = unquoted(each.text).split(";")
        marks = (scope.context.bind(f";{one};") for one in wanted)
        tests.append(
            "("
            + " AND ".join(f"instr(';' || {column.sql} || ';', {mark}) > 0" for mark in marks)
            + ")"
        )
    some = "(" + " OR ".join(tests) + ")"
    return some if operator == "includes" else f"(NOT ifnull({some}, 0))"


def _in_span(scope: Scope, column: Column, operator: str, literal: Literal) -> str:
    found = span(literal.text, scope.context.org.state.now())
    if found is None or column.field.type not in {"date", "datetime"}:
        text = f"unexpected token: '{literal.text}'"
        raise pointed(scope.context.text, literal.at, "MALFORMED_QUERY", text)
    with_time = column.field.type == "datetime"
    first, after = (scope.context.bind(edge(day, with_time=with_time)) for day in found)
    sql = column.sql
    inside = f"({sql} >= {first} AND {sql} < {after})"
    forms = {
        "=": inside,
        "!=": f"(NOT ifnull({inside}, 0))",
        "<": f"({sql} < {first})",
        "<=": f"({sql} < {after})",
        ">": f"({sql} >= {after})",
        ">=": f"({sql} >= {first})",
    }
    return forms[operator]


def value_of(scope: Scope, field: Field, literal: Literal) -> Any:
    """The stored form of a literal; INVALID_FIELD when it does not fit the field."""
    expected, quoted = _expected(field)
    if literal.kind == "null":
        return None
    if literal.kind != expected:
        quotes = "should be" if quoted else "should not be"
        text = (
            f"value of filter criterion for field '{field.name}' must be of type "
            f"{_TYPE_WORDS.get(expected, expected)} and {quotes} enclosed in quotes"
        )
        raise pointed(scope.context.text, literal.at, "INVALID_FIELD", text)
    if expected == "string":
        return _text_of(field, unquoted(literal.text))
    if expected == "number":
        number = float(literal.text)
        return int(number) if field.type == "int" and number.is_integer() else number
    if expected == "boolean":
        return int(literal.text == "true")
    return stamp(moment(literal.text)) if expected == "datetime" else literal.text


_TYPE_WORDS: Final = {"datetime": "dateTime", "number": "double"}


def _expected(field: Field) -> tuple[str, bool]:
    if field.type in NUMBER_TYPES:
        return "number", False
    if field.type in {"boolean", "date", "datetime"}:
        return field.type, False
    return "string", True


def _text_of(field: Field, text: str) -> str | None:
    if field.type not in {"id", "reference"}:
        return text or None
    if not text:
        return None
    if not is_id(text):
        raise FaultError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
    return full_id(text)
