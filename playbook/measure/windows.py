"""Where the windows of the metrics begin, as the store keeps days and instants."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tasuki.values import stamp


@dataclass(frozen=True, slots=True)
class Windows:
    """The moment of measuring; every window ends there."""

    now: datetime

    @property
    def today(self) -> str:
        """The day of measuring."""
        return self.now.date().isoformat()

    @property
    def at(self) -> str:
        """The instant of measuring."""
        return stamp(self.now)

    def day(self, days: int) -> str:
        """The day so many days ago."""
        return (self.now.date() - timedelta(days=days)).isoformat()

    def instant(self, days: int) -> str:
        """The instant so many days ago."""
        return stamp(self.now - timedelta(days=days))

    def tomorrow(self) -> str:
        """The first instant of the next day: when windows have moved on."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return stamp(midnight + timedelta(days=1))
