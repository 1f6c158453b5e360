"""A sandbox in a process of its own, a project signed in to it, and the meters of one pull."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
import orjson

from jobs.flows import register
from jobs.runtime import InProcess, Run, silent
from sandbox.process import Running, start
from sandbox.state import State
from sync.budget.ledger import Ledger
from sync.complete.due import Ordered
from sync.complete.flow import pull
from sync.context import Order, Watch
from sync.write.plan.draft import plan
from tasuki.service.app import App, Connections
from tasuki.values import Json
from tasuki.wiring import open_app, open_connection
from tools.bench import world

_SIGNED_IN: Final = {
    "tasuki.yaml": """
kind: project
name: bench
timezone: Asia/Tokyo
guards: {max_creates: 1000000, max_overwrite_percent: 100}
""",
    "connections/crm.yaml": """
kind: connection
name: crm
system: salesforce
login_url: ${SALESFORCE_URL}
client_id: ${SALESFORCE_CLIENT_ID}
client_secret: ${SALESFORCE_CLIENT_SECRET}
ca_file: ${SALESFORCE_CA_FILE}
""",
    "connections/hub.yaml": """
kind: connection
name: hub
system: hubspot
subscription: enterprise
base_url: ${HUBSPOT_URL}
token: ${HUBSPOT_TOKEN}
""",
}
_ENTITIES: Final = {
    "crm/Contact": ("person", {"email": "Email", "family_name": "LastName", "title": "Title"}),
    "hub/contacts": ("person", {"email": "email", "family_name": "lastname", "title": "jobtitle"}),
    "hub/companies": ("account", {"name": "name"}),
    "hub/deals": ("opportunity", {"name": "dealname"}),
}
"""The entity of each object, and its field behind each entity field."""
_WRITTEN: Final = "title"
"""The field that a change on Salesforce brings to HubSpot."""
_CALLED: Final = ("salesforce", "hubspot")
_TOP: Final = Path(__file__).parents[2]


@dataclass(slots=True)
class Ahead:
    """The real time, moved on by as much as was waited for."""

    by: timedelta = timedelta(0)

    def now(self) -> datetime:
        """The moment, as a project's clock tells it."""
        return datetime.now(UTC) + self.by

    def wall(self) -> float:
        """The same in epoch seconds."""
        return time.time() + self.by.total_seconds()

    def wait(self, seconds: float) -> None:
        """Waiting costs nothing."""
        self.by += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one piece of work took."""

    seconds: float
    cpu: float
    result: dict[str, Json]
    calls: tuple[dict[str, Any], ...]
    """The platforms' lines of the network log: one each call, sign-ins left out."""

    @property
    def size(self) -> int:
        """Bytes of answers, as they came over the wire."""
        return sum(each["response_bytes"] for each in self.calls)

    @property
    def served(self) -> float:
        """Seconds that the sandbox took."""
        return sum(float(each["milliseconds"]) for each in self.calls) / 1000

    def of(self, part: str) -> int:
        """How many calls went to paths with this part."""
        return sum(part in each["path"] for each in self.calls)


@dataclass(slots=True)
class Place:
    """A running sandbox and the folder in which it and the projects live."""

    folder: Path
    running: Running
    clock: Ahead = field(default_factory=Ahead)

    @property
    def admin(self) -> str:
        """Where its controls answer."""
        return f"{self.running.info.http_url}/_sandbox"

    @property
    def asked(self) -> dict[str, frozenset[str]]:
        """The forty fields of each kind of contact."""
        with State(None) as state:
            return world.fields(state)

    def say(self, control: str, what: Mapping[str, Any]) -> None:
        """Use one of the sandbox's controls."""
        httpx.post(f"{self.admin}/{control}", json=what, trust_env=False).raise_for_status()

    def weather(self, **storm: Any) -> None:
        """Let a storm begin; without words the weather is fine."""
        self.say("weather", storm)

    def edit(self, kind: str, ids: Sequence[str], name: str, value: str) -> None:
        """Change records as a person would."""
        platform = "salesforce" if kind.startswith("crm") else "hubspot"
        said = {"platform": platform, "object": kind.partition("/")[2]}
        with httpx.Client(trust_env=False) as client:
            for id_ in ids:
                body = {**said, "id": id_, "fields": {name: value}}
                client.post(f"{self.admin}/edit", json=body).raise_for_status()

    def pass_time(self, by: timedelta) -> None:
        """Move the sandbox's clock and ours."""
        self.clock.by += by
        self.say("clock", {"offset_seconds": self.clock.by.total_seconds()})

    def calls(self) -> tuple[dict[str, Any], ...]:
        """The platforms' calls since the last reset."""
        lines = (self.folder / "network.jsonl").read_bytes().splitlines()
        found = map(orjson.loads, lines)
        return tuple(
            each
            for each in found
            if each["platform"] in _CALLED and not each["path"].endswith("/token")
        )

    def restart(self, change: Any) -> None:
        """Change the world while the sandbox is down."""
        self.running.stop()
        change()
        self.running = _started(self.folder)
        self.say("clock", {"offset_seconds": self.clock.by.total_seconds()})


@contextmanager
def place(
    folder: Path, people: int, others: Mapping[str, int] | None = None, *, apart: bool = False
) -> Iterator[Place]:
    """A sandbox with so many people on each platform, or on Salesforce only."""
    world.make(folder / "sandbox", people, others, apart=apart)
    found = Place(folder, _started(folder))
    try:
        yield found
    finally:
        found.running.stop()


