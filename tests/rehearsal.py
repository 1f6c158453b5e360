"""A small company in two in-process systems, and the real flow over them: for laws and flow tests.

`crm` holds companies and people, `ma` holds orgs, contacts and web events. The store is a copy of
an empty migrated one, so that a fresh rehearsal costs milliseconds.
"""

from __future__ import annotations

import shutil
import tempfile
from atexit import register as at_exit
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from config.project import Project, load_project
from connectors.memory.client import MemoryConnector
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from jobs.flows import register
from jobs.runtime import InProcess
from mappings.project import load_mappings
from playbook.book import read_playbook
from staging.engine import Store, open_store
from staging.tables.columns import METADATA
from staging.write import plans
from sync.context import Event, Order, Tools
from sync.write import intent
from tasuki.clock import FixedClock
from tasuki.wiring import prepare_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.protocol import Filter, Page
    from staging.write.plans import Change

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

FILES = {
    "tasuki.yaml": """
kind: project
name: rehearsal
guards: {max_creates: 1000, max_overwrite_percent: 100, max_deletes: 1000}
""",
    "connections/crm.yaml": "{kind: connection, name: crm, system: memory}",
    "connections/ma.yaml": "{kind: connection, name: ma, system: memory}",
    "mappings/account.yaml": """
kind: mapping
name: account
entity: account
sides:
  crm: {object: companies}
  ma: {object: orgs}
fields:
  name: {crm: name, ma: name, direction: both, conflict: crm_wins, transform: [squeeze]}
  corporate_number: {crm: number, ma: number, conflict: crm_wins}
  customer_code: {crm: code, ma: code, direction: both, conflict: fill_blank_only}
  domain: {crm: domain, ma: domain, direction: pull, conflict: crm_wins, transform: [domain]}
  phone: {crm: phone, ma: phone, direction: both, conflict: latest_wins}
  city: {crm: city, ma: town, direction: both, conflict: ask}
  industry: {crm: industry, ma: industry, direction: both, clear: true, conflict: ma_wins}
  employees: {crm: staff, ma: staff, direction: both, conflict: highest}
identity:
  - {rule: stored_id, ma: crm_id, refers_to: crm}
  - {rule: corporate_number, field: corporate_number, veto: true}
  - {rule: domain, field: domain}
""",
    "mappings/person.yaml": """
kind: mapping
name: person
entity: person
sides:
  crm: {object: people}
  ma: {object: contacts}
fields:
  email: {crm: email, ma: email, conflict: crm_wins, transform: [email]}
  family_name: {crm: last, ma: last, direction: both, conflict: latest_wins}
  title: {crm: title, ma: jobtitle, direction: both, conflict: fill_blank_only}
links:
  account_id:
    crm: {lookup: company_id, object: companies}
    ma: {value: email, via: domain, transform: [domain]}
identity:
  - {rule: email, field: email}
""",
    "mappings/engagement.yaml": """
kind: mapping
name: engagement
entity: engagement
sides:
  ma: {object: events}
fields:
  kind: {ma: kind}
  occurred_at: {ma: at}
  visitor: {ma: cookie}
  url: {ma: url}
  email: {ma: email, transform: [email]}
links:
  person_id:
    ma: [{value: email, via: email}, {lookup: contact_id, object: contacts}]
""",
    "mappings/activity.yaml": """
kind: mapping
name: activity
entity: activity
sides:
  crm: {object: tasks}
fields:
  subject: {crm: subject}
  status: {crm: status}
  tasuki_key: {crm: tasuki_key}
links:
  account_id:
    crm: {lookup: company_id, object: companies}
""",
}
CRM = {
    "companies": shape("name number code domain phone city industry staff score tier"),
    "people": shape("email last first title phone company_id"),
    "leads": shape("email last contact_id"),
    "tasks": shape("subject status tasuki_key company_id person_id body"),
}
MA = {
    "orgs": shape("name number code domain phone town industry staff crm_id"),
    "contacts": shape("email last jobtitle"),
    "events": shape("kind at cookie url email contact_id recipient agent consent site filtered"),
}


class Killed(BaseException):
    """The process ended here: nothing after this line happened."""


@dataclass(slots=True)
class Mortal:
    """A store whose process dies right after a commit, and then commits nothing any more."""

    store: Store
    commits_left: int

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, as long as the process lives."""
        if self.commits_left <= 0:
            raise Killed
        with self.store.writing() as db:
            yield db
        self.commits_left -= 1
        if self.commits_left <= 0:
            raise Killed

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view, as long as the process lives."""
        if self.commits_left <= 0:
            raise Killed
        with self.store.reading() as db:
            yield db


@dataclass(slots=True)
class Shuffled(MemoryConnector):
    """Delivers the records of a page in any order."""

    dice: Random = field(default_factory=Random)

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """A page, shuffled."""
        page = MemoryConnector.page(self, object, fields, cursor, filter)
        return replace(page, records=tuple(self.dice.sample(page.records, len(page.records))))


