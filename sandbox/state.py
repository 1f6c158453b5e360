"""The sandbox's memory: one SQLite file, one guarded connection, one clock."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Final, Self

_OWN_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sandbox_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def wall_clock() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


class State:
    """Everything the sandbox remembers; a restart on the same file keeps its world.

    A platform brings its own tables through `install`, reads through `db` and writes inside
    `transaction()`. The connection is shared by all threads: hold `lock` (a transaction does).
    """

    def __init__(self, path: Path | None, now: Callable[[], datetime] = wall_clock) -> None:
        """Open (or create) the file; None keeps everything in memory."""
        self.lock = RLock()
        self._now = now
        self._depth = 0
        self._last_words: list[Callable[[], None]] = []
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(
            ":memory:" if path is None else path, check_same_thread=False, isolation_level=None
        )
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY"):
            self.db.execute(f"PRAGMA {pragma}")
        self.install(_OWN_SCHEMA)
        self._offset = timedelta(seconds=float(self.setting("clock_offset_seconds") or 0))

    def __enter__(self) -> Self:
        """Use as a context manager: leaving closes the file."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def install(self, schema: str) -> None:
        """Run a platform's schema; every statement says IF NOT EXISTS."""
        with self.transaction() as db:
            statement = ""
            for piece in schema.split(";"):
                statement += piece + ";"
                if sqlite3.complete_statement(statement):
                    db.execute(statement)
                    statement = ""

    def now(self) -> datetime:
        """The sandbox's own time: the clock it was given plus the offset a test set."""
        return self._now() + self._offset

    def set_clock_offset(self, offset: timedelta) -> None:
        """Move the sandbox's time away from the real one; it survives a restart."""
        self._offset = offset
        self.set_setting("clock_offset_seconds", str(offset.total_seconds()))

    def setting(self, name: str) -> str | None:
        """A remembered value, or None."""
        with self.lock:
            row = self.db.execute(
                "SELECT value FROM sandbox_setting WHERE name = ?", (name,)
            ).fetchone()
        return None if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Remember one value under a name."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO sandbox_setting VALUES (?, ?)", (name, value))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; inside another transaction it is a savepoint of that one."""
        with self.lock:
            depth = self._depth
            begin = "BEGIN IMMEDIATE" if depth == 0 else f"SAVEPOINT level_{depth}"
            commit = "COMMIT" if depth == 0 else f"RELEASE level_{depth}"
            undo = ("ROLLBACK",) if depth == 0 else (f"ROLLBACK TO level_{depth}", commit)
            self.db.execute(begin)
            self._depth += 1
            try:
                yield self.db
            except BaseException:
                for statement in undo:
                    self.db.execute(statement)
                raise
            else:
                self.db.execute(commit)
            finally:
                self._depth = depth

    def before_close(self, keep: Callable[[], None]) -> None:
        """Let a part write down at the end what it counted in memory."""
        self._last_words.append(keep)

    def close(self) -> None:
        """Close the file; the state is of no use afterwards."""
        with self.lock:
            while self._last_words:
                self._last_words.pop()()
            self.db.close()
