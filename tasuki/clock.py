"""Time comes in through a door, so that tests and backtests can hold it still."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; aware datetimes in UTC only."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved."""

    at: datetime

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.at


def today(clock: Clock) -> date:
    """The present day in UTC."""
    return clock.now().date()
