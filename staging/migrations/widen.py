"""What a project's own catalog needs of the store: added when it is opened, never taken away."""

from collections.abc import Iterable

from sqlalchemy import Column, Connection, Table, inspect
from sqlalchemy.engine import Inspector
from sqlalchemy.schema import CreateColumn

from catalog.entities import ENTITIES
from catalog.shape import Entity
from staging.tables.entities import table_of
from tasuki.errors import ConfigError


def widen(db: Connection, entities: Iterable[Entity]) -> None:
    """Give the store a column for every field, and a table for every entity, a project declares.

    Errors: ConfigError when a field has another type than the values already kept.
    """
    ours = [entity for entity in entities if ENTITIES.get(entity.name) != entity]
    if not ours:
        return
    seen = inspect(db)
    for entity in ours:
        table = table_of(entity)
        if seen.has_table(table.name):
            _add_columns(db, seen, entity, table)
        else:
            table.create(db)


def _add_columns(db: Connection, seen: Inspector, entity: Entity, table: Table) -> None:
    there = {column["name"]: column for column in seen.get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            _add(db, table, column)
            continue
        kept = str(there[column.name]["type"].compile(db.dialect))
        wanted = str(column.type.compile(db.dialect))
        if kept.split(maxsplit=1)[0] != wanted.split(maxsplit=1)[0]:
            raise ConfigError(
                f"`{entity.name}.{column.name}` was {kept} and cannot become {wanted}",
                where=f"catalog: {entity.name}.{column.name}",
                why="its values are kept in that form",
                remedy="Give the field another name; the old values stay where they are.",
            )


def _add(db: Connection, table: Table, column: Column[object]) -> None:
    words = CreateColumn(column).compile(dialect=db.dialect)
    name = db.dialect.identifier_preparer.format_table(table)
    db.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {words}")
    for index in table.indexes:
        if list(index.columns) == [column]:
            index.create(db, checkfirst=True)
