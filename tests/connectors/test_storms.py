"""Complete on bad days too: what is staged in the end is what the platforms hold, row for row.

The real engine pulls a Salesforce org and a HubSpot account over HTTP in the three ready storms.
Page sizes and the ten thousand results of a search are the platforms' own.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.weather import movers
from sandbox.weather.rules import Move
from sandbox.weather.sky import weather_of
from sandbox.weather.storm import read_storm
from tests.pulled import pulled

if TYPE_CHECKING:
    from tests.pulled import Pulled

MANY = 20_000
"""People on each side, where a search's ceiling matters."""
SOME = 2_500


def storm(name: str, seed: int | None = None) -> Any:
    """A ready storm, perhaps with other dice."""
    found = read_storm(Path(name))
    return found if seed is None else found.model_copy(update={"seed": seed})


def mass_edit(world: Pulled, count: int, number: int) -> None:
    """Somebody changes so many contacts on both sides within one instant."""
    for platform, object in (("hubspot", "contacts"), ("salesforce", "Contact")):
        move = Move(do="tie", object=object, platform=platform, count=count)
        movers.act(world.state, move, Random(number))


def happened(world: Pulled) -> int:
    """How often the storm struck."""
    return int(weather_of(world.state).report()["happened"])


def ties(world: Pulled) -> tuple[int, int]:
    """The most contacts that share one stamp, in HubSpot and in Salesforce."""
    most = "SELECT max(n) FROM (SELECT count(*) AS n FROM {} GROUP BY {})"
    asked = (("hs_record WHERE type = '0-1'", "modified"), ("sf_Contact", "SystemModstamp"))
    one, other = (world.state.db.execute(most.format(*each)).fetchone()[0] for each in asked)
    return one, other


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_one_call_in_ten_fails(tmp_path: Path, seed: int) -> None:
    """First pull, mass edit and second pull in the storm leave no row missing, stale or extra."""
    with pulled(tmp_path, SOME) as world:
        world.storm(storm("ten-percent.yaml", seed))
        assert world.settle()["complete"]
        assert world.differences() == {}
        first = happened(world)
        world.pass_time(timedelta(hours=1))
        mass_edit(world, SOME // 2, seed)
        world.pass_time(timedelta(minutes=30))
        assert world.settle()["changed"] == 2 * (SOME // 2)
        assert world.differences() == {}
        assert 0 < first < happened(world)


@pytest.mark.slow
def test_ten_thousand_records_share_one_stamp(tmp_path: Path) -> None:
    """More ties than a search shows are read to the last one, on both platforms, in short pages."""
    with pulled(tmp_path, MANY) as world:
        assert world.pull()["read"] > 2 * MANY
        world.pass_time(timedelta(hours=1))
        world.storm(storm("ties.yaml"))
        assert min(ties(world)) > 10_000
        world.pass_time(timedelta(minutes=30))
        assert world.settle()["changed"] == 2 * 10_500
        assert world.differences() == {}
        world.pass_time(timedelta(minutes=30))
        assert world.settle()["changed"] == 0


@pytest.mark.parametrize("seed", [30, 31])
def test_people_work_while_we_read(tmp_path: Path, seed: int) -> None:
    """What moved between two pages of a walk is found by the next runs, or by a sweep."""
    with pulled(tmp_path, SOME) as world:
        world.storm(storm("moving.yaml", seed))
        for _ in range(3):
            world.pull()
            world.pass_time(timedelta(minutes=20))
            mass_edit(world, 50, seed)
        assert happened(world) > 20
        world.calm()
        world.pass_time(timedelta(hours=1))
        assert world.settle(sweep=True)["complete"]
        assert world.differences() == {}
