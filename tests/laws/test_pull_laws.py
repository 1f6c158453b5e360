"""The laws of a pull: windows, ties, late commits, moving data and kills lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from connectors.memory.client import MemoryConnector
from tests.laws.strategies import births, days, happen
from tests.rehearsal import Killed, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.protocol import Filter, Page

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
FEW = settings(max_examples=8, phases=PHASES)
LAG = timedelta(minutes=10)
SIZES = st.integers(1, 4)
TICKS = st.sampled_from((0, 0, 1, 9, 11))
"""Minutes between two edits: none makes stamps tie; nine stay within the lag."""


def staged(world: Rehearsal) -> dict[str, dict[str, Any]]:
    """What the store holds, by ref."""
    return {
        f"{row['connection']}/{row['object']}/{row['id']}": row["payload"]
        for row in world.all("record")
        if row["deleted_at"] is None
    }


def is_conserved(world: Rehearsal) -> bool:
    """Every living record is staged as it is, and nothing else."""
    found, there = staged(world), world.world()
    return found.keys() == there.keys() and all(
        payload == {name: there[ref].get(name) for name in payload}
        for ref, payload in found.items()
    )


def spread(world: Rehearsal, events: list[Any], gaps: list[int]) -> None:
    """Let things happen with these gaps between them: equal stamps where there is none."""
    for number, event in enumerate(events):
        event.happen(world)
        world.tick(gaps[number % len(gaps)] if gaps else 0)


@FEW
@given(births(), st.lists(days(), min_size=1, max_size=3), SIZES, st.lists(TICKS, max_size=3))
def test_windows_lose_nothing(
    first: list[Any], all_days: list[list[Any]], page_size: int, gaps: list[int]
) -> None:
    """Conservation: whatever pages, ties and gaps, after each run all is staged and proven."""
    with rehearsal(page_size=page_size, lag=LAG) as world:
        spread(world, first, gaps)
        for day in [*all_days, []]:
            counts = world.run()
            assert is_conserved(world)
            assert (counts["complete"], counts["differs"]) == (True, {})
            spread(world, day, gaps)


@FEW
@given(births(), days(), SIZES)
def test_windows_twice_are_windows_once(first: list[Any], day: list[Any], size: int) -> None:
    """Replay: a run over an unchanged world changes no row, and counts without a sweep."""
    with rehearsal(page_size=size, lag=LAG) as world:
        happen(world, first)
        world.run()
        happen(world, day)
        world.run()
        before, journal = world.all("record"), world.count("record_change")
        counts = world.run()
        assert (world.all("record"), world.count("record_change")) == (before, journal)
        assert (counts["changed"], counts["swept"], counts["sweeps"]) == (0, 0, {})


@FEW
@given(births(least=3), st.integers(0, 7), st.integers(0, 9), SIZES)
def test_a_late_commit_within_the_lag_is_not_lost(
    first: list[Any], which: int, minutes: int, size: int
) -> None:
    """Conservation: an old-stamped change that becomes visible within the lag is pulled."""
    with rehearsal(page_size=size, lag=LAG) as world:
        happen(world, first)
        world.tick(30)
        world.run()
        ref = sorted(world.world())[which % len(world.world())]
        name, object_, id_ = ref.split("/", 2)
        system = world.system(name)
        before = system.living(object_)[id_]
        system.edit(object_, id_, {"last" if object_ in ("people", "contacts") else "name": "Late"})
        system.hold(object_, id_, before)
        world.clock.at += timedelta(minutes=minutes) - timedelta(minutes=3)
        world.run()
        system.release()
        world.run()
        assert is_conserved(world)


@dataclass(slots=True)
class Moving(MemoryConnector):
    """A system in which people go on working while it is read."""

    lock: Any = field(default_factory=RLock)
    pending: list[Callable[[], None]] = field(default_factory=list)

    def page(
        self, object: str, fields: Sequence[str], cursor: str | None, filter: Filter | None = None
    ) -> Page:
        """A page; then somebody does something."""
        with self.lock:
            page = MemoryConnector.page(self, object, fields, cursor, filter)
            if self.pending:
                self.pending.pop(0)()
            return page


def _locked(name: str) -> Any:
    plain = getattr(MemoryConnector, name)

    @wraps(plain)
    def call(self: Moving, *arguments: Any) -> Any:
        with self.lock:
            return plain(self, *arguments)

    return call


for verb in ("deletes", "count", "ids", "read"):
    setattr(Moving, verb, _locked(verb))


@FEW
@given(births(least=4), days(most=6), SIZES)
def test_moving_data_settles(first: list[Any], day: list[Any], size: int) -> None:
    """Convergence: what people do while a run reads is there, proven, after the next quiet run."""
    with rehearsal(page_size=size, lag=LAG) as world:
        lock = RLock()
        pending = [lambda event=event: event.happen(world) for event in day]
        for name in ("crm", "ma"):
            settings_ = world.connector(name).settings
            moving = Moving(world.system(name), settings_, lock=lock, pending=pending)
            world.tools.connectors[name] = moving  # type: ignore[index]
        happen(world, first)
        world.tick(30)
        world.run()
        pending.clear()
        world.tick(30)
        assert world.run()["complete"]
        assert is_conserved(world)


@settings(max_examples=12, phases=PHASES)
@given(births(least=3), days(), SIZES, st.lists(st.integers(1, 60), min_size=1, max_size=3))
def test_a_pull_killed_anywhere_is_proven(
    first: list[Any], day: list[Any], size: int, kills: list[int]
) -> None:
    """Resume: killed after any commit, the next run holds and proves all, also what was open."""
    with rehearsal(page_size=size, lag=LAG) as world:
        happen(world, first)
        for commits in kills:
            with suppress(Killed):
                world.walk("run", kill_after=commits)
            happen(world, day)
        counts = world.run()
        assert counts["complete"]
        assert is_conserved(world)
        assert world.all("dirty") == []
        assert not [
            row for row in world.all("cursor") if row["stream"] == "unproven" and row["value"]
        ]
