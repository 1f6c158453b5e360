"""Write many rows at once: one adapter per engine, one promise.

SQLite takes a compiled upsert and a list of tuples; PostgreSQL takes COPY into a temporary table and
one merge. Both cost about what the bare driver costs (measured in the engine notes: ADR-0005).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete
from sqlalchemy.types import Boolean, Numeric

from staging.tables.columns import Document
from tasuki.values import dumps

_CHUNK: Final = 5_000
_IN_LIST: Final = 500


def upsert(
    db: Connection, table: Table, rows: Iterable[Mapping[str, Any]], *, replace: bool = True
) -> None:
    """Insert the rows; where the key exists, replace the given columns (or keep the old row).

    Rows share their columns. A key may appear once per call.
    """
    source = iter(rows)
    while chunk := list(islice(source, _CHUNK)):
        columns = tuple(chunk[0])
        bind = _binders(table, columns, db.dialect.name)
        tuples = [tuple(b(row[c]) for c, b in zip(columns, bind, strict=True)) for row in chunk]
        write = _copy_merge if db.dialect.name == "postgresql" else _executemany
        write(db, table, columns, tuples, replace=replace)


def insert(db: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows whose key the engine gives."""
    many = [dict(row) for row in rows]
    if many:
        db.execute(table.insert(), many)


def chunks(ids: Iterable[str], size: int = _IN_LIST) -> Iterable[list[str]]:
    """The ids in lists short enough for one IN."""
    source = iter(ids)
    while chunk := list(islice(source, size)):
        yield chunk


def delete_where_in(
    db: Connection, table: Table, column: ColumnElement[Any], ids: Iterable[str], *also: Any
) -> None:
    """Delete the rows whose column is one of the ids (and that meet the other conditions)."""
    for chunk in chunks(ids):
        db.execute(delete(table).where(column.in_(chunk), *also))


def _executemany(
    db: Connection,
    table: Table,
    columns: Sequence[str],
    tuples: list[tuple[Any, ...]],
    *,
    replace: bool,
) -> None:
    db.exec_driver_sql(_sqlite_upsert(table, tuple(columns), replace), tuples)


def _copy_merge(
    db: Connection,
    table: Table,
    columns: Sequence[str],
    tuples: list[tuple[Any, ...]],
    *,
    replace: bool,
) -> None:
    stage = f"stage_{table.name}"
    db.exec_driver_sql(
        f'CREATE TEMP TABLE IF NOT EXISTS {stage} (LIKE "{table.name}") ON COMMIT DELETE ROWS'
    )
    db.exec_driver_sql(f"ALTER TABLE {stage} {_loosen(table)}")
    names = _quoted(columns)
    cursor: Any = db.connection.cursor()
    with cursor, cursor.copy(f"COPY {stage} ({names}) FROM STDIN") as copy:
        for row in tuples:
            copy.write_row(row)
    conflict = _on_conflict(table, columns, replace=replace)
    db.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {stage} {conflict}'  # noqa: S608
    )
    db.exec_driver_sql(f"DELETE FROM {stage}")  # noqa: S608


def _loosen(table: Table) -> str:
    return ", ".join(f'ALTER COLUMN "{c.name}" DROP NOT NULL' for c in table.columns)


@cache
def _sqlite_upsert(table: Table, columns: tuple[str, ...], replace: bool) -> str:  # noqa: FBT001
    marks = ", ".join("?" for _ in columns)
    conflict = _on_conflict(table, columns, replace=replace)
    return f'INSERT INTO "{table.name}" ({_quoted(columns)}) VALUES ({marks}) {conflict}'  # noqa: S608


def _on_conflict(table: Table, columns: Sequence[str], *, replace: bool) -> str:
    keys = [column.name for column in table.primary_key]
    others = [name for name in columns if name not in keys]
    if not replace or not others:
        return f"ON CONFLICT ({_quoted(keys)}) DO NOTHING"
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    return f"ON CONFLICT ({_quoted(keys)}) DO UPDATE SET {sets}"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


@cache
def _binders(
    table: Table, columns: tuple[str, ...], engine: str
) -> tuple[Callable[[Any], Any], ...]:
    return tuple(_binder(table.c[name].type, engine) for name in columns)


def _binder(kind: object, engine: str) -> Callable[[Any], Any]:
    if isinstance(kind, Document):
        return lambda value: None if value is None else dumps(value)
    if engine == "sqlite" and isinstance(kind, Boolean):
        return lambda value: None if value is None else int(value)
    if engine == "sqlite" and isinstance(kind, Numeric):
        return lambda value: None if value is None else float(value)
    return lambda value: value.value if isinstance(value, Enum) else value
