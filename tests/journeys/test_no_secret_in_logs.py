"""What logs may hold: refs and names of fields, at every level, and never a secret or a person.

Besides this journey, whatever the suite wrote as a log is searched when it ends (`tests/leaks.py`).
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from tests.leaks import leaks

if TYPE_CHECKING:
    from collections.abc import Iterator

LOUD = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, filename=sys.argv[1])
hush = logging.Logger.setLevel
echo = "sqlalchemy"
logging.Logger.setLevel = lambda log, level: hush(log, level) if log.name == echo else None
from tasuki.cli.front import run
sys.exit(run(sys.argv[2:]))
"""
"""No library may quieten its own log, except SQLAlchemy: its echo is the rows themselves."""


def loud(place: Any, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of Tasuki with every library's log at its loudest, into a file."""
    log = place.project.parent / "debug.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TASUKI_")}
    done = subprocess.run(
        [sys.executable, "-c", LOUD, str(log), *words],
        cwd=place.project,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    with (place.project.parent / "loud.err").open("a", encoding="utf-8") as said:
        said.write(done.stderr)
    return done


@pytest.mark.slow
def test_a_run_and_its_writes_tell_nothing_at_debug_level(ran: Any) -> None:
    """Pulling, planning and writing with every logger at DEBUG leaves no value in any log."""
    plan = ran.kept("SELECT id FROM plan ORDER BY id DESC LIMIT 1")[0][0]
    done = [loud(ran, *words) for words in (["approve", plan], ["apply", plan], ["run"])]
    assert [each.returncode for each in done[:1]] == [0], done[0].stderr
    assert ran.tasks(), done[1].stderr
    assert "urllib3" in (ran.project.parent / "debug.log").read_text("utf-8")
    assert (ran.sandbox / "net.jsonl").stat().st_size > 10_000
    assert leaks(ran.project.parent) == []


@pytest.fixture
def apart() -> Iterator[Path]:
    """A folder that the search at the end of the suite does not see."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("signed in with {secret}", "a secret"),
        ("read 山田 花子", "a name"),
        ("read 山田花子", "a name"),
        ("wrote to hanako@aoba.example", "an address"),
    ],
)
def test_the_search_finds_what_must_not_be_there(apart: Path, line: str, what: str) -> None:
    """A secret, a name or an address in a log line is found, and told without its value."""
    secret = "pat-na1-0123456789abcdef"
    with closing(sqlite3.connect(apart / "sandbox.db")) as db, db:
        db.execute("CREATE TABLE sandbox_setting (name TEXT, value TEXT)")
        db.execute("INSERT INTO sandbox_setting VALUES ('hubspot_token', ?)", (secret,))
        db.execute("CREATE TABLE sf_Contact (LastName TEXT, FirstName TEXT)")
        db.execute("INSERT INTO sf_Contact VALUES ('山田', '花子')")
    (apart / "quiet.log").write_text("all is well\n")
    assert leaks(apart) == []
    (apart / "loud.log").write_text("all is well\n" + line.format(secret=secret))
    (told,) = leaks(apart)
    assert told == f"{apart / 'loud.log'}:2: {what}"
    assert secret not in told
