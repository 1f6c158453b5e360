"""Business time: opening hours, weekends and public holidays of one office."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from config.duration import Duration
from playbook.documents import CalendarDocument


@dataclass(frozen=True, slots=True)
class Office:
    """When the people of a project work."""

    says: CalendarDocument
    zone: str

    def is_open(self, day: date) -> bool:
        """Whether anybody works that day."""
        if day.weekday() not in self.says.weekdays or day in self.says.closed:
            return False
        return day not in _holidays(self.says.country, day.year)

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing of a working day."""
        opening, closing = self.says.hours
        zone = ZoneInfo(self.zone)
        return datetime.combine(day, opening, zone), datetime.combine(day, closing, zone)

    def day(self, moment: datetime) -> date:
        """The day it is at the office at a moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def after(self, start: datetime, length: Duration) -> datetime:
        """The moment when so much working time has passed since `start`, in start's zone.

        Business days end at the closing hour; clock durations count only while the office is open.
        """
        local = start.astimezone(ZoneInfo(self.zone))
        if length.is_business:
            end = self._days_after(local, length.business_days)
        else:
            end = self._hours_after(local, length.clock)
        return end.astimezone(start.tzinfo)

    def _days_after(self, local: datetime, days: int) -> datetime:
        day = local.date()
        left = days
        while left > 0:
            day = self._next_open(day + timedelta(days=1))
            left -= 1
        return self.hours(day)[1]

    def _hours_after(self, local: datetime, left: timedelta) -> datetime:
        day = self._next_open(local.date())
        while True:
            opening, closing = self.hours(day)
            at = max(local, opening)
            if at + left <= closing:
                return at + left
            left -= max(closing - at, timedelta(0))
            day = self._next_open(day + timedelta(days=1))

    def _next_open(self, day: date) -> date:
        for ahead in range(370):
            if self.is_open(found := day + timedelta(days=ahead)):
                return found
        raise ValueError(f"the calendar {self.says.name} has no open day within a year of {day}")


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))
