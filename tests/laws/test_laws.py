"""The laws of the design, as properties of the real flow over two in-process systems."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connectors.memory.faults import Mishap
from connectors.protocol import Verb, Write
from staging.write import plans
from sync.write.intent import Intent
from tasuki.errors import RejectedError
from tests.laws.strategies import births, days, edits, happen
from tests.rehearsal import Killed, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Shrinking a whole run takes minutes: an example that breaks a law is told as it was found.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
ENTITIES = ("account", "person", "engagement", "activity")
FEW = settings(max_examples=7, phases=PHASES)
MISHAPS = st.lists(st.sampled_from(Mishap), max_size=4)


def grumpy(write: Write) -> RejectedError | None:
    """A system that will not have the word three."""
    return RejectedError("no threes here") if "three" in write.fields.values() else None


def known(world: Rehearsal) -> dict[str, dict[str, Any]]:
    """Everything the flow made of the systems."""
    return {entity: world.rows(entity) for entity in ENTITIES}


def staged(world: Rehearsal) -> dict[str, dict[str, Any]]:
    return {
        f"{row['connection']}/{row['object']}/{row['id']}": row["payload"]
        for row in world.all("record")
        if row["deleted_at"] is None
    }


def task(number: int) -> Intent:
    """A wish for a task that must exist once."""
    return Intent(
        id=f"handoff:{number}",
        origin="handoff:demo",
        lane="handoffs",
        verb=Verb.CREATE,
        connection="crm",
        object="tasks",
        fields={"subject": f"call {number}", "tasuki_key": f"k{number}"},
        cause={"rule": "demo", "why": "because"},
        natural_key=("tasuki_key", f"k{number}"),
    )


# ── 1 conservation ──


@FEW
@given(births(), days(), MISHAPS)
def test_nothing_is_lost(first: list[Any], day: list[Any], mishaps: list[Mishap]) -> None:
    """Conservation: every record is staged as it is, every planned write is settled once."""
    with rehearsal() as world:
        world.crm.rules.append(grumpy)
        world.wish(task(1))
        happen(world, first)
        world.sync()
        happen(world, day)
        world.connector("crm").faults.writes.extend(mishaps)
        world.sync()
        world.run()
        for ref, payload in staged(world).items():
            fields = world.world()[ref]
            assert payload == {name: fields.get(name) for name in payload}
        assert set(staged(world)) == set(world.world())
        states = {(p["id"], p["state"]) for p in world.all("plan")}
        done = {id_ for id_, state in states if state == "applied"}
        settled = {c["state"] for c in world.all("change") if c["plan_id"] in done}
        assert settled <= {"written", "parked", "refused"}
        assert {r["state"] for r in world.all("receipt")} <= {"written", "rejected", "lost"}
        assert len(world.crm.living("tasks")) == 1


# ── 2 replay ──


@FEW
@given(births(), days())
def test_a_run_twice_is_a_run_once(first: list[Any], day: list[Any]) -> None:
    """Replay: a run over unchanged systems changes no row and wants nothing new."""
    with rehearsal() as world:
        happen(world, first)
        world.sync()
        happen(world, day)
        world.run()
        before, dirty = known(world), world.all("dirty")
        counts = world.run()
        assert known(world) == before
        assert (dirty, world.all("dirty")) == ([], [])
        assert (counts["changed"], counts["entities"], counts["wishes"]) == (0, 0, 0)


@FEW
@given(births(), st.integers(1, 5))
def test_a_page_twice_is_a_page_once(first: list[Any], overlap: int) -> None:
    """Replay: pages that repeat records (overlap, restart from nothing) change nothing."""
    with rehearsal(overlap=overlap) as world:
        happen(world, first)
        world.run()
        before, records = known(world), world.all("record")
        with world.store.writing() as db:
            db.exec_driver_sql("DELETE FROM cursor")
        counts = world.run()
        assert counts["changed"] == 0
        assert (known(world), world.all("record")) == (before, records)


# ── 3 echo and convergence ──


@settings(max_examples=8, phases=PHASES)
@given(births(), st.lists(days(), max_size=2))
def test_what_we_wrote_never_comes_back(first: list[Any], all_days: list[list[Any]]) -> None:
    """Echo: after our writes the next run reads them, finds no change and is silent."""
    with rehearsal() as world:
        happen(world, first)
        for day in [*all_days, []]:
            happen(world, day)
            world.settle(most=3)
        journal = world.count("record_change")
        counts = world.run()
        assert (counts["changed"], counts["plan"]) == (0, None)
        assert world.count("record_change") == journal


@settings(max_examples=8, phases=PHASES)
@given(births(), days(most=6), st.integers(1, 99), st.integers(1, 4))
@pytest.mark.slow
def test_any_delivery_order_ends_in_one_state(
    first: list[Any], day: list[Any], dice: int, page_size: int
) -> None:
    """Convergence: pages of any size in any order end in the same entities and the same systems."""
    ends = []
    for how in ({"page_size": 50}, {"page_size": page_size, "shuffle": dice}):
        with rehearsal(**how) as world:
            happen(world, first)
            world.settle(most=3)
            happen(world, day)
            world.settle(most=3)
            ends.append((known(world), world.world()))
    assert ends[0] == ends[1]


# ── 4 no clobber ──


@FEW
@given(births(least=3), st.lists(edits(), min_size=1, max_size=5))
def test_a_persons_edit_is_never_overwritten(first: list[Any], hands: list[Any]) -> None:
    """No clobber: a cell that somebody edits after the plan keeps that person's value."""
    with rehearsal() as world:
        happen(world, first)
        plan = world.run()["plan"]
        before = world.world()
        happen(world, hands)
        edited = {
            (ref, name): value
            for ref, fields in world.world().items()
            for name, value in fields.items()
            if before[ref].get(name) != value
        }
        world.apply(plan)
        after = world.world()
        changes = world.changes(plan) if plan else []
        for (ref, name), value in edited.items():
            assert after[ref][name] == value
        for change in changes:
            cell = f"{change.connection}/{change.object}/{change.record_id}", change.field
            if cell not in edited:
                assert change.state == "written"
                assert after[cell[0]][change.field] == change.after
            elif edited[cell] != change.after and change.before != edited[cell]:
                assert change.state == "refused"
                assert change.reason


