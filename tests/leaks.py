"""What no log may hold: the secrets of every sandbox a suite made, and the people of its worlds.

`leaks` looks through everything under a folder that was written as a log: of the sandbox, the
command line, the daemon, and the network.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LOGS = ("*.log", "*.err", "*.jsonl")
"""How logs are called: of processes, of standard error, of the network."""
SECRETS = re.compile(r"secret|token|password|refresh|jwt_key|private", re.IGNORECASE)
"""Settings of a sandbox that are secrets."""
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
KNOWN = frozenset({"integration@sandbox.example"})
"""The sandbox's own user is no person."""
LEAST = 8
"""A shorter secret is found in anything."""


def leaks(folder: Path) -> list[str]:
    """Every place where a log says what it may not: file, line and what kind, never the value."""
    logs = [path for pattern in LOGS for path in folder.rglob(pattern) if path.is_file()]
    worlds = [path for path in folder.rglob("*.db") if path.is_file()]
    secrets = {each for path in worlds for each in _secrets(path)}
    names = {each for path in worlds for each in _names(path)}
    return [each for path in sorted(logs) for each in _in_file(path, secrets, names)]


def _in_file(path: Path, secrets: set[str], names: set[str]) -> Iterator[str]:
    text = path.read_text("utf-8", errors="replace")
    found = [("a secret", each) for each in secrets if each in text]
    found += [("a name", each) for each in names if each in text]
    found += [("an address", each) for each in set(ADDRESS.findall(text)) - KNOWN]
    for what, value in found:
        line = text[: text.index(value)].count("\n") + 1
        yield f"{path}:{line}: {what}"


def _secrets(path: Path) -> Iterable[str]:
    settings = _ask(path, "SELECT name, value FROM sandbox_setting")
    yield from (value for name, value in settings if SECRETS.search(name) and len(value) >= LEAST)
    for table in ("sf_open_session", "hs_token"):
        yield from (token for (token,) in _ask(path, f"SELECT token FROM {table}"))


def _names(path: Path) -> Iterable[str]:
    """Whole names, as people write them: a family name alone is also a town's."""
    for table in ("sf_Contact", "sf_Lead"):
        for family, given in _ask(path, f"SELECT LastName, FirstName FROM {table}"):
            if family and given and len(family) + len(given) > 3:
                yield f"{given} {family}" if family.isascii() else f"{family} {given}"
                yield f"{family}{given}"


def _ask(path: Path, query: str) -> list[tuple[str, ...]]:
    """The rows, or none where there is no such table: not every database is a sandbox's."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db,
    ):
        return db.execute(query).fetchall()
    return []
