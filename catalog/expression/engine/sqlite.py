"""SQLite 3.40 and later: native over columns, our own functions where it cannot.

SQLite's parser nests only 100 deep, so a computed argument goes to a function, not a sub-select.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final, Protocol

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from catalog.expression.engine.rule import Dialect, Filling, Join, Rule, render
from catalog.expression.functions import total

_SPACES: Final = f"char({', '.join(str(ord(c)) for c in total.SPACES)})"
# A modifier makes SQLite calculate: without one, date('2026-02-30') is '2026-02-30'.
_IS_DATE: Final = "date({a}, '+0 days') = {a} AND {a} >= '0001-01-01'"
_IS_TIME: Final = "strftime('%Y-%m-%dT%H:%M:%fZ', {a}, '+0 days') = {a} AND {a} >= '0001-01-01'"
_NATIVE_CASE: Final = "CASE WHEN {a} GLOB '*[^ -~]*' THEN %s({a}) ELSE %s({a}) END"


def _b(test: str) -> str:
    return test.replace("{a}", "{b}")


def _within(kind: str) -> str:
    """Whether the day, moved by b days, still lies between the years 1 and 9999."""
    day = f"julianday(substr({kind}, 1, 10))"
    return f"{{b}} BETWEEN 1721425.5 - {day} AND 5373483.5 - {day}"


_TEMPLATES: Final = {
    "text": "{a}",
    "group": "({a})",
    "number": (
        "(CASE WHEN abs({a}) BETWEEN 1e-15 AND 1e15 THEN CAST({a} AS REAL)"
        " WHEN abs({a}) < 1e-15 THEN 0.0 END)"
    ),
    "float": "CAST({a} AS REAL)",
    "long": "{a}",
    "not": "(NOT {a})",
    "is_null": "({a} IS NULL)",
    "between": "({a} BETWEEN {b} AND {c})",
    "like": "({a} GLOB {c})",
    "/": "({a} / nullif({b}, 0.0))",
    "nullif": "nullif({a}, {b})",
    "abs": "abs({a})",
    "round": (
        "(CASE WHEN abs({a}) * {b} >= 4503599627370496.0 THEN {a}"
        " WHEN {a} < 0 THEN -(CAST(0.5 - {a} * {b} AS INTEGER) / {b})"
        " ELSE CAST({a} * {b} + 0.5 AS INTEGER) / {b} END)"
    ),
    "to_num": "tasuki_to_num({a})",
    "lower": f"({_NATIVE_CASE % ('tasuki_lower', 'lower')})",
    "upper": f"({_NATIVE_CASE % ('tasuki_upper', 'upper')})",
    "trim": f"trim({{a}}, {_SPACES})",
    "length": "length({a})",
    "starts_with": "(substr({a}, 1, length({b})) = {b})",
    "ends_with": "(substr({a}, length({a}) - length({b}) + 1) = {b})",
    "contains": "(instr({a}, {b}) > 0)",
    "substr": "substr({a}, min(max({b}, 1), 1000000), min(max({c}, 0), 1000000))",
    "to_date": (
        "(CASE WHEN date(replace({a}, '/', '-'), '+0 days') = replace({a}, '/', '-')"
        " AND replace({a}, '/', '-') >= '0001-01-01' THEN replace({a}, '/', '-') END)"
    ),
    "days_between_date": (
        f"(CASE WHEN {_IS_DATE} AND {_b(_IS_DATE)}"
        " THEN CAST(julianday({b}) - julianday({a}) AS INTEGER) END)"
    ),
    "days_between_datetime": (
        f"(CASE WHEN {_IS_TIME} AND {_b(_IS_TIME)}"
        " THEN ((strftime('%s', {b}) - strftime('%s', {a})) * 1000"
        " + substr({b}, 21, 3) - substr({a}, 21, 3) + 345600000000000) / 86400000 - 4000000 END)"
    ),
    "add_days_date": (
        f"(CASE WHEN {_IS_DATE} AND {_within('{a}')} THEN date({{a}}, {{b}} || ' days') END)"
    ),
    "add_days_datetime": (
        f"(CASE WHEN {_IS_TIME} AND {_within('{a}')}"
        " THEN date(substr({a}, 1, 10), {b} || ' days') || substr({a}, 11) END)"
    ),
    "add_months": "tasuki_add_months({a}, {b})",
    "year_date": f"(CASE WHEN {_IS_DATE} THEN CAST(substr({{a}}, 1, 4) AS INTEGER) END)",
    "year_datetime": f"(CASE WHEN {_IS_TIME} THEN CAST(substr({{a}}, 1, 4) AS INTEGER) END)",
    "month_date": f"(CASE WHEN {_IS_DATE} THEN CAST(substr({{a}}, 6, 2) AS INTEGER) END)",
    "month_datetime": f"(CASE WHEN {_IS_TIME} THEN CAST(substr({{a}}, 6, 2) AS INTEGER) END)",
    **{op: f"({{a}} {op} {{b}})" for op in ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*")},
}
JOINS: Final = MappingProxyType(
    {
        "and": Join("(", " AND ", ")"),
        "or": Join("(", " OR ", ")"),
        "coalesce": Join("coalesce(", ", ", ")"),
        "concat": Join("(", " || ", ")"),
    }
)
_JOINS: Final = {
    **JOINS,
    "least": Join("tasuki_least(", ", ", ")"),
    "greatest": Join("tasuki_greatest(", ", ", ")"),
}


def _computed(filling: Filling) -> str:
    return f"tasuki_{filling.name}({', '.join(filling.words.values())})"


SQLITE: Final = Dialect(MappingProxyType(_TEMPLATES), MappingProxyType(_JOINS), _computed)


class Connection(Protocol):
    """What the DB-API of SQLite offers for functions of one's own."""

    def create_function(  # noqa: D102
        self, name: str, narg: int, func: Any, /, *, deterministic: bool = ...
    ) -> None: ...


def register_functions(dbapi_connection: Connection) -> None:
    """Teach one SQLite connection the functions it lacks; call it on every connect."""
    for name, function in _STRICT.items():
        dbapi_connection.create_function(
            f"tasuki_{name}", -1, _strict(function), deterministic=True
        )
    for name, choose in (("least", min), ("greatest", max)):
        dbapi_connection.create_function(f"tasuki_{name}", -1, _known(choose), deterministic=True)


_STRICT: Final[dict[str, Callable[..., Any]]] = {
    **total.STRICT,
    "number": total.number,
    "round": total.scaled,
}


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        return None if None in values else function(*values)

    return call


def _known(choose: Callable[..., Any]) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        return choose((v for v in values if v is not None), default=None)

    return call


@compiles(Rule, "sqlite")
def _sqlite(rule: Rule, compiler: SQLCompiler, **kw: Any) -> str:
    return render(rule, compiler, SQLITE, **kw)