# ── 5 blank safety ──


@FEW
@given(births(blanks=False, least=4), st.lists(edits(), min_size=1, max_size=5))
def test_a_blank_never_erases(first: list[Any], hands: list[Any]) -> None:
    """Blank safety: an emptied cell erases no other, unless its field says `clear` (industry).

    A value that only stands until a person has chosen among several is not yet the entity's.
    """
    with rehearsal() as world:
        happen(world, first)
        world.settle(most=3)
        before = world.rows("account"), world.rows("person")
        waits = {(c["entity_id"], c["field"]) for c in world.all("conflict")}
        for edit in hands:
            blank = type(edit)(edit.system, edit.object, edit.which, edit.field, None)
            blank.happen(world)
        world.settle(most=3)
        after = world.rows("account"), world.rows("person")
        for rows, then in zip(before, after, strict=True):
            for id_, row in rows.items():
                for name in row.keys() - {"industry"}:
                    assert (id_, name) in waits or then[id_][name] == row[name]


# ── 6 resume ──


def company(world: Rehearsal) -> None:
    """A company with something of everything."""
    one = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", "phone": "1"})
    world.crm.add("companies", {"name": "Midori", "domain": "midori.example", "staff": 3})
    world.ma.add("orgs", {"name": "Aoba KK", "domain": "aoba.example", "industry": "Steel"})
    world.ma.add("orgs", {"name": "Midori", "domain": "midori.example", "town": "Osaka"})
    world.crm.add("people", {"email": "a@aoba.example", "last": "Ito", "company_id": one})
    world.ma.add("contacts", {"email": "a@aoba.example", "last": "Itoh", "jobtitle": "CTO"})
    world.ma.add("events", {"kind": "page_viewed", "at": "2026-01-01T00:00:00Z", "cookie": "c"})
    world.ma.add(
        "events",
        {"kind": "form", "at": "2026-01-02T00:00:00Z", "cookie": "c", "email": "a@aoba.example"},
    )
    world.wish(task(1), task(2), task(3))


def ended(world: Rehearsal) -> tuple[Any, ...]:
    """The state that must be the same, however often the process died on the way."""
    seen = {**known(world), "activity": _tasks(world.rows("activity").values(), "id", "record_id")}
    systems = {ref: fields for ref, fields in world.world().items() if "/tasks/" not in ref}
    return (
        seen,
        (systems, _tasks([row.fields for row in world.crm.living("tasks").values()])),
        sorted((i["id"], i["state"]) for i in world.all("intent")),
        world.all("dirty"),
    )


