"""Law 4, both halves: an edit seen at our last look is left; one in the moment after is found."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from connectors.memory.faults import Mishap
from connectors.protocol import Verb
from staging import queue
from staging.tables.writes import CHANGE
from staging.write import conflicts, plans
from sync.write.intent import Intent
from tasuki.errors import GuardError, TransientError
from tests.rehearsal import Killed, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = timedelta(seconds=1)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


def one_company(world: Rehearsal, phone: str | None = "03-1111-2222") -> tuple[str, str]:
    """A company whose industry `ma` owns and whose phone is in `crm` first; their ids."""
    domain = {"name": "Aoba", "domain": "aoba.example"}
    crm = world.crm.add("companies", {**domain, "phone": phone, "industry": "glass"})
    ma = world.ma.add("orgs", {**domain, "industry": "steel"})
    return crm, ma


def edit(world: Rehearsal, id: str, **fields: Any) -> Callable[[], None]:
    """Somebody's edit in the CRM, to be made later, a second after whatever happens then."""

    def do() -> None:
        world.clock.at += SECOND
        world.crm.edit("companies", id, fields, by="anna")
        world.clock.at += SECOND

    return do


def test_an_edit_in_the_moment_of_writing_can_be_taken_back() -> None:
    """Written over unseen, it is an open conflict; who takes it back has it again in the CRM."""
    with rehearsal(history=True) as world:
        crm, _ = one_company(world)
        plan = world.run()["plan"]
        world.connector("crm").faults.edits.append(edit(world, crm, industry="paper"))
        counts = world.apply(plan)
        assert counts["overwritten"] == 1
        assert world.crm.living("companies")[crm].fields["industry"] == "steel"
        world.run()
        (row,) = world.all("conflict")
        assert row["state"] == "open"
        assert {c["side"]: c["value"] for c in row["candidates"]} == {
            "overwritten": "paper",
            "crm": "steel",
            "ma": "steel",
        }
        (told,) = (
            (c["reason"] for c in world.changes(plan) if c.reason)
            if False
            else (c.reason for c in world.changes(plan) if c.reason)
        )
        assert "anna" in told
        take_back(world, row["id"])
        world.settle()
        assert world.crm.living("companies")[crm].fields["industry"] == "paper"


def every(edits: list[Callable[[], None]]) -> None:
    """All of these at once."""
    for each in edits:
        each()


def take_back(world: Rehearsal, id: str) -> None:
    """Decide a conflict for the value that was written over, as `--take overwritten` does."""
    with world.store.writing() as db:
        found = conflicts.by_id(db, id)
        assert found is not None
        lost = next(c for c in found.candidates if c["side"] == conflicts.OVERWRITTEN)
        chosen = {"ref": lost["ref"], "value": lost["value"]}
        conflicts.keep(db, [conflicts.decided(found, chosen, "boss", "", world.tools.now())])
        queue.mark(db, queue.MERGE, found.entity, [found.entity_id])


def test_whose_edit_was_made_good_by_hand_is_asked_nothing() -> None:
    """They write their value again: the conflict closes by itself."""
    with rehearsal(history=True) as world:
        crm, _ = one_company(world)
        plan = world.run()["plan"]
        world.connector("crm").faults.edits.append(edit(world, crm, industry="paper"))
        world.apply(plan)
        world.tick()
        world.crm.edit("companies", crm, {"industry": "paper"}, by="anna")
        world.run()
        assert [row["state"] for row in world.all("conflict")] == ["resolved"]


def test_where_the_system_can_the_write_itself_is_refused() -> None:
    """A guarded write meets a record that moved: nothing is overwritten, the plan says so."""
    with rehearsal(guarded_size=2, history=True) as world:
        crm, _ = one_company(world)
        plan = world.run()["plan"]
        world.connector("crm").faults.edits.append(edit(world, crm, industry="paper"))
        counts = world.apply(plan)
        assert (counts.get("overwritten"), counts["refused"]) == (None, 1)
        assert world.crm.living("companies")[crm].fields["industry"] == "paper"
        assert world.all("conflict") == []


def test_our_own_writes_are_no_edit() -> None:
    """Looking back finds our value and what we saw before it, and says nothing."""
    with rehearsal(history=True) as world:
        one_company(world)
        plan = world.run()["plan"]
        assert "overwritten" not in world.apply(plan)
        assert world.all("conflict") == []
        assert world.run()["plan"] is None


