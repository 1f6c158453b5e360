"""The few column kinds that every table is built from, equal on SQLite and PostgreSQL."""

from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    Float,
    Integer,
    MetaData,
    Numeric,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from catalog.shape import Type
from tasuki.values import dumps, loads

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Document(TypeDecorator[Any]):
    """A JSON value: jsonb on PostgreSQL, canonical text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The engine's own JSON column."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """The value as the engine wants it."""
        if value is None or dialect.name == "postgresql":
            return value
        return dumps(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The JSON value, whichever engine kept it."""
        return loads(value) if isinstance(value, str) and dialect.name != "postgresql" else value


# Text sorts and compares by code point on both engines; instants and dates are ISO text.
STRING: Final = Text().with_variant(Text(collation="C"), "postgresql")
NUMBER: Final = Numeric(20, 4, asdecimal=True).with_variant(Float(asdecimal=False), "sqlite")
INSTANT: Final = STRING
DAY: Final = STRING
DOCUMENT: Final = Document()

_KINDS: Final[dict[Type, TypeEngine[Any]]] = {
    Type.TEXT: STRING,
    Type.INT: Integer(),
    Type.NUM: NUMBER,
    Type.BOOL: Boolean(),
    Type.DATE: DAY,
    Type.TIME: INSTANT,
    Type.REF: STRING,
}


def kind(of: Type) -> TypeEngine[Any]:
    """The column type that keeps a catalog type."""
    return _KINDS[of]


def key(name: str) -> Column[str]:
    """A text column of the primary key."""
    return Column(name, STRING, primary_key=True)


def text(name: str, *, required: bool = False, default: str | None = None) -> Column[str]:
    """A text column; rows that are there before it get the default."""
    return Column(name, STRING, nullable=not required, server_default=default)


def at(name: str, *, required: bool = False) -> Column[str]:
    """An instant, `2026-01-02T03:04:05.678Z`."""
    return Column(name, INSTANT, nullable=not required)


def document(name: str) -> Column[Any]:
    """A JSON column."""
    return Column(name, DOCUMENT)


def sequence() -> Column[int]:
    """A number that grows with each row."""
    return Column("seq", Integer, primary_key=True, autoincrement=True)
