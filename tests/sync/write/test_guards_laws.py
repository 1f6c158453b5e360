"""Whatever is wished for: nothing beyond a limit is sent, nothing within its limits is held."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.budget import Lane
from connectors.protocol import Verb
from sync.write.intent import Intent
from tasuki.errors import GuardError
from tests.rehearsal import Rehearsal, rehearsal

OBJECTS = ("tasks", "companies")
LANES = (Lane.HANDOFFS, Lane.SCENARIOS)
LIMITS = st.fixed_dictionaries(
    {
        "max_creates": st.integers(0, 6),
        "max_tasks_per_owner": st.integers(0, 3),
        "max_tasks_per_account": st.integers(0, 3),
    }
)
WISHES = st.lists(
    st.tuples(
        st.sampled_from(OBJECTS),
        st.sampled_from(LANES),
        st.sampled_from([None, "u1", "u2"]),
        st.sampled_from([None, "a1", "a2"]),
    ),
    max_size=12,
)


def wish(n: int, object: str, lane: Lane, owner: str | None, account: str | None) -> Intent:
    """One wish for a new record, a task when it has an owner."""
    key = "tasuki_key" if object == "tasks" else "name"
    return Intent(
        id=f"signal:rule:{n:02d}",
        origin="signal:rule",
        lane=lane,
        verb=Verb.CREATE,
        connection="crm",
        object=object,
        fields={key: str(n)},
        cause={"rule": "rule"},
        natural_key=(key, str(n)),
        owner=owner,
        entity="account" if account else None,
        entity_id=account,
    )


def written(world: Rehearsal, wishes: list[Intent]) -> list[Intent]:
    """The wishes whose record is there."""
    there = {
        str(row.fields.get("tasuki_key") or row.fields.get("name"))
        for object_ in OBJECTS
        for row in world.crm.living(object_).values()
    }
    return [each for each in wishes if each.natural_key and each.natural_key[1] in there]


@settings(max_examples=20)
@given(LIMITS, WISHES)
def test_no_group_beyond_its_limit_is_sent(limits: dict[str, int], said: list[Any]) -> None:
    """Creates by group, tasks by owner and by account: as many as allowed, and no fewer."""
    wishes = [wish(n, *each) for n, each in enumerate(said)]
    with rehearsal() as world:
        project = world.tools.project
        guards = project.guards.model_copy(update=limits)
        world.tools = replace(world.tools, project=replace(project, guards=guards))
        world.wish(*wishes)
        plan = world.walk("replan")["plan"]
        held = {c.intent_id for c in world.changes(plan) if c.state == "held"} if plan else set()
        try:
            world.apply(plan)
        except GuardError:
            assert len(held) == len(wishes)
        sent = written(world, wishes)
        assert {each.id for each in sent} == {each.id for each in wishes} - held
        _is_within(limits, wishes, sent)


def _is_within(limits: dict[str, int], wishes: list[Intent], sent: list[Intent]) -> None:
    groups = Counter((w.object, w.lane) for w in wishes)
    owners: Counter[str | None] = Counter(w.owner for w in sent if w.owner)
    accounts: Counter[str | None] = Counter(w.entity_id for w in sent if w.owner and w.entity_id)
    assert all(n <= limits["max_tasks_per_owner"] for n in owners.values())
    assert all(n <= limits["max_tasks_per_account"] for n in accounts.values())
    for each in wishes:
        if groups[each.object, each.lane] > limits["max_creates"]:
            assert each not in sent
        elif each not in sent:
            full = owners[each.owner] == limits["max_tasks_per_owner"]
            about = accounts[each.entity_id] == limits["max_tasks_per_account"]
            assert each.owner
            assert full or (each.entity_id and about)
