"""Laws 2 to 5 and 8 together: anything may happen in any order, and it still comes to rest.

A Hypothesis machine lets people type, delete and decide on both sides, lets runs pull, applies
push, pages repeat, answers get lost and processes die between them; then nobody touches anything,
and the flow must settle: silent, both sides agreed, nobody overwritten, nobody back.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connectors.memory.faults import Mishap
from staging.erasure import scrub
from sync.erasure.erase import erase
from tasuki.errors import GuardError
from tasuki.service.app import App
from tasuki.service.deciding import conflicts
from tests.laws.strategies import births, edits
from tests.rehearsal import Killed, Rehearsal, rehearsal

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
VICTIM = "a@aoba.example"
BOTH = {"phone": ("phone", "phone"), "employees": ("staff", "staff"), "name": ("name", "name")}
"""Fields of accounts that travel both ways: as the crm and the ma spell them."""


class Company(RuleBasedStateMachine):
    """Two systems, people at both, and Tasuki between them."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.plan: str | None = None
        self.typed: dict[tuple[str, str], Any] = {}
        self.erased = False

    @initialize(first=births(least=4), dice=st.integers(0, 9), size=st.integers(1, 4))
    def begin(self, first: list[Any], dice: int, size: int) -> None:
        """A young company that nobody has read yet."""
        folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.world: Rehearsal = self.stack.enter_context(
            rehearsal(page_size=size, shuffle=dice, overlap=dice % 3)
        )
        project = replace(self.world.tools.project, erasure_folder=folder)
        self.world.tools = replace(self.world.tools, project=project)
        for born in first:
            born.happen(self.world)

    # ── people ──

    @rule(edit=edits())
    def somebody_types(self, edit: Any) -> None:
        """A cell changes by hand; it is nobody else's to change before the next pull."""
        before = self.world.world()
        edit.happen(self.world)
        for ref, fields in self.world.world().items():
            for name, value in fields.items():
                if before[ref].get(name) != value:
                    self.typed[ref, name] = value

    @rule(more=births())
    def records_appear(self, more: list[Any]) -> None:
        """Some of them duplicates."""
        for born in more[:2]:
            born.happen(self.world)

    @rule(
        which=st.integers(0, 5), where=st.sampled_from([("crm", "companies"), ("ma", "contacts")])
    )
    def somebody_deletes(self, which: int, where: tuple[str, str]) -> None:
        """A record goes."""
        system = self.world.system(where[0])
        living = sorted(system.living(where[1]))
        if len(living) > 1:
            system.delete(where[1], living[which % len(living)])

    @rule(which=st.integers(0, 5), take=st.sampled_from(["crm", "ma"]))
    def somebody_decides(self, which: int, take: str) -> None:
        """A conflict is answered, where a side says one thing."""
        app = App(self.world.tools.project, self.world.store, self.world.tools)
        waiting = conflicts.inbox(app)
        if waiting:
            found = waiting[which % len(waiting)]
            sides = sorted({candidate.side for candidate in found.candidates})
            take = take if take in sides else sides[0]
            with suppress(GuardError):  # its records differ among themselves
                conflicts.resolve(app, found.id, "manager", take=take)

    @precondition(lambda self: not self.erased)
    @rule()
    def somebody_asks_to_be_forgotten(self) -> None:
        """A person is erased, whether the systems still have them or not."""
        known = [row["id"] for row in self.world.all("person") if row["email"] == VICTIM]
        if known:
            with self.world.store.writing() as db:
                erase(db, self.world.tools, known[0])
            self.erased = True

    # ── the flow ──

    @rule()
    def a_run(self) -> None:
        """Everything but the writing."""
        self.plan = self.world.run()["plan"]
        self.typed.clear()

    @rule()
    def an_apply(self) -> None:
        """The last plan is carried out; what was typed since it was made stays."""
        plan, self.plan = self.plan, None
        if plan is not None and any(
            p["id"] == plan and p["state"] == "draft" for p in self.plans()
        ):
            self.world.apply(plan)
            now = self.world.world()
            for (ref, name), value in self.typed.items():
                assert ref not in now or now[ref].get(name) == value, (ref, name)

    @rule(after=st.integers(1, 12))
    def a_process_dies(self, after: int) -> None:
        """After any of a run's commits."""
        with suppress(Killed):
            self.world.walk("run", kill_after=after)
        self.plan = None

    @rule()
    def pages_come_again(self) -> None:
        """Everything is delivered a second time."""
        with self.world.store.writing() as db:
            db.exec_driver_sql("DELETE FROM cursor WHERE stream = 'page'")

    @rule(system=st.sampled_from(["crm", "ma"]), mishap=st.sampled_from(Mishap))
    def an_answer_gets_lost(self, system: str, mishap: Mishap) -> None:
        """The next write of a system goes wrong."""
        self.world.connector(system).faults.writes.append(mishap)

    def plans(self) -> list[dict[str, Any]]:
        """Every plan."""
        return self.world.all("plan")

    # ── and then nobody touches anything ──

    def teardown(self) -> None:
        """It comes to rest, and the laws hold."""
        if not hasattr(self, "world"):
            self.stack.close()
            return
        world = self.world
        for name in ("crm", "ma"):
            world.connector(name).faults.writes.clear()
        world.settle(most=6)
        at_rest = world.world()
        counts = world.run()
        assert (counts["changed"], counts["plan"], counts["wishes"]) == (0, None, 0)
        assert world.world() == at_rest
        assert world.all("dirty") == []
        assert {r["state"] for r in world.all("receipt")} <= {"written", "rejected", "lost"}
        self.both_sides_agree()
        if self.erased:
            assert VICTIM not in {row["email"] for row in world.all("person")}
            with world.store.reading() as db:
                assert scrub.holds(db, [VICTIM]) == []
        self.stack.close()

    def both_sides_agree(self) -> None:
        """Where an entity has one record a side, what travels both ways is the same on both."""
        world, by_entity = self.world, dict[str, dict[str, list[dict[str, Any]]]]()
        now = world.world()
        for link in world.all("link"):
            ref = f"{link['connection']}/{link['object']}/{link['id']}"
            if link["valid_to"] is None and link["entity"] == "account" and ref in now:
                sides = by_entity.setdefault(link["entity_id"], {"crm": [], "ma": []})
                sides[link["connection"]].append(now[ref])
        open_ = {
            (c["entity_id"], c["field"]) for c in world.all("conflict") if c["state"] == "open"
        }
        parked = {p["record_id"] for p in world.all("parked") if p["state"] == "open"}
        for entity, sides in by_entity.items():
            if [len(found) for found in sides.values()] != [1, 1] or parked:
                continue
            (one,), (other,) = sides["crm"], sides["ma"]
            for name, (crm, ma) in BOTH.items():
                if (entity, name) not in open_ and other.get(ma) is not None:
                    assert one.get(crm) == other.get(ma), (entity, name)


def test_whatever_happens_it_comes_to_rest() -> None:
    """A few stories of up to twelve steps."""
    few = settings(max_examples=5, stateful_step_count=10, phases=PHASES, deadline=None)
    run_state_machine_as_test(Company, settings=few)


@pytest.mark.slow
def test_whatever_happens_it_comes_to_rest_in_many_stories() -> None:
    """The same, longer and more often."""
    many = settings(max_examples=40, stateful_step_count=25, phases=PHASES, deadline=None)
    run_state_machine_as_test(Company, settings=many)
