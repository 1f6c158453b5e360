"""Echo and round trip at size: a thousand edits on both sides settle in one round."""

from __future__ import annotations

from tests.rehearsal import Rehearsal, rehearsal

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
