"""Everything identity knows of one entity, streamed in the order it is needed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, or_, select

from staging.identities import Link
from staging.tables.identity import IDENTITY_KEY, LINK
from staging.tables.staged import REFERENCE

_STREAM: Final = {"yield_per": 10_000}


def _ref(table: Any) -> ColumnElement[str]:
    """A row's record as text."""
    joined: ColumnElement[str] = table.c.connection + "/" + table.c.object + "/" + table.c.id
    return joined


def values(db: Connection, entity: str, kind: str) -> Iterator[Sequence[Any]]:
    """Every (value, record) of a kind of key in value order, many at a time."""
    table = IDENTITY_KEY
    query = (
        select(table.c.value, _ref(table))
        .where(table.c.entity == entity, table.c.kind == kind)
        .order_by(table.c.value, table.c.connection, table.c.object, table.c.id)
    )
    yield from db.execute(query, execution_options=_STREAM).partitions()


def living(db: Connection, entity: str, kind: str) -> list[str]:
    """The values of a kind that every record has once, in text order."""
    table = IDENTITY_KEY
    query = (
        select(table.c.value)
        .where(table.c.entity == entity, table.c.kind == kind)
        .order_by(table.c.value)
    )
    return list(db.scalars(query, execution_options=_STREAM))


def links(db: Connection, entity: str) -> dict[str, Link]:
    """Where every record of an entity belongs now."""
    columns = [LINK.c[name] for name in Link.__slots__]
    query = select(_ref(LINK), *columns).where(LINK.c.entity == entity, LINK.c.valid_to.is_(None))
    rows = db.execute(query, execution_options=_STREAM)
    return {ref: Link(*said) for ref, *said in rows}


def pointers(db: Connection, entity: str, fields: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Who names what with these reference fields: (record, target)."""
    named = [REFERENCE.c.field.contains(f".{name}", autoescape=True) for name in fields]
    rows = db.execute(
        select(_ref(REFERENCE), REFERENCE.c.target).where(REFERENCE.c.entity == entity, or_(*named))
    )
    yield from ((ref, target) for ref, target in rows)
