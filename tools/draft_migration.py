"""Draft the migration from the last one to the tables as they are declared now.

Usage: python tools/draft_migration.py "First tables" [--again] [--store URL] [--schema FILE]
With --again the newest migration is drafted anew: only while no release has it. The draft is made
against an empty SQLite file, or against the empty database of --store; read it before you commit.
With --schema today's tables are also written to a file, for tests of later upgrades.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from staging.engine import open_store
from staging.migrations import upgrade

TOP: Final = Path(__file__).resolve().parent.parent
VERSIONS: Final = TOP / "staging" / "migrations" / "versions"


def newest() -> tuple[int, Path | None]:
    """Return the number and file of the newest migration."""
    files = sorted(VERSIONS.glob("[0-9]*.py"))
    return (int(files[-1].name[:4]), files[-1]) if files else (0, None)


def draft(message: str, revision: str, url: str) -> None:
    """Bring an empty store to the last migration, then write the difference."""
    store = open_store(url)
    try:
        with store.writing() as db:
            upgrade.upgrade(db)
            upgrade.draft(db, message, revision)
    finally:
        store.close()


def tidy(path: Path) -> None:
    """Format the draft and drop Alembic's remarks."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(x for x in lines if "# ### " not in x), encoding="utf-8")
    for step in (["check", "--fix-only", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(path)], check=True)


def keep_schema(target: Path) -> None:
    """Write the statements that make an empty store of today's migrations."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/empty.db")
        with store.writing() as db:
            upgrade.upgrade(db)
        store.close()
        with closing(sqlite3.connect(f"{folder}/empty.db")) as written:
            target.write_text("\n".join(written.iterdump()) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Draft one migration; print its file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--store")
    parser.add_argument("--schema", type=Path)
    said = parser.parse_args(arguments)
    number, file = newest()
    if said.again and file:
        file.unlink()
        number -= 1
    with tempfile.TemporaryDirectory() as folder:
        draft(said.message, f"{number + 1:04d}", said.store or f"sqlite:///{folder}/empty.db")
    _, written = newest()
    if written is None or (written == file and not said.again):
        return 1
    tidy(written)
    if said.schema:
        keep_schema(said.schema)
    print(written.relative_to(TOP))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
