"""Open the store: one engine, one way to read and one way to write.

SQLite has one writer. Its write transactions begin with BEGIN IMMEDIATE, so that two writers queue
at the start instead of failing in the middle; readers see the last committed state (WAL).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from catalog.expression.lower import register_functions
from tasuki.errors import UnreachableError

_READ: Final = "tasuki_read"
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA busy_timeout=15000",
    "PRAGMA temp_store=MEMORY",
)


@dataclass(frozen=True, slots=True)
class Store:
    """The staging store behind one URL."""

    engine: Engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end and leaves nothing when it fails."""
        with self.engine.begin() as db:
            yield db

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the store that holds up no writer."""
        with self.engine.connect() as plain, plain.execution_options(**{_READ: True}) as db:
            yield db
            db.rollback()

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """The store behind an SQLAlchemy URL; creates the folder of a new SQLite file.

    Errors: UnreachableError when no database answers there.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(parsed.database or ".").parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(parsed, pool_pre_ping=True)
    try:
        with engine.connect():
            return Store(engine)
    except OperationalError as error:
        raise UnreachableError(
            "the store does not answer",
            where=parsed.render_as_string(hide_password=True),
            why=str(error.orig).splitlines()[0],
            remedy="Start the database, or correct `store:` in tasuki.yaml.",
        ) from error


def _prepare_sqlite(dbapi: Any, _record: object) -> None:
    dbapi.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        dbapi.execute(pragma)
    register_functions(dbapi)


def _begin_sqlite(db: Connection) -> None:
    reads = db.get_execution_options().get(_READ, False)
    db.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
