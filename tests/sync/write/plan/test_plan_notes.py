"""What a plan says of itself: calls and what is left of the day, tasks, automations, its part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from config.guards import Approval
from connectors.protocol import Automation, Verb
from jobs.flows import register
from jobs.runtime import InProcess
from staging.systems import states
from staging.write import plans
from sync.context import Order
from sync.write.intent import Intent
from sync.write.plan.describe import needs_second
from tasuki.errors import BlockedError, GuardError, TransientError
from tests.rehearsal import Rehearsal, rehearsal


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """Three companies in the CRM, of which the other system knows the name only."""
    with rehearsal() as found:
        for n in range(3):
            found.crm.add("companies", {"name": f"Co {n}", "domain": f"c{n}.example", "code": "C"})
            found.ma.add("orgs", {"name": f"Co {n}", "domain": f"c{n}.example"})
        yield found


def task(key: str, owner: str) -> Intent:
    """A task for somebody."""
    return Intent(
        id=f"signal:{key}",
        origin="signal:idle",
        lane="handoffs",
        verb=Verb.CREATE,
        connection="crm",
        object="tasks",
        fields={"subject": key, "tasuki_key": key},
        natural_key=("tasuki_key", key),
        cause={"rule": "idle"},
        owner=owner,
    )


def notes(world: Rehearsal) -> dict[str, Any]:
    """The notes of the newest plan."""
    with world.store.reading() as db:
        return plans.latest(db, 1)[0].notes


def test_calls_are_told_by_connection_and_lane(world: Rehearsal) -> None:
    """Three fills in batches of two, a look before each; two tasks, not looked at; no limit."""
    world.wish(task("a", "u1"), task("b", "u1"))
    world.run()
    said = notes(world)
    assert said["calls"] == {
        "crm": {"handoffs": {"reads": 0, "writes": 1}},
        "ma": {"mappings": {"reads": 2, "writes": 2}},
    }
    assert said["forecast"]["ma"] == {"left": None, "allowed": None}


@pytest.mark.parametrize("able", [{}, {"history": True, "guarded_size": 1, "bulk_from": 3}])
def test_an_apply_takes_the_calls_its_plan_told(able: dict[str, Any]) -> None:
    """No more and no less, when nobody moves anything meanwhile."""
    with rehearsal(bulk_size=10 if able else 0, page_size=10, **able) as world:
        for n in range(4):
            company = {"name": f"Co {n}", "domain": f"c{n}.example", "code": "C"}
            world.crm.add("companies", company)
            world.ma.add("orgs", company | {"name": "other"} if n == 0 else company | {"code": ""})
        world.wish(task("a", "u1"), task("b", "u1"), task("c", "u1"))
        plan_id = str(world.run()["plan"])
        told = notes(world)["calls"]
        before = {name: world.connector(name).calls for name in told}
        world.apply(plan_id)
        made = {name: world.connector(name).calls - before[name] for name in told}
    assert made == {
        name: sum(lane["reads"] + lane["writes"] for lane in lanes.values())
        for name, lanes in told.items()
    }


def test_what_is_left_of_the_day_is_told(world: Rehearsal) -> None:
    """Of what the system allows, Tasuki's share, as far as the lane may still use it."""
    with world.store.writing() as db:
        states.change(db, "ma", allowed=1000, used=0, told_at=world.tools.now())
    world.run()
    assert notes(world)["forecast"]["ma"] == {"left": 720, "allowed": 1000}


def test_tasks_are_counted_by_owner(world: Rehearsal) -> None:
    """Who gets most comes first; one without a name is called by the id."""
    world.wish(task("a", "u1"), task("b", "u2"), task("c", "u2"))
    world.run()
    assert notes(world)["tasks"] == [
        {"owner": "u2", "name": "u2", "n": 2},
        {"owner": "u1", "name": "u1", "n": 1},
    ]