def test_a_look_back_that_fails_is_made_up_for_by_the_next_run() -> None:
    """The past cannot be asked now: what was written waits, and the next run looks."""
    with rehearsal(history=True) as world:
        crm, _ = one_company(world)
        plan = world.run()["plan"]
        faults = world.connector("crm").faults
        faults.edits.append(edit(world, crm, industry="paper"))
        faults.asked["history", "companies"] = TransientError("busy")
        assert world.apply(plan)["not_looked_at"] > 0
        faults.asked.clear()
        assert world.run()["overwritten"] == 1


@settings(max_examples=12, phases=PHASES)
@given(st.lists(st.sampled_from(["look", "send", "none"]), min_size=3, max_size=3), st.booleans())
def test_no_edit_is_lost_whenever_it_falls(moments: list[str], guarded: bool) -> None:
    """Before our look, between look and write, or never: an edit stands, or can be taken back."""
    with rehearsal(history=True, guarded_size=2 if guarded else 0, batch_size=1) as world:
        ids = [
            world.crm.add("companies", {"name": n, "domain": f"{n}.example", "industry": "glass"})
            for n in "abc"
        ]
        for name in "abc":
            world.ma.add("orgs", {"name": name, "domain": f"{name}.example", "industry": "steel"})
        plan = world.run()["plan"]
        late = []
        for id_, moment in zip(ids, moments, strict=True):
            if moment == "look":
                world.crm.edit("companies", id_, {"industry": "paper"}, by="anna")
            if moment == "send":
                late.append(edit(world, id_, industry="paper"))
        world.connector("crm").faults.edits.append(partial(every, late))
        world.apply(plan)
        for id_, moment in zip(ids, moments, strict=True):
            there = world.crm.living("companies")[id_].fields["industry"]
            lost = [
                c["value"]
                for row in world.all("conflict")
                for c in row["candidates"]
                if c["side"] == "overwritten" and c["ref"].endswith(id_)
            ]
            assert moment == "none" or "paper" in {there, *lost}


def test_a_plan_altered_in_the_store_is_refused() -> None:
    """What was approved is carried out and nothing else: another value is another plan."""
    with rehearsal() as world:
        one_company(world)
        plan = world.run()["plan"]
        with world.store.writing() as db:
            db.execute(update(CHANGE).values(after="nobody approved this"))
        with pytest.raises(GuardError, match="not what was approved"):
            world.apply(plan)
        assert world.all("receipt") == []


def test_an_interrupted_apply_is_closed_by_the_next_plan() -> None:
    """Killed after its first batch, its plan does not stay half applied: the rest is planned."""
    with rehearsal(batch_size=1) as world:
        one_company(world)
        plan = world.run()["plan"]
        with pytest.raises(Killed):
            world.walk("apply", plan=approved(world, plan), kill_after=4)
        assert {p["state"] for p in world.all("plan") if p["id"] == plan} == {"applying"}
        world.settle()
        assert {p["state"] for p in world.all("plan")} == {"applied"}
        assert {c.state for c in world.changes(plan)} <= {"written", "refused"}


def approved(world: Rehearsal, plan: str) -> str:
    """The plan, approved."""
    with world.store.writing() as db:
        plans.approve(db, plan, "manager", world.tools.now())
    return plan


def keyless() -> Intent:
    """A wish for a task that no key would find again."""
    return Intent(
        id="signal:1",
        origin="signal:demo",
        lane="handoffs",
        verb=Verb.CREATE,
        connection="crm",
        object="tasks",
        fields={"subject": "call"},
        cause={"rule": "demo", "why": "because"},
    )


@pytest.mark.parametrize("mishap", [Mishap.LOSE_ANSWER, Mishap.LOSE_REQUEST])
def test_a_create_nobody_can_ask_about_is_parked_and_not_sent_twice(mishap: Mishap) -> None:
    """Its answer is lost and it has no key: a person looks, and no run makes a second one."""
    with rehearsal() as world:
        world.wish(keyless())
        plan = world.run()["plan"]
        world.connector("crm").faults.writes.append(mishap)
        assert world.apply(plan)["unknown"] == 1
        for _ in range(2):
            assert world.run()["plan"] is None
        assert len(world.crm.living("tasks")) == (mishap is Mishap.LOSE_ANSWER)
        (parked,) = world.all("parked")
        assert "no answer came" in parked["reason"]
