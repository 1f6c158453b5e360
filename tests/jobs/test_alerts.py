"""People are told of a change of state once, and of its end; nothing is lost, nothing repeated."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from jobs import alerts
from jobs.alerts import Level
from staging.systems import alerts as rows
from staging.write import parking, rivals
from staging.write.parking import Parked
from staging.write.rivals import Rival
from sync.budget import gate
from tasuki.errors import ConfigError
from tasuki.service.app import App
from tests.rehearsal import Rehearsal, rehearsal

AT = "2026-01-05T09:00:00.000Z"
LATER = "2026-01-05T10:00:00.000Z"


class Ears:
    """Hears what is told, or is deaf for a while."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str]] = []
        self.deaf = False

    def __call__(self, title: str, body: str, level: Level) -> bool:
        """Take a message."""
        if not self.deaf:
            self.heard.append((title, body, level.value))
        return not self.deaf


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """An empty company."""
    with rehearsal() as found:
        yield found


def app(world: Rehearsal, *urls: str, **settings: Any) -> App:
    """What the daemon is handed, with somebody to tell."""
    project = replace(world.tools.project, alerts=urls or ("json://localhost/",), **settings)
    return App(project, world.store, world.tools)


def dead(world: Rehearsal, id: str, at: str) -> None:
    """One record that nobody tries any more."""
    row = Parked(id, "crm", "tasks", "TSK-3000", "no such option", "Add it.", "1", "a.yaml:3")
    with world.store.writing() as db:
        parking.park(db, replace(row, state="dead", label="Sato Ren"), "r_1", at)


def test_a_death_is_told_once(world: Rehearsal) -> None:
    """Told with count, cause, line and fix, and no name; again only for another; then its end."""
    ears, here = Ears(), app(world)
    dead(world, "w1", AT)
    assert [alerts.tell(here, [], ears) for _ in range(3)] == [1, 0, 0]
    ((title, body, level),) = ears.heard
    assert (level, "1 writes to crm/tasks" in title) == ("critical", True)
    assert "1: no such option (a.yaml:3). Add it." in body
    assert "Sato" not in title + body
    dead(world, "w2", LATER)
    assert alerts.tell(here, [], ears) == 1
    with world.store.writing() as db:
        parking.settle(db, ["w1", "w2"], "dropped", "anna", LATER)
    assert alerts.tell(here, [], ears) == 1
    assert ears.heard[-1][2] == "ok"


def test_what_could_not_be_sent_is_sent_next_time(world: Rehearsal) -> None:
    """Nobody heard it, so it stays news."""
    ears, here = Ears(), app(world)
    dead(world, "w1", AT)
    ears.deaf = True
    assert alerts.tell(here, [], ears) == 0
    ears.deaf = False
    assert [alerts.tell(here, [], ears) for _ in range(2)] == [1, 0]


def test_a_connection_goes_from_good_to_bad_and_back(world: Rehearsal) -> None:
    """Paused is a warning, a breaker is critical, an answer is the end; each is told once."""
    ears, here = Ears(), app(world)
    now = world.clock.now()
    with world.store.writing() as db:
        gate.pause(db, "crm", "anna", "Sato asked for it", now)
    alerts.tell(here, None, ears)
    with world.store.writing() as db:
        gate.resume(db, "crm")
        for _ in range(gate.TOLERATED):
            gate.failed(db, "crm", "no answer", now)
    for _ in range(2):
        alerts.tell(here, None, ears)
        world.clock.at += timedelta(minutes=3)
    with world.store.writing() as db:
        gate.answered(db, "crm")
    alerts.tell(here, None, ears)
    assert [level for _, _, level in ears.heard] == ["warning", "critical", "ok"]
    assert "Sato" not in str(ears.heard)


def test_a_held_plan_is_told_until_one_passes(world: Rehearsal) -> None:
    """Every run's plan is another one: it is told once; a run that ended badly says nothing."""
    ears, here = Ears(), app(world)
    told = [alerts.tell(here, held, ears) for held in (["too many"], ["still"], None, [], [])]
    assert (told, [level for _, _, level in ears.heard]) == ([1, 0, 0, 1, 0], ["warning", "ok"])


def test_a_loop_is_told_in_the_language_of_the_project(world: Rehearsal) -> None:
    """A field that is not written any more names the field and how many, not who."""
    ears = Ears()
    values = {"ours": "1", "theirs": "2", "flips": 2, "first_at": AT, "last_at": AT}
    with world.store.writing() as db:
        found = Rival("crm", "tasks", "1", "subject", **values, state="paused", writer="Sato Ren")
        rivals.keep(db, [found])
    alerts.tell(app(world, language="ja"), [], ears)
    ((title, body, _),) = ears.heard
    assert "crm/tasks.subject への書き込みを止めました" in title
    assert "1 レコード" in body
    assert "Sato" not in body


@pytest.fixture
def inbox() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """A server that takes JSON: its port, and what came."""
    came: list[dict[str, Any]] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            came.append({"path": self.path, **json.loads(self.rfile.read(length))})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, came
    server.shutdown()
    server.server_close()
    thread.join()


def test_apprise_carries_it(world: Rehearsal, inbox: tuple[int, list[dict[str, Any]]]) -> None:
    """The address comes from the environment, the message arrives over HTTP."""
    port, came = inbox
    dead(world, "w1", AT)
    secret = {"ALERTS_URL": f"json://127.0.0.1:{port}/hook"}
    here = app(world, "${ALERTS_URL}", environment=secret)
    assert [alerts.tell(here, []) for _ in range(2)] == [1, 0]
    ((message),) = came
    assert (message["path"], message["type"]) == ("/hook", "failure")
    assert message["title"].startswith("[rehearsal] critical: 1 writes")


def test_a_server_that_is_away_is_told_later(world: Rehearsal) -> None:
    """Nothing listens: nothing is remembered as told."""
    dead(world, "w1", AT)
    assert alerts.tell(app(world, "json://127.0.0.1:9/"), []) == 0
    with world.store.reading() as db:
        assert rows.told(db) == {}


def test_an_address_that_is_none_is_named(world: Rehearsal) -> None:
    """The daemon does not start with an address it cannot understand."""
    with pytest.raises(ConfigError, match="cannot be understood"):
        alerts.check(app(world, "nonsense"))
