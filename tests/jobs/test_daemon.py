"""Ticks: which moment a schedule was due, and one id for it in every process."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.document import Schedule
from config.project import load_project
from jobs.daemon import check_schedules, cron, due, tick_id
from sync.context import Tools
from tasuki.clock import SystemClock
from tasuki.errors import ConfigError
from tasuki.service.app import App
from tasuki.wiring import prepare_store

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
