"""Two plans over the same wishes: whichever is applied second sends only what is wanted still."""

from __future__ import annotations

from connectors.memory.faults import Mishap
from sync.write import intent
from sync.write.intent import Intent
from tasuki.errors import TransientError
from tests.rehearsal import Rehearsal, rehearsal

TASK = Intent(
    id="signal:idle:1",
    origin="signal:idle",
    lane="handoffs",
    verb="create",
    connection="crm",
    object="tasks",
    fields={"subject": "Call them", "status": "open"},
    cause={"rule": "idle", "place": "playbook/idle.yaml:1", "why": "nobody called"},
)


def planned(world: Rehearsal, *wishes: str) -> str:
    """A plan of these wishes alone; of everything when none is named."""
    part = {"wishes": list(wishes), "origin": "retry"} if wishes else {}
    plan: str = world.walk("replan", select=part)["plan"]
    return plan


def company(world: Rehearsal) -> tuple[str, str, str]:
    """A company that is in step, an edit of its industry, and the wish that follows from it."""
    said = {"name": "Aoba", "domain": "aoba.example", "industry": "glass"}
    crm, ma = world.crm.add("companies", said), world.ma.add("orgs", said)
    world.settle()
    world.tick()
    world.ma.edit("orgs", ma, {"industry": "steel"}, by="bob")
    world.run()
    (wish,) = (row["id"] for row in world.all("intent") if row["state"] == "open")
    return crm, ma, wish


def test_a_record_is_created_by_one_of_two_plans() -> None:
    """A part is planned beside everything, both are applied: one task, and the other says why."""
    with rehearsal() as world:
        world.wish(TASK)
        everything, part = planned(world), planned(world, TASK.id)
        assert world.apply(part)["written"] == 2
        assert world.apply(everything)["refused"] == 2
        assert len(world.crm.living("tasks")) == 1
        assert {c.reason for c in world.changes(everything)} == {
            "it came true otherwise, or is not wanted any more, since the plan was made"
        }


def test_what_is_not_wanted_any_more_is_not_written() -> None:
    """A wish that was withdrawn after somebody approved its plan comes to nothing."""
    with rehearsal() as world:
        world.wish(TASK)
        plan = planned(world)
        with world.store.writing() as db:
            intent.withdraw(db, [TASK.id])
        assert world.apply(plan)["refused"] == 2
        assert world.crm.living("tasks") == {}


def test_an_older_plan_does_not_fulfil_what_is_wanted_by_now() -> None:
    """The newer value is written by the next plan, and never lost with the older one's wish."""
    with rehearsal() as world:
        crm, ma, wish = company(world)
        older = planned(world, wish)
        world.tick()
        world.ma.edit("orgs", ma, {"industry": "wood"}, by="bob")
        world.run()
        assert world.apply(older)["refused"] == 1
        assert world.settle() == 1
        assert world.crm.living("companies")[crm].fields["industry"] == "wood"


def test_a_cell_set_back_by_a_person_is_not_written_by_an_older_plan() -> None:
    """It holds what the older plan saw, but another plan wrote it and somebody took that back."""
    with rehearsal() as world:
        crm, _, wish = company(world)
        everything, part = planned(world), planned(world, wish)
        world.apply(part)
        world.crm.edit("companies", crm, {"industry": "glass"}, by="anna")
        assert world.apply(everything)["refused"] == 1
        assert world.crm.living("companies")[crm].fields["industry"] == "glass"


def test_a_late_settlement_does_not_fulfil_what_is_wanted_by_now() -> None:
    """A lost answer is found after the wish was made anew: the newer value is still written."""
    with rehearsal() as world:
        crm, ma, _ = company(world)
        plan, faults = planned(world), world.connector("crm").faults
        faults.writes.append(Mishap.LOSE_ANSWER)
        faults.edits.append(
            lambda: faults.asked.update({("read", "companies"): TransientError("busy")})
        )
        assert world.apply(plan)["unknown"] == 1
        world.tick()
        world.ma.edit("orgs", ma, {"industry": "wood"}, by="bob")
        world.run()
        faults.asked.clear()
        world.settle()
        assert world.crm.living("companies")[crm].fields["industry"] == "wood"


def test_a_late_settlement_knows_what_arrived() -> None:
    """No answer came and somebody edits one cell of two: the other is ours, and is undone."""
    with rehearsal() as world:
        said = {"name": "Aoba", "domain": "aoba.example", "industry": "glass"}
        crm = world.crm.add("companies", {**said, "city": "Kyoto"})
        ma = world.ma.add("orgs", {**said, "town": "Kyoto"})
        world.settle()
        world.tick()
        world.ma.edit("orgs", ma, {"industry": "steel", "town": "Nara"}, by="bob")
        plan, faults = world.run()["plan"], world.connector("crm").faults
        faults.writes.append(Mishap.LOSE_ANSWER)
        faults.edits.append(
            lambda: faults.asked.update({("read", "companies"): TransientError("busy")})
        )
        assert world.apply(plan)["unknown"] == 2
        faults.asked.clear()
        world.crm.edit("companies", crm, {"city": "Osaka"}, by="anna")
        world.run()
        states = {change.field: change.state for change in world.changes(plan)}
        assert states == {"industry": "written", "city": "refused"}
        undo = world.walk("undo", of=plan)
        assert (undo["changes"], undo["kept"]) == (1, 1)
        world.apply(undo["plan"])
        fields = world.crm.living("companies")[crm].fields
        assert (fields["industry"], fields["city"]) == ("glass", "Osaka")