def _tasks(rows: Iterable[Mapping[str, Any]], *but: str) -> list[Any]:
    """Tasks by their key: which one was made first may differ."""
    return sorted(sorted((k, str(v)) for k, v in row.items() if k not in but) for row in rows)


def undisturbed() -> tuple[tuple[Any, ...], int, int]:
    """The end of an undisturbed run and apply, and how many commits each took."""
    with rehearsal() as world:
        company(world)
        plan = world.run()["plan"]
        run = len(world.steps) + 2
        world.apply(plan)
        apply = len(world.steps) + 2
        world.settle()
        return ended(world), run, apply


UNDISTURBED = undisturbed()


@settings(max_examples=8, phases=PHASES)
@given(st.lists(st.integers(1, UNDISTURBED[1]), min_size=1, max_size=2))
def test_a_run_killed_anywhere_resumes(kills: list[int]) -> None:
    """Resume: killed after any commit of a run, the next run ends in the same state."""
    with rehearsal() as world:
        company(world)
        for commits in kills:
            with suppress(Killed):  # a second run is shorter: it may come through
                world.walk("run", kill_after=commits)
        world.sync()
        world.settle()
        assert ended(world) == UNDISTURBED[0]


@pytest.mark.parametrize("commits", range(1, UNDISTURBED[2] + 1))
def test_an_apply_killed_anywhere_resumes(commits: int) -> None:
    """Resume: killed after any commit of an apply, no task is made twice and no write is lost."""
    with rehearsal() as world:
        company(world)
        plan = world.run()["plan"]
        with world.store.writing() as db:
            plans.approve(db, plan, "manager", world.tools.now())
        with pytest.raises(Killed):
            world.walk("apply", kill_after=commits, plan=plan)
        world.settle()
        assert ended(world) == UNDISTURBED[0]


@settings(max_examples=8, phases=PHASES)
@given(MISHAPS, MISHAPS)
def test_a_lost_answer_is_asked_for(crm: list[Mishap], ma: list[Mishap]) -> None:
    """Resume: a write whose answer never came is read again; it is neither lost nor made twice."""
    with rehearsal() as world:
        company(world)
        world.connector("crm").faults.writes.extend(crm)
        world.connector("ma").faults.writes.extend(ma)
        world.settle()
        assert ended(world) == UNDISTURBED[0]


# ── 7 undo ──


@FEW
@given(births(least=3), st.lists(edits(), max_size=4))
def test_undo_restores_what_is_ours(first: list[Any], hands: list[Any]) -> None:
    """Undo: every cell still ours is as before, an edited one is listed and left; twice is once."""
    with rehearsal() as world:
        happen(world, first)
        world.wish(task(1))
        plan = world.run()["plan"]
        before = world.world()
        world.apply(plan)
        wrote = [c for c in world.changes(plan) if c.state == "written"]
        run_id = world.all("receipt")[0]["run_id"]
        happen(world, hands)
        touched = world.world()
        undo = world.walk("undo", of=run_id)
        world.apply(undo["plan"])
        after = world.world()
        kept = {
            (c.connection, c.object, c.record_id, c.field)
            for c in (world.changes(undo["plan"]) if undo["plan"] else [])
            if c.state == "refused"
        }
        for change in wrote:
            if change.verb == Verb.CREATE:
                continue
            ref = f"{change.connection}/{change.object}/{change.record_id}"
            stood = touched[ref].get(change.field)
            listed = (change.connection, change.object, change.record_id, change.field) in kept
            if stood == change.after:
                assert after[ref].get(change.field) == before[ref].get(change.field)
            else:
                assert after[ref].get(change.field) == stood
                assert listed or stood == before[ref].get(change.field)
        assert world.crm.living("tasks") == {}
        again = world.walk("undo", of=run_id)
        assert again["changes"] == 0
        assert world.run()["plan"] is None or not _rewishes(world, plan)


def _rewishes(world: Rehearsal, plan: str) -> bool:
    """Whether the newest plan wants again what was undone."""
    undone = {(c.record_id, c.field, str(c.after)) for c in world.changes(plan)}
    newest = max(world.all("plan"), key=lambda p: p["created_at"])["id"]
    return any((c.record_id, c.field, str(c.after)) in undone for c in world.changes(newest))
