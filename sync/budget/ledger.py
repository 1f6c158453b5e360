"""The budget that connectors spend from: one per connection, shared through the store.

Calls are leased in blocks, so that the store is asked once for several calls; what a process did
not use it gives back when it closes. A lease waits for the pace that the system enforces, and is
refused when the day's share of its lane is used up, when somebody paused the connection, or when
its circuit breaker is open. The race it prevents: a daemon and a command each believe to have the
whole burst, and both are turned away.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from config.guards import BudgetSettings
from connectors.budget import Lane, Limits, Rule, present_lane
from connectors.traffic import pause
from staging.systems import calls as ledger
from staging.systems import states
from staging.systems.calls import Granted
from sync.budget import gate
from sync.budget.allowance import LONGEST_SECONDS, STOPS, Standing, day, standing
from tasuki.clock import Clock
from tasuki.errors import BudgetError
from tasuki.values import stamp

_BLOCK: Final = 10
_PARTS: Final = 20
"""A block is at most this part of what a rule allows."""
_FRESH_SECONDS: Final = 1.0
"""A pause is seen after at most so long."""
_JITTER_SECONDS: Final = 0.03
"""Calls that leave in time may arrive closer together than they left."""
_URGENT: Final = 0.04
"""The part of a pace that only the most urgent lane may use."""

Writing = Callable[[], AbstractContextManager[Connection]]


@dataclass(slots=True)
class Ledger:
    """What one connection may spend, as all processes know it."""

    connection: str
    settings: BudgetSettings
    writing: Writing
    clock: Clock
    zone: ZoneInfo
    sleep: Callable[[float], None] = pause
    wall: Callable[[], float] = time.time
    """Epoch seconds; paces are kept by the real clock, whatever day `clock` tells."""
    _rules: dict[str, Rule] = field(default_factory=dict)
    _blocks: Counter[tuple[str, Lane]] = field(default_factory=Counter)
    """Calls leased and not yet made."""
    _not_before: dict[Lane, float] = field(default_factory=dict)
    _told: Limits | None = None
    _troubled: bool = True
    """Failures may be written down."""
    _leased_at: dict[tuple[str, Lane], float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def rules(self, rules: Mapping[str, Rule]) -> None:
        """What the system enforces, by kind of call."""
        self._rules = dict(rules)

    def spend(self, kind: str, calls: int = 1) -> None:
        """Wait until the calls may leave, and note them; see `connectors.budget.Budget`."""
        lane = present_lane()
        for _ in range(calls):
            while (seconds := self._turn(kind, lane)) > 0:
                self.sleep(seconds)

    def told(self, limits: Limits) -> None:
        """Remember what the system said; it is written with the next lease."""
        self._told = limits

    def answered(self) -> None:
        """Close the breaker if anything failed before."""
        if self._troubled:
            self._troubled = False
            with self.writing() as db:
                if states.read(db, self.connection).failures:
                    gate.answered(db, self.connection)

    def failed(self, why: str) -> None:
        """Count a failure; the breaker opens after several in a row."""
        self._troubled = True
        with self.writing() as db:
            gate.failed(db, self.connection, why, self.clock.now())
        self._leased_at.clear()

    def close(self) -> None:
        """Give back the calls that were leased and never made."""
        with self._lock:
            unused = Counter[Lane]()
            for (_, lane), left in self._blocks.items():
                unused[lane] += left
            self._blocks.clear()
            if self._told is None and not unused.total():
                return
            with self.writing() as db:
                self._write_told(db)
                name = self._standing(db).day.name
                for lane, left in unused.items():
                    ledger.note(db, self.connection, name, lane, -left)

    def _turn(self, kind: str, lane: Lane) -> float:
        """Take one call; else the seconds to wait before asking again."""
        with self._lock:
            now = self.wall()
            seconds = self._not_before.get(lane, 0.0) - now
            if 0 < seconds <= LONGEST_SECONDS:  # more: the clock was set back
                return seconds
            leased = self._leased_at.get((kind, lane), 0.0)
            if self._blocks[kind, lane] < 1 or not 0 <= now - leased <= _FRESH_SECONDS:
                granted = self._lease(kind, lane)
                if granted.calls < 1:
                    return granted.wait_seconds
            self._blocks[kind, lane] -= 1
            return 0.0

    def _lease(self, kind: str, lane: Lane) -> Granted:
        """Take a new block; what is left of an old one is given back, for its moment has passed.

        A new block of a lane that must slow down is for later.
        """
        rule = self._rules.get(kind)
        size = max(1, min(_BLOCK, rule.calls // _PARTS)) if rule else _BLOCK
        old = self._blocks.pop((kind, lane), 0)
        with self.writing() as db:
            gate.check(states.locked(db, self.connection), self.clock.now())
            today = self._standing(db)
            wanted = min(size, today.room(lane))
            granted = self._pace(db, kind, lane, rule, wanted)
            ledger.note(db, self.connection, today.day.name, lane, granted.calls - old)
        if (
            wanted < 1
        ):  # said only now: what the system told is kept, so that no process calls again
            raise _used_up(self.connection, lane, today)
        self._blocks[kind, lane] = granted.calls
        self._leased_at[kind, lane] = self.wall()
        delay = today.delay(lane, granted.calls, self.clock.now())
        self._not_before[lane] = self.wall() + delay
        return granted

    def _standing(self, db: Connection) -> Standing:
        """The day as it stands, with the connection held for this transaction."""
        self._write_told(db)
        state = states.locked(db, self.connection)
        now = self.clock.now()
        today = day(state, now, self.zone)
        calls = ledger.of_day(db, self.connection, today.name)
        return standing(state, self.settings, sum(calls.values()), now, self.zone)

    def _pace(
        self, db: Connection, kind: str, lane: Lane, rule: Rule | None, wanted: int
    ) -> Granted:
        if rule is None or wanted < 1:
            return Granted(max(0, wanted))
        limit = rule.calls if lane is Lane.HANDOFFS else rule.calls - int(rule.calls * _URGENT)
        seconds = rule.seconds + _JITTER_SECONDS
        return ledger.take(db, self.connection, kind, wanted, limit, seconds, self.wall())

    def _write_told(self, db: Connection) -> None:
        """What the system said last, if it said anything since."""
        said, self._told = self._told, None
        if said is None:
            return
        resets = stamp(said.resets_at) if said.resets_at else None
        values = {"used": said.used, "allowed": said.allowed, "resets_at": resets}
        told = {name: value for name, value in values.items() if value is not None}
        states.change(db, self.connection, **told, told_at=stamp(self.clock.now()))


def _used_up(connection: str, lane: Lane, today: Standing) -> BudgetError:
    ours = f"{today.made:,} calls of {today.ours:,}" if today.ours else f"{today.made:,} calls"
    return BudgetError(
        f"{connection} has no calls left today for {lane}",
        where=connection,
        why=f"Tasuki made {ours}; {today.fill:.0%} of the day is used, {lane} stop at "
        f"{STOPS[lane]:.0%}",
        remedy=f"Wait until {stamp(today.day.ends)}; the next run goes on where this one stopped. "
        "Or raise `budget:` in the connection's file.",
    )