@dataclass(slots=True)
class Rehearsal:
    """Two systems, a store, and hands on all of them."""

    store: Store
    tools: Tools
    clock: FixedClock
    crm: MemorySystem
    ma: MemorySystem
    steps: list[str] = field(default_factory=list)
    """The steps of the last workflow."""

    def system(self, name: str) -> MemorySystem:
        """One of the two systems."""
        return {"crm": self.crm, "ma": self.ma}[name]

    def connector(self, name: str) -> MemoryConnector:
        """Its connector: calls and faults."""
        found = self.tools.connectors[name]
        assert isinstance(found, MemoryConnector)
        return found

    def tick(self, minutes: int = 1) -> None:
        """Let time pass."""
        self.clock.at += timedelta(minutes=minutes)

    def walk(
        self, workflow: str = "run", *, kill_after: int | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Carry out one workflow as a fresh process would; its counts. Killed after n commits."""
        self.tick(3)  # a lease that a dead process left behind runs out
        self.steps = []
        store: Any = self.store if kill_after is None else Mortal(self.store, kill_after)
        runtime = InProcess(store, self.tools, self._watch)
        register(runtime)
        try:
            return runtime.wait(runtime.enqueue(Order(workflow, arguments)))
        finally:
            runtime.pool.shutdown(wait=True)

    def run(self) -> dict[str, Any]:
        """Everything but the writing."""
        return self.walk("run")

    def apply(self, plan: str | None) -> dict[str, Any]:
        """Approve a plan and carry it out."""
        if plan is None:
            return {}
        with self.store.writing() as db:
            plans.approve(db, plan, "manager", self.tools.now())
        return self.walk("apply", plan=plan)

    def sync(self) -> dict[str, Any]:
        """Run and apply; the counts of the run."""
        counts = self.run()
        self.apply(counts["plan"])
        return counts

    def settle(self, most: int = 8) -> int:
        """Sync until a run has nothing to do; how many rounds wrote something."""
        for rounds in range(most):
            if self.sync()["plan"] is None:
                return rounds
        raise AssertionError(f"not silent after {most} rounds")

    def changes(self, plan: str) -> list[Change]:
        """The cells of a plan."""
        with self.store.reading() as db:
            return plans.changes(db, plan)

    def rows(self, entity: str) -> dict[str, dict[str, Any]]:
        """Every row of an entity, by id, without what only says when or by which run."""
        with self.store.reading() as db:
            found = db.execute(select(METADATA.tables[entity]).order_by("id"))
            rows = [dict(row._mapping) for row in found]
        return {row["id"]: {k: v for k, v in row.items() if k not in _WHEN} for row in rows}

    def all(self, table: str) -> list[dict[str, Any]]:
        """Every row of a table."""
        with self.store.reading() as db:
            return [dict(row._mapping) for row in db.execute(select(METADATA.tables[table]))]

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self.store.reading() as db:
            return db.scalar(select(func.count()).select_from(METADATA.tables[table])) or 0

    def wish(self, *intents: intent.Intent) -> None:
        """Want something, as a rule of the playbook does."""
        with self.store.writing() as db:
            intent.wish(db, intents, self.tools.now())

    def world(self) -> dict[str, dict[str, Any]]:
        """What stands in both systems: ref → fields of every living record."""
        return {
            f"{name}/{object_}/{id_}": dict(row.fields)
            for name in ("crm", "ma")
            for object_ in self.system(name).shapes
            for id_, row in self.system(name).living(object_).items()
        }

    def _watch(self, event: Event) -> None:
        if event.stage.startswith("step:"):
            self.steps.append(event.stage.removeprefix("step:"))


_WHEN = frozenset({"updated_at", "provenance"})


@cache
def _written() -> tuple[Path, Path]:
    """A project folder and an empty migrated store, made once per process."""
    folder = Path(tempfile.mkdtemp(prefix="tasuki-rehearsal-"))
    at_exit(shutil.rmtree, folder, ignore_errors=True)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    store = prepare_store(f"sqlite:///{folder}/empty.db")
    with store.writing() as db:
        db.exec_driver_sql("SELECT 1")
    store.close()
    return folder, folder / "empty.db"


@cache
def _read(files: tuple[tuple[str, str], ...]) -> tuple[Project, Any, Any]:
    """The project with some files in other words: read and checked once."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**FILES, **dict(files)}.items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text(text, encoding="utf-8")
        project = load_project(Path(folder), {})
    return project, load_mappings(project), read_playbook(project)


@contextmanager
def rehearsal(
    files: Mapping[str, str] | None = None,
    *,
    url: str | None = None,
    shuffle: int = 0,
    **settings: Any,
) -> Iterator[Rehearsal]:
    """A fresh company in two empty systems; `files` replaces files of the project."""
    project, mappings, book = _read(tuple(sorted((files or {}).items())))
    _, empty = _written()
    clock = FixedClock(START)
    crm, ma = MemorySystem(clock, CRM), MemorySystem(clock, MA)
    memory = MemorySettings(**{"page_size": 3, "batch_size": 2, "overlap": 1, **settings})
    with ExitStack() as stack:
        if url is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            shutil.copy(empty, f"{folder}/store.db")
            store = open_store(f"sqlite:///{folder}/store.db")
        else:
            store = prepare_store(url)
        stack.callback(store.close)
        dice = Random(shuffle)
        connectors = {
            name: Shuffled(system, memory, dice=dice)
            if shuffle
            else MemoryConnector(system, memory)
            for name, system in (("crm", crm), ("ma", ma))
        }
        tools = Tools(project, mappings, connectors, clock, rules=book)
        yield Rehearsal(store, tools, clock, crm, ma)
