"""Any interleaving of edits, runs and decisions: the past can be shown, decisions hold, silence."""

from __future__ import annotations

from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from staging.history import past
from tasuki.service.app import App
from tasuki.service.deciding import conflicts
from tests.laws.strategies import births, days, edits, happen
from tests.rehearsal import Rehearsal, rehearsal

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
FEW = settings(max_examples=10, phases=PHASES)
ENTITIES = ("account", "person")


def app(world: Rehearsal) -> App:
    return App(world.tools.project, world.store, world.tools)


def plain(row: dict[str, Any] | None) -> dict[str, Any]:
    """The filled fields of a row."""
    return {
        k: v
        for k, v in (row or {}).items()
        if v is not None and k not in ("updated_at", "provenance")
    }


@FEW
@given(births(), st.lists(days(), max_size=3))
def test_every_past_moment_can_be_shown(first: list[Any], all_days: list[list[Any]]) -> None:
    """History: taking back what changed since gives each entity as it stood after every run."""
    with rehearsal() as world:
        stood: list[tuple[str, dict[str, dict[str, Any]]]] = []
        for day in [first, *all_days]:
            happen(world, day)
            world.sync()
            stood.append((world.tools.now(), {e: world.rows(e) for e in ENTITIES}))
            world.tick(5)
        now = {entity: world.rows(entity) for entity in ENTITIES}
        with world.store.reading() as db:
            for moment, rows in stood:
                for entity in ENTITIES:
                    for id_, row in rows[entity].items():
                        changes = past.of_entity(db, entity, id_)
                        then = past.at(now[entity].get(id_, {}), changes, moment)
                        assert plain(then) == plain(row)


@FEW
@given(
    births(least=3),
    st.lists(edits(blanks=False), max_size=5),
    st.lists(st.sampled_from(["crm", "ma"])),
)
def test_decisions_end_every_conflict(first: list[Any], hands: list[Any], taken: list[str]) -> None:
    """Decided once: the values taken stand, are written to every side, never asked again."""
    with rehearsal() as world:
        happen(world, first)
        world.settle(most=3)
        happen(world, hands)
        world.settle(most=3)
        sides = iter(taken)
        chosen: dict[tuple[str, str], Any] = {}
        for found in conflicts.inbox(app(world)):
            said = {c.side: c.value for c in found.candidates if c.value}
            several = {c.side for c in found.candidates if c.value != said.get(c.side)}
            side = next((s for s in sides if s in said and s not in several), None)
            how = {"take": side} if side else {"value": "two"}
            decided = conflicts.resolve(app(world), found.id, "mia", **how)
            chosen[decided.entity_id, decided.field] = decided.chosen["value"]
        world.settle(most=3)
        assert conflicts.inbox(app(world)) == ()
        rows = world.rows("account")
        for (id_, field), value in chosen.items():
            assert rows[id_][field] == value
        history = world.count("entity_change")
        assert world.run()["plan"] is None
        assert world.count("entity_change") == history
