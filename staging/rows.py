"""Entity rows: read by id, written in bulk.

An entity is named, or handed in as a project's catalog has it, with the fields it added.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from catalog.shape import Entity
from staging.bulk import chunks, delete_where_in, upsert
from staging.tables.decisions import SCORE
from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES, table_of

Row = dict[str, Any]


def read(db: Connection, entity: str | Entity, ids: Iterable[str]) -> dict[str, Row]:
    """The rows of these entities, by id."""
    return _by_id(db, _table(entity), ids)


def write(db: Connection, entity: str | Entity, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert or replace rows that share their columns."""
    upsert(db, _table(entity), rows)


def drop(db: Connection, entity: str | Entity, ids: Iterable[str]) -> None:
    """Remove rows, their metrics and their scores."""
    ids = list(ids)
    table, name = _table(entity), entity if isinstance(entity, str) else entity.name
    delete_where_in(db, table, table.c.id, ids)
    if name in METRIC_TABLES:
        delete_where_in(db, METRIC_TABLES[name], METRIC_TABLES[name].c.id, ids)
        delete_where_in(db, SCORE, SCORE.c.entity_id, ids, SCORE.c.entity == name)


def metrics(db: Connection, entity: str, ids: Iterable[str]) -> dict[str, Row]:
    """The metrics of these entities, by id."""
    return _by_id(db, METRIC_TABLES[entity], ids)


def _table(entity: str | Entity) -> Table:
    return ENTITY_TABLES[entity] if isinstance(entity, str) else table_of(entity)


def _by_id(db: Connection, table: Table, ids: Iterable[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for chunk in chunks(ids):
        rows = db.execute(select(table).where(table.c.id.in_(chunk)))
        found |= {row.id: row._asdict() for row in rows}
    return found
