"""The database behind the sales system: opened once, read only, its errors in our families."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import URL, Connection, Engine, Executable, create_engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from connectors.sales_system.faults import no_driver, of_database
from connectors.sales_system.settings import SalesSystemSettings
from connectors.traffic import Sleep, Tally, pause, retrying
from tasuki.clock import Clock

Rows: TypeAlias = Sequence[Any]


@dataclass(slots=True)
class Client:
    """One sales system: its database, its folder, its calls."""

    settings: SalesSystemSettings
    connection: str
    folder: Path
    clock: Clock
    sleep: Sleep = pause
    tally: Tally = field(default_factory=Tally)
    _engine: Engine | None = None

    def ask(self, statement: Executable, where: str) -> tuple[list[str], Rows]:
        """The answer's column names and rows; a busy database is asked again.

        Errors: TransientError, UnreachableError, ConfigError when the query is wrong.
        """
        return retrying(
            lambda: self._once(lambda db: _fetch(db, statement), where),
            attempts=self.settings.attempts,
            sleep=self.sleep,
        )

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


def _fetch(db: Connection, statement: Executable) -> tuple[list[str], Rows]:
    result = db.execute(statement)
    return list(result.keys()), [tuple(row) for row in result]


def _engine(settings: SalesSystemSettings, folder: Path) -> Engine:
    url = make_url(settings.url.get_secret_value() if settings.url else "sqlite://")
    if url.get_backend_name() == "sqlite":
        return create_engine(_read_only_file(url, folder))
    options = {"postgresql_readonly": True} if url.get_backend_name() == "postgresql" else {}
    return create_engine(url, pool_pre_ping=True, execution_options=options)


def _read_only_file(url: URL, folder: Path) -> URL:
    """The SQLite file as a URI that neither writes nor creates it."""
    if not url.database or url.database == ":memory:":
        return url
    file = (folder / url.database).resolve()
    return url.set(database=file.as_uri()).update_query_dict({"mode": "ro", "uri": "true"})
