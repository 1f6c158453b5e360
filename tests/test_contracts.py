"""Rooms point one way: STYLE section 2, run by import-linter, and what `tasuki` imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ROOMS_BEHIND_THE_DOOR = {
    "console",
    "jobs",
    "playbook",
    "sync",
    "staging",
    "connectors",
    "mappings",
    "catalog",
    "config",
    "sandbox",
}
LIST_IMPORTS = """
import json, sys
sys.argv = ["tasuki", "--help"]
from tasuki.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print("\\n" + json.dumps(sorted(sys.modules)))
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)


def imported_by_help() -> set[str]:
    """Return every module that `tasuki --help` loads, in a process of its own."""
    done = run(sys.executable, "-c", LIST_IMPORTS)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_rooms_point_one_way() -> None:
    """Every import contract of pyproject.toml is kept."""
    done = run(str(BIN / "lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr


def test_help_imports_no_room() -> None:
    """`tasuki --help` answers at once: it loads the front door and no room behind it."""
    loaded = imported_by_help()
    rooms = {module.partition(".")[0] for module in loaded} & ROOMS_BEHIND_THE_DOOR
    assert rooms == set()


def test_help_imports_nothing_heavy() -> None:
    """`tasuki --help` loads no store, web server or platform client."""
    heavy = {"sqlalchemy", "fastapi", "simple_salesforce", "hubspot", "alembic", "sqlglot"}
    assert imported_by_help() & heavy == set()


def test_the_script_and_the_module_are_one_door() -> None:
    """`tasuki --version` prints the version that pyproject.toml names."""
    done = run(str(BIN / "tasuki"), "--version")
    version = next(
        line.split('"')[1]
        for line in (TOP / "pyproject.toml").read_text("utf-8").splitlines()
        if line.startswith("version = ")
    )
    assert done.returncode == 0, done.stderr
    assert version in done.stdout
