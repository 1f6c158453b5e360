"""Killed with SIGKILL after a commit, or between sending and keeping the receipt; then again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from jobs.flows import register
from jobs.runtime import InProcess
from sync.context import Order
from tasuki.service.writing import planning
from tasuki.wiring import open_app
from tests.journeys.killing import carry_out

SLOW = pytest.mark.slow
RUN_COMMITS = (2, 40, 80, 92, 105, 118, 126, 132, 135, 140)
"""Of the 140 commits of a first run: pages, certificates, keys, links, copies, merge, measures,
decisions, the plan."""


def differences(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> list[Any]:
    """What stands in only one of two worlds."""
    return [
        (name, row) for name in one for row in {*map(str, one[name])} ^ {*map(str, other[name])}
    ]


def until_silent(place: Any) -> int:
    """Run and apply in this process until a run plans nothing; how many plans that took."""
    app = open_app(place.project)
    runtime = InProcess(app.store, app.tools)
    register(runtime)
    try:
        for taken in range(6):
            made = runtime.wait(runtime.enqueue(Order("run")))
            if not made.get("plan"):
                return taken
            planning.approve(app, made["plan"], "somebody")
            runtime.wait(runtime.enqueue(Order("apply", {"plan": made["plan"]})))
    finally:
        runtime.close()
        app.close()
    raise AssertionError("six runs, and still something to do")


@SLOW
@pytest.mark.parametrize("commit", RUN_COMMITS)
def test_a_run_killed_after_any_commit_ends_the_same(
    fresh: Any, undisturbed: dict[str, Any], commit: int
) -> None:
    """Killed after a commit and run again, both platforms end as if nothing had happened."""
    carry_out(fresh, "run", f"commit:{commit}")
    until_silent(fresh)
    assert len(fresh.tasks()) == len(set(fresh.tasks()))
    assert differences(fresh.state(), undisturbed) == []


@SLOW
@pytest.mark.parametrize("moment", ["commit:2", "commit:3", "commit:4", "commit:9", "commit:12"])
def test_an_apply_killed_after_any_commit_ends_the_same(
    ran: Any, undisturbed: dict[str, Any], moment: str
) -> None:
    """Killed after a batch was kept or only opened, nothing is lost and nothing done twice."""
    _apply_and_die(ran, moment)
    until_silent(ran)
    assert len(ran.tasks()) == len(set(ran.tasks()))
    assert differences(ran.state(), undisturbed) == []


@pytest.mark.parametrize(
    "moment", [pytest.param(m, marks=SLOW) for m in ("send:1", "send:2", "send:4", "send:5")]
)
def test_killed_between_send_and_receipt_nothing_is_sent_twice(
    ran: Any, undisturbed: dict[str, Any], moment: str
) -> None:
    """Sent, but no receipt kept: the records are read again, and no task is doubled."""
    _apply_and_die(ran, moment)
    assert ran.kept("SELECT 1 FROM receipt WHERE state = 'open'")
    until_silent(ran)
    assert ran.kept("SELECT 1 FROM receipt WHERE state = 'open'") == []
    assert len(ran.tasks()) == len(set(ran.tasks()))
    assert differences(ran.state(), undisturbed) == []


def _apply_and_die(place: Any, moment: str) -> None:
    (plan_id,) = place.kept("SELECT id FROM plan WHERE state = 'draft'")[0]
    app = open_app(place.project)
    planning.approve(app, plan_id, "somebody")
    app.close()
    assert not carry_out(place, "apply", moment, plan=plan_id)


@pytest.fixture(scope="session")
def undisturbed(
    small_world: Path, tmp_path_factory: pytest.TempPathFactory, serving: Any
) -> dict[str, Any]:
    """The end state when nobody disturbed anything."""
    folder = tmp_path_factory.mktemp("undisturbed") / "copy"
    shutil.copytree(small_world, folder)
    with serving(folder) as place:
        until_silent(place)
        return dict(place.state())
