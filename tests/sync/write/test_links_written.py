"""Links both ways: a lookup follows an association, and what stands for another link stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rehearsal import FILES, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSON = FILES["mappings/person.yaml"].replace(
    "    ma: {value: email, via: domain, transform: [domain]}\n",
    "    ma: {association: orgs}\n    direction: both\n",
)


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """One company and one person in both systems, not linked to each other anywhere."""
    with rehearsal({"mappings/person.yaml": PERSON}) as found:
        found.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
        found.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
        found.crm.add("people", {"email": "a@aoba.example", "last": "A"})
        found.ma.add("contacts", {"email": "a@aoba.example", "last": "A"})
        yield found


def company_of(world: Rehearsal) -> str | None:
    """What the person's lookup holds in the CRM."""
    [row] = world.crm.living("people").values()
    return row.fields.get("company_id")


def test_a_lookup_follows_an_association(world: Rehearsal) -> None:
    """Linked in one system, the other's blank lookup is filled; the plan names the company."""
    world.settle()
    assert company_of(world) is None
    [org], [contact] = world.ma.living("orgs"), world.ma.living("contacts")
    world.ma.link(("contacts", contact), ("orgs", org))
    world.ma.edit("contacts", contact, {"jobtitle": "CEO"})
    plan = world.run()["plan"]
    [cell] = [c for c in world.changes(plan) if c.field == "company_id"]
    assert (cell.risk, cell.cause["name"]) == ("fill", "Aoba")
    world.apply(plan)
    assert company_of(world) == next(iter(world.crm.living("companies")))
    assert world.settle() == 0


def test_an_association_follows_a_lookup(world: Rehearsal) -> None:
    """The other way round, by one link that is added; then it is silent."""
    [company], [person] = world.crm.living("companies"), world.crm.living("people")
    world.crm.edit("people", person, {"company_id": company})
    world.settle()
    [contact] = world.ma.living("contacts")
    assert world.ma.linked("contacts", contact, "orgs") == list(world.ma.living("orgs"))
    assert world.settle() == 0


def test_a_blank_takes_no_link_away(world: Rehearsal) -> None:
    """A lookup that somebody empties is no order to remove the association elsewhere."""
    [company], [person] = world.crm.living("companies"), world.crm.living("people")
    world.crm.edit("people", person, {"company_id": company})
    world.settle()
    world.crm.edit("people", person, {"company_id": None})
    world.settle()
    [contact] = world.ma.living("contacts")
    assert world.ma.linked("contacts", contact, "orgs") == list(world.ma.living("orgs"))


def test_who_has_no_record_there_is_linked_once_it_has(world: Rehearsal) -> None:
    """A company that a system learns of later is then linked to its people there."""
    org = world.ma.add("orgs", {"name": "Midori", "domain": "midori.example"})
    world.crm.add("people", {"email": "b@midori.example", "last": "B"})
    contact = world.ma.add("contacts", {"email": "b@midori.example", "last": "B"})
    world.ma.link(("contacts", contact), ("orgs", org))
    world.settle()
    made = world.crm.add("companies", {"name": "Midori", "domain": "midori.example"})
    world.settle()
    rows = world.crm.living("people").values()
    assert [r.fields.get("company_id") for r in rows if r.fields["last"] == "B"] == [made]
