"""The ledger: paces kept by all processes, lanes that stop in order, pauses, the breaker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.guards import BudgetSettings
from connectors.budget import Lane, Limits, Rule, in_lane
from staging.engine import Store, open_store
from staging.migrations.upgrade import upgrade
from staging.systems import calls, states
from staging.tables.operating import CALL_PACE
from sync.budget import gate
from sync.budget.allowance import STOPS, day, standing
from sync.budget.ledger import Ledger
from tasuki.clock import FixedClock
from tasuki.errors import BlockedError, BudgetError, PausedError

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(slots=True)
class Wall:
    """A wall clock that only sleeping moves."""

    seconds: float = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds > 0
        self.seconds += seconds


@pytest.fixture
def kept(store_url: str) -> Iterator[Store]:
    """Give a migrated store on each engine in turn."""
    opened = open_store(store_url)
    with opened.writing() as db:
        upgrade(db)
    yield opened
    opened.close()


def ledger(store: Store, wall: Wall, **values: object) -> Ledger:
    """One process's ledger of the connection `crm`."""
    clock = FixedClock(NOON)
    made = Ledger("crm", BudgetSettings(**values), store.writing, clock, TOKYO, wall.sleep, wall)
    made.rules({"burst": Rule(20, 10.0), "search": Rule(5, 1.0)})
    return made


def most_in_any_window(moments: list[float], seconds: float) -> int:
    return max(sum(1 for other in moments if begin <= other < begin + seconds) for begin in moments)


def test_two_processes_together_keep_the_pace(kept: Store) -> None:
    """In no window of the rule's length do two ledgers make more calls than the rule allows."""
    wall = Wall()
    both = [ledger(kept, wall), ledger(kept, wall)]
    moments: list[float] = []
    for turn in range(100):
        both[turn % 2].spend("burst")
        moments.append(wall())
    assert most_in_any_window(moments, 10.0) <= 20
    assert wall() - moments[0] <= 100 / 20 * 10.0 * 1.1, "the pace costs at most a tenth"


def test_kinds_of_call_have_their_own_pace(kept: Store) -> None:
    """Searches are slow, other calls do not wait for them, and an unknown kind never waits."""
    wall = Wall()
    one = ledger(kept, wall)
    searches: list[float] = []
    for _ in range(30):
        one.spend("search")
        searches.append(wall())
    assert most_in_any_window(searches, 1.0) <= 5
    before = wall()
    one.spend("burst", 10)
    one.spend("elsewhere", 100)
    assert wall() == before


def test_the_last_of_a_pace_belongs_to_handoffs(kept: Store) -> None:
    """When mappings have taken what they may, a handoff's call still goes out at once."""
    wall = Wall()
    one = ledger(kept, wall)
    one.rules({"burst": Rule(100, 10.0)})
    one.spend("burst", 96)
    before = wall()
    with in_lane(Lane.HANDOFFS):
        one.spend("burst")
    assert wall() == before
    one.spend("burst")
    assert wall() > before


def test_calls_are_noted_by_day_and_lane_and_exact_after_closing(kept: Store) -> None:
    """What was leased and never made is given back; the day begins at the account's midnight."""
    wall = Wall()
    one = ledger(kept, wall)
    one.spend("burst", 3)
    with in_lane(Lane.BACKFILL):
        one.spend("call", 14)
    one.close()
    with kept.reading() as db:
        today = day(states.read(db, "crm"), NOON, TOKYO)
        assert today.begins == datetime(2026, 1, 4, 15, tzinfo=UTC)
        assert calls.of_day(db, "crm", today.name) == {"mappings": 3, "backfill": 14}


def test_lanes_stop_one_after_the_other(kept: Store) -> None:
    """As the day fills, backfill stops first and handoffs last; each refusal names the lane."""
    wall = Wall()
    one = ledger(kept, wall, daily_calls=1000)
    stopped: list[Lane] = []
    told: list[str] = []
    for lane in (Lane.BACKFILL, Lane.MAPPINGS, Lane.SCENARIOS, Lane.HANDOFFS):
        with in_lane(lane):
            while lane not in stopped:
                try:
                    one.spend("call")
                except BudgetError as error:
                    stopped.append(lane)
                    told.append(error.what)
        with kept.reading() as db:
            name = day(states.read(db, "crm"), NOON, TOKYO).name
            total = sum(calls.of_day(db, "crm", name).values())
        assert STOPS[lane] * 1000 <= total <= STOPS[lane] * 1000 + 1
    assert all(lane in what for lane, what in zip(stopped, told, strict=True))


def test_a_lane_slows_down_before_it_stops(kept: Store) -> None:
    """In the last tenth before its stop a lane waits between calls; a higher lane does not."""
    wall = Wall()
    one = ledger(kept, wall, daily_calls=1000)
    one.spend("call", 600)
    start = wall()
    assert start == Wall().seconds
    with in_lane(Lane.BACKFILL):
        one.spend("call", 40)
    assert wall() > start
    before = wall()
    one.spend("call", 40)
    assert wall() == before


