"""The daemon: does its schedules, stops in order, survives SIGKILL, logs no secret."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow
TASUKI = Path(sys.executable).parent / "tasuki"


class Daemon:
    """One daemon process on a place."""

    def __init__(self, place: Any, name: str) -> None:
        self.log = place.project.parent / f"{name}.log"
        self.said = place.project.parent / f"{name}.err"
        with self.log.open("w") as out, self.said.open("w") as err:
            self.process = subprocess.Popen(
                [TASUKI, "daemon", "--port", "0", "--now"],
                cwd=place.project,
                stdout=out,
                stderr=err,
                text=True,
            )

    def events(self) -> list[dict[str, Any]]:
        """What it has logged so far, whole lines only."""
        text = self.log.read_text("utf-8")
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def saw(self, event: str) -> bool:
        """Whether it has logged this."""
        assert self.process.poll() is None, self.said.read_text("utf-8")
        return any(each["event"] == event for each in self.events())

    def word(self) -> httpx.Response:
        """What `/healthz` says."""
        return httpx.get(self.said.read_text("utf-8").split()[-1], trust_env=False, timeout=30)

    def end(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and wait."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(60)


def until(what: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    patience = Event()
    for _ in range(1_200):
        if what():
            return
        patience.wait(0.1)
    raise AssertionError("it never happened")


@pytest.fixture
def daemon(ran: Any) -> Any:
    """Start daemons on the place; what still runs at the end is ended."""
    started: list[Daemon] = []

    def start(name: str = "daemon") -> Daemon:
        started.append(Daemon(ran, name))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.end(signal.SIGKILL)


def test_it_runs_answers_and_stops_in_order(ran: Any, daemon: Any) -> None:
    """A run by schedule, one word on `/healthz`, exit 0 on SIGTERM, leases given back."""
    one = daemon()
    until(lambda: one.saw("jobs.run_ended"))
    assert one.word().text.strip() in ("healthy", "warning", "unknown")
    assert one.end() == 0
    assert one.events()[-1]["event"] == "daemon.stopped"
    assert ran.kept("SELECT name FROM lease") == []
    ((kind, state, by),) = ran.kept("SELECT kind, state, by FROM run WHERE trigger = 'daemon'")
    assert (kind, state, by) == ("run", "done", "daemon")


def test_it_logs_neither_secrets_nor_persons(ran: Any, daemon: Any) -> None:
    """No value of `.env` that is a secret and no mail address stands in the log."""
    one = daemon()
    until(lambda: one.saw("jobs.run_ended"))
    one.end()
    text = one.log.read_text("utf-8")
    assert ran.info.client_secret not in text
    assert ran.info.hubspot_token not in text
    assert "@" not in text


def test_two_daemons_do_one_run(ran: Any, daemon: Any) -> None:
    """The second stands by: one tick is one run, whoever does it."""
    first, second = daemon("first"), daemon("second")
    until(lambda: first.saw("jobs.run_ended") or second.saw("jobs.run_ended"))
    until(lambda: first.saw("daemon.standing_by") or second.saw("daemon.standing_by"))
    assert [first.end(), second.end()] == [0, 0]
    runs = ran.kept("SELECT id, state FROM run WHERE trigger = 'daemon' AND kind = 'run'")
    assert len(runs) == len({id_ for id_, _ in runs})
    assert [state for _, state in runs].count("failed") == 0


def test_killed_it_starts_again(ran: Any, daemon: Any) -> None:
    """After SIGKILL in the middle of a run the next daemon takes over and finishes the work."""
    one = daemon("one")
    until(lambda: one.saw("jobs.run_started"))
    assert one.end(signal.SIGKILL) == -signal.SIGKILL
    two = daemon("two")
    until(lambda: two.saw("daemon.started"))
    assert ran.tasuki("run").code in (0, 1)
    assert two.end() == 0
    states = [state for (state,) in ran.kept("SELECT state FROM run")]
    assert "running" not in states


def test_it_applies_only_after_a_person_has(ran: Any, daemon: Any) -> None:
    """`apply: true` waits until a plan to the same connections was approved by somebody."""
    path = ran.project / "tasuki.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('"*/15 * * * *"}', '"*/15 * * * *", apply: true}'))
    one = daemon("one")
    until(lambda: one.saw("daemon.waits_for_approval"))
    one.end()
    assert ran.tasks() == []
