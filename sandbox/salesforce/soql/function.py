"""Functions of SOQL: parts of dates, time zones, labels, aggregates."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sandbox.salesforce.schema import NUMBER_TYPES, Field
from sandbox.salesforce.soql.dates import USER_ZONE_MODIFIER
from sandbox.salesforce.soql.grammar.tokens import pointed
from sandbox.salesforce.soql.grammar.tree import Call, Path
from sandbox.salesforce.soql.scope import Column, Scope

AGGREGATES: Final = frozenset({"count", "count_distinct", "sum", "avg", "min", "max"})
_LABELS: Final = frozenset({"tolabel", "format"})
_WHOLE: Final = Field("n", "int", "Number")
_DAY: Final = Field("d", "date", "Day")


def _number(code: str) -> str:
    return f"CAST(strftime('{code}', {{}}) AS INTEGER)"


_QUARTER: Final = f"(({_number('%m')} + 2) / 3)"
_WEEKDAY: Final = f"({_number('%w')} + 1)"  # Sunday is 1
_PARTS: Final[Mapping[str, str]] = {
    "calendar_year": _number("%Y"),
    "calendar_quarter": _QUARTER,
    "calendar_month": _number("%m"),
    "fiscal_year": _number("%Y"),  # this org's fiscal year begins in January
    "fiscal_quarter": _QUARTER,
    "fiscal_month": _number("%m"),
    "day_in_year": _number("%j"),
    "day_in_month": _number("%d"),
    "day_in_week": _WEEKDAY,
    "hour_in_day": _number("%H"),
    "week_in_year": f"(({_number('%j')} + 6) / 7)",
    "week_in_month": f"(({_number('%d')} + 6) / 7)",
}


def is_aggregate(item: object) -> bool:
    """Whether a selected item is an aggregate."""
    return isinstance(item, Call) and item.name.lower() in AGGREGATES


def operand(scope: Scope, one: Path | Call) -> Column:
    """The column a field or a function of a field gives."""
    if isinstance(one, Path):
        return scope.column(one)
    name = one.name.lower()
    if name in AGGREGATES:
        return _aggregated(scope, one, name)
    if one.argument is not None and (name in _PARTS or name == "day_only"):
        return _part(scope, one, name)
    shown = labelled(scope, one)
    if shown is not None:
        return shown
    fault = f"unexpected token: '{one.name}'"
    raise pointed(scope.context.text, one.at, "MALFORMED_QUERY", fault)


def labelled(scope: Scope, one: Call) -> Column | None:
    """`toLabel()`, in this org the value itself, and `FORMAT()`; None for another function."""
    name = one.name.lower()
    if name not in _LABELS or not isinstance(one.argument, Path):
        return None
    column = scope.column(one.argument)
    if name == "tolabel" or column.field.type not in NUMBER_TYPES:
        return column
    shown = f"printf('%,d', CAST({column.sql} AS INTEGER))"
    if column.field.scale:
        part = f"substr(printf('%.{column.field.scale}f', abs({column.sql})), "
        shown += f" || {part}-{column.field.scale + 1})"
    text = f"CASE WHEN {column.sql} IS NOT NULL THEN {shown} END"
    return Column(text, Field(column.field.name, "string", column.field.label))


def _part(scope: Scope, one: Call, name: str) -> Column:
    column = _moment(scope, one)
    if name == "hour_in_day" and column.field.type != "datetime":
        raise _unfit(scope, one, column)
    if name == "day_only":
        return Column(f"date({column.sql})", _DAY)
    return Column(_PARTS[name].format(*[column.sql] * _PARTS[name].count("{}")), _WHOLE)


def _moment(scope: Scope, one: Call) -> Column:
    """The date or datetime a function reads, in UTC unless `convertTimezone()` asks for more."""
    inner = one.argument
    shifted = isinstance(inner, Call) and inner.name.lower() == "converttimezone"
    path = inner.argument if shifted and isinstance(inner, Call) else inner
    if not isinstance(path, Path):
        raise pointed(
            scope.context.text, one.at, "MALFORMED_QUERY", f"unexpected token: '{one.name}'"
        )
    column = scope.column(path)
    if column.field.type not in {"date", "datetime"}:
        raise _unfit(scope, one, column)
    modifier = f", '{USER_ZONE_MODIFIER}'" if shifted and column.field.type == "datetime" else ""
    return replace(column, sql=f"datetime(substr({column.sql}, 1, 19){modifier})")


def _unfit(scope: Scope, one: Call, column: Column) -> Exception:
    fault = f"field {column.field.name} does not support function {one.name}"
    return pointed(scope.context.text, one.at, "INVALID_FIELD", fault)


def _aggregated(scope: Scope, one: Call, name: str) -> Column:
    if one.argument is None:
        if name != "count":
            fault = f"{one.name} requires exactly one field"
            raise pointed(scope.context.text, one.at, "MALFORMED_QUERY", fault)
        return Column("count(*)", _WHOLE)
    column = operand(scope, one.argument)
    if name.startswith("count"):
        distinct = "DISTINCT " if name == "count_distinct" else ""
        return Column(f"count({distinct}{column.sql})", _WHOLE)
    number = column.field.type in NUMBER_TYPES
    if (name in {"sum", "avg"} and not number) or column.field.type in {"boolean", "address"}:
        fault = f"field {column.field.name} does not support aggregate operator {name.upper()}"
        raise pointed(scope.context.text, one.at, "MALFORMED_QUERY", fault)
    return replace(column, sql=f"{name}({column.sql})")
