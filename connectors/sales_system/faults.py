"""What goes wrong with databases and files, in our families."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from tasuki.errors import (
    ConfigError,
    SignInError,
    TasukiError,
    TransientError,
    UnreachableError,
)

_BUSY: Final = ("locked", "deadlock", "lock wait timeout", "could not serialize")
_STRANGER: Final = ("authentication failed", "access denied", "login failed")
_OFF: Final = ("unable to open", "could not connect", "connection", "timeout", "refused")


def unknown_object(name: str, known: Iterable[str], connection: str) -> ConfigError:
    """The connection declares no such object."""
    return ConfigError(
        f"The sales system has no object {name!r}",
        where=connection,
        why="it is not among the connection's `objects`",
        remedy=_meant(name, known) or "Declare it under `objects` of the connection.",
    )


def missing_column(name: str, known: Iterable[str], where: str) -> ConfigError:
    """A column that was asked for is not there."""
    names = list(known)
    return ConfigError(
        f"Column {name!r} is missing",
        where=where,
        why=f"the columns are: {', '.join(names) or 'none'}",
        remedy=_meant(name, names) or "Correct the column in the connection or the mapping.",
    )


def no_files(pattern: str, connection: str) -> ConfigError:
    """A plain path (no pattern) that names no file."""
    return ConfigError(
        "The file is not there",
        where=pattern,
        why=f"connection {connection} reads it",
        remedy="Put the file there, or correct `files` of the connection.",
    )


def unreadable(where: str, encoding: str) -> ConfigError:
    """Neither the declared nor a detected encoding fits the file."""
    return ConfigError(
        "The file is not text in a known encoding",
        where=where,
        why=f"it is not readable as {encoding}",
        remedy="Save it as UTF-8, or set `encoding` of the object.",
    )


def no_driver(error: Exception, connection: str) -> ConfigError:
    """A URL that SQLAlchemy cannot open, or whose driver is not installed."""
    return ConfigError(
        "The sales system's url cannot be opened",
        where=connection,
        why=f"{type(error).__name__}: the url is misspelt or its driver is not installed",
        remedy="Write it as dialect+driver://user@host/database and install that driver.",
    )


def of_database(error: SQLAlchemyError, where: str) -> TasukiError:
    """The error behind a failed query; the driver's words only where they name no value."""
    said = type(error).__name__
    if isinstance(error, (OperationalError, ProgrammingError)):
        said = str(error.orig).partition("\n")[0]
    low = said.lower()
    if any(word in low for word in _STRANGER):
        return SignInError(
            "The sales system's database refuses the account",
            where=where,
            why="the user or the password in its url is not right",
            remedy="Correct the secret behind `url`.",
        )
    if any(word in low for word in _BUSY):
        return TransientError("The sales system's database is busy", where=where, why="a lock")
    if isinstance(error, OperationalError) and any(word in low for word in _OFF):
        return UnreachableError(
            "The sales system's database does not answer",
            where=where,
            why="no connection came about",
            remedy="Check the connection's url, the network and the account; then run again.",
        )
    return ConfigError(
        "The sales system's database refuses the query",
        where=where,
        why=said,
        remedy="Correct the object's `query`, `id` or `modified`.",
    )


def _meant(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else ""
