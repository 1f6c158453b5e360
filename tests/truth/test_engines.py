"""SQLite and PostgreSQL come to the same conclusions about the same world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from config.starter import SandboxAccess, init
from jobs import flows
from jobs.runtime import InProcess
from sandbox import process
from sandbox.state import State
from sandbox.world.files import write_sales
from sandbox.world.generate import generate
from sandbox.world.load import load
from staging.tables.decisions import SCORE, SIGNAL
from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES
from staging.tables.identity import LINK, VISITOR_LINK
from staging.tables.writes import INTENT
from staging.write import plans
from sync.context import Order
from tasuki.clock import FixedClock
from tasuki.service.app import App
from tasuki.wiring import open_app

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
IN_TIME = {"updated_at", "as_of", "provenance", "seq", "created_at", "opened_at", "since"}
COMPARED = {
    **{f"entity {name}": table for name, table in ENTITY_TABLES.items()},
    **{f"metrics {name}": table for name, table in METRIC_TABLES.items()},
    "links": LINK,
    "visitor links": VISITOR_LINK,
    "scores": SCORE,
    "signals": SIGNAL,
    "intents": INTENT,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxAccess]:
    """Serve one small world to both engines."""
    folder = tmp_path_factory.mktemp("engines")
    made = generate(3, 0.2, datetime.now(UTC).date())
    with State(folder / "sandbox.db") as state:
        load(made, state)
    write_sales(made, folder)
    with process.start(folder):
        yield SandboxAccess.read(folder / "sandbox.json")


def walk(folder: Path, access: SandboxAccess, store: str, clock: FixedClock) -> App:
    """Run the flow once on a store; nothing is applied."""
    init(folder, sandbox=access)
    environment = {**access.variables(), "TASUKI_STORE": store}
    app = open_app(folder, clock=clock, environment=environment)
    with closing(InProcess(app.store, app.tools)) as runtime:
        flows.register(runtime)
        runtime.wait(runtime.enqueue(Order("run")))
    return app


def content(app: App, table: Table) -> list[dict[str, Any]]:
    """What a table says, without the moments at which it was said."""
    columns = [c for c in table.columns if c.name not in IN_TIME]
    with app.store.reading() as db:
        rows = [dict(row._mapping) for row in db.execute(select(*columns))]
    plain = [{k: _plain(v) for k, v in row.items()} for row in rows]
    return sorted(plain, key=str)


def _plain(value: Any) -> Any:
    return round(float(value), 4) if hasattr(value, "as_tuple") or type(value) is float else value


def test_both_engines_conclude_the_same(
    world: SandboxAccess, tmp_path: Path, postgres_url: str
) -> None:
    """Every entity, number, link, score, signal and wish is equal on both engines."""
    clock = FixedClock(datetime.now(UTC))
    light = walk(tmp_path / "light", world, f"sqlite:///{tmp_path / 'light.db'}", clock)
    heavy = walk(tmp_path / "heavy", world, postgres_url, clock)
    try:
        for name, table in COMPARED.items():
            assert content(light, table) == content(heavy, table), name
    finally:
        light.close()
        heavy.close()


def test_the_whole_journey_runs_on_postgresql(
    world: SandboxAccess, tmp_path: Path, postgres_url: str
) -> None:
    """Run, approve, apply and undo on PostgreSQL; the run between them has nothing to do."""
    init(tmp_path / "project", sandbox=world)
    environment = {**world.variables(), "TASUKI_STORE": postgres_url}
    with closing(open_app(tmp_path / "project", environment=environment)) as app:
        runtime = InProcess(app.store, app.tools)
        flows.register(runtime)

        def go(workflow: str, **arguments: Any) -> dict[str, Any]:
            return runtime.wait(runtime.enqueue(Order(workflow, arguments)))

        def apply(plan: str) -> str:
            with app.store.writing() as db:
                plans.approve(db, plan, "manager", app.tools.now())
            run = runtime.enqueue(Order("apply", {"plan": plan}))
            assert runtime.wait(run)["written"] > 0
            return run

        applied = apply(go("run")["plan"])
        assert go("run")["plan"] is None
        apply(go("undo", of=applied)["plan"])
        assert go("undo", of=applied)["plan"] is None
        runtime.close()
