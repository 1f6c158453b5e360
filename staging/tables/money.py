"""Sums of money that are exact on both engines (ADR-0014), and whose custom a sale is.

SQLite keeps numbers as doubles, and a sum of doubles drifts; so amounts are added there as whole
units and whole ten-thousandths, which together are what NUMERIC(20, 4) is on PostgreSQL.
"""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Dialect, Numeric, Text, TypeDecorator, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from staging.tables.entities import ENTITY_TABLES

PLACES: Final = 4
_PART: Final = Decimal(1).scaleb(-PLACES)
_PARTS: Final = 10**PLACES


class Exact(TypeDecorator[Decimal]):
    """An exact amount as an answer brings it: units and ten-thousandths as text on SQLite."""

    impl = Numeric(asdecimal=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text where the engine has no exact number."""
        return Text() if dialect.name == "sqlite" else Numeric(asdecimal=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal:
        """The amount; zero for a sum over nothing."""
        if value is None or dialect.name != "sqlite":
            return Decimal(value or 0)
        units, _, parts = value.partition(" ")
        return Decimal(units) + Decimal(parts).scaleb(-PLACES)


class _Total(FunctionElement[Decimal]):
    """`sum(amount)`, exactly."""

    type = Exact()
    inherit_cache = True
    name = "total"


@compiles(_Total)
def _everywhere(element: _Total, compiler: SQLCompiler, **words: Any) -> str:
    return f"sum({compiler.process(element.clauses, **words)})"


@compiles(_Total, "sqlite")
def _on_sqlite(element: _Total, compiler: SQLCompiler, **words: Any) -> str:
    amount = compiler.process(element.clauses, **words)
    parts = f"cast(round(({amount}) * {_PARTS}) as integer)"
    return f"(sum({parts} / {_PARTS}) || ' ' || sum({parts} % {_PARTS}))"


def total(amount: ColumnElement[Any]) -> ColumnElement[Decimal]:
    """The exact sum of a column of amounts; zero for no rows. It can be read, not compared."""
    return _Total(amount)


def exact(amount: float | Decimal | None) -> Decimal:
    """One amount of the store as a Decimal of four places; nothing is zero."""
    return Decimal(repr(amount) if isinstance(amount, float) else amount or 0).quantize(_PART)


_ACCOUNT: Final = ENTITY_TABLES["account"]
_SALE: Final = ENTITY_TABLES["sale"]

NAMES_END_USER: Final = or_(_SALE.c.end_user_code.is_not(None), _SALE.c.end_user_name.is_not(None))
"""The line says who uses what was sold."""
OWN_CUSTOM: Final = or_(_ACCOUNT.c.is_partner.is_not(True), NAMES_END_USER)
"""Of a line joined with its account: it is that account's own custom.

What is billed to a partner for an end user it does not name is nobody's custom yet.
"""
