"""Two people apply at the same moment: one works, the other is told who does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tasuki.cli.faults import Exit, exit_of
from tasuki.errors import LeaseError
from tests.journeys.flow import FAIR

pytestmark = pytest.mark.slow


def test_one_works_and_the_other_says_who_holds_the_lease(ran: Any) -> None:
    """Nothing is written twice; who came second reads machine, process and what it does."""
    slow = {"method": "POST", "path": "/composite/sobjects|/batch/", "delay_seconds": 1.5}
    url = f"{ran.info.http_url}/_sandbox/weather"
    httpx.put(url, json={**FAIR, "rules": [slow]}, trust_env=False).raise_for_status()
    ran.tasuki("approve", "latest")
    words = ("apply", "latest", "--auto-approve")
    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(lambda _: ran.tasuki(*words), range(2)), key=lambda d: d.code)
    assert done[0].code == Exit.DONE, done[0].err
    assert done[1].code == exit_of(LeaseError.code), done[1].err
    said = done[1].four_lines()
    assert "another process holds the writer lease" in done[1].err
    assert "process" in said["where"]
    assert "apply" in said["why"]
    assert len(ran.tasks()) == len(set(ran.tasks())) > 0
    assert ran.kept("SELECT 1 FROM receipt WHERE state IN ('open', 'unknown')") == []
