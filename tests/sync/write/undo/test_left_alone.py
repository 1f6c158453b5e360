"""What an undo leaves as it is, and what it says of it: both values, who, when, why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.memory.faults import Mishap
from connectors.protocol import Verb
from staging.systems import schemas
from staging.tables.writes import RECEIPT
from staging.write import plans
from sync.write.intent import Intent
from sync.write.undo import left, made
from tasuki.errors import UnreachableError
from tests.rehearsal import Killed, Rehearsal, rehearsal


def wish(object: str, id_: str | None, key: str = "k", **fields: Any) -> Intent:
    """A wish for one record: new without an id."""
    return Intent(
        id=f"signal:{object}:{id_ or key}",
        origin="signal:idle",
        lane="handoffs",
        verb=Verb.UPDATE if id_ else Verb.CREATE,
        connection="crm",
        object=object,
        record_id=id_,
        fields=fields,
        cause={"rule": "idle", "why": "because"},
        natural_key=None if id_ else ("tasuki_key" if object == "tasks" else "number", key),
    )


def write(world: Rehearsal, *wishes: Intent) -> str:
    """Make these wishes true; the plan that did."""
    world.wish(*wishes)
    plan = str(world.walk("replan")["plan"])
    world.apply(plan)
    return plan


def company(world: Rehearsal) -> str:
    """A company the store knows."""
    id_ = world.crm.add("companies", {"name": "Aoba", "phone": "0"})
    world.settle()
    return id_


def listed(world: Rehearsal, of: str) -> list[Any]:
    """What the undo of it leaves: field, ours, theirs, who, why."""
    plan = world.walk("undo", of=of)["plan"]
    found = [c for c in world.changes(plan) if c.state == "refused"] if plan else []
    says = ("ours", "by")
    return [(c.field, c.before, *(c.cause.get(s) for s in says), c.reason) for c in found]


def test_an_edit_is_told_with_its_own_author() -> None:
    """Where the system keeps the past, who wrote this cell is told, not who was there last."""
    with rehearsal(history=True) as world:
        id_ = company(world)
        plan = write(world, wish("companies", id_, phone="1"))
        world.tick()
        world.crm.edit("companies", id_, {"phone": "2"}, by="ada")
        world.tick()
        world.crm.edit("companies", id_, {"city": "Kyoto"}, by="bob")
        assert listed(world, plan) == [("phone", "2", "1", "ada", left.EDITED)]


def test_what_a_later_run_wrote_is_that_runs() -> None:
    """The older run is undone: the newer one's value stays, and its run is named."""
    with rehearsal() as world:
        id_ = company(world)
        plan = write(world, wish("companies", id_, phone="1"))
        write(world, wish("companies", id_, phone="2"))
        run = [r["id"] for r in world.all("run") if r["kind"] == "apply"][-1]
        ((field, theirs, ours, by, why),) = listed(world, plan)
        assert (field, theirs, ours, by) == ("phone", "2", "1", "tasuki")
        assert run in why
        world.apply(world.walk("undo", of=plan)["plan"])
        assert [i["state"] for i in world.all("intent")] == ["done"]  # still wanted


def test_a_deleted_record_is_told_with_where_it_comes_back() -> None:
    """A delete of ours, such as an undo's, cannot be taken back by any API."""
    with rehearsal() as world:
        company(world)
        plan = write(world, wish("tasks", None, subject="call"))
        undo = world.walk("undo", of=plan)["plan"]
        world.apply(undo)
        assert world.walk("undo", of=plan)["plan"] is None
        ((_, _, _, _, why),) = listed(world, undo)
        assert why == left.BY_HAND[""]


def test_a_record_that_others_hang_on_stays() -> None:
    """Salesforce deletes a company's people with it: one that somebody put people on is left."""
    with rehearsal() as world:
        plan = write(world, wish("companies", None, "n1", name="Aoba"))
        ((id_, _),) = world.crm.living("companies").items()
        world.crm.add("people", {"last": "Ito", "company_id": id_})
        ((_, _, _, _, why),) = listed(world, plan)
        assert "1 people" in why
        assert id_ in world.crm.living("companies")


def test_a_task_touched_after_the_plan_stays() -> None:
    """Somebody writes notes between the undo's plan and its apply: the task is not deleted."""
    with rehearsal() as world:
        company(world)
        plan = write(world, wish("tasks", None, subject="call"))
        undo = world.walk("undo", of=plan)["plan"]
        ((id_, _),) = world.crm.living("tasks").items()
        world.tick()
        world.crm.edit("tasks", id_, {"body": "they said yes"})
        world.apply(undo)
        assert id_ in world.crm.living("tasks")


