"""Rare orders of events in which a write was once lost, frozen, or taken back too much."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from connectors.memory.client import MemoryConnector
from connectors.protocol import Receipt, Settled, Verb
from jobs.flows import register
from jobs.runtime import InProcess
from staging.tables.columns import METADATA
from staging.write import plans
from sync.context import Order
from sync.write.intent import Intent
from sync.write.plan.draft import plan as make_plan
from tasuki.errors import GuardError, LeaseError, TransientError
from tests.rehearsal import FILES, Killed, Rehearsal, rehearsal


def pair(world: Rehearsal, **fields: Any) -> tuple[str, str]:
    """One company in both systems."""
    company = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", **fields})
    org = world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example", **fields})
    return company, org


def score(value: int) -> Intent:
    return Intent(
        id="score:fit:crm/companies/companies-000001",
        origin="score:fit",
        lane="mappings",
        verb=Verb.UPDATE,
        connection="crm",
        object="companies",
        record_id="companies-000001",
        fields={"score": value},
        cause={"rule": "fit", "why": "it fits"},
    )


def task(key: str = "k1", origin: str = "rule:x") -> Intent:
    return Intent(
        id=f"{origin}:{key}",
        origin=origin,
        lane="handoffs",
        verb=Verb.UPSERT,
        connection="crm",
        object="tasks",
        fields={"subject": "call"},
        cause={"rule": "x", "why": "because"},
        natural_key=("tasuki_key", key),
    )


def last_apply(world: Rehearsal) -> str:
    return str([run["id"] for run in world.all("run") if run["kind"] == "apply"][-1])


def die_before_sending(world: Rehearsal, plan: str) -> None:
    """The process ends between the open receipt and the write."""
    with world.store.writing() as db:
        plans.approve(db, plan, "manager", world.tools.now())
    for commits in range(1, 12):
        with pytest.raises(Killed):
            world.walk("apply", plan=plan, kill_after=commits)
        if any(receipt["state"] == "open" for receipt in world.all("receipt")):
            return


class Busy(MemoryConnector):
    """A system that refuses every write for now."""

    def write(self, batch: Any) -> list[Receipt]:
        locked = TransientError("the row is locked", remedy="Later.")
        return [Receipt(w.key, Settled.REJECTED, w.id, error=locked) for w in batch]


# ── wishes ──


def test_a_value_that_comes_back_is_written_again() -> None:
    """One side moves away and the other moves back: the same wish is made a second time."""
    with rehearsal() as world:
        company, org = pair(world, phone="1")
        world.settle()
        for system, object_, id_, phone in (
            (world.ma, "orgs", org, "2"),
            (world.crm, "companies", company, "3"),
            (world.ma, "orgs", org, "2"),
        ):
            world.tick()
            system.edit(object_, id_, {"phone": phone})
            world.settle()
        assert world.crm.living("companies")[company].fields["phone"] == "2"


def test_an_undone_value_may_be_wished_again_after_another() -> None:
    """72 is undone, 73 is written, then 72 is right again: the record does not stay at 73."""
    with rehearsal() as world:
        company, _ = pair(world)
        world.tools = replace(world.tools, reads={"crm/companies": frozenset({"score"})})
        world.settle()
        world.wish(score(72))
        world.sync()
        world.apply(world.walk("undo", of=last_apply(world))["plan"])
        for value in (73, 72):
            world.wish(score(value))
            world.settle()
        assert world.crm.living("companies")[company].fields["score"] == 72


def test_looking_at_an_undo_undoes_nothing() -> None:
    """Until the plan of an undo is applied, what was written is still wanted."""
    with rehearsal() as world:
        company, org = pair(world, phone="1")
        world.settle()
        for phone in ("2", "3", "2"):
            world.tick()
            world.ma.edit("orgs", org, {"phone": phone})
            world.sync()
            assert world.walk("undo", of=last_apply(world))["plan"]
        assert world.crm.living("companies")[company].fields["phone"] == "2"


def test_a_task_with_somebodys_notes_is_not_deleted() -> None:
    """A field that we never sent counts as work on the record: an undo lists it and leaves it."""
    with rehearsal() as world:
        world.wish(task())
        world.sync()
        (made,) = world.crm.living("tasks")
        world.tick(minutes=5)
        world.crm.edit("tasks", made, {"status": "done, they said yes"})
        undo = world.walk("undo", of=last_apply(world))
        assert (undo["changes"], undo["kept"]) == (0, 1)
        world.apply(undo["plan"])
        assert made in world.crm.living("tasks")


def test_what_a_scenario_could_not_write_is_planned_again() -> None:
    """A task of a pushed scenario that met a locked row is in the next plan."""
    with rehearsal() as world:
        pair(world)
        world.settle()
        world.wish(task("s1", "scenario:r1"))
        assert world.run()["plan"] is not None
        runtime = InProcess(world.store, world.tools)
        runtime.register("push", lambda run, _: make_plan(run, "scenario:r1"))
        pushed = runtime.wait(runtime.enqueue(Order("push")))["plan"]
        runtime.close()
        assert world.run()["plan"] is None  # a plan of the scenario's own holds it
        steady = world.connector("crm")
        busy = {**world.tools.connectors, "crm": Busy(world.crm, steady.settings)}
        calm, world.tools = world.tools, replace(world.tools, connectors=busy)
        world.apply(pushed)
        world.tools = calm
        world.settle()
        assert len(world.crm.living("tasks")) == 1


# ── conflicts ──


def test_a_conflict_ends_when_the_systems_agree() -> None:
    """A person makes both sides equal in one of the systems: later changes flow again."""
    with rehearsal() as world:
        company = world.crm.add("companies", {"domain": "aoba.example", "city": "A"})
        org = world.ma.add("orgs", {"domain": "aoba.example", "town": "A"})
        world.settle()
        world.crm.edit("companies", company, {"city": "B"})
        world.ma.edit("orgs", org, {"town": "C"})
        world.settle()
        assert [row["state"] for row in world.all("conflict")] == ["open"]
        world.ma.edit("orgs", org, {"town": "B"})
        world.settle()
        assert [row["state"] for row in world.all("conflict")] == ["resolved"]
        world.ma.edit("orgs", org, {"town": "D"})
        world.settle()
        assert world.crm.living("companies")[company].fields["city"] == "D"


def test_a_conflict_ends_with_its_entity() -> None:
    """Nobody is asked about a company that is gone."""
    with rehearsal() as world:
        company = world.crm.add("companies", {"domain": "aoba.example", "city": "A"})
        org = world.ma.add("orgs", {"domain": "aoba.example", "town": "B"})
        world.settle()
        assert [row["state"] for row in world.all("conflict")] == ["open"]
        world.crm.delete("companies", company)
        world.ma.delete("orgs", org)
        world.settle()
        assert [row["state"] for row in world.all("conflict")] == ["resolved"]


# ── guards, receipts ──


def test_a_rule_named_undo_meets_the_guards() -> None:
    """Only the changes of an undo go past the limits, not those of a rule of that name."""
    project = FILES["tasuki.yaml"].replace("max_creates: 1000", "max_creates: 1")
    with rehearsal({"tasuki.yaml": project}) as world:
        many = (replace(task(f"k{n}"), cause={"rule": "undo"}) for n in range(3))
        world.wish(*many)
        with pytest.raises(GuardError):
            world.apply(world.run()["plan"])


def test_a_record_that_was_there_before_is_not_ours_to_delete() -> None:
    """The process died before it wrote; an older record with that key survives the undo."""
    with rehearsal() as world:
        older = world.crm.add("tasks", {"subject": "call", "tasuki_key": "k1"})
        world.wish(task())
        die_before_sending(world, world.run()["plan"])
        world.run()
        assert [(r["state"], r["created"]) for r in world.all("receipt")] == [("written", False)]
        assert world.walk("undo", of=last_apply(world))["plan"] is None
        assert older in world.crm.living("tasks")


def test_a_connection_that_left_the_project_stops_no_run() -> None:
    """An open receipt and open wishes of a connection that is gone wait; the others go on."""
    with rehearsal() as world:
        pair(world)
        world.wish(task())
        die_before_sending(world, world.run()["plan"])
        left = tuple(m for m in world.tools.mappings if "crm" not in m.sides)
        rest = {"ma": world.connector("ma")}
        world.tools = replace(world.tools, mappings=left, connectors=rest)
        assert world.run()["plan"] is None
        assert [receipt["state"] for receipt in world.all("receipt")] == ["open"]


# ── runs ──


def test_a_run_id_that_begins_another_is_a_run_of_its_own() -> None:
    """A tick and the apply of that tick are two runs; each is carried out once."""
    with rehearsal() as world:
        for name in ("tick-apply", "tick", "tick"):
            runtime = InProcess(world.store, world.tools)
            register(runtime)
            runtime.wait(runtime.enqueue(Order("replan"), run_id=name))
            runtime.close()
        assert sorted(run["id"] for run in world.all("run")) == ["tick", "tick-apply"]


def test_a_long_call_does_not_cost_the_lease() -> None:
    """While a system lets us wait longer than the lease lasts, nobody else begins to write."""
    with rehearsal() as world:
        world.wish(task())
        plan = world.run()["plan"]
        with world.store.writing() as db:
            plans.approve(db, plan, "manager", world.tools.now())

        class Waiting(MemoryConnector):
            def write(self, batch: Any) -> Any:
                world.tick(10)
                held = threading.Event()
                for _ in range(200):
                    if held.wait(0.01) or world.all("lease")[0]["until"] > world.tools.now():
                        break
                rival = InProcess(world.store, world.tools)
                register(rival)
                with pytest.raises(LeaseError):
                    rival.wait(rival.enqueue(Order("run")))
                rival.close()
                return MemoryConnector.write(self, batch)

        waiting = Waiting(world.crm, world.connector("crm").settings)
        tools = replace(world.tools, connectors={**world.tools.connectors, "crm": waiting})
        runtime = InProcess(world.store, tools, beat=0.01)
        register(runtime)
        counts = runtime.wait(runtime.enqueue(Order("apply", {"plan": plan})))
        runtime.close()
        assert counts["written"] == 1


# ── identity ──


def test_who_belongs_by_domain_follows_the_domain() -> None:
    """A domain that a company wins, loses or takes along moves the people of that domain."""
    with rehearsal() as world:
        org = world.ma.add("orgs", {"name": "Aoba", "domain": "old.example"})
        world.ma.add("contacts", {"email": "a@aoba.example"})
        world.settle()
        at: list[bool] = []
        for domain in ("aoba.example", "new.example", "aoba.example"):
            world.ma.edit("orgs", org, {"domain": domain})
            world.settle()
            at += [p["account_id"] in world.rows("account") for p in world.rows("person").values()]
        assert at == [True, False, True]
        world.ma.delete("orgs", org)
        world.settle()
        assert [p["account_id"] for p in world.rows("person").values()] == [None]


def test_events_do_not_keep_a_person_who_is_gone() -> None:
    """A deleted contact loses the browser; whoever gets the address later gets it."""
    with rehearsal() as world:
        first = world.ma.add("contacts", {"email": "a@aoba.example"})
        second = world.ma.add("contacts", {"email": "b@aoba.example"})
        told = {"kind": "form", "at": "2026-01-01T00:00:00Z", "email": "a@aoba.example"}
        world.ma.add("events", {**told, "cookie": "ck"})
        world.ma.add("events", {"kind": "page", "at": "2026-01-02T00:00:00Z", "cookie": "ck"})
        world.settle()
        assert None not in {event["person_id"] for event in world.all("engagement")}
        world.ma.delete("contacts", first)
        world.settle()
        assert {event["person_id"] for event in world.all("engagement")} == {None}
        assert world.all("visitor_link") == []
        world.ma.edit("contacts", second, {"email": "a@aoba.example"})
        world.settle()
        assert {e["person_id"] for e in world.all("engagement")} == set(world.rows("person"))


def test_scores_go_with_their_entity() -> None:
    """When a company is absorbed by another, no score of it is left behind."""
    with rehearsal() as world:
        company = world.crm.add("companies", {"name": "A", "domain": "a.example"})
        for name in ("A", "A2"):
            world.ma.add("orgs", {"name": name, "domain": "b.example"})
        world.settle()
        with world.store.writing() as db:
            scores = [
                {"name": "fit", "entity": "account", "entity_id": id_, "as_of": world.tools.now()}
                for id_ in world.rows("account")
            ]
            db.execute(METADATA.tables["score"].insert(), scores)
        world.crm.edit("companies", company, {"domain": "b.example"})
        world.settle()
        assert [row["entity_id"] for row in world.all("score")] == list(world.rows("account"))


def test_the_account_that_somebody_left_is_measured_again() -> None:
    """Who moves to another company counts at neither too much nor too little."""
    with rehearsal() as world:
        old = world.crm.add("companies", {"name": "Old", "domain": "old.example"})
        new = world.crm.add("companies", {"name": "New", "domain": "new.example"})
        person = world.crm.add("people", {"email": "a@mail.example", "company_id": old})
        world.settle()
        world.crm.edit("people", person, {"company_id": new})
        assert world.run()["measured"] == 3


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("direction: pull, conflict: latest_wins}", "direction: both, conflict: latest_wins}"),
        ("  - {rule: domain, field: city}\n", "  - {rule: domain, field: domain}\n"),
    ],
)
def test_a_changed_mapping_is_applied_to_what_is_staged(then: str, now: str) -> None:
    """A rule that somebody corrects counts for old records too, without a change in a system."""
    after = FILES["mappings/account.yaml"]
    with rehearsal({"mappings/account.yaml": after.replace(now, then)}) as world:
        world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", "phone": "1"})
        org = world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
        world.settle()
        assert world.ma.living("orgs")[org].fields.get("phone") is None
        with rehearsal() as corrected:
            world.tools = replace(world.tools, mappings=corrected.tools.mappings)
        world.settle()
        assert len(world.rows("account")) == 1
        assert world.ma.living("orgs")[org].fields["phone"] == "1"
        assert world.run()["entities"] == 0


def test_undo_takes_back_a_whole_plan_that_was_resumed() -> None:
    """An apply killed half-way and resumed is one plan: undoing its last run undoes all of it."""
    with rehearsal() as world:
        for name in ("Aoba", "Midori", "Sora"):
            domain = f"{name.lower()}.example"
            world.crm.add("companies", {"name": name, "domain": domain, "phone": "1"})
            world.ma.add("orgs", {"name": name, "domain": domain, "phone": None})
        plan = world.run()["plan"]
        before = world.world()
        die_before_sending(world, plan)
        world.walk("apply", plan=plan)
        undone = world.walk("undo", of=last_apply(world))
        world.apply(undone["plan"])
        assert world.world() == before
