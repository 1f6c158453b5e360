"""Killed with SIGKILL after each kind of commit of a run; the next run ends the same."""

from __future__ import annotations

import json
import multiprocessing
import runpy
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

DIES = str(Path(__file__).parent / "dies.py")
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["tasuki.wiring", "jobs.flows", "connectors.salesforce"])
IN_TIME = {"updated_at", "as_of", "provenance", "seq", "opened_at", "since", "valid_from", "at"}
"""What says when, not what."""
ENTITIES = ("account", "person", "opportunity", "need", "user_", "sale", "engagement", "activity")
CONCLUSIONS = {
    **{name: f"SELECT * FROM {name}" for name in ENTITIES},
    "account numbers": "SELECT * FROM account_metric",
    "person numbers": "SELECT * FROM person_metric",
    "opportunity numbers": "SELECT * FROM opportunity_metric",
    "links": "SELECT connection, object, id, entity, entity_id, rule FROM link",
    "cookies": "SELECT visitor, valid_from AS moment, person_id FROM visitor_link",
    "scores": "SELECT name, entity_id, value, grade FROM score",
    "signals": "SELECT id, rule, entity_id FROM signal WHERE closed_at IS NULL",
    "handoffs": "SELECT id, need_id, rule, to_team, state, assignee FROM handoff",
    "wishes": "SELECT id, object, record_id, owner FROM intent WHERE state = 'open'",
    "left to do": "SELECT * FROM dirty",
}


def run(project: Path, moment: str) -> bool:
    """Run in a process of its own, up to a moment; whether that process lived."""
    words = (str(project), "run", json.dumps({}), moment)
    child = SPAWN.Process(target=runpy.run_path, args=(DIES, {"WORDS": words}, "__main__"))
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode == 0


def conclusions(project: Path) -> dict[str, list[str]]:
    """Everything a run concluded, without the moments at which it did."""
    with closing(sqlite3.connect(project / ".tasuki" / "store.db")) as db:
        db.row_factory = sqlite3.Row
        return {name: _rows(db, query) for name, query in CONCLUSIONS.items()}


def _rows(db: sqlite3.Connection, query: str) -> list[str]:
    rows = [{k: row[k] for k in row.keys() if k not in IN_TIME} for row in db.execute(query)]  # noqa: SIM118
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def moments(project: Path) -> list[int]:
    """Commits of the last run to die after: of every kind of step at most five, evenly spread.

    Between two commits of one kind a run stands where it stood before, with other ids.
    """
    query = "SELECT name FROM run_step ORDER BY position"
    with closing(sqlite3.connect(project / ".tasuki" / "store.db")) as db:
        names = [name for (name,) in db.execute(query)]
    places: dict[str, list[int]] = {}
    for commit, name in enumerate(names, start=1):
        places.setdefault(name, []).append(commit)
    assert len(names) > 100
    quarters = {kind: [(len(of) - 1) * n // 4 for n in range(5)] for kind, of in places.items()}
    return sorted({places[kind][n] for kind, chosen in quarters.items() for n in chosen})


@pytest.fixture
def anew(fresh: Any) -> Any:
    """The project without its store, again and again."""

    def forget() -> Path:
        shutil.rmtree(fresh.project / ".tasuki", ignore_errors=True)
        project: Path = fresh.project
        return project

    return forget


def test_killed_after_any_kind_of_commit_a_run_comes_to_the_same_conclusions(anew: Any) -> None:
    """For every kind of step of a first run: kill -9 after it, run again, and nothing differs."""
    project = anew()
    assert run(project, "never")
    expected, chosen = conclusions(project), moments(project)
    assert len(chosen) > 30
    for commit in chosen:
        project = anew()
        run(project, f"commit:{commit}")
        assert run(project, "never"), f"after commit {commit} the next run did not end"
        found = conclusions(project)
        wrong = [name for name in expected if found[name] != expected[name]]
        assert wrong == [], f"killed after commit {commit}"
