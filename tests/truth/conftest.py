"""One world, walked once per worker: pulled, understood, applied; and ways to look at it."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config.starter import SandboxAccess, init
from jobs import flows
from jobs.runtime import InProcess
from sandbox import process
from sandbox.state import State
from sandbox.world.files import write_sales, write_truth
from sandbox.world.generate import generate
from sandbox.world.load import load
from sandbox.world.truth import TruthFile, read_truth
from staging.tables.decisions import SIGNAL
from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import LINK
from staging.write import plans
from sync.context import Order
from tasuki.service.app import App
from tasuki.values import Json, Ref
from tasuki.wiring import open_app, prepare_store

SCALE = 1.0
BEFORE = "before-apply.db"
"""The store after the first run; what is written back later joins records by more than they had."""
OBJECTS = {
    "account": {("salesforce", "Account"), ("hubspot", "companies"), ("sales", "customers")},
    "person": {("salesforce", "Contact"), ("salesforce", "Lead"), ("hubspot", "contacts")},
}


@dataclass(frozen=True)
class Score:
    """How well pairs of records were joined: pairs found wrongly, pairs missed, pairs right."""

    right: int
    wrong: tuple[tuple[Ref, Ref], ...]
    missed: tuple[tuple[Ref, Ref], ...]

    @property
    def precision(self) -> float:
        """The share of joined pairs that are right."""
        return self.right / (self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        """The share of true pairs that were joined."""
        return self.right / (self.right + len(self.missed))


@dataclass(frozen=True)
class Walked:
    """A world after the flow has gone over it, beside its truth."""

    folder: Path
    app: App
    truth: TruthFile
    counts: Mapping[str, Json]

    def links(self) -> dict[Ref, str]:
        """The entity every record belongs to."""
        with self.app.store.reading() as db:
            rows = db.execute(
                select(LINK.c.connection, LINK.c.object, LINK.c.id, LINK.c.entity_id).where(
                    LINK.c.valid_to.is_(None)
                )
            )
            return {Ref(*row[:3]): row[3] for row in rows}

    def score(self, entity: str) -> Score:
        """How well the records of an entity were joined, pair by pair."""
        owner_of = self.truth.company_of if entity == "account" else self.truth.person_of
        wanted = {Ref(*r): o for r, o in owner_of.items() if r[:2] in OBJECTS[entity]}
        links = self.links()
        truth = _pairs(wanted)
        found = _pairs({ref: links[ref] for ref in wanted if ref in links})
        return Score(len(truth & found), tuple(found - truth), tuple(truth - found))

    def planted(self, kind: str) -> set[str]:
        """The entities that a kind of planted case is about."""
        links = self.links()
        found: set[str] = set()
        for case in self.truth.planted(kind):
            if "opportunity" in case:
                found.add(links[Ref("salesforce", "Opportunity", case["opportunity"])])
            else:
                refs = (Ref(*record) for record in case["records"])
                found |= {links[ref] for ref in refs if ref in links}
        return found

    def flagged(self, rule: str) -> set[str]:
        """The entities a signal is open for."""
        with self.app.store.reading() as db:
            query = select(SIGNAL.c.entity_id).where(
                SIGNAL.c.rule == rule, SIGNAL.c.closed_at.is_(None)
            )
            return set(db.scalars(query))

    def person_of_events(self) -> dict[str, str | None]:
        """The person every web event was given to, by the platform's event id."""
        event = ENTITY_TABLES["engagement"]
        with self.app.store.reading() as db:
            return dict(db.execute(select(event.c.record_id, event.c.person_id)).all())

    def ignored_events(self) -> dict[str, tuple[str | None, str | None]]:
        """Whose every web event is and why it does not count, by the platform's event id."""
        event = ENTITY_TABLES["engagement"]
        columns = (event.c.record_id, event.c.person_id, event.c.ignored)
        with self.app.store.reading() as db:
            return {id_: (person, why) for id_, person, why in db.execute(select(*columns))}

    def misplaced_events(self, kind: str) -> list[tuple[str, str]]:
        """Planted cookie events that did not reach their person: (cookie, event)."""
        links = self.links()
        entity_of = {
            person: links[Ref(*record)]
            for record, person in self.truth.person_of.items()
            if Ref(*record) in links
        }
        given = self.person_of_events()
        return [
            (case["utk"], event)
            for case in self.truth.planted(kind)
            for span in case["spans"]
            for event in span["events"]
            if given.get(event) != entity_of[span["person"]]
        ]


def _pairs(group_of: Mapping[Ref, str]) -> set[tuple[Ref, Ref]]:
    groups: dict[str, list[Ref]] = defaultdict(list)
    for ref in sorted(group_of):
        groups[group_of[ref]].append(ref)
    return {pair for refs in groups.values() for pair in combinations(refs, 2)}


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """Walk the whole flow over a generated world once: run, approve, apply, run."""
    folder = tmp_path_factory.mktemp("world")
    beside = folder / "sandbox"
    world = generate(1, SCALE, datetime.now(UTC).date())
    with State(beside / "sandbox.db") as state:
        load(world, state)
    write_sales(world, beside)
    write_truth(world, beside / "truth.json")
    with process.start(beside, network_log=beside / "network.jsonl"):
        access = SandboxAccess.read(beside / "sandbox.json")
        init(folder / "project", sandbox=access)
        with closing(open_app(folder / "project", environment=access.variables())) as app:
            runtime = InProcess(app.store, app.tools)
            flows.register(runtime)
            first = runtime.wait(runtime.enqueue(Order("run")))
            _copy(folder / "project" / ".tasuki" / "store.db", folder / BEFORE)
            _apply(app, runtime, str(first["plan"]))
            second = runtime.wait(runtime.enqueue(Order("run")))
            truth = read_truth(beside / "truth.json")
            yield Walked(folder, app, truth, {"first": first, "second": second})
            runtime.close()


def _copy(store: Path, to: Path) -> None:
    with closing(sqlite3.connect(store)) as here:
        here.execute("VACUUM INTO ?", (str(to),))


def _apply(app: App, runtime: InProcess, plan: str) -> None:
    with app.store.writing() as db:
        plans.approve(db, plan, "manager", app.tools.now())
    runtime.wait(runtime.enqueue(Order("apply", {"plan": plan})))


@pytest.fixture
def again(walked: Walked, tmp_path: Path) -> Iterator[Any]:
    """Go over the same records again under other rules; give a workflow and what changes."""
    opened: list[App] = []

    def go(workflow: Any, **changes: Any) -> Walked:
        copy = tmp_path / f"store{len(opened)}.db"
        _copy(walked.folder / BEFORE, copy)
        tools = replace(walked.app.tools, connectors={}, **changes)
        app = App(walked.app.project, prepare_store(f"sqlite:///{copy}"), tools)
        opened.append(app)
        runtime = InProcess(app.store, app.tools)
        runtime.register("again", lambda run, _: workflow(run) or {})
        runtime.wait(runtime.enqueue(Order("again")))
        runtime.close()
        return replace(walked, app=app)

    yield go
    for app in opened:
        app.store.close()
