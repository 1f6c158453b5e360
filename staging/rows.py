"""Entity rows: read by id, written in bulk."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from staging.bulk import chunks, delete_where_in, upsert
from staging.tables.decisions import SCORE
from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES

Row = dict[str, Any]


def read(db: Connection, entity: str, ids: Iterable[str]) -> dict[str, Row]:
    """The rows of these entities, by id."""
    return _by_id(db, ENTITY_TABLES[entity], ids)


def write(db: Connection, entity: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert or replace rows that share their columns."""
    upsert(db, ENTITY_TABLES[entity], rows)


def drop(db: Connection, entity: str, ids: Iterable[str]) -> None:
    """Remove rows, their metrics and their scores."""
    ids = list(ids)
    delete_where_in(db, ENTITY_TABLES[entity], ENTITY_TABLES[entity].c.id, ids)
    if entity in METRIC_TABLES:
        delete_where_in(db, METRIC_TABLES[entity], METRIC_TABLES[entity].c.id, ids)
        delete_where_in(db, SCORE, SCORE.c.entity_id, ids, SCORE.c.entity == entity)


def metrics(db: Connection, entity: str, ids: Iterable[str]) -> dict[str, Row]:
    """The metrics of these entities, by id."""
    return _by_id(db, METRIC_TABLES[entity], ids)


def _by_id(db: Connection, table: Table, ids: Iterable[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for chunk in chunks(ids):
        rows = db.execute(select(table).where(table.c.id.in_(chunk)))
        found |= {row.id: row._asdict() for row in rows}
    return found
