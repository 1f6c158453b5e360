"""The raw payload: what is kept beside what is mapped, and mappings that come later."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from connectors.memory.client import MemoryConnector
from tests.rehearsal import FILES, Killed, Rehearsal, rehearsal

PHONE = "  phone: {crm: phone, ma: phone, direction: both, conflict: latest_wins}\n"


def kept(words: str, *, phone: bool = False) -> dict[str, str]:
    """The account mapping that keeps these fields of a company; with or without its phone."""
    text = FILES["mappings/account.yaml"]
    text = text.replace("{object: companies}", f"{{object: companies, keep: {words}}}")
    return {"mappings/account.yaml": text if phone else text.replace(PHONE, "")}


def reword(world: Rehearsal, files: dict[str, str]) -> None:
    """Edit the project's files."""
    with rehearsal(files) as other:
        world.tools = replace(world.tools, mappings=other.tools.mappings)


def asked(world: Rehearsal) -> list[list[str]]:
    """With which fields companies are asked for from now on."""
    noted: list[list[str]] = []

    class Noting(MemoryConnector):
        """Notes the fields of each page."""

        def page(self, object: str, fields: Any, *rest: Any, **named: Any) -> Any:
            """A page, noted."""
            if object == "companies":
                noted.append(list(fields))
            return MemoryConnector.page(self, object, fields, *rest, **named)

    made = Noting(world.crm, world.connector("crm").settings)
    world.tools = replace(world.tools, connectors={**world.tools.connectors, "crm": made})
    return noted


def payload(world: Rehearsal, id: str) -> dict[str, Any]:
    """What is staged of a company."""
    return next(row["payload"] for row in world.all("record") if row["id"] == id)


def phones(world: Rehearsal) -> set[str | None]:
    """The phones of the accounts."""
    return {row["phone"] for row in world.rows("account").values()}


def test_a_mapping_added_later_asks_no_system() -> None:
    """A field that was kept is mapped, and applied to what is staged, without a single page."""
    with rehearsal(kept("[phone]")) as world:
        world.crm.add("companies", {"name": "a", "phone": "03-1"})
        world.run()
        assert phones(world) == {None}
        reword(world, kept("[phone]", phone=True))
        noted = asked(world)
        world.walk("replan")
        assert (noted, phones(world)) == ([], {"03-1"})
        world.run()
        assert len(noted) == 1


def test_a_whole_new_mapping_is_applied_to_what_is_staged() -> None:
    """A second mapping of an object that is kept needs no pull either."""
    other = """
kind: mapping
name: leads
entity: person
sides:
  co: {connection: crm, object: companies}
fields:
  family_name: {co: name, conflict: co_wins}
"""
    with rehearsal(kept("[phone]")) as world:
        world.crm.add("companies", {"name": "a"})
        world.run()
        reword(world, {**kept("[phone]"), "mappings/leads.yaml": other})
        noted = asked(world)
        world.walk("replan")
        assert noted == []
        assert {row["family_name"] for row in world.rows("person").values()} == {"a"}


def test_every_described_field_is_kept_when_all_are() -> None:
    """`keep: all` stages what the system describes, asked once how it describes it."""
    with rehearsal(kept("all")) as world:
        id = world.crm.add("companies", {"name": "a", "phone": "1", "score": "7", "tier": "A"})
        world.run()
        assert payload(world, id).items() >= {"score": "7", "tier": "A", "phone": "1"}.items()
        reword(world, kept("all", phone=True))
        noted = asked(world)
        world.run()
        assert (len(noted), phones(world)) == (1, {"1"})
        assert "score" in noted[0]


def test_a_new_field_is_read_as_a_whole() -> None:
    """A field that was never asked for is read from the beginning, once."""
    with rehearsal(kept("[]")) as world:
        world.crm.add("companies", {"name": "a", "phone": "03-1"})
        world.run()
        reword(world, kept("[]", phone=True))
        world.run()
        assert phones(world) == {"03-1"}
        noted = asked(world)
        world.run()
        assert len(noted) == 1


def test_an_unmapped_field_stays_but_is_not_believed_later() -> None:
    """Taken out of all mappings it stays as it was last seen; mapped again it is read anew."""
    with rehearsal(kept("[]", phone=True)) as world:
        id = world.crm.add("companies", {"name": "a", "phone": "03-1"})
        world.run()
        reword(world, kept("[]"))
        world.crm.edit("companies", id, {"phone": "03-2", "name": "b"})
        world.run()
        assert payload(world, id).items() >= {"phone": "03-1", "name": "b"}.items()
        reword(world, kept("[]", phone=True))
        world.run()
        assert phones(world) == {"03-2"}


def test_a_cleared_field_becomes_blank() -> None:
    """What was asked for and is empty now is empty here, whatever else is kept."""
    with rehearsal(kept("[phone]")) as world:
        id = world.crm.add("companies", {"name": "a", "phone": "03-1", "city": "x"})
        world.run()
        world.crm.edit("companies", id, {"phone": None})
        world.run()
        assert payload(world, id)["phone"] is None


def test_drift_loses_nothing() -> None:
    """A field that vanishes keeps its values; back again, it is read anew, of whatever type."""
    with rehearsal(kept("[]", phone=True)) as world:
        id = world.crm.add("companies", {"name": "a", "phone": "03-1"})
        world.run()
        world.connector("crm").faults.hidden.add(("companies", "phone"))
        world.crm.edit("companies", id, {"name": "b", "phone": "03-2"})
        assert world.run()["unreadable"] == ["crm/companies.phone"]
        assert (payload(world, id)["phone"], phones(world)) == ("03-1", {"03-1"})
        world.connector("crm").faults.hidden.clear()
        world.run()
        assert phones(world) == {"03-2"}
        world.crm.edit("companies", id, {"phone": 32})
        world.run()
        assert payload(world, id)["phone"] == 32


def test_looking_again_is_bounded_and_goes_on() -> None:
    """An edited mapping is applied in steps; killed after any of them, the next run goes on."""
    with rehearsal(kept("[phone]"), page_size=1_000) as world:
        for number in range(2_100):
            world.crm.add("companies", {"name": f"c{number}", "phone": f"03-{number}"})
        world.run()
        reword(world, kept("[phone]", phone=True))
        noted = asked(world)
        for commits in (2, 3, 4):
            with suppress(Killed):
                world.walk("replan", kill_after=commits)
        world.walk("replan")
        assert noted == []
        assert phones(world) == {f"03-{number}" for number in range(2_100)}
        looked = [step for step in world.steps if step == "revise.look"]
        assert len(looked) < 6
        world.walk("replan")
        assert world.steps.count("revise.look") == 1
