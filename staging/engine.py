"""Open the store: one engine, one way to read and one way to write.

SQLite has one writer. Its write transactions begin with BEGIN IMMEDIATE, so that two writers queue
at the start instead of failing in the middle; readers see the last committed state (WAL).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from catalog.expression.lower import register_functions
from tasuki.errors import TasukiError, TransientError, UnreachableError

_READ: Final = "tasuki_read"
_FULL: Final = frozenset({"SQLITE_FULL", "53100"})
"""How SQLite and PostgreSQL name a full disk."""
_BUSY: Final = frozenset({"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED", "55P03"})
_BROKEN: Final = (
    "SQLITE_IOERR",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
    "SQLITE_CORRUPT",
    "SQLITE_NOTADB",
)
"""How the names of a file's own troubles begin."""
_PATIENCE: Final = timedelta(seconds=15)
"""How long a write waits for another program's."""
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    f"PRAGMA busy_timeout={_PATIENCE.seconds * 1000}",
    "PRAGMA temp_store=MEMORY",
)


@dataclass(frozen=True, slots=True)
class Store:
    """The staging store behind one URL."""

    engine: Engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end and leaves nothing when it fails.

        Errors: TransientError when somebody else holds the store for too long; UnreachableError
                when its disk is full, or it is damaged or went away.
        """
        try:
            with self.engine.begin() as db:
                yield db
        except DatabaseError as error:
            if (known := _trouble(self.engine, error)) is not None:
                raise known from error
            raise

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
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        _make_folder(Path(parsed.database or ".").parent)
        engine = create_engine(parsed, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    try:
        with engine.connect():
            return Store(engine)
    except DatabaseError as error:
        raise UnreachableError(
            "the store does not answer",
            where=parsed.render_as_string(hide_password=True),
            why=str(error.orig).splitlines()[0],
            remedy="Start the database or restore its file, or correct `store:` in tasuki.yaml.",
        ) from error


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise UnreachableError(
            "the store's address cannot be read",
            where="tasuki.yaml: store",
            why="it is no SQLAlchemy URL",
            remedy="Write it as `sqlite:///path/to.db` or `postgresql+psycopg://user@host/name`.",
        ) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreachableError(
            "the store's folder cannot be made",
            where=str(folder),
            why=error.strerror or type(error).__name__,
            remedy="Choose a folder that the user who runs Tasuki may write to.",
        ) from error


def is_there(url: str) -> bool:
    """Whether a store of that URL was made before; a database server is believed to be."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return True
    return bool(parsed.database) and Path(str(parsed.database)).exists()


def _trouble(engine: Engine, error: DatabaseError) -> TasukiError | None:
    """What a full disk, a held or a broken store means; nothing for any other trouble."""
    cause: Any = error.orig
    said = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    where = engine.url.render_as_string(hide_password=True)
    if said in _BUSY:
        return TransientError(
            "the store is held by another program",
            where=where,
            why=f"it has been writing for more than {_PATIENCE.seconds} s",
            remedy="Close what has the store's file open, then run again: nothing was lost.",
        )
    if error.connection_invalidated or str(said).startswith(_BROKEN):
        return UnreachableError(
            "the store cannot be used any more",
            where=where,
            why=f"{said or 'the connection to it broke'}; what was kept before stays",
            remedy="See that its database runs, or that its file is whole and writable.",
        )
    if said not in _FULL:
        return None
    return UnreachableError(
        "the store has no room left",
        where=where,
        why="its disk is full; nothing of this step was kept, what was kept before stays",
        remedy="Make room on the disk of the store, then run again: it goes on where it stopped.",
    )


def _prepare_sqlite(dbapi: Any, _record: object) -> None:
    dbapi.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        dbapi.execute(pragma)
    register_functions(dbapi)


def _begin_sqlite(db: Connection) -> None:
    reads = db.get_execution_options().get(_READ, False)
    db.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
