"""Sweeps: what no delta tells is compared on a schedule, when asked, and after a kill."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.protocol import Hint
from sync.complete import hints
from tests.rehearsal import Killed, Rehearsal, rehearsal

LAG: dict[str, Any] = {"lag": timedelta(minutes=1)}
SWEPT = {**LAG, "deletes_swept": True, "links_swept": True}
LINKS = {"crm/companies": frozenset({"associations.people"})}
EVERY_HOUR = {
    "connections/crm.yaml": "{kind: connection, name: crm, system: memory,"
    " sweeps: {deletes: 2h, links: 30m, ids: 3h}}"
}


def company(world: Rehearsal, number: int) -> str:
    return world.crm.add("companies", {"name": f"c{number}", "domain": f"c{number}.example"})


def payload(world: Rehearsal, id: str) -> Any:
    return next(row["payload"] for row in world.all("record") if row["id"] == id)


def test_swept_deletes_are_asked_for_when_they_are_due() -> None:
    """Where a system only lists all its deletes, it is asked once an hour, not in every run."""
    with rehearsal(**SWEPT) as world:
        gone, _ = company(world, 1), company(world, 2)
        world.tick(5)
        world.run()
        world.crm.delete("companies", gone)
        assert world.run()["deleted"] == 0
        world.tick(60)
        counts = world.run()
        assert counts["deleted"] == 1
        assert counts["sweeps"]["crm/companies"] == ["deletes"]
        assert world.count("account") == 1


def test_a_moved_link_is_found_by_the_sweep_of_links() -> None:
    """An association that moved no stamp is found within the hour; only its record is dirty."""
    with rehearsal(**SWEPT) as world:
        world.tools = replace(world.tools, reads=LINKS)
        ids = [company(world, number) for number in range(3)]
        anna = world.crm.add("people", {"email": "a@c0.example", "last": "Ito"})
        world.crm.link(("companies", ids[0]), ("people", anna))
        world.tick(5)
        world.run()
        assert payload(world, ids[0])["associations.people"] == [anna]
        world.crm.unlink(("companies", ids[0]), ("people", anna))
        world.crm.link(("companies", ids[1]), ("people", anna))
        assert world.run()["relinked"] == 0
        world.tick(60)
        assert world.run()["relinked"] == 2
        assert [payload(world, id)["associations.people"] for id in ids] == [[], [anna], []]


def test_ids_are_compared_once_a_day() -> None:
    """What appeared with an old stamp, where no pull looks any more, is found by the next day."""
    with rehearsal(**LAG) as world:
        company(world, 1)
        late = company(world, 2)
        world.crm.hold("companies", late, None)
        world.tick(60)
        world.run()
        world.crm.release()
        world.tick(60)
        assert world.run()["complete"]
        assert world.count("account") == 1
        world.tick(24 * 60)
        counts = world.run()
        assert (counts["swept"], world.count("account")) == (1, 2)
        assert counts["sweeps"]["crm/companies"] == ["ids"]


def test_a_connection_says_how_often_it_is_swept() -> None:
    """`sweeps:` of a connection file sets the ages; the other connection keeps the defaults."""
    with rehearsal(EVERY_HOUR, **SWEPT) as world:
        company(world, 1)
        world.ma.add("orgs", {"name": "o", "domain": "o.example"})
        world.tick(5)
        world.run()
        world.tick(100)
        counts = world.run()
        assert "crm/companies" not in counts["sweeps"]
        assert counts["sweeps"]["ma/orgs"] == ["deletes"]
        world.tick(100)
        assert world.run()["sweeps"]["crm/companies"] == ["deletes", "ids"]


def test_a_run_can_be_asked_to_sweep_everything() -> None:
    """`--sweep` makes every sweep due, whatever its age."""
    with rehearsal(**SWEPT) as world:
        world.tools = replace(world.tools, reads=LINKS)
        company(world, 1)
        world.tick(5)
        world.run()
        counts = world.walk("run", sweep=True)
        assert counts["sweeps"]["crm/companies"] == ["deletes", "ids", "links"]
        assert counts["sweeps"]["ma/contacts"] == ["deletes", "ids"]


@pytest.mark.parametrize("commits", range(3, 60, 4))
def test_a_sweep_killed_anywhere_is_done_by_the_next_run(commits: int) -> None:
    """Killed in the middle, a sweep goes on or begins again; nothing is left behind."""
    with rehearsal(**SWEPT) as world:
        world.tools = replace(world.tools, reads=LINKS)
        ids = [company(world, number) for number in range(4)]
        world.tick(5)
        world.run()
        world.tick(48 * 60)
        anna = world.crm.add("people", {"email": "a@c0.example", "last": "Ito"})
        world.crm.link(("companies", ids[0]), ("people", anna))
        world.crm.delete("companies", ids[3])
        with world.store.writing() as db:
            db.exec_driver_sql(f"DELETE FROM record WHERE id = '{ids[2]}'")
        with suppress(Killed):
            world.walk("run", kill_after=commits)
        assert world.run()["complete"]
        living = [row["id"] for row in world.all("record") if row["deleted_at"] is None]
        assert sorted(living) == [*ids[:3], anna]
        assert payload(world, ids[0])["associations.people"] == [anna]
        assert world.all("dirty") == []


def test_a_hinted_record_is_read_at_the_beginning_of_a_run() -> None:
    """A webhook's word is checked by reading the record, even where no page would bring it."""
    with rehearsal(**SWEPT) as world:
        one, gone = company(world, 1), company(world, 2)
        world.tick(5)
        world.run()
        world.crm.rows["companies"][one] = replace(
            world.crm.rows["companies"][one], fields={"name": "Renamed", "domain": "c1.example"}
        )
        world.crm.delete("companies", gone)
        with world.store.writing() as db:
            said = [Hint("companies", one), Hint("companies", gone), Hint("planets", "7")]
            assert hints.note(db, world.tools, "crm", said) == 2
        world.run()
        assert payload(world, one)["name"] == "Renamed"
        assert world.count("account") == 1
        assert world.all("dirty") == []