def _started(folder: Path) -> Running:
    return start(folder / "sandbox", network_log=folder / "network.jsonl")


def environment(at: Place) -> dict[str, str]:
    """What a project needs to know to sign in."""
    info = at.running.info
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "SALESFORCE_URL": info.https_url,
        "SALESFORCE_CLIENT_ID": info.client_id,
        "SALESFORCE_CLIENT_SECRET": info.client_secret,
        "SALESFORCE_CA_FILE": info.ca,
        "HUBSPOT_URL": info.http_url,
        "HUBSPOT_TOKEN": info.hubspot_token,
    }


def write_project(folder: Path, kinds: Sequence[str], makes: str = "") -> None:
    """The files of a project that reads these objects, and makes what a connection lacks."""
    files = dict(_SIGNED_IN)
    for entity in dict.fromkeys(_ENTITIES[kind][0] for kind in kinds):
        sides = {kind: _ENTITIES[kind][1] for kind in kinds if _ENTITIES[kind][0] == entity}
        files[f"mappings/{entity}.yaml"] = _mapping(entity, sides, makes)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _mapping(entity: str, sides: Mapping[str, Mapping[str, str]], makes: str) -> str:
    """One mapping; the first side wins where both changed."""
    names = {kind: kind.partition("/")[0] for kind in sides}
    told: dict[str, Any] = {
        "kind": "mapping",
        "name": entity,
        "entity": entity,
        "sides": {names[kind]: {"object": kind.partition("/")[2]} for kind in sides},
        "fields": {},
        "identity": [{"rule": "same", "field": next(iter(next(iter(sides.values()))))}],
    }
    for name in next(iter(sides.values())):
        cell = {names[kind]: fields[name] for kind, fields in sides.items()}
        wins = f"{next(iter(cell))}_wins"
        several: dict[str, Any] = {"conflict": wins} if len(cell) > 1 else {}
        if several and (makes or name == _WRITTEN):
            several |= {"direction": "both", "to": [makes or "hub"]}
        told["fields"][name] = cell | several
    if makes:
        told["create"] = {makes: {"key": next(iter(told["fields"]))}}
    return orjson.dumps(told).decode()


@contextmanager
def project(
    at: Place,
    name: str,
    kinds: Sequence[str],
    *,
    forty: bool = True,
    waits: bool = False,
    makes: str = "",
) -> Iterator[App]:
    """A project with a store of its own; the ledger of calls is real, waiting only if it `waits`.

    With `forty`, every one of the forty fields of a contact is read. On `makes`, a connection, the
    people that it lacks are made.
    """
    folder = at.folder / name
    write_project(folder, kinds, makes)
    made = open_app(folder, at.clock, environment(at))
    if forty:
        reads = {kind: names for kind, names in at.asked.items() if kind in kinds}
        made = App(made.project, made.store, replace(made.tools, reads=reads))
    if not waits:
        made = App(made.project, made.store, replace(made.tools, connectors=_hasty(made, at.clock)))
    try:
        yield made
    finally:
        made.close()


def _hasty(app: App, clock: Ahead) -> Connections:
    """Connections whose ledgers count and pace as ever, on a clock that waiting moves."""
    zone, jump = ZoneInfo(app.project.timezone), Ahead()
    ledgers = {
        name: Ledger(
            name, config.budget, app.store.writing, clock, zone, sleep=jump.wait, wall=jump.wall
        )
        for name, config in app.project.connections.items()
    }

    def opener(name: str) -> Any:
        config = app.project.connections[name]
        return lambda: open_connection(app.project, config, clock, ledgers[name])

    return Connections({name: opener(name) for name in ledgers}, ledgers)


def pulled(at: Place, app: App, **ordered: Json) -> Spent:
    """One pull of the engine, measured."""
    return ran(at, app, Order("pull", dict(ordered), trigger="bench"))


def ran(at: Place, app: App, order: Order, watch: Watch = silent) -> Spent:
    """One run of any workflow, measured."""
    runtime = InProcess(app.store, app.tools, watch)
    register(runtime)
    runtime.register("pull", _pull)
    runtime.register("plan", _plan)
    at.say("log/reset", {})
    began, used = perf_counter(), process_time()
    try:
        result = runtime.wait(runtime.enqueue(order))
        seconds, cpu = perf_counter() - began, process_time() - used
    finally:
        runtime.close()
    return Spent(seconds, cpu, result, at.calls())


def _pull(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    return pull(run, Ordered.of(arguments))


def _plan(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    """A plan of the wishes of one origin, with nothing else looked at."""
    return plan(run, arguments["origin"], ask=False)


def child(at: Place, work: str, folder: Path, kind: str, rest: str) -> "subprocess.Popen[bytes]":
    """A process of its own at work (`tools.bench.child`); it prints one figure."""
    command = [sys.executable, "-m", "tools.bench.child", work, str(folder), kind, rest]
    return subprocess.Popen(command, cwd=_TOP, env=environment(at), stdout=subprocess.PIPE)


def said(process: "subprocess.Popen[bytes]") -> float:
    """What it printed; RuntimeError when it failed."""
    answer, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
    return float(answer)


def peak(at: Place, kind: str) -> float:
    """The most memory, in MiB, of a first pull with nothing else in its process."""
    folder = at.folder / f"memory-{kind[:3]}"
    write_project(folder, [kind])
    return said(child(at, "pull", folder, kind, ",".join(sorted(at.asked[kind]))))
