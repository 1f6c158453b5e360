"""A day's calls, shared out: who stops when, who slows down, where the day will end.

A day begins at midnight in the account's time zone, as far as the system tells when its allowance
resets, else in the project's. Lanes stop one after the other as the day fills, the most urgent
last; before a lane stops it slows down, so that what is left lasts until midnight.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from config.guards import BudgetSettings
from connectors.budget import Lane
from staging.systems.states import ConnectionState
from tasuki.values import instant, stamp

STOPS: Final[Mapping[Lane, float]] = {
    Lane.BACKFILL: 0.70,
    Lane.MAPPINGS: 0.90,
    Lane.SCENARIOS: 0.97,
    Lane.HANDOFFS: 1.00,
}
"""The share of the day's calls at which a lane stops."""
_SLOWING: Final = 0.10
"""A lane slows down this much before it stops."""
LONGEST_SECONDS: Final = 5.0
"""So long at most a call waits because its lane must slow down."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of an account; `begins` is also its name in the ledger."""

    begins: datetime
    ends: datetime

    @property
    def name(self) -> str:
        """The day's key in the ledger."""
        return stamp(self.begins)


def day(state: ConnectionState, now: datetime, zone: ZoneInfo) -> Day:
    """The account's present day."""
    if state.resets_at is not None:
        ends = instant(state.resets_at)
        ends += _DAY * max(0, -((ends - now) // _DAY)) if ends <= now else timedelta(0)
        return Day(ends - _DAY, ends)
    local = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return Day(local.astimezone(now.tzinfo), (local + _DAY).astimezone(now.tzinfo))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connection's day stands."""

    day: Day
    made: int
    """Calls Tasuki made."""
    ours: int | None
    """Calls Tasuki may make; None where nobody told a limit."""
    used: int | None = None
    """Calls anybody made, as the system told today."""
    usable: int | None = None
    """Calls anybody may make before the reserve is touched."""

    @property
    def fill(self) -> float:
        """How full the day is: 0 empty, 1 used up."""
        shares = [self.made / self.ours] if self.ours else []
        if self.usable and self.used is not None:
            shares.append(self.used / self.usable)
        return max(shares, default=0.0)

    def room(self, lane: Lane) -> int:
        """How many calls the lane may still make today; without a limit, more than anybody asks."""
        if self.stops(lane):
            return 0
        limits = [(self.ours, self.made), (self.usable, self.used)]
        left = [STOPS[lane] * may - did for may, did in limits if may and did is not None]
        return max(1, int(min(left))) if left else sys.maxsize

    def stops(self, lane: Lane) -> bool:
        """The lane may make no more calls today."""
        return self.fill >= STOPS[lane]

    def delay(self, lane: Lane, calls: int, now: datetime) -> float:
        """Seconds to wait before so many calls, so that the lane lasts until midnight."""
        room = STOPS[lane] - self.fill
        if room >= _SLOWING or self.ours is None:
            return 0.0
        left = max(1.0, room * self.ours)
        return min(LONGEST_SECONDS, (self.day.ends - now).total_seconds() * calls / left)

    def forecast(self, now: datetime) -> int:
        """Tasuki's calls by midnight, if the day goes on as it began."""
        passed = (now - self.day.begins) / _DAY
        return round(self.made / passed) if passed > 0 else self.made


def standing(
    state: ConnectionState, settings: BudgetSettings, made: int, now: datetime, zone: ZoneInfo
) -> Standing:
    """The day as the settings, the ledger and the system tell it."""
    today = day(state, now, zone)
    allowed = state.allowed
    ours = settings.daily_calls or (int(allowed * settings.share) if allowed else None)
    told_today = state.told_at is not None and instant(state.told_at) >= today.begins
    used = state.used if told_today else None
    usable = int(allowed * (1 - settings.reserve)) if allowed else None
    return Standing(today, made, ours, used, usable)
