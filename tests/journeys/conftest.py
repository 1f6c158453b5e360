"""A small world on a sandbox, a project signed in to it, and the real command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from config.starter import SandboxAccess, init, write_env
from sandbox import server
from sandbox.state import State
from sandbox.world.files import write_sales, write_truth
from sandbox.world.generate import generate
from sandbox.world.load import load

SCALE = 0.04
TASUKI = Path(sys.executable).parent / "tasuki"
MOVING = ("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "Tasuki_Key__c")
"""What two undisturbed runs of one day differ in."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[:.\dZ]*")
"""A due time is counted from the moment of the offer."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document it printed."""
        assert self.out, self.err
        return json.loads(self.out)

    def four_lines(self) -> dict[str, str]:
        """The error it printed, by label."""
        lines = self.err.strip().splitlines()[-4:]
        return {line.partition(":")[0]: line.partition(":")[2].strip() for line in lines}


@dataclass(frozen=True)
class Place:
    """A project on a running sandbox."""

    project: Path
    sandbox: Path
    info: Any

    def tasuki(self, *words: str, **variables: str) -> Done:
        """Run a command of the real command line here."""
        return tasuki(*words, folder=self.project, **variables)

    def control(self, path: str, body: Mapping[str, Any]) -> None:
        """Use one of the sandbox's own controls."""
        url = f"{self.info.http_url}/_sandbox/{path}"
        httpx.post(url, json=body, trust_env=False).raise_for_status()

    def edit(self, platform: str, object: str, id: str, **fields: Any) -> None:
        """Change a record as a person would."""
        asked = {"platform": platform, "object": object, "id": id, "fields": fields}
        self.control("edit", asked)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the sandbox's own database."""
        return _rows(self.sandbox / "sandbox.db", query, values)

    def kept(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the project's store."""
        return _rows(self.project / ".tasuki" / "store.db", query, values)

    def tasks(self) -> list[str]:
        """The keys of every task we made."""
        found = self.rows("SELECT Tasuki_Key__c FROM sf_Task WHERE Tasuki_Key__c IS NOT NULL")
        return [key for (key,) in found]

    def plan(self) -> str:
        """Run, and give the id of the plan that was made."""
        made = self.tasuki("run", "--json").json
        return str(made["plan"]["id"])

    def state(self) -> dict[str, list[Any]]:
        """Everything in both platforms that two runs of one day have in common."""
        return {name: _state(self.sandbox / "sandbox.db", name) for name in _COMPARED}


_COMPARED = ("sf_Account", "sf_Contact", "sf_Lead", "sf_Task", "hs_record")


def _state(path: Path, table: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute(f"SELECT * FROM {table}")]
    if table == "hs_record":
        return sorted((row["type"], row["id"], row["properties"]) for row in map(_plain, rows))
    return sorted(json.dumps(_plain(row), sort_keys=True) for row in rows)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    if "properties" in row:
        said = json.loads(row["properties"])
        said = {k: v for k, v in said.items() if "modified" not in k and "lastmodified" not in k}
        return {**row, "properties": json.dumps(said, sort_keys=True)}
    is_task = "Tasuki_Key__c" in row
    kept = {k: v for k, v in row.items() if k not in MOVING or (k == "Id" and not is_task)}
    if is_task and row["Tasuki_Key__c"]:
        kept["Description"] = MOMENT.sub("(moment)", row["Description"])
    return kept


def _rows(path: Path, query: str, values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query, values).fetchall()


def tasuki(*words: str, folder: Path, **variables: str) -> Done:
    """Run a command of the real command line in a folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TASUKI_", "COLUMNS"))}
    done = subprocess.run(
        [TASUKI, *words],
        cwd=folder,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    with (folder.parent / "commands.err").open("a", encoding="utf-8") as said:
        said.write(done.stderr)  # the suite's logs are searched in the end (tests/leaks.py)
    return Done(done.returncode, done.stdout, done.stderr)


def _written(path: Path) -> Path:
    """The file, once the serving thread has written it."""
    patience = Event()
    for _ in range(400):
        if path.exists() and path.stat().st_size:
            return path
        patience.wait(0.05)
    raise AssertionError(f"{path} never came")


@contextmanager
def served(folder: Path) -> Iterator[Place]:
    """A copy of a world served, and its project signed in to it."""
    beside, project = folder / "sandbox", folder / "project"
    with server.in_thread(beside, network_log=beside / "net.jsonl") as serving:
        access = SandboxAccess.read(_written(beside / "sandbox.json"))
        if (project / "tasuki.yaml").exists():
            write_env(project, access)
        else:
            init(project, sandbox=access)
        yield Place(project, beside, serving.info)


@pytest.fixture(scope="session")
def serving() -> Any:
    """How to serve a copy of a world, as a context manager over its folder."""
    return served


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a generated world and nothing else."""
    folder = tmp_path_factory.mktemp("small-world")
    world = generate(3, SCALE)
    (folder / "sandbox").mkdir()
    with State(folder / "sandbox" / "sandbox.db") as state:
        load(world, state)
    write_sales(world, folder / "sandbox")
    write_truth(world, folder / "sandbox" / "truth.json")
    return folder


@pytest.fixture(scope="session")
def walked_world(small_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same world with a project that has run once and has a plan waiting."""
    folder = tmp_path_factory.mktemp("walked-world") / "copy"
    shutil.copytree(small_world, folder)
    with served(folder) as place:
        assert place.tasuki("run").code == 0
    return folder


@pytest.fixture
def fresh(small_world: Path, tmp_path: Path) -> Iterator[Place]:
    """A project that never ran, on a sandbox of its own."""
    shutil.copytree(small_world, tmp_path / "copy")
    with served(tmp_path / "copy") as place:
        yield place


@pytest.fixture
def ran(walked_world: Path, tmp_path: Path) -> Iterator[Place]:
    """A project that ran once and has a plan waiting, on a sandbox of its own."""
    shutil.copytree(walked_world, tmp_path / "copy")
    with served(tmp_path / "copy") as place:
        yield place
