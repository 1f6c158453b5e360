"""Write many rows at once: one adapter per engine, one promise.

SQLite takes a compiled upsert and a list of tuples; PostgreSQL takes COPY into a temporary table
and one merge, or a pipelined upsert when the rows are few. Measured in ADR-0011.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete
from sqlalchemy.types import Boolean, Numeric

from staging.tables.columns import Document
from tasuki.values import dumps

_CHUNK: Final = 5_000
_IN_LIST: Final = 500
_FEW: Final = 50
"""Rows for which a temporary table is not worth its four statements."""


def upsert(
    db: Connection, table: Table, rows: Iterable[Mapping[str, Any]], *, replace: bool = True
) -> None:
    """Insert the rows; where the key exists, replace the given columns (or keep the old row).

    Rows share their columns. When a key comes twice the last row stays (or the first that is kept).
    """
    source = iter(rows)
    while chunk := list(islice(source, _CHUNK)):
        columns = tuple(chunk[0])
        tuples = _bound(chunk, columns, _binders(table, columns, db.dialect.name))
        write = _copy_merge if db.dialect.name == "postgresql" else _executemany
        write(db, table, columns, tuples, replace=replace)


def row_of(what: Any) -> dict[str, Any]:
    """The columns of a frozen dataclass with slots; its values as they are, none copied."""
    return {name: getattr(what, name) for name in what.__slots__}


def insert(db: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows whose key the engine gives."""
    many = [dict(row) for row in rows]
    if many:
        db.execute(table.insert(), many)


def append(
    db: Connection, table: Table, columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    """Append many rows as the driver takes them, their key given by the engine."""
    if rows:
        mark = "?" if db.dialect.name == "sqlite" else "%s"
        marks = ", ".join(mark for _ in columns)
        text = f'INSERT INTO "{table.name}" ({_quoted(columns)}) VALUES ({marks})'  # noqa: S608
        db.exec_driver_sql(text, rows)


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
    mark = "?" if db.dialect.name == "sqlite" else "%s"
    db.exec_driver_sql(_upsert(table, tuple(columns), mark, replace), tuples)


def _copy_merge(
    db: Connection,
    table: Table,
    columns: Sequence[str],
    tuples: list[tuple[Any, ...]],
    *,
    replace: bool,
) -> None:
    if len(tuples) <= _FEW:
        _executemany(db, table, columns, tuples, replace=replace)
        return
    stage = f"_incoming_{table.name}"
    shape = f'AS SELECT * FROM "{table.name}" WITH NO DATA'  # noqa: S608
    db.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS {shape}")
    names = _quoted(columns)
    cursor: Any = db.connection.cursor()
    with cursor, cursor.copy(f"COPY {stage} ({names}) FROM STDIN") as copy:
        for row in _last_of_each(table, columns, tuples) if replace else tuples:
            copy.write_row(row)
    conflict = _on_conflict(table, columns, replace=replace)
    db.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {stage} {conflict}'  # noqa: S608
    )
    db.exec_driver_sql(f"DELETE FROM {stage}")  # noqa: S608


def _last_of_each(
    table: Table, columns: Sequence[str], tuples: Iterable[tuple[Any, ...]]
) -> Iterable[tuple[Any, ...]]:
    """One merge must not meet a key twice."""
    at = [columns.index(column.name) for column in table.primary_key]
    return {tuple(row[i] for i in at): row for row in tuples}.values()


@cache
def _upsert(table: Table, columns: tuple[str, ...], mark: str, replace: bool) -> str:  # noqa: FBT001
    marks = ", ".join(mark for _ in columns)
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


def _bound(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    binders: Mapping[int, Callable[[Any], Any]],
) -> list[tuple[Any, ...]]:
    """The rows as tuples; only columns that need it are converted."""
    pick = itemgetter(*columns) if len(columns) > 1 else lambda row: (row[columns[0]],)
    if not binders:
        return [pick(row) for row in rows]
    found: list[tuple[Any, ...]] = []
    for row in rows:
        cells = list(pick(row))
        for position, bind in binders.items():
            if cells[position] is not None:
                cells[position] = bind(cells[position])
        found.append(tuple(cells))
    return found


@cache
def _binders(
    table: Table, columns: tuple[str, ...], engine: str
) -> Mapping[int, Callable[[Any], Any]]:
    found = {i: _binder(table.c[name].type, engine) for i, name in enumerate(columns)}
    return {i: bind for i, bind in found.items() if bind is not None}


def _binder(kind: object, engine: str) -> Callable[[Any], Any] | None:
    """How a value of this kind is handed to the driver; None when as it is."""
    if isinstance(kind, Document):
        return dumps
    if engine == "sqlite" and isinstance(kind, Boolean):
        return int
    if engine == "sqlite" and isinstance(kind, Numeric):
        return float
    return None
