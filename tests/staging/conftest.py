"""A store on each engine with today's tables; test_migrations.py proves migrations alike."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_mock_engine

from staging.engine import Store, open_store
from staging.tables import decisions, entities, identity, operating, staged, writes
from staging.tables.columns import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

ROOMS = (decisions, entities, identity, operating, staged, writes)


@cache
def tables(engine: str) -> tuple[str, ...]:
    """Today's tables as statements of one engine."""
    said: list[str] = []
    mock = create_mock_engine(f"{engine}://", lambda ddl, *_: said.append(str(ddl.compile(mock))))
    METADATA.create_all(mock, checkfirst=False)
    return tuple(said)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Give an empty store on each engine in turn."""
    opened = open_store(store_url)
    with opened.writing() as db:
        for statement in tables(store_url.partition(":")[0]):
            db.exec_driver_sql(statement)
    yield opened
    opened.close()


@pytest.fixture
def db(store: Store) -> Iterator[Connection]:
    """Give one transaction on each engine in turn."""
    with store.writing() as connection:
        yield connection
