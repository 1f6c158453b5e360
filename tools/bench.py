"""Measure a first pull, a no-op run and a 1 % change run on the sandbox; nothing is asserted.

Usage: python tools/bench.py [--scale 10] [--seed 1] [--share 0.01] [--store URL]
The sandbox runs in a process of its own, so CPU seconds are Tasuki's alone. The sandbox counts the
API calls; the floor is ceil(n / page) per object: n is all, none (one call) or the changed records.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final

import httpx
import structlog
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from config.starter import SandboxAccess, init
from jobs.flows import register
from jobs.runtime import InProcess
from sandbox.process import start
from sandbox.state import State
from sandbox.world.files import write_sales
from sandbox.world.generate import generate
from sandbox.world.load import load
from sync.context import Event, Order
from sync.pull import streams
from tasuki.wiring import open_app

if TYPE_CHECKING:
    from tasuki.service.app import App

COUNTS: Final = """
SELECT connection, object, COUNT(*) FROM record WHERE deleted_at IS NULL GROUP BY connection, object
"""
SOME_IDS: Final = """
SELECT id FROM record WHERE connection = :connection AND object = :object AND deleted_at IS NULL
ORDER BY id LIMIT :most
"""
EDITS: Final = (
    ("salesforce", "Account", {"Industry": "Banking"}),
    ("salesforce", "Contact", {"Title": "Head of Measuring"}),
    ("hubspot", "companies", {"city": "Measured"}),
    ("hubspot", "contacts", {"jobtitle": "Head of Measuring"}),
)
PLATFORMS: Final = ("salesforce", "hubspot")
EVENTS: Final = ("events/", "email_events")
EVENTS_PAGE: Final = 1000  # HubSpot's event endpoints; its objects come a hundred at a time
Key = tuple[str, str]


@dataclass(slots=True)
class Stopwatch:
    """When the pull began and ended, in seconds of clock and of CPU."""

    marks: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Note the pull's first and last word."""
        if event.stage == "pull" and event.done in (0, event.total):
            self.marks.append((perf_counter(), process_time()))

    def spent(self) -> tuple[float, float]:
        """Seconds of clock and of CPU between the two."""
        (began, cpu_began), (ended, cpu_ended) = self.marks[0], self.marks[-1]
        return ended - began, cpu_ended - cpu_began


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the table."""

    what: str
    records: int
    pull_seconds: float
    pull_cpu: float
    run_seconds: float
    calls: int
    floor: int


def measure(app: App, what: str, admin: str, touched: Counter[Key]) -> Measured:
    """Carry out one run and read the meters."""
    httpx.post(f"{admin}/log/reset", trust_env=False).raise_for_status()
    watch = Stopwatch()
    runtime = InProcess(app.store, app.tools, watch)
    register(runtime)
    began = perf_counter()
    counts = runtime.wait(runtime.enqueue(Order("run", trigger="bench")))
    seconds = perf_counter() - began
    runtime.close()
    calls = httpx.get(f"{admin}/stats", trust_env=False).json()["calls"]
    return Measured(
        what,
        counts["read"],
        *watch.spent(),
        seconds,
        sum(calls.get(platform, 0) for platform in PLATFORMS),
        floor(app, touched),
    )


def floor(app: App, touched: Counter[Key]) -> int:
    """The fewest calls that can read these records: full pages, and one for a quiet object."""
    total = 0
    for each in streams(app.tools):
        if each.connection in PLATFORMS:
            usual = app.tools.connectors[each.connection].can.page_size
            page = EVENTS_PAGE if each.object.startswith(EVENTS) else usual
            total += max(1, ceil(touched[each.connection, each.object] / page))
    return total


def staged(app: App) -> Counter[Key]:
    """How many records the store holds, by connection and object."""
    with app.store.reading() as db:
        return Counter({(c, o): n for c, o, n in db.execute(text(COUNTS))})


def change(app: App, admin: str, share: float) -> Counter[Key]:
    """Edit a share of the accounts and people as persons would; how many of which."""
    edited: Counter[Key] = Counter()
    every = staged(app)
    with httpx.Client(trust_env=False) as client, app.store.reading() as db:
        for platform, object_, fields in EDITS:
            most = ceil(every[platform, object_] * share)
            asked = {"connection": platform, "object": object_, "most": most}
            for (record,) in db.execute(text(SOME_IDS), asked):
                said = {"platform": platform, "object": object_, "id": record, "fields": fields}
                client.post(f"{admin}/edit", json=said).raise_for_status()
                edited[platform, object_] += 1
    return edited


def prepare(folder: Path, seed: int, scale: float) -> None:
    """Make the world on disk, before the sandbox serves it."""
    folder.mkdir(parents=True)
    world = generate(seed, scale)
    state = State(folder / "sandbox.db")
    load(world, state)
    state.close()
    write_sales(world, folder)


def bench(folder: Path, asked: argparse.Namespace) -> list[Measured]:
    """Walk the three runs in a folder of their own."""
    prepare(folder / "sandbox", asked.seed, asked.scale)
    with start(folder / "sandbox") as running:
        access = SandboxAccess.read(folder / "sandbox" / "sandbox.json")
        init(folder / "project", sandbox=access)
        variables = os.environ | access.variables()
        if asked.store:
            variables["TASUKI_STORE"] = asked.store
        app = open_app(folder / "project", environment=variables)
        try:
            return three_runs(app, f"{running.info.http_url}/_sandbox", asked.share)
        finally:
            app.close()


def three_runs(app: App, admin: str, share: float) -> list[Measured]:
    """First everything, then nothing, then a little."""
    first = measure(app, "first pull", admin, Counter())
    whole = staged(app)
    rows = [replace(first, floor=floor(app, whole)), measure(app, "no-op run", admin, Counter())]
    edited = change(app, admin, share)
    label = f"{share:.0%} changed ({edited.total():,})"
    return [*rows, measure(app, label, admin, edited)]


def show(rows: list[Measured], title: str) -> None:
    """Print the table."""
    table = Table("", title=title, title_justify="left")
    for head in ("records read", "pull s", "pull CPU s", "records/s", "run s", "calls", "floor"):
        table.add_column(head, justify="right")
    for row in rows:
        rate = row.records / row.pull_seconds if row.pull_seconds else 0
        table.add_row(
            row.what,
            f"{row.records:,}",
            f"{row.pull_seconds:.1f}",
            f"{row.pull_cpu:.1f}",
            f"{rate:,.0f}",
            f"{row.run_seconds:.1f}",
            f"{row.calls:,}",
            f"{row.floor:,}",
        )
    Console(width=110).print(table)


def main(words: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scale", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--store", help="an empty store's URL; SQLite in a new folder by default")
    asked = parser.parse_args(words)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[_nothing])
    with tempfile.TemporaryDirectory(prefix="tasuki-bench-") as folder:
        rows = bench(Path(folder), asked)
    engine = (asked.store or "sqlite").partition(":")[0]
    show(rows, f"Tasuki bench: seed {asked.seed}, scale {asked.scale:g}, {engine}, loopback")
    return 0


def _nothing(_logger: object, _method: str, _event: object) -> str:
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
