"""Stopped in the middle by a person, by the day's allowance or by a dead address; then going on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

SLOW = pytest.mark.slow
BLOCK = 10
"""Calls are leased together, so the day may end so much later."""
TASUKI = Path(sys.executable).parent / "tasuki"


def weather(place: Any, *rules: dict[str, Any]) -> None:
    """Let a storm begin; without rules the sky is clear."""
    url = f"{place.info.http_url}/_sandbox/weather"
    httpx.put(url, json={"rules": rules}, trust_env=False).raise_for_status()


def begun(place: Any, *words: str) -> subprocess.Popen[str]:
    """A command that goes on while we do something else."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [TASUKI, *words], cwd=place.project, stdout=pipe, stderr=pipe, text=True
    )


def until_struck(place: Any) -> None:
    """Wait until the storm befell a call."""
    url, patience = f"{place.info.http_url}/_sandbox/weather", Event()
    for _ in range(600):
        if httpx.get(url, trust_env=False).json()["happened"]:
            return
        patience.wait(0.05)
    raise AssertionError("the storm never struck")


@SLOW
def test_a_pause_in_the_middle_of_an_apply(ran: Any) -> None:
    """What was sent is settled, the rest is held with the reason; resumed, all is written once."""
    (plan,) = ran.kept("SELECT id FROM plan WHERE state = 'draft'")[-1]
    weather(ran, {"platform": "salesforce", "kind": "collection", "nth": 1, "delay_seconds": 4})
    applying = begun(ran, "apply", plan, "--auto-approve", "--json")
    until_struck(ran)
    assert ran.tasuki("pause", "salesforce", "--reason", "migration").code == 0
    out, err = applying.communicate(timeout=120)
    assert applying.returncode == 4, err
    assert json.loads(out)
    states = {s for (s,) in ran.kept("SELECT DISTINCT state FROM change WHERE plan_id = ?", plan)}
    assert states == {"written", "refused"}
    reasons = {r for (r,) in ran.kept("SELECT reason FROM change WHERE state = 'refused'")}
    assert any("paused" in reason for reason in reasons)
    weather(ran)
    stopped = ran.tasuki("run", "--json")
    assert {e["code"] for e in stopped.json["counts"]["stopped"].values()} == {"TSK-4400"}
    assert ran.tasuki("resume", "salesforce").code == 0
    again = ran.tasuki("run", "--json").json["plan"]
    assert ran.tasuki("apply", again["id"], "--auto-approve").code == 0
    assert len(ran.tasks()) == len(set(ran.tasks())) > 0
    assert ran.tasuki("run", "--json").json["plan"] is None


@SLOW
def test_the_day_ends_in_the_middle_of_a_pull(fresh: Any) -> None:
    """With a few calls left HubSpot stops, the rest is pulled; tomorrow it goes on and is whole."""
    file = fresh.project / "connections" / "hubspot.yaml"
    whole = file.read_text()
    file.write_text(whole + "budget: {daily_calls: 12}\n")
    ended = fresh.tasuki("run", "--json")
    stopped = ended.json["counts"]["stopped"]
    assert ended.code == 7, ended.err
    assert {kind.partition("/")[0] for kind in stopped} == {"hubspot"}
    calls = fresh.kept("SELECT sum(calls) FROM api_call_budget WHERE connection = 'hubspot'")
    assert calls[0][0] <= 12 + BLOCK
    done = set(fresh.kept("SELECT object, value FROM cursor WHERE connection = 'hubspot'"))
    file.write_text(whole)
    again = fresh.tasuki("run", "--json")
    assert again.code == 0, again.err
    assert again.json["counts"]["complete"]
    assert done or stopped
