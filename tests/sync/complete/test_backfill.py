"""Reading again: everything or from a date, without losing the cursor of every day."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from tests.rehearsal import Killed, Rehearsal, rehearsal

LAG: dict[str, Any] = {"lag": timedelta(minutes=1)}


def company(world: Rehearsal, number: int) -> str:
    return world.crm.add("companies", {"name": f"c{number}", "domain": f"c{number}.example"})


def forget(world: Rehearsal, *ids: str) -> None:
    """Lose staged records, as no pull would notice."""
    with world.store.writing() as db:
        for id in ids:
            db.exec_driver_sql(f"DELETE FROM record WHERE id = '{id}'")


def companies(world: Rehearsal) -> list[str]:
    return sorted(row["id"] for row in world.all("record") if row["object"] == "companies")


def day_cursor(world: Rehearsal) -> Any:
    return [
        row["value"]
        for row in world.all("cursor")
        if (row["object"], row["stream"]) == ("companies", "page")
    ]


def test_everything_is_read_again_when_asked() -> None:
    """`--full` walks an object from the beginning and proves it whole; others are left alone."""
    with rehearsal(**LAG) as world:
        ids = [company(world, number) for number in range(7)]
        world.tick(5)
        world.run()
        forget(world, ids[0], ids[6])
        counts = world.walk("run", again=["crm/companies"], since=None)
        assert companies(world) == ids
        assert (counts["read"], counts["changed"], counts["complete"]) == (7, 2, True)
        assert world.run()["read"] == 0


def test_a_backfill_reads_from_its_date() -> None:
    """`--since` reads what changed from then on, and nothing older."""
    with rehearsal(**LAG) as world:
        old = [company(world, number) for number in range(4)]
        world.tick(24 * 60)
        since = world.tools.now()
        new = [company(world, number) for number in range(4, 9)]
        world.tick(5)
        world.run()
        forget(world, old[0], new[0])
        counts = world.walk("run", again=["crm/companies"], since=since)
        assert companies(world) == [*old[1:], *new]
        assert (counts["read"], counts["complete"]) == (5, True)


@pytest.mark.parametrize("commits", range(3, 40, 3))
def test_a_backfill_killed_anywhere_goes_on(commits: int) -> None:
    """Killed in the middle, the next plain run finishes the walk; the day's cursor is not lost."""
    with rehearsal(**LAG) as world:
        ids = [company(world, number) for number in range(10)]
        world.tick(5)
        world.run()
        at = day_cursor(world)
        forget(world, *ids)
        with suppress(Killed):
            world.walk("run", kill_after=commits, again=["crm/companies"], since=None)
        begun = any(row["stream"] == "again" for row in world.all("cursor"))
        assert day_cursor(world) >= at
        world.run()
        assert companies(world) == (ids if begun else [])
        world.walk("run", again=["crm/companies"], since=None)
        assert companies(world) == ids
