"""A project of a few playbook files, a store on each engine, and a clock that stands still."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from config.project import load_project
from playbook.book import read_playbook
from playbook.decide.step import decide
from playbook.measure.step import measure
from staging import identities, queue
from staging.bulk import upsert
from staging.engine import Store, open_store
from staging.tables.columns import METADATA
from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES
from staging.tables.writes import INTENT
from sync.context import Step, Tools
from tasuki.clock import FixedClock
from tasuki.values import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from config.project import Project
    from playbook.book import Playbook

NOW = datetime(2026, 5, 20, 3, 0, tzinfo=UTC)
"""A Wednesday noon in Tokyo."""
TEAMS = {
    "marketing": (1, "[1, 3]"),
    "inside_sales": (2, "[3, 4]"),
    "field_sales": (3, "[4, 5]"),
    "customer_success": (4, "[5, 5]"),
}


@dataclass
class Desk:
    """Everything a test of the playbook touches."""

    folder: Path
    store: Store
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    connectors: dict[str, Any] = field(default_factory=dict)
    number: Iterator[int] = field(default_factory=lambda: count(1))
    mappings: tuple[Any, ...] = ()
    held: Connection | None = None
    known: dict[Any, tuple[Project, Playbook]] = field(default_factory=dict)

    run_id = "run"

    # ── time ──

    def ago(self, days: float) -> str:
        """The instant so many days before the beginning of the test."""
        return stamp(NOW - timedelta(days=days))

    def day(self, days: int) -> str:
        """The day so many days before the beginning of the test."""
        return (NOW.date() - timedelta(days=days)).isoformat()

    def later(self, **length: float) -> None:
        """Let time pass."""
        self.clock.at += timedelta(**length)

    # ── the project ──

    def file(self, path: str, text: str) -> None:
        """Write a file of the playbook."""
        target = self.folder / "playbook" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    @property
    def book(self) -> Playbook:
        """The playbook as its files stand."""
        return self._read()[1]

    def _read(self) -> tuple[Project, Playbook]:
        """Project and playbook, read again only when a file changed."""
        files = sorted(self.folder.rglob("*.yaml"))
        key = tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files)
        if key not in self.known:
            project = load_project(self.folder, {})
            self.known[key] = (project, read_playbook(project))
        return self.known[key]

    @property
    def tools(self) -> Tools:
        """What steps are handed."""
        project, book = self._read()
        return Tools(
            project=project,
            mappings=self.mappings,
            connectors=self.connectors,
            clock=self.clock,
            rules=book,
            run=self.run_id,
        )

    # ── a runner that carries out every step at once ──

    def step(self, step: Step, **arguments: Any) -> dict[str, Any]:
        """Do one step in a transaction of its own."""
        with self.store.writing() as db:
            answer = step.ask(db, self.tools, arguments) if step.ask else None
            return step.keep(db, self.tools, arguments, answer)

    def tell(self, *_: object) -> None:
        """Nobody watches."""

    def measure(self) -> int:
        """Measure what is dirty."""
        return measure(self)

    def decide(self) -> dict[str, Any]:
        """Decide what is dirty."""
        return decide(self)

    def run(self) -> dict[str, Any]:
        """Measure, then decide."""
        self.measure()
        return self.decide()

    # ── rows ──

    def add(self, entity: str, **values: Any) -> str:
        """One row of an entity, dirty for whoever measures and decides."""
        return self.add_many(entity, [values])[0]

    def add_many(self, entity: str, many: Sequence[dict[str, Any]]) -> list[str]:
        """Several rows of an entity, dirty for whoever measures and decides."""
        blank = dict.fromkeys((c.name for c in ENTITY_TABLES[entity].columns), None)
        rows = [blank | {"id": f"{entity}-{next(self.number):03d}"} | values for values in many]
        ids = [str(row["id"]) for row in rows]
        with self.writing() as db:
            upsert(db, ENTITY_TABLES[entity], rows)
            if entity in METRIC_TABLES:
                queue.mark(db, queue.MEASURE, entity, ids)
            elif entity == "need":
                queue.mark(db, queue.DECIDE, entity, ids)
            for parent in ("person", "opportunity", "account"):
                touched = {row[f"{parent}_id"] for row in rows if row.get(f"{parent}_id")}
                queue.mark(db, queue.MEASURE, parent, touched)
        return ids

    def change(self, entity: str, id: str, **values: Any) -> None:
        """Other values in a row that exists, dirty again."""
        table = ENTITY_TABLES[entity]
        with self.writing() as db:
            db.execute(table.update().where(table.c.id == id).values(**values))
            queue.mark(db, queue.MEASURE if entity in METRIC_TABLES else queue.DECIDE, entity, [id])

    def numbers(self, entity: str, **values: Any) -> None:
        """Metrics as if they had been measured: `id` and whatever matters."""
        table = METRIC_TABLES[entity]
        row = dict.fromkeys((c.name for c in table.columns), None) | values
        with self.writing() as db:
            upsert(db, table, [row])
            queue.mark(db, queue.DECIDE, entity, [values["id"]])

    def user(self, id: str, team: str, *, is_active: bool = True) -> str:
        """One of our people, with a Salesforce user of the same id."""
        self.add("user_", id=id, team=team, is_active=is_active, name=id)
        self.link("user_", id, "salesforce", "User", id)
        return id

    def link(self, entity: str, entity_id: str, connection: str, object: str, id: str) -> None:
        """Tie a record to an entity."""
        link = identities.Link(
            connection, object, id, entity, entity_id, "test", "-", 1.0, self.ago(100), "rule"
        )
        with self.writing() as db:
            identities.relink(db, entity, [], [link], self.ago(100))

    def event(self, person: str, days: float, **values: Any) -> str:
        """One page view (or what the values say), so many days ago."""
        base = {"kind": "page_viewed", "occurred_at": self.ago(days), "person_id": person}
        return self.add("engagement", **{**base, **values})

    def views(self, person: str, url: str, times: int, days: float = 3) -> None:
        """Several views of one page."""
        for _ in range(times):
            self.event(person, days, url=f"https://www.nagare.example{url}")

    # ── looking ──

    def metrics(self, entity: str, id: str) -> dict[str, Any]:
        """The numbers of one entity."""
        return self.row(METRIC_TABLES[entity], id)

    def entity(self, entity: str, id: str) -> dict[str, Any]:
        """One row of an entity."""
        return self.row(ENTITY_TABLES[entity], id)

    def row(self, table: Any, id: str) -> dict[str, Any]:
        """One row by its id."""
        with self.store.reading() as db:
            found = db.execute(select(table).where(table.c.id == id)).one()
            return dict(found._mapping)

    def all(self, table: Any) -> Sequence[Row[Any]]:
        """Every row of a table, in key order."""
        with self.store.reading() as db:
            return db.execute(select(table).order_by(*table.primary_key.columns)).all()

    def intents(self, origin: str = "", state: str = "open") -> dict[str, Mapping[str, Any]]:
        """Wishes of an origin in a state: id → fields."""
        return {
            row.id: row.fields
            for row in self.all(INTENT)
            if row.origin.startswith(origin) and row.state == state
        }

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, or the one that is held."""
        if self.held is not None:
            yield self.held
            return
        with self.store.writing() as db:
            yield db

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Everything added meanwhile is one transaction."""
        with self.store.writing() as self.held:
            yield
        self.held = None


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str) -> Iterator[Desk]:
    """A project with four teams and an office; test_engines.py proves PostgreSQL equal."""
    with made(tmp_path / "project", sqlite_url) as found:
        for team, (position, steps) in TEAMS.items():
            found.file(
                f"teams/{team}.yaml",
                f"kind: team\nname: {team}\nposition: {position}\nconfidence: {steps}\n",
            )
        found.file("office.yaml", "kind: calendar\nname: office\ncountry: JP\n")
        yield found


@pytest.fixture
def make_desk() -> Any:
    """Make a desk on a folder and a store of its own, as a context manager."""
    return made


@contextmanager
def made(folder: Path, url: str) -> Iterator[Desk]:
    """A desk on an empty store; the folder becomes a project unless it is one."""
    if not (folder / "tasuki.yaml").exists():
        folder.mkdir(parents=True)
        text = "name: test\ntimezone: Asia/Tokyo\n"
        (folder / "tasuki.yaml").write_text(text, encoding="utf-8")
    store = open_store(url)
    try:
        with store.writing() as db:
            METADATA.create_all(db)
        yield Desk(folder, store)
    finally:
        store.close()