def test_automations_are_asked_once_a_day(world: Rehearsal) -> None:
    """Those that fire on what is written are listed; asked is nobody who has nothing to write."""
    world.ma.automations += [
        Automation("orgs", "workflow", "Welcome", ("update",), ("code",), "It sends a mail."),
        Automation("orgs", "workflow", "Other field", ("update",), ("name",)),
        Automation("orgs", "workflow", "On create", ("create",)),
    ]
    world.run()
    welcome: dict[str, Any] = {
        "connection": "ma",
        "object": "orgs",
        "kind": "workflow",
        "name": "Welcome",
    }
    welcome |= {"records": 3, "note": "It sends a mail."}
    assert notes(world)["automations"] == [welcome]
    world.ma.automations.clear()
    world.run()
    assert notes(world)["automations"] == [welcome]
    world.tick(25 * 60)
    world.run()
    assert notes(world)["automations"] == []


@pytest.mark.parametrize("error", [BlockedError("no permission"), TransientError("later")])
def test_a_system_that_does_not_tell_stops_no_plan(world: Rehearsal, error: Exception) -> None:
    """A refusal is remembered for a day, a mishap is not."""
    world.connector("ma").faults.asked["automations", ""] = error
    assert world.run()["plan"]
    with world.store.reading() as db:
        asked = states.read(db, "ma").automations_at
    assert (asked is not None) == isinstance(error, BlockedError)


def test_planning_offline_asks_nobody(world: Rehearsal) -> None:
    """From what was pulled last, without a single call."""
    world.run()
    world.tick(25 * 60)
    before = world.connector("ma").calls
    world.walk("replan")
    assert world.connector("ma").calls == before


def chosen(**term: Any) -> dict[str, Any]:
    """A selection of one term."""
    return {"said": ["x"], "any": [[term]], "none": []}


def test_a_part_is_planned_beside_the_whole(world: Rehearsal) -> None:
    """Its plan holds its wishes only; the plan of everything stays, and later takes over."""
    world.wish(task("a", "u1"))
    whole = str(world.run()["plan"])
    select = chosen(by="rule", values=["signal:idle"])
    part = str(world.walk("run", select=select)["plan"])
    assert {change.object for change in world.changes(part)} == {"tasks"}
    by_id = {row["id"]: row for row in world.all("plan")}
    assert (by_id[part]["origin"], by_id[part]["state"]) == ("selected", "draft")
    assert by_id[whole]["state"] == "draft"
    world.run()
    by_id = {row["id"]: row for row in world.all("plan")}
    assert {by_id[part]["state"], by_id[whole]["state"]} == {"discarded"}


def test_what_is_excluded_is_not_planned(world: Rehearsal) -> None:
    """All but the tasks."""
    world.wish(task("a", "u1"))
    select = {"any": [], "none": [[{"by": "object", "values": ["tasks"]}]]}
    part = str(world.walk("run", select=select)["plan"])
    assert {change.object for change in world.changes(part)} == {"orgs"}


def test_what_was_refused_can_be_planned_again(world: Rehearsal) -> None:
    """A parked wish is in a plan that asks for it, and done once it is written."""
    world.wish(replace(task("a", "u1"), state="parked"))
    found = world.walk("run", select=chosen(by="parked", values=[]))
    world.apply(str(found["plan"]))
    assert {row["state"] for row in world.all("intent") if row["id"] == "signal:a"} == {"done"}


def test_who_must_say_yes() -> None:
    """Risks that the project names, and size; nobody else where it names none."""
    strict = Approval(second_person=frozenset({"overwrite", "delete"}), above_records=1000)
    assert needs_second(strict, {"fill": 9}, 1000) is None
    assert needs_second(strict, {"overwrite": 1, "delete": 2}, 3) == "deletes, overwrites"
    assert needs_second(strict, {"fill": 1}, 1001) == "more than 1000 records"
    assert needs_second(Approval(), {"delete": 9}, 10**6) is None


def test_a_plan_that_was_altered_is_not_applied(world: Rehearsal) -> None:
    """What is in the store must be what was approved, cell by cell."""
    plan_id = str(world.run()["plan"])
    with world.store.writing() as db:
        plans.approve(db, plan_id, "manager", world.tools.now())
        db.exec_driver_sql("UPDATE change SET after = '\"evil\"' WHERE field = 'code'")
    runtime = InProcess(world.store, world.tools)
    register(runtime)
    with pytest.raises(GuardError, match="is not what was approved"):
        runtime.wait(runtime.enqueue(Order("apply", {"plan": plan_id})))
    runtime.close()
    assert not any(row.fields.get("code") for row in world.ma.living("orgs").values())
