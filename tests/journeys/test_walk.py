"""The main road, command by command, as a newcomer walks it."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_the_whole_road(fresh: Any) -> None:
    """Run, plan, apply; a second run is silent; undo, explain, report and doctor all work."""
    ran = fresh.tasuki("run")
    assert ran.code == 0, ran.err
    assert "Next: tasuki plan --show p_" in ran.out
    plan_id = fresh.tasuki("plan", "--offline", "--json").json["id"]
    shown = fresh.tasuki("plan", "--show", plan_id, "--detailed-exitcode")
    assert (shown.code, f"Next: tasuki apply {plan_id}" in shown.out) == (3, True)

    held = fresh.tasuki("apply", plan_id)
    assert (held.code, held.four_lines()["fix"]) == (
        5,
        f"Look at it, then `tasuki approve {plan_id}`.",
    )
    assert fresh.tasks() == []
    assert fresh.tasuki("approve", plan_id).code == 0
    applied = fresh.tasuki("apply", plan_id, "--json")
    assert applied.code in (0, 4), applied.err
    made = fresh.tasks()
    assert made
    assert len(made) == len(set(made))

    again = fresh.tasuki("run", "--json")
    assert again.json["plan"] is None, json.dumps(again.json["plan"])[:2000]
    _look_around(fresh, applied.json["run_id"])


def _look_around(place: Any, run: str) -> None:
    assert run[:18] in place.tasuki("runs").out
    assert "apply.send" in place.tasuki("runs", run).out
    assert place.tasuki("report").code == 0
    assert place.tasuki("doctor").code == 0
    (record,) = place.kept(
        "SELECT connection || '/' || object || '/' || record_id FROM receipt "
        "WHERE object = 'Account' AND state = 'written' LIMIT 1"
    )[0]
    explained = place.tasuki("explain", record, "--json").json
    assert explained["writes"][0]["run"] == run
    assert explained["links"]
    undone = place.tasuki("undo", run, "--auto-approve")
    assert undone.code in (0, 4), undone.err
    assert place.tasuki("run", "--json").json["plan"] is None
    assert [r for r in place.tasks() if r] == [
        key
        for (key,) in place.rows("SELECT Tasuki_Key__c FROM sf_Task WHERE Tasuki_Key__c NOT NULL")
    ]
    living = place.rows("SELECT 1 FROM sf_Task WHERE Tasuki_Key__c NOT NULL AND IsDeleted = 0")
    assert living == []


def test_a_plan_may_be_narrowed(ran: Any) -> None:
    """`--only create` shows creates alone; `--all` adds every cell."""
    plan_id = ran.tasuki("plan", "--offline", "--json").json["id"]
    shown = ran.tasuki("plan", "--show", plan_id, "--only", "create", "--all", "--json").json
    assert {cell["risk"] for cell in shown["cells"]} == {"create"}
    assert set(shown["risks"]) == {"create"}


def test_production_must_be_named(ran: Any) -> None:
    """A plan that writes to a production connection is applied only with `--production`."""
    path = ran.project / "connections" / "hubspot.yaml"
    path.write_text(
        path.read_text("utf-8").replace("environment: sandbox", "environment: production")
    )
    plan_id = ran.tasuki("plan", "--offline", "--json").json["id"]
    refused = ran.tasuki("apply", plan_id, "--auto-approve")
    assert (refused.code, "production" in refused.err) == (5, True)
    assert ran.tasks() == []


def test_a_guard_stops_its_group(ran: Any) -> None:
    """Beyond a limit no task is written, and the limit is named; other groups go on."""
    path = ran.project / "tasuki.yaml"
    path.write_text(path.read_text("utf-8").replace("max_creates: 500", "max_creates: 1"))
    plan = ran.tasuki("plan", "--offline", "--json").json
    assert "max_creates allows 1 (tasuki.yaml:" in " ".join(plan["guards"])
    ran.tasuki("apply", plan["id"], "--auto-approve")
    assert ran.tasks() == []
