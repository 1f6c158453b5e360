"""The database behind the sales system: opened once, read only, its errors in our families."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import URL, Connection, Engine, Executable, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from connectors.budget import Budget, Unlimited
from connectors.sales_system.faults import no_driver, of_database, unopened
from connectors.sales_system.settings import SalesSystemSettings
from connectors.traffic import Sleep, Tally, pause, retrying
from tasuki.clock import Clock
from tasuki.errors import TransientError, UnreachableError

Rows: TypeAlias = Sequence[Any]
_CALL: Final = "call"
"""The only kind of call: nobody limits how often our own books are asked."""


@dataclass(slots=True)
class Client:
    """One sales system: its database, its folder, its calls."""

    settings: SalesSystemSettings
    connection: str
    folder: Path
    clock: Clock
    budget: Budget = field(default_factory=Unlimited)
    sleep: Sleep = pause
    tally: Tally = field(default_factory=Tally)
    _engine: Engine | None = None

    def ask(self, statement: Executable, where: str) -> tuple[list[str], Rows]:
        """The answer's column names and rows; a busy database is asked again.

        Errors: TransientError, UnreachableError, ConfigError when the query is wrong.
        """
        try:
            answer = retrying(
                lambda: self._once(lambda db: _fetch(db, statement), where),
                attempts=self.settings.attempts,
                sleep=self.sleep,
            )
        except (TransientError, UnreachableError) as error:
            self.budget.failed(error.what)
            raise
        self.budget.answered()
        return answer

    def look(self, path: Path) -> str:
        """Size and time of a file, before it is read. Errors: as `read`."""
        self.budget.spend(_CALL)
        with _opening(path):
            told = path.stat()
        return f"{told.st_size}:{told.st_mtime_ns}"

    def read(self, path: Path) -> bytes:
        """A file's bytes. Errors: SourceError when it cannot be opened, or has just gone."""
        self.tally.add("file")
        with _opening(path):
            return path.read_bytes()

    def where(self, object: str) -> str:
        """How errors name an object."""
        return f"{self.connection}/{object}"

    def close(self) -> None:
        """Close the pool."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _once(
        self, work: Callable[[Connection], tuple[list[str], Rows]], where: str
    ) -> tuple[list[str], Rows]:
        self.budget.spend(_CALL)
        self.tally.add("query")
        try:
            with self._open().connect() as db:
                return work(db)
        except SQLAlchemyError as error:
            raise of_database(error, where) from error

    def _open(self) -> Engine:
        if self._engine is None:
            try:
                self._engine = _engine(self.settings, self.folder)
            except (ArgumentError, ImportError) as error:
                raise no_driver(error, self.connection) from None
        return self._engine


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unopened(str(path), type(error).__name__) from None


def _fetch(db: Connection, statement: Executable) -> tuple[list[str], Rows]:
    result = db.execute(statement)
    return list(result.keys()), [tuple(row) for row in result]


def _engine(settings: SalesSystemSettings, folder: Path) -> Engine:
    url = make_url(settings.url.get_secret_value() if settings.url else "sqlite://")
    if url.get_backend_name() == "sqlite":
        return create_engine(_read_only_file(url, folder), hide_parameters=True)
    if url.drivername == "mysql":
        url = url.set(drivername="mysql+pymysql")
    options = {"postgresql_readonly": True} if url.get_backend_name() == "postgresql" else {}
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, execution_options=options)
    if url.get_backend_name() in {"mysql", "mariadb"}:
        event.listen(engine, "connect", _only_reading)
    return engine


def _only_reading(dbapi: Any, _record: object) -> None:
    with dbapi.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")


def _read_only_file(url: URL, folder: Path) -> URL:
    """The SQLite file as a URI that neither writes nor creates it."""
    if not url.database or url.database == ":memory:":
        return url
    file = (folder / url.database).resolve()
    return url.set(database=file.as_uri()).update_query_dict({"mode": "ro", "uri": "true"})