def test_another_tool_that_uses_the_allowance_stops_us_before_the_reserve(kept: Store) -> None:
    """When the system tells that others used it up, mappings stop and say until when."""
    wall = Wall()
    one = ledger(kept, wall)
    midnight = NOON + timedelta(hours=5)
    one.told(Limits(used=900, allowed=1000, resets_at=midnight))
    with pytest.raises(BudgetError) as refused:
        one.spend("call")
    assert midnight.isoformat()[:16] in refused.value.remedy.replace("Z", "")


def test_what_the_system_told_is_kept_when_it_stops_us(kept: Store) -> None:
    """Refused once, every later call of every process is refused too: nothing is tried again."""
    one, other = ledger(kept, Wall()), ledger(kept, Wall())
    one.told(Limits(used=1000, allowed=1000))
    for asking in (one, one, other):
        with pytest.raises(BudgetError):
            asking.spend("burst")
    with kept.reading() as db:
        assert states.read(db, "crm").used == 1000
        name = day(states.read(db, "crm"), NOON, TOKYO).name
        assert sum(calls.of_day(db, "crm", name).values()) == 0


def test_a_clock_that_was_set_back_stops_nobody(kept: Store) -> None:
    """An hour back, calls go on at their pace: neither the pace nor the breaker waits the hour."""
    wall, clock = Wall(), FixedClock(NOON)
    one = ledger(kept, wall)
    one.clock = clock
    one.spend("burst", 20)
    for _ in range(5):
        one.failed("HTTP 503")
    wall.seconds -= 3600
    clock.at -= timedelta(hours=1)
    began = wall()
    one.spend("burst", 20)
    assert wall() - began < 20


def test_the_next_day_is_a_new_allowance(kept: Store) -> None:
    """After the account's midnight, calls pass again."""
    wall = Wall()
    one = ledger(kept, wall, daily_calls=10)
    with pytest.raises(BudgetError):
        one.spend("call", 11)
    one.clock = FixedClock(NOON + timedelta(hours=3, minutes=1))
    one.spend("call")


def test_a_pause_stops_a_process_within_a_second(kept: Store) -> None:
    """A paused connection refuses every call, says who paused it, and goes on when resumed."""
    wall = Wall()
    one = ledger(kept, wall)
    one.spend("burst")
    with kept.writing() as db:
        gate.pause(db, "crm", "sato", "the CRM is being migrated", NOON)
    wall.sleep(1.1)
    with pytest.raises(PausedError) as refused:
        one.spend("burst")
    assert "sato" in refused.value.why
    assert "being migrated" in refused.value.why
    with kept.writing() as db:
        gate.resume(db, "crm")
    one.spend("burst")


def test_the_breaker_opens_after_five_failures_and_closes_with_an_answer(kept: Store) -> None:
    """Five failures in a row let nothing through for a minute; the first answer closes it."""
    wall = Wall()
    clock = FixedClock(NOON)
    one = ledger(kept, wall)
    one.clock = clock
    for _ in range(4):
        one.failed("HTTP 503")
    one.spend("burst")
    one.failed("HTTP 503")
    with pytest.raises(BlockedError, match="left alone"):
        one.spend("burst")
    clock.at += timedelta(minutes=1)
    wall.sleep(2)
    one.spend("burst")
    one.failed("HTTP 503")
    clock.at += timedelta(minutes=1)
    wall.sleep(2)
    with pytest.raises(BlockedError, match="left alone"):
        one.spend("burst")
    clock.at += timedelta(minutes=1)
    one.spend("burst")
    one.answered()
    one.failed("HTTP 503")
    one.spend("burst")


def test_a_single_failure_between_answers_opens_nothing(kept: Store) -> None:
    """Failures count only in a row."""
    one = ledger(kept, Wall())
    for _ in range(20):
        one.failed("HTTP 503")
        one.answered()
    one.spend("burst")


@settings(max_examples=60, deadline=None)
@given(
    waits=st.lists(st.floats(0, 3), max_size=60),
    limit=st.integers(1, 30),
    seconds=st.sampled_from([1.0, 10.0]),
    block=st.integers(1, 10),
)
def test_no_moving_window_ever_holds_more_than_the_rule(
    waits: list[float], limit: int, seconds: float, block: int
) -> None:
    """Pace: however calls are asked for, no window of the rule's length holds more of them."""
    store = open_store("sqlite://")
    with store.writing() as db:
        CALL_PACE.create(db)
        at, moments = 5_000.0, []
        for wait in waits:
            at += wait
            granted = calls.take(db, "crm", "burst", block, limit, seconds, at)
            if granted.calls == 0:
                at += granted.wait_seconds
                granted = calls.take(db, "crm", "burst", block, limit, seconds, at)
                assert granted.calls > 0, "the wait it told was long enough"
            moments += [at] * granted.calls
        if moments:
            assert most_in_any_window(moments, seconds) <= limit
    store.close()


def test_the_forecast_goes_on_as_the_day_began() -> None:
    """A quarter of the day made a quarter of the calls."""
    state = states.ConnectionState("crm", resets_at="2026-01-06T00:00:00Z")
    at = datetime(2026, 1, 5, 6, tzinfo=UTC)
    assert standing(state, BudgetSettings(), 250, at, TOKYO).forecast(at) == 1000
