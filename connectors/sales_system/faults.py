"""What goes wrong with databases and files, in our families."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from tasuki.errors import (
    ConfigError,
    SignInError,
    SourceError,
    TasukiError,
    TransientError,
    UnreachableError,
)

_BUSY: Final = ("locked", "deadlock", "lock wait timeout", "could not serialize")
_STRANGER: Final = ("authentication failed", "access denied", "login failed")
_DAMAGED: Final = ("not a database", "malformed")
_RESEMBLES: Final = 0.5
_OFF: Final = ("unable to open", "could not connect", "connection", "timeout", "refused")


def unknown_object(name: str, known: Iterable[str], connection: str) -> ConfigError:
    """The connection declares no such object."""
    return ConfigError(
        f"The sales system has no object {name!r}",
        where=connection,
        why="it is not among the connection's `objects`",
        remedy=_meant(name, known) or "Declare it under `objects` of the connection.",
    )


def missing_column(name: str, known: Iterable[str], where: str) -> SourceError:
    """A column that was asked for is not there."""
    names = list(known)
    return SourceError(
        f"Column {name!r} is missing",
        where=where,
        why=f"the columns are: {', '.join(names) or 'none'}",
        remedy=_meant(name, names) or "Correct the column in the connection or the mapping.",
    )


def missing_in_header(name: str, header: Iterable[str], where: str) -> SourceError:
    """A file's first line does not name a column; it is quoted only where it looks like one.

    A file without a header has people's values in its first line.
    """
    names = [each for each in header if each]
    near = get_close_matches(name, names, n=3, cutoff=_RESEMBLES)
    said = f"; like it: {', '.join(near)}" if near else ""
    return SourceError(
        f"Column {name!r} is missing",
        where=where,
        why=f"the first line has {len(names)} names and none is that{said}",
        remedy=_meant(name, near) or "Export the file with its header, or correct `columns`.",
    )


def empty_file(where: str) -> SourceError:
    """A file of no bytes or no lines: perhaps still being written, so nobody is deleted for it."""
    return SourceError(
        "The file is empty",
        where=where,
        why="it has not even a header, so whether its rows are gone cannot be told",
        remedy="Export it again (a header alone says that it has no rows), or remove the file.",
    )


def no_files(pattern: str, connection: str) -> SourceError:
    """A plain path (no pattern) that names no file."""
    return SourceError(
        "The file is not there",
        where=pattern,
        why=f"connection {connection} reads it",
        remedy="Put the file there, or correct `files` of the connection.",
    )


def unopened(where: str, why: str) -> SourceError:
    """The file is there and the operating system does not hand it out."""
    return SourceError(
        "The file cannot be opened",
        where=where,
        why=f"the operating system says {why}",
        remedy="Let the user that runs Tasuki read it, and see that no other program holds it.",
    )


def unreadable(where: str, encoding: str) -> SourceError:
    """Neither the declared nor a detected encoding fits the file."""
    return SourceError(
        "The file is not text in a known encoding",
        where=where,
        why=f"it is not readable as {encoding}",
        remedy="Save it as UTF-8, or set `encoding` of the object.",
    )


def not_rows(where: str) -> SourceError:
    """From some line on the text cannot be cut into cells."""
    return SourceError(
        "The file cannot be read as rows",
        where=where,
        why="a quotation mark opened in this line is never closed, or a cell has no end",
        remedy="Close the quotation mark, or export the file again.",
    )


def not_a_workbook(where: str) -> SourceError:
    """The file begins like a workbook and is none."""
    return SourceError(
        "The workbook cannot be read",
        where=where,
        why="it is damaged, or protected by a password",
        remedy="Save it again without a password, as XLSX or CSV.",
    )


def missing_sheet(name: str, known: Iterable[str], where: str) -> SourceError:
    """The workbook has no sheet of that name."""
    names = list(known)
    return SourceError(
        f"Sheet {name!r} is missing",
        where=where,
        why=f"the sheets are: {', '.join(names) or 'none'}",
        remedy=_meant(name, names) or "Correct `sheet` of the object.",
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
    if any(word in str(getattr(error, "orig", "")).lower() for word in _DAMAGED):
        return SourceError(
            "The sales system's database cannot be read",
            where=where,
            why="its file is damaged, or is no database",
            remedy="Restore the file, or correct the connection's url.",
        )
    return SourceError(
        "The sales system's database refuses the query",
        where=where,
        why=said,
        remedy="Correct the object's `query`, `id` or `modified`.",
    )


def _meant(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else ""
