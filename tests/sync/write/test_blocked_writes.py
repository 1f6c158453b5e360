"""A connection that lets nothing through holds up its own writes and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from connectors.budget import Lane, present_lane
from connectors.memory.client import MemoryConnector
from staging.tables.writes import INTENT
from tasuki.errors import BudgetError, RejectedError, TransientError
from tests.rehearsal import Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.protocol import Receipt, Record, Write


@dataclass
class Closed(MemoryConnector):
    """A system whose allowance is used up, for re-reads or only for writes."""

    reads: bool = True
    closed: bool = True

    def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        if self.closed and not self.reads:
            raise BudgetError("no calls left today")
        return super().read(object, ids, fields)

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        if self.closed:
            raise BudgetError("no calls left today")
        return super().write(batch)


@dataclass
class Fading(Closed):
    """A closed system that cannot be read either, once it was written to."""

    trouble: Exception = field(default_factory=lambda: TransientError("HTTP 503"))

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        self.faults.asked["read", "orgs"] = self.trouble
        return super().write(batch)


@dataclass
class Listening(MemoryConnector):
    """A system that hears what its calls are made for."""

    heard: set[Lane] = field(default_factory=set)

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        self.heard.add(present_lane())
        return super().write(batch)


def two_wishes(world: Rehearsal) -> None:
    """A company whose phone belongs into `ma` and whose industry belongs into `crm`."""
    company = {"name": "Aoba", "domain": "aoba.example", "phone": "03-1111-2222"}
    world.crm.add("companies", company)
    world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example", "industry": "steel"})


def closed(world: Rehearsal, kind: type[Closed] = Closed, **values: Any) -> Closed:
    """Put a closed `ma` into the world."""
    made = kind(world.ma, **values)
    world.tools = replace(world.tools, connectors={**world.tools.connectors, "ma": made})
    return made


def test_other_connections_are_written_when_one_is_closed() -> None:
    """What cannot be sent is refused with the reason; the rest of the plan is carried out."""
    with rehearsal() as world:
        two_wishes(world)
        planned = world.run()
        closed(world, reads=False)
        counts = world.apply(planned["plan"])
        assert counts["refused"] > 0
        assert counts["written"] > 0
        refused = [row for row in world.all("change") if row["state"] == "refused"]
        assert {row["connection"] for row in refused} == {"ma"}
        assert {row["reason"] for row in refused} == {"no calls left today"}
        assert world.all("receipt") == [r for r in world.all("receipt") if r["state"] == "written"]


def test_writes_are_sent_in_the_lane_of_their_wish() -> None:
    """A call that hands something on is made in the most urgent lane, a mapping's in its own."""
    with rehearsal() as world:
        two_wishes(world)
        world.run()
        with world.store.writing() as db:
            urgent = update(INTENT).values(lane=Lane.HANDOFFS)
            db.execute(urgent.where(INTENT.c.connection == "ma"))
        planned = world.walk("replan")
        ears = Listening(world.ma)
        world.tools = replace(world.tools, connectors={**world.tools.connectors, "ma": ears})
        world.apply(planned["plan"])
        assert ears.heard == {Lane.HANDOFFS}


def test_what_was_held_up_is_planned_again_and_written_once() -> None:
    """When the connection opens, the next plan brings what the last one could not."""
    with rehearsal() as world:
        two_wishes(world)
        shut = closed(world, reads=False)
        world.sync()
        shut.closed = False
        world.sync()
        (org,) = world.ma.living("orgs").values()
        assert org.fields["phone"]
        assert world.run()["plan"] is None


def test_a_write_that_was_refused_at_the_door_is_settled_later() -> None:
    """Refused between re-read and write, it is read again, found missing and written once."""
    with rehearsal() as world:
        two_wishes(world)
        planned = world.run()
        shut = closed(world)
        world.apply(planned["plan"])
        (org,) = world.ma.living("orgs").values()
        assert not org.fields.get("phone")
        shut.closed = False
        world.sync()
        world.sync()
        (org,) = world.ma.living("orgs").values()
        assert org.fields["phone"]
        assert all(row["state"] != "open" for row in world.all("receipt"))


@pytest.mark.parametrize("error", [TransientError("HTTP 503"), RejectedError("no such field")])
def test_a_reread_that_fails_holds_up_its_own_batch_only(error: Exception) -> None:
    """One system is away for a moment: the other's writes go out, and its own come next time."""
    with rehearsal() as world:
        two_wishes(world)
        planned = world.run()
        world.connector("ma").faults.asked["read", "orgs"] = error
        counts = world.apply(planned["plan"])
        assert counts["refused"] > 0
        assert counts["written"] > 0
        assert [row["state"] for row in world.all("plan")] == ["applied"]
        world.connector("ma").faults.asked.clear()
        world.sync()
        (org,) = world.ma.living("orgs").values()
        assert org.fields["phone"]
        assert world.run()["plan"] is None


@pytest.mark.parametrize("error", [TransientError("HTTP 503"), RejectedError("no such field")])
def test_an_open_write_that_cannot_be_read_stops_no_run(error: Exception) -> None:
    """While its record cannot be read it stays open; everything is pulled; later it is settled."""
    with rehearsal() as world:
        two_wishes(world)
        planned = world.run()
        shut = closed(world, Fading, trouble=error)
        world.apply(planned["plan"])
        shut.closed = False
        assert world.run()["complete"]
        assert "open" in {row["state"] for row in world.all("receipt")}
        shut.faults.asked.clear()
        world.sync()
        world.sync()
        (org,) = world.ma.living("orgs").values()
        assert org.fields["phone"]
        assert "open" not in {row["state"] for row in world.all("receipt")}
