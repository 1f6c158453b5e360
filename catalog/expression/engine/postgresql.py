"""PostgreSQL: numbers as float8, text by the "C" collation, nothing that can raise on a row."""

from types import MappingProxyType
from typing import Any, Final

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from catalog.expression.engine.rule import Dialect, Filling, Join, Rule, render
from catalog.expression.engine.sqlite import JOINS
from catalog.expression.functions import total


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'"


def _either(first: str, second: str) -> str:
    return f"(CASE WHEN {first} THEN {second} END)"


_SPACES: Final = "U&'" + "".join(f"\\{ord(c):04x}" for c in total.SPACES) + "'"
_IS_DATE: Final = f"{{a}} ~ {_quoted(total.DATE_PATTERN)} AND {{a}} >= '0001'"
_IS_TIME: Final = f"{{a}} ~ {_quoted(total.TIME_PATTERN)} AND {{a}} >= '0001'"
_BOTH_DATES: Final = f"{_IS_DATE} AND {_IS_DATE.replace('{a}', '{b}')}"
_BOTH_TIMES: Final = f"{_IS_TIME} AND {_IS_TIME.replace('{a}', '{b}')}"
_DAY: Final = "left({a}, 10)::date"
_WITHIN: Final = f"{{b}} BETWEEN DATE '0001-01-01' - {_DAY} AND DATE '9999-12-31' - {_DAY}"
# Clamped, because the planner may calculate a constant's cast before the row is looked at.
_STEPS: Final = "least(greatest({b}, -4000000), 4000000)::int"
_MOVED: Final = f"to_char({_DAY} + {_STEPS}, 'YYYY-MM-DD') COLLATE \"C\""
_MONTHS: Final = "substr({a}, 1, 4)::int * 12 + substr({a}, 6, 2)::int - 1 + {b}::bigint"
_SLASHED: Final = "replace({a}, '/', '-')"

_TEMPLATES: Final = {
    "text": '({a} COLLATE "C")',
    "group": "({a})",
    "number": (
        "(CASE WHEN abs({a}) BETWEEN 1e-15 AND 1e15 THEN {a}::double precision"
        " WHEN abs({a}) < 1e-15 THEN 0 END)"
    ),
    "float": "CAST({a} AS DOUBLE PRECISION)",
    "long": "CAST({a} AS BIGINT)",
    "not": "(NOT {a})",
    "is_null": "({a} IS NULL)",
    "between": "({a} BETWEEN {b} AND {c})",
    "like": "({a} LIKE {b})",
    "/": "({a} / nullif({b}, 0))",
    "nullif": "nullif({a}, {b})",
    "abs": "abs({a})",
    "round": (
        "(CASE WHEN abs({a}) * {b} >= 4503599627370496 THEN {a}"
        " WHEN {a} < 0 THEN -(floor(0.5 - {a} * {b}) / {b})"
        " ELSE floor({a} * {b} + 0.5) / {b} END)"
    ),
    "to_num": _either(f"{{a}} ~ {_quoted(total.NUMBER)}", "{a}::double precision"),
    "lower": '(lower({a} COLLATE "und-x-icu") COLLATE "C")',
    "upper": '(upper({a} COLLATE "und-x-icu") COLLATE "C")',
    "trim": f"btrim({{a}}, {_SPACES})",
    "length": "length({a})",
    "starts_with": "starts_with({a}, {b})",
    "ends_with": "(right({a}, length({b})) = {b})",
    "contains": "(strpos({a}, {b}) > 0)",
    "substr": _either(
        "{b} IS NOT NULL AND {c} IS NOT NULL",
        "substr({a}, least(greatest({b}, 1), 1000000)::int, least(greatest({c}, 0), 1000000)::int)",
    ),
    "to_date": _either(_IS_DATE.replace("{a}", _SLASHED), _SLASHED),
    "days_between_date": _either(_BOTH_DATES, "{b}::date - {a}::date"),
    "days_between_datetime": _either(
        _BOTH_TIMES,
        "floor(extract(epoch from {b}::timestamptz - {a}::timestamptz) / 86400)::int",
    ),
    "add_days_date": _either(_IS_DATE, _either(_WITHIN, _MOVED)),
    "add_days_datetime": _either(_IS_TIME, _either(_WITHIN, f"{_MOVED} || substr({{a}}, 11)")),
    "add_months": _either(
        _IS_DATE,
        _either(
            f"{_MONTHS} BETWEEN 12 AND 119999",
            f"to_char({{a}}::date + make_interval(months => {_STEPS}), 'YYYY-MM-DD') COLLATE \"C\"",
        ),
    ),
    "year_date": _either(_IS_DATE, "substr({a}, 1, 4)::int"),
    "year_datetime": _either(_IS_TIME, "substr({a}, 1, 4)::int"),
    "month_date": _either(_IS_DATE, "substr({a}, 6, 2)::int"),
    "month_datetime": _either(_IS_TIME, "substr({a}, 6, 2)::int"),
    **{op: f"({{a}} {op} {{b}})" for op in ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*")},
}
_JOINS: Final = {
    **JOINS,
    "least": Join("least(", ", ", ")"),
    "greatest": Join("greatest(", ", ", ")"),
}


def _computed(filling: Filling) -> str:
    """In a sub-select; OFFSET 0 keeps the planner from copying the argument back into place."""
    inner = ", ".join(f"{filling.words[letter]} AS {letter}" for letter in filling.once)
    named = {letter: f"tasuki_part.{letter}" for letter in filling.once}
    body = filling.template.format(**{**filling.words, **named})
    return f"(SELECT {body} FROM (SELECT {inner} OFFSET 0) AS tasuki_part)"  # noqa: S608


POSTGRESQL: Final = Dialect(MappingProxyType(_TEMPLATES), MappingProxyType(_JOINS), _computed)


@compiles(Rule, "postgresql")
def _postgresql(rule: Rule, compiler: SQLCompiler, **kw: Any) -> str:
    return render(rule, compiler, POSTGRESQL, **kw)
