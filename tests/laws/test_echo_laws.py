"""Echo and round trip at size: a thousand edits on both sides settle in one round."""

from __future__ import annotations

from dataclasses import replace

from connectors.memory.system import API_USER, Row
from tests.rehearsal import START, Rehearsal, rehearsal

EDITS = 1_000


def populated(world: Rehearsal) -> tuple[list[str], list[str]]:
    """Half as many companies as edits, on both sides, linked by their domain."""
    said = [{"name": f"Company {n}", "domain": f"c{n}.example"} for n in range(EDITS // 2)]
    crm = [world.crm.add("companies", each) for each in said]
    ma = [world.ma.add("orgs", each) for each in said]
    return crm, ma


def test_a_round_trip_without_an_edit_writes_nothing() -> None:
    """What was pulled is what would be pushed, however often it is asked."""
    with rehearsal(page_size=500, batch_size=100) as world:
        populated(world)
        assert world.run()["plan"] is None
        assert world.walk("replan")["plan"] is None
        assert world.settle() == 0


def test_a_thousand_edits_settle_in_one_round() -> None:
    """Edits on both sides of every company meet, are written once, and the next run is silent."""
    with rehearsal(page_size=500, batch_size=100) as world:
        crm, ma = populated(world)
        world.settle()
        for n, (company, org) in enumerate(zip(crm, ma, strict=True)):
            world.crm.edit("companies", company, {"phone": f"03-1000-{n:04d}"})
            world.ma.edit("orgs", org, {"staff": n + 1})
        plan = world.run()["plan"]
        assert len(world.changes(plan)) == EDITS
        assert world.apply(plan)["written"] == EDITS
        assert world.settle() == 0
        for company, org in zip(crm, ma, strict=True):
            here, there = world.crm.living("companies")[company], world.ma.living("orgs")[org]
            assert here.fields["staff"] == there.fields["staff"]
            assert here.fields["phone"] == there.fields["phone"]


def wrote(world: Rehearsal) -> tuple[str, str]:
    """A linked pair whose new phone crm got from a person, and ma from us; not seen again yet."""
    said = {"name": "Aoba", "domain": "aoba.example", "phone": "1", "city": "x", "staff": 1}
    company = world.crm.add("companies", said)
    org = world.ma.add("orgs", {**said, "town": "x"})
    world.settle()
    world.crm.edit("companies", company, {"phone": "2"})
    world.sync()
    assert world.ma.living("orgs")[org].fields["phone"] == "2"
    return company, org


def edits(world: Rehearsal) -> list[tuple[str, str]]:
    """The cells that somebody changed, as the journal has them, with who it was."""
    return [(row["field"], row["modified_by"]) for row in world.all("record_change")]


def test_a_person_in_our_account_is_not_swallowed() -> None:
    """An edit under the integration user's name, right after our write, is seen as an edit."""
    with rehearsal() as world:
        company, org = wrote(world)
        world.ma.edit("orgs", org, {"phone": "3"}, by=API_USER)
        world.settle()
        assert world.crm.living("companies")[company].fields["phone"] == "3"
        assert ("phone", API_USER) in edits(world)


def test_our_write_is_seen_once_whenever_and_however_often_it_comes() -> None:
    """Late, twice, and among pages that repeat: our own write is nobody's edit."""
    with rehearsal(page_size=1, overlap=3) as world:
        before = dict(world.ma.living("orgs"))
        _, org = wrote(world)
        known = edits(world)
        world.ma.hold("orgs", org, before.get(org) or _as_it_was(world, org))
        for _ in range(2):
            assert world.run()["plan"] is None
        world.ma.release()
        for _ in range(2):
            assert world.run()["plan"] is None
        assert edits(world) == known
        assert world.count("rival") == 0


def _as_it_was(world: Rehearsal, org: str) -> Row:
    """The row before our write, with the stamp it had then."""
    now = world.ma.living("orgs")[org]
    return replace(now, fields={**now.fields, "phone": "1"}, modified_at=START, sequence=1)


def test_a_late_page_after_our_write_was_seen_brings_nothing_back() -> None:
    """Out of order: the echo first, then what stood there before; both systems keep our value."""
    with rehearsal(page_size=1, overlap=3) as world:
        company, org = wrote(world)
        world.run()
        known = edits(world)
        world.ma.hold("orgs", org, _as_it_was(world, org))
        world.ma.add("orgs", {"name": "Other", "domain": "other.example"})
        assert world.run()["plan"] is None
        world.ma.release()
        world.settle()
        assert edits(world) == known
        assert world.crm.living("companies")[company].fields["phone"] == "2"


def test_an_edit_that_comes_with_our_echo_is_the_only_edit() -> None:
    """A person changes another field before our write is seen: theirs moves, ours does not."""
    with rehearsal(page_size=1, overlap=3) as world:
        company, org = wrote(world)
        known = edits(world)
        world.ma.edit("orgs", org, {"staff": 9, "phone": " 2 "}, by="person")
        plan = world.run()["plan"]
        assert [(c.connection, c.field, c.after) for c in world.changes(plan)] == [
            ("crm", "staff", 9)
        ]
        assert edits(world) == [*known, ("staff", "person")]
        world.apply(plan)
        assert world.crm.living("companies")[company].fields["phone"] == "2"


def test_after_a_mass_write_the_next_pull_makes_nothing_dirty() -> None:
    """A thousand cells written; what the next pull brings is nobody's edit, and moves nothing."""
    with rehearsal(page_size=500, batch_size=100, overlap=0) as world:
        crm, _ = populated(world)
        world.settle()
        for n, company in enumerate(crm):
            world.crm.edit("companies", company, {"phone": f"{n}", "industry": "steel"})
        world.sync()
        known = len(edits(world))
        counts = world.run()
        assert (counts["read"], counts["changed"], counts["plan"]) == (len(crm), 0, None)
        assert counts["entities"] == 0
        assert len(edits(world)) == known
