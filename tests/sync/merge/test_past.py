"""What entities held before, late pages, and an entity at a past moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tasuki.errors import UnknownRecordError
from tasuki.service.app import App
from tasuki.service.explaining.past import as_of, moment_of
from tests.rehearsal import START, Rehearsal, rehearsal


def app(world: Rehearsal) -> App:
    return App(world.tools.project, world.store, world.tools)


def company(world: Rehearsal, **fields: Any) -> str:
    return world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", **fields})


def history(world: Rehearsal) -> list[tuple[str, Any, Any]]:
    return [(c["field"], c["before"], c["after"]) for c in world.all("entity_change")]


def test_updates_only() -> None:
    """A new entity has no history; each changed field leaves what it held; silence leaves none."""
    with rehearsal() as world:
        one = company(world, phone="1")
        world.run()
        world.run()
        assert history(world) == []
        world.crm.edit("companies", one, {"phone": "2"})
        world.run()
        world.run()
        assert history(world) == [("phone", "1", "2")]
        (kept,) = world.all("entity_change")
        assert (kept["trace"]["ref"], bool(kept["run_id"])) == (f"crm/companies/{one}", True)


def test_an_entity_that_ended_left_what_it_held() -> None:
    """When its last record goes, one row keeps the whole of it."""
    with rehearsal() as world:
        one = company(world, phone="1")
        world.run()
        world.crm.delete("companies", one)
        world.run()
        ((field, before, after),) = history(world)
        assert (field, before["phone"], after) == ("*", "1", None)


def test_as_it_was(store_url: str) -> None:
    """Fields and records of the moment asked for, with what they became since."""
    with rehearsal(url=store_url) as world:
        one = company(world, phone="1")
        world.run()
        first = world.tools.now()
        world.tick(60)
        world.crm.edit("companies", one, {"phone": "2"})
        two = world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
        world.run()
        then, now = as_of(app(world), "Aoba", first), as_of(app(world), "Aoba", "2030-01-01")
        was = {c.field: (c.value, c.now) for c in then.cells}
        assert was["phone"] == ("1", "2")
        assert [link.ref for link in then.links] == [f"crm/companies/{one}"]
        assert {c.field: c.value for c in now.cells}["phone"] == "2"
        assert [link.ref for link in now.links] == [f"crm/companies/{one}", f"ma/orgs/{two}"]
        assert as_of(app(world), f"ma/orgs/{two}", "2030-01-01").id == now.id


def test_what_cannot_be_known_is_said() -> None:
    """Before the first run nothing is known; an entity that ended is shown as it last was."""
    with rehearsal() as world:
        one = company(world, phone="1")
        world.run()
        then = world.tools.now()
        (id_,) = world.rows("account")
        early = as_of(app(world), "Aoba", "2020-01-01")
        assert (early.is_known, early.cells, early.known_since is not None) == (False, (), True)
        world.crm.delete("companies", one)
        world.tick(60)
        world.run()
        assert not as_of(app(world), f"account/{id_}", "2030-01-01").existed
        last = as_of(app(world), f"account/{id_}", then)
        assert (last.label, {c.field: c.value for c in last.cells}["phone"]) == ("Aoba", "1")
        with pytest.raises(UnknownRecordError):
            as_of(app(world), "account/none", then)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-01", "2026-01-01T14:59:59.999Z"),
        ("2026-01-01T09:00", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T09:00:00Z", "2026-01-01T09:00:00.000Z"),
        ("2031-01-01", None),
    ],
)
def test_moments_are_the_projects(text: str, moment: str | None) -> None:
    """A date ends at midnight of the project's zone; a moment to come is now."""
    files = {"tasuki.yaml": "{kind: project, name: rehearsal, timezone: Asia/Tokyo}"}
    with rehearsal(files) as world:
        assert moment_of(app(world), text) == (moment or world.tools.now())
        with pytest.raises(UnknownRecordError):
            moment_of(app(world), "last week")


def test_a_late_page_brings_nothing_back(store_url: str) -> None:
    """A record delivered again as it was before a change we know loses, and says it was stale."""
    with rehearsal(url=store_url) as world:
        one = company(world, phone="1")
        two = world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
        world.settle()
        world.tick(60)
        world.crm.edit("companies", one, {"phone": "2"})
        world.settle()
        row = world.crm.living("companies")[one]
        world.clock.at -= timedelta(minutes=50)  # the page was made before the change, came after
        world.crm.edit("companies", one, {"phone": "1"})
        world.clock.at += timedelta(minutes=50)
        world.run()
        (account,) = world.all("account")
        assert account["phone"] == "2"
        assert [lost["why"] for lost in account["provenance"]["phone"]["losers"]] == ["stale"]
        world.crm.table("companies")[one] = row
        world.crm.edit("companies", one, {"phone": "2"})
        world.settle()
        assert world.ma.living("orgs")[two].fields["phone"] == "2"
        assert world.clock.at > START
