"""Migrations lead from any released store to today's tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select

from staging.engine import open_store
from staging.migrations import upgrade
from staging.tables.columns import METADATA
from staging.tables.staged import RECORD

RELEASED = sorted((Path(__file__).parent.parent / "fixtures").glob("schema-*.sql"))


def differences(db: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(db), METADATA))


def test_migrations_make_todays_tables(store_url: str) -> None:
    """An empty store is brought to exactly the tables that the code declares, on both engines."""
    store = open_store(store_url)
    with store.writing() as db:
        assert upgrade.current(db) is None
        upgrade.upgrade(db)
    with store.writing() as db:
        assert upgrade.current(db) == upgrade.head()
        assert differences(db) == [], "run `python tools/draft_migration.py`"
        upgrade.upgrade(db)
        assert upgrade.current(db) == upgrade.head()
    store.close()


def test_a_failed_upgrade_leaves_the_store_as_it_was(store_url: str) -> None:
    """Migrations run inside the caller's transaction: all of them happen or none."""
    store = open_store(store_url)

    def fail() -> None:
        with store.writing() as db:
            upgrade.upgrade(db)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.reading() as db:
        assert inspect(db).get_table_names() == []
    store.close()


@pytest.mark.parametrize("schema", RELEASED, ids=lambda path: path.stem)
def test_a_released_store_is_brought_up_to_date(schema: Path, tmp_path: Path) -> None:
    """A store written by an earlier release reaches today's tables and keeps its rows."""
    file = tmp_path / "store.db"
    with closing(sqlite3.connect(file)) as old:
        old.executescript(schema.read_text("utf-8"))
        old.execute(
            "INSERT INTO record (connection, object, id, payload, digest) VALUES (?, ?, ?, ?, ?)",
            ("crm", "contacts", "1", '{"email": null}', "d"),
        )
        old.commit()
    store = open_store(f"sqlite:///{file}")
    with store.writing() as db:
        upgrade.upgrade(db)
    with store.reading() as db:
        assert upgrade.current(db) == upgrade.head()
        assert differences(db) == []
        assert db.scalars(select(RECORD.c.payload)).all() == [{"email": None}]
    store.close()


def test_every_release_has_its_schema() -> None:
    """There is a schema to upgrade from."""
    assert RELEASED
