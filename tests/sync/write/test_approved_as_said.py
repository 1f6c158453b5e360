"""What was approved is carried out as it was, by whom it may be, and never waits for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from staging.bulk import upsert
from staging.tables.decisions import SCENARIO_RUN
from staging.tables.writes import CHANGE
from staging.write import plans
from sync.write.intent import Intent
from tasuki.errors import GuardError
from tasuki.service.app import App
from tasuki.service.scenarios import ADOPT
from tasuki.service.writing import planning
from tests.rehearsal import FILES, Killed, Rehearsal, rehearsal

DAY = 60 * 24
SECOND = {"tasuki.yaml": FILES["tasuki.yaml"] + "approval: {second_person: [create]}\n"}


def companies(world: Rehearsal, names: str) -> list[str]:
    """Companies whose industry the crm does not say as `ma` does; their ids in the crm."""
    for name in names:
        said = {"name": name, "domain": f"{name}.example"}
        world.ma.add("orgs", {**said, "industry": "steel"})
        world.crm.add("companies", {**said, "industry": "glass"})
    return list(world.crm.living("companies"))


def industries(world: Rehearsal) -> list[str]:
    """What the crm says of each."""
    return [row.fields["industry"] for row in world.crm.living("companies").values()]


def test_what_an_undo_leaves_alone_cannot_be_slipped_in() -> None:
    """A cell listed as somebody's is not restored because the store was altered after the yes."""
    with rehearsal() as world:
        first, _ = companies(world, "ab")
        plan = world.run()["plan"]
        world.apply(plan)
        world.crm.edit("companies", first, {"industry": "paper"}, by="anna")
        undo = world.walk("undo", of=plan)["plan"]
        with world.store.writing() as db:
            db.execute(update(CHANGE).where(CHANGE.c.plan_id == undo).values(state="planned"))
        with pytest.raises(GuardError, match="not what was approved"):
            world.apply(undo)
        assert industries(world) == ["paper", "steel"]


def test_an_undo_that_was_killed_can_be_gone_on_with_days_later() -> None:
    """It has no wishes that a next plan would have: its own plan does not grow old."""
    with rehearsal(batch_size=1) as world:
        companies(world, "abc")
        plan = world.run()["plan"]
        world.apply(plan)
        undo = killed(world, world.walk("undo", of=plan)["plan"])
        world.tick(2 * DAY)
        app = App(world.tools.project, world.store, world.tools)
        planning.require_open(planning.show_plan(app, undo))
        world.walk("apply", plan=undo)
        assert industries(world) == ["glass"] * 3


def test_an_undo_made_again_settles_the_one_that_was_killed() -> None:
    """Nothing of the older one stays planned for ever."""
    with rehearsal(batch_size=1) as world:
        companies(world, "abc")
        plan = world.run()["plan"]
        world.apply(plan)
        undo = killed(world, world.walk("undo", of=plan)["plan"])
        world.apply(world.walk("undo", of=plan)["plan"])
        assert industries(world) == ["glass"] * 3
        assert {change.state for change in world.changes(undo)} == {"written", "refused"}


def test_wishes_of_a_push_are_planned_when_its_own_plan_grew_old() -> None:
    """Nobody applied it in time: the next plan of everything has what it held."""
    with rehearsal() as world:
        plan = pushed(world)
        assert world.run()["plan"] is None
        world.clock.at += timedelta(minutes=2 * DAY)
        everything = world.run()["plan"]
        assert [c.intent_id for c in world.changes(everything)] == ["scenario:sr_1:1"]
        world.apply(everything)
        with pytest.raises(GuardError, match="expired"):
            world.apply(plan)
        assert len(world.crm.living("tasks")) == 1


@pytest.mark.parametrize(("by", "state"), [("anna", "draft"), ("boss", "approved")])
def test_who_approved_their_own_preview_is_no_second_person(by: str, state: str) -> None:
    """A scenario may let its author approve; where the project wants a second one, that counts."""
    with rehearsal(SECOND) as world:
        plan = pushed(world, by)
        assert [row["state"] for row in world.all("plan") if row["id"] == plan] == [state]


def killed(world: Rehearsal, plan: str) -> str:
    """A plan whose apply died after its first batch."""
    with world.store.writing() as db:
        plans.approve(db, plan, "manager", world.tools.now())
    with pytest.raises(Killed):
        world.walk("apply", plan=plan, kill_after=5)
    assert {change.state for change in world.changes(plan)} == {"written", "planned"}
    return plan


def pushed(world: Rehearsal, by: str = "boss") -> str:
    """The plan of a pushed scenario run of anna's with one task, not applied yet."""
    now = world.tools.now()
    row = {"id": "sr_1", "scenario": "spring", "version": "1", "state": "pushed", "author": "anna"}
    with world.store.writing() as db:
        upsert(db, SCENARIO_RUN, [{**row, "created_at": now, "approved_by": by}])
    world.wish(
        Intent(
            id="scenario:sr_1:1",
            origin="scenario:sr_1",
            lane="scenarios",
            verb="create",
            connection="crm",
            object="tasks",
            fields={"subject": "Call them"},
            cause={"rule": "spring", "why": "because"},
        )
    )
    plan: str = world.walk("replan")["plan"]
    with world.store.writing() as db:
        db.execute(plans.PLAN.update().values(origin="scenario:sr_1"))
        ADOPT.keep(db, world.tools, {"scenario_run": "sr_1", "plan": plan, "approve": True}, None)
    return plan
