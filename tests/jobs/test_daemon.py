"""Ticks: which moment a schedule was due, and one id for it in every process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.document import Schedule
from config.project import load_project
from connectors.protocol import Verb
from jobs.daemon import Daemon, check_schedules, cron, due, tick_id
from jobs.flows import register
from jobs.runtime import InProcess
from staging.write import plans
from sync.context import Tools
from sync.write.intent import Intent
from tasuki.clock import SystemClock
from tasuki.errors import ConfigError
from tasuki.service.app import App
from tasuki.wiring import prepare_store
from tests.rehearsal import FILES, Rehearsal, rehearsal

QUARTERS = Schedule(run="run", cron="*/15 * * * *")


@pytest.mark.parametrize(
    ("line", "now", "expected"),
    [
        ("*/15 * * * *", "2026-11-21T10:37:12", "2026-11-21T10:30:00"),
        ("*/15 * * * *", "2026-11-21T10:30:00", "2026-11-21T10:30:00"),
        ("0 9 * * mon", "2026-11-21T10:37:12", "2026-11-16T00:00:00"),
        ("0 9 1 * *", "2026-11-21T10:37:12", "2026-11-01T00:00:00"),
        ("0 9 1 4 *", "2026-11-21T10:37:12", "2026-04-01T00:00:00"),
    ],
)
def test_the_moment_a_schedule_was_due(line: str, now: str, expected: str) -> None:
    """The latest moment not after now, in the project's zone, however rare the schedule."""
    trigger = cron(Schedule(run="run", cron=line), "Asia/Tokyo")
    moment = due(trigger, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert moment == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.integers(0, 899))  # noqa: DTZ001
def test_one_tick_is_one_id(quarter: datetime, late: int) -> None:
    """Two daemons that wake some seconds apart give their run the same id."""
    at = quarter.replace(minute=quarter.minute // 15 * 15, second=0, microsecond=0, tzinfo=UTC)
    later = datetime.fromtimestamp(at.timestamp() + late, UTC)
    trigger = cron(QUARTERS, "Asia/Tokyo")
    ids = {tick_id("demo", QUARTERS, due(trigger, moment)) for moment in (at, later)}
    assert len(ids) == 1


def test_other_schedules_and_ticks_have_other_ids() -> None:
    """Project, schedule and minute all tell ticks apart."""
    at, later = datetime(2026, 1, 1, 9, tzinfo=UTC), datetime(2026, 1, 1, 9, 15, tzinfo=UTC)
    nightly = replace_cron(QUARTERS, "0 3 * * *")
    ids = [
        tick_id("demo", QUARTERS, at),
        tick_id("demo", QUARTERS, later),
        tick_id("demo", nightly, at),
        tick_id("other", QUARTERS, at),
    ]
    assert len(set(ids)) == 4


def replace_cron(schedule: Schedule, line: str) -> Schedule:
    """The schedule with another cron line."""
    return schedule.model_copy(update={"cron": line})


@pytest.mark.parametrize(
    ("entry", "what", "column"),
    [
        ('{run: rnu, cron: "0 9 * * *"}', "rnu", 11),
        ('{run: run, cron: "0 99 * * *"}', "0 99 * * *", 22),
    ],
)
def test_a_schedule_nobody_understands(tmp_path: Path, entry: str, what: str, column: int) -> None:
    """A verb or a cron line that makes no sense is refused at the start, with its place."""
    (tmp_path / "tasuki.yaml").write_text(f"kind: project\nname: t\nschedules:\n  - {entry}\n")
    project = load_project(tmp_path, {})
    store = prepare_store(f"sqlite:///{tmp_path / 'store.db'}")
    app = App(project, store, replace(Tools(project, (), {}, SystemClock())))
    with pytest.raises(ConfigError) as refused:
        check_schedules(app)
    store.close()
    assert what in refused.value.what
    assert str(refused.value.where).startswith(f"tasuki.yaml:4:{column}")


APPLIES = Schedule(run="run", cron="* * * * *", apply=True)


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """A company whose `ma` is production and whose `crm` is not."""
    ma = FILES["connections/ma.yaml"].replace("}", ", environment: production}")
    with rehearsal({"connections/ma.yaml": ma}) as found:
        yield found


def tick(world: Rehearsal, schedule: Schedule = APPLIES) -> None:
    """A daemon's next tick."""
    world.tick(5)
    runtime = InProcess(world.store, world.tools)
    register(runtime)
    daemon = Daemon(App(world.tools.project, world.store, world.tools), runtime)
    daemon.tick(schedule)
    runtime.close()


def wish(world: Rehearsal, rule: str, n: int, connection: str = "crm") -> None:
    """A rule wants a record more."""
    intent: dict[str, Any] = {"origin": f"signal:{rule}", "lane": "handoffs", "verb": Verb.CREATE}
    object_ = {"crm": "companies", "ma": "orgs"}[connection]
    key = f"{rule} {n}"
    world.wish(
        Intent(
            **intent,
            id=f"signal:{rule}:{n}:{connection}",
            connection=connection,
            object=object_,
            fields={"name": key},
            cause={"rule": rule},
            natural_key=("name", key),
        )
    )


def made(world: Rehearsal) -> list[str]:
    """The records that are there, by name."""
    both = (*world.crm.living("companies").values(), *world.ma.living("orgs").values())
    return sorted(str(row.fields["name"]) for row in both)


def plan_states(world: Rehearsal) -> list[str]:
    """What became of the plans, oldest first."""
    return [row["state"] for row in sorted(world.all("plan"), key=lambda row: row["created_at"])]


def test_a_schedule_applies_rules_that_a_person_has_approved(world: Rehearsal) -> None:
    """Nothing at first, and the plan stays a draft; then what is trusted; a new rule waits."""
    wish(world, "idle", 1)
    tick(world)
    assert (made(world), plan_states(world)) == ([], ["draft"])
    world.apply(world.all("plan")[0]["id"])
    assert made(world) == ["idle 1"]
    wish(world, "idle", 2)
    wish(world, "lost", 1)
    tick(world)
    assert made(world) == ["idle 1", "idle 2"]
    tick(world)
    assert made(world) == ["idle 1", "idle 2"]
    assert plan_states(world)[-1] == "draft"
    failed = [row for row in world.all("run") if row["state"] == "failed"]
    assert failed == []


def test_a_schedule_writes_to_production_when_it_says_so(world: Rehearsal) -> None:
    """Without `production: true` what goes there waits; what goes elsewhere does not."""
    for connection in ("crm", "ma"):
        wish(world, "idle", 1, connection)
    plan = world.run()["plan"]
    world.walk("apply", plan=approved(world, plan), production=True)
    for connection in ("crm", "ma"):
        wish(world, "idle", 2, connection)
    tick(world)
    assert made(world) == ["idle 1", "idle 1", "idle 2"]
    tick(world, APPLIES.model_copy(update={"production": True}))
    assert made(world) == ["idle 1", "idle 1", "idle 2", "idle 2"]


def approved(world: Rehearsal, plan: str) -> str:
    """A person says yes."""
    with world.store.writing() as db:
        plans.approve(db, plan, "manager", world.tools.now())
    return plan