@pytest.mark.parametrize("told", ["metadata", "refusal"])
def test_a_task_that_may_not_be_deleted_is_closed(told: str) -> None:
    """The org refuses deletes: the plan says that it is closed instead; undone, it is open."""
    with rehearsal() as world:
        company(world)
        plan = write(world, wish("tasks", None, subject="call", status="open"))
        ((id_, _),) = world.crm.living("tasks").items()
        _forbid(world, id_, told)
        undo = world.walk("undo", of=plan)["plan"]
        (change,) = world.changes(undo)
        assert (change.verb, change.field, change.after) == ("update", "status", "completed")
        assert made.CLOSED in change.cause["why"]
        world.apply(undo)
        assert world.crm.living("tasks")[id_].fields["status"] == "completed"
        assert world.walk("undo", of=plan)["plan"] is None
        world.apply(world.walk("undo", of=undo)["plan"])
        assert world.crm.living("tasks")[id_].fields["status"] == "open"


def _forbid(world: Rehearsal, id_: str, told: str) -> None:
    with world.store.writing() as db:
        if told == "metadata":
            info = {"name": "tasks", "fields": [], "refused": {"delete": "Delete on tasks"}}
            schemas.keep(db, "crm", [info], world.tools.now())
            return
        row = {"id": "x", "plan_id": "x", "run_id": "x", "connection": "crm", "object": "tasks"}
        row |= {"record_id": id_, "verb": "delete", "state": "rejected", "opened_at": "2026"}
        db.execute(RECEIPT.insert(), row)


def test_a_system_that_is_down_holds_up_its_own_records_only() -> None:
    """What cannot be looked at is listed; the other system's cells go back."""
    with rehearsal() as world:
        id_ = company(world)
        org = world.ma.add("orgs", {"name": "Kuro", "phone": "0"})
        world.settle()
        both = (
            wish("companies", id_, phone="1"),
            replace(wish("orgs", org, phone="1"), connection="ma"),
        )
        plan = write(world, *both)
        world.connector("ma").faults.asked["read", "orgs"] = UnreachableError("nobody answers")
        assert [each[-1] for each in listed(world, plan)] == [left.UNREAD]
        world.apply(world.walk("undo", of=plan)["plan"])
        world.connector("ma").faults.asked.clear()
        assert world.crm.living("companies")[id_].fields["phone"] == "0"
        world.apply(world.walk("undo", of=plan)["plan"])
        assert world.ma.living("orgs")[org].fields["phone"] == "0"


def test_a_label_is_taken_away_alone() -> None:
    """Under a label, only the label goes that we added."""
    with rehearsal() as world:
        id_ = company(world)
        one = world.crm.add("people", {"last": "Ito"})
        world.crm.link(("companies", id_), ("people", one))
        world.settle()
        plan = write(world, wish("companies", id_, **{"associations.people#Billing": one}))
        assert world.crm.linked("companies", id_, "people#Billing") == [one]
        world.apply(world.walk("undo", of=plan)["plan"])
        assert world.crm.linked("companies", id_, "people#Billing") == []
        assert world.crm.linked("companies", id_, "people") == [one]


# ── interrupted ──


def test_an_interrupted_apply_is_undone_as_far_as_it_came() -> None:
    """Killed midway with an answer lost: what was written goes back, the rest is not gone on."""
    with rehearsal() as world:
        ids = [company(world) for _ in range(4)]
        world.wish(*(wish("companies", id_, phone="1") for id_ in ids))
        plan = str(world.walk("replan")["plan"])
        with world.store.writing() as db:
            plans.approve(db, plan, "manager", world.tools.now())
        world.connector("crm").faults.writes.append(Mishap.LOSE_ANSWER)
        with pytest.raises(Killed):
            world.walk("apply", kill_after=5, plan=plan)
        wrote = [i for i in ids if world.crm.living("companies")[i].fields["phone"] == "1"]
        assert wrote
        undo = world.walk("undo", of=plan)
        assert undo["changes"] == len(wrote)
        world.apply(undo["plan"])
        assert {world.crm.living("companies")[i].fields["phone"] for i in ids} == {"0"}
        assert next(p["state"] for p in world.all("plan") if p["id"] == plan) == "discarded"


@pytest.mark.parametrize("commits", [3, 4, 6, 7])
def test_an_interrupted_undo_resumes(commits: int) -> None:
    """Killed after any commit of its apply, applying the undo again ends where it would have."""
    with rehearsal() as world:
        ids = [company(world) for _ in range(3)]
        plan = write(world, *(wish("companies", id_, phone="1") for id_ in ids))
        undo = world.walk("undo", of=plan)["plan"]
        with world.store.writing() as db:
            plans.approve(db, undo, "manager", world.tools.now())
        with pytest.raises(Killed):
            world.walk("apply", kill_after=commits, plan=undo)
        state = next(p["state"] for p in world.all("plan") if p["id"] == undo)
        if state in ("approved", "applying"):
            world.walk("apply", plan=undo)
        assert {world.crm.living("companies")[i].fields["phone"] for i in ids} == {"0"}
        assert {i["state"] for i in world.all("intent")} == {"undone"}
        assert world.walk("undo", of=plan)["plan"] is None
