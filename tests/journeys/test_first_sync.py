"""A first sync that would give the CRM people it has under other spellings: stopped, explained."""

from __future__ import annotations

import resource
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

import pytest

from staging.write import plans
from tasuki.errors import GuardError
from tests.rehearsal import Rehearsal, rehearsal

PERSON = """
kind: mapping
name: person
entity: person
sides:
  crm: {object: people}
  ma: {object: contacts}
create: {crm: {key: email}}
fields:
  email: {crm: email, ma: email, direction: both, on_create_only: true, conflict: crm_wins}
  family_name: {crm: last, ma: last, direction: both, conflict: crm_wins}
identity:
  - {rule: email, field: email}
  - {rule: spelling, field: family_name, transform: [person_key], confidence: possible}
"""
SHARE = 60 / 280
"""How many of the marketing system's people the CRM has under another address."""


def fill(world: Rehearsal, people: int) -> int:
    """The marketing system's people; how many of them the CRM has too, with another address."""
    both = round(people * SHARE)
    for n in range(people):
        world.ma.add("contacts", {"email": f"m{n}@web.example", "last": f"髙橋 {n}"})
    for n in range(both):
        world.crm.add("people", {"email": f"c{n}@work.example", "last": f"高橋　{n}"})
    return both


def measured(what: str, do: Callable[[], Any]) -> Any:
    """Do it and print what it took: seconds on the clock, CPU seconds, most memory."""
    began, used = perf_counter(), process_time()
    found = do()
    wall, cpu = perf_counter() - began, process_time() - used
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {wall:,.1f} s on the clock, {cpu:,.1f} s CPU, {most:,.0f} MiB")  # noqa: T201
    return found


SIZES = (
    280,
    pytest.param(28_000, marks=pytest.mark.slow),
    pytest.param(280_000, marks=pytest.mark.bench),
)


@pytest.mark.parametrize("people", SIZES)
def test_a_first_sync_is_stopped_by_its_guard_and_explained(people: int) -> None:
    """Nothing is written; the plan names the creates, the likely duplicates and a pair of them."""
    files = {
        "tasuki.yaml": "kind: project\nname: rehearsal\nguards:\n  max_creates: 100\n",
        "mappings/person.yaml": PERSON,
    }
    with rehearsal(files, page_size=2_000, batch_size=200) as world:
        both = fill(world, people)
        plan = measured(f"first run, {people:,} people", world.run)["plan"]
        with world.store.reading() as db:
            row = plans.get(db, plan)
            held = plans.tally(db, plan)
        assert row is not None
        assert set(held) == {"held"}
        many, doubles = (note["text"] for note in row.notes["guards"])
        assert many.startswith(
            f"crm/people: {people:,} records would be created; max_creates allows 100 "
            "(tasuki.yaml:4)."
        )
        assert doubles.startswith(
            f"crm/people: {both:,} of {people:,} records to be created may be there already, such "
            "as ma/contacts/contacts-000001 and crm/people/people-000001; max_likely_duplicates "
            "allows 20 (default)."
        )
        assert doubles.endswith("Answer them: tasuki reviews.")
        with pytest.raises(GuardError, match="stopped this plan before its first write"):
            measured("apply refused", lambda: world.apply(plan))
        assert world.count("receipt") == 0
        assert len(world.crm.living("people")) == both
