"""An hour of work on two platforms: conversions, merges, deletions, moved links, all in one run."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from sandbox import salesforce
from sandbox.weather import movers
from sandbox.weather.rules import Move
from tests.pulled import pulled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pulled import Pulled

MINUTES = 60
PEOPLE = 2_000
HOUR = [
    Move(platform="salesforce", do="convert", object="Lead", count=2),
    Move(platform="salesforce", do="merge", object="Contact", count=2),
    Move(platform="salesforce", do="merge", object="Account"),
    Move(platform="salesforce", do="delete", object="Contact", count=2),
    Move(platform="salesforce", do="purge", object="Contact"),
    Move(platform="salesforce", do="undelete", object="Contact"),
    Move(platform="salesforce", do="relink", object="Contact", count=3),
    Move(platform="salesforce", do="edit", object="Account"),
    Move(platform="salesforce", do="create", object="Contact", fields={"LastName": "New {n}"}),
    Move(platform="hubspot", do="merge", object="contacts", count=2),
    Move(platform="hubspot", do="merge", object="companies"),
    Move(platform="hubspot", do="archive", object="contacts", count=2),
    Move(platform="hubspot", do="purge", object="contacts"),
    Move(platform="hubspot", do="relink", object="contacts", count=3),
    Move(platform="hubspot", do="unlink", object="contacts"),
    Move(platform="hubspot", do="edit", object="contacts", count=2),
    Move(platform="hubspot", do="create", object="contacts", fields={"email": "n{n}@new.example"}),
]
"""What happens in turn, one move a minute."""


def an_hour(world: Pulled) -> None:
    """Sixty minutes, a move of the list in each, by the platforms' own rules."""
    for minute in range(MINUTES):
        world.pass_time(timedelta(minutes=1))
        move = HOUR[minute % len(HOUR)]
        movers.act(world.state, move, Random(f"hour/{minute}"))


def test_an_hour_of_changes_is_reflected_after_one_run(tmp_path: Path) -> None:
    """One pull with its sweeps due ends with both sides equal, row for row."""
    with pulled(tmp_path, PEOPLE) as world:
        world.pull()
        an_hour(world)
        world.pass_time(timedelta(minutes=5))
        done = world.pull(sweep=True)
        assert world.differences() == {}
        assert done["complete"], done
        assert world.pull()["changed"] == 0


@pytest.mark.slow
def test_an_hour_on_a_large_account_with_ties_is_reflected_after_one_run(tmp_path: Path) -> None:
    """Twenty thousand people a side, more of one stamp than a search shows: one run is enough."""
    with pulled(tmp_path, 20_000) as world:
        world.pull()
        for platform, object_ in (("hubspot", "contacts"), ("salesforce", "Contact")):
            tie = Move(do="tie", object=object_, platform=platform, count=10_500)
            movers.act(world.state, tie, Random("ties"))
        an_hour(world)
        world.pass_time(timedelta(minutes=5))
        done = world.pull(sweep=True)
        assert done["changed"] > 20_000
        assert world.differences() == {}
        assert done["complete"], done
        assert world.pull()["changed"] == 0


def test_absorbed_and_converted_records_are_followed(tmp_path: Path) -> None:
    """Every merged id leads to its survivor, every converted lead names its contact."""
    with pulled(tmp_path, PEOPLE) as world:
        world.pull()
        an_hour(world)
        world.pass_time(timedelta(minutes=5))
        world.pull(sweep=True)
        merged = {
            row["Id"]: row["MasterRecordId"]
            for row in salesforce.records(world.state, "Contact")
            if row["MasterRecordId"] and row["IsDeleted"]
        }
        assert len(merged) >= 6
        assert world.aliases("crm/Contact").items() >= merged.items()
        absorbed = world.state.db.execute("SELECT old, new FROM hs_alias WHERE type = '0-1'")
        known = {str(old): str(new) for old, new in absorbed.fetchall()}
        assert len(known) >= 12
        assert world.aliases("hub/contacts").items() >= known.items()
        leads = world.staged("crm/Lead").values()
        assert sum(bool(lead["ConvertedContactId"]) for lead in leads) >= 6
