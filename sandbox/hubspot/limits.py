"""Rate limits as HubSpot keeps them: rolling windows, and a day that ends in the account's zone."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, time, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.hubspot.faults import PORTAL, Fault
from sandbox.hubspot.settings import Settings
from sandbox.state import State


class Window:
    """The calls of the last seconds; those that were refused do not count."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._calls: deque[float] = deque()

    def used(self, now: float) -> int:
        """How many calls the window holds at this moment."""
        while self._calls and self._calls[0] <= now - self.seconds:
            self._calls.popleft()
        return len(self._calls)

    def add(self, now: float) -> None:
        """Count one call."""
        self._calls.append(now)


class Gate:
    """Counts every call of the account and refuses the one too many with a 429."""

    def __init__(self, state: State, clock: Callable[[], float] = monotonic) -> None:
        self._state = state
        self._clock = clock
        self._burst = Window(10)
        self._search = Window(1)
        self._day = ""
        self._today = 0

    def admit(self, settings: Settings, *, search: bool) -> None:
        """Count this call, or raise the 429 that refuses it."""
        now = self._clock()
        if search:
            if settings.search_per_second and self._search.used(now) >= settings.search_per_second:
                raise _too_many("secondly", "SECONDLY", settings, 1)
            self._search.add(now)
            return
        self._burst.seconds = settings.burst_seconds
        if settings.daily and self.used_today(settings) >= settings.daily:
            raise _too_many("daily", "DAILY", settings, 3600)
        if settings.burst and self._burst.used(now) >= settings.burst:
            raise _too_many("ten_secondly_rolling", "TEN_SECONDLY_ROLLING", settings, 10)
        self._burst.add(now)
        self._today += 1

    def headers(self, settings: Settings) -> dict[str, str]:
        """The headers of every ordinary answer; search answers carry none of them."""
        used = self._burst.used(self._clock())
        numbers = {
            "Max": settings.burst,
            "Remaining": max(0, settings.burst - used),
            "Interval-Milliseconds": settings.burst_seconds * 1000,
            "Daily": settings.daily,
            "Daily-Remaining": max(0, settings.daily - self.used_today(settings)),
            "Secondly": settings.burst // 10,
            "Secondly-Remaining": max(0, settings.burst // 10 - 1),
        }
        return {f"X-HubSpot-RateLimit-{name}": str(number) for name, number in numbers.items()}

    def used_today(self, settings: Settings) -> int:
        """Calls counted since midnight in the account's time zone."""
        day = self._local(settings).date().isoformat()
        if day != self._day:
            self._day, self._today = day, 0
        return self._today

    def resets_at(self, settings: Settings) -> datetime:
        """The next midnight in the account's time zone."""
        local = self._local(settings)
        return datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)

    def _local(self, settings: Settings) -> datetime:
        return self._state.now().astimezone(ZoneInfo(settings.time_zone))


def _too_many(word: str, policy: str, settings: Settings, seconds: int) -> Fault:
    message = "You have reached your daily limit."
    more: dict[str, Any] = {"errorType": "RATE_LIMIT", "policyName": policy}
    if word != "daily":
        message = f"You have reached your {word} limit."
        more["groupName"] = f"publicapi:private-app-api-calls-{word.replace('_', '-')}:{PORTAL}"
    fault = Fault(429, message, **more)
    if settings.retry_after:
        fault.headers = {"Retry-After": str(seconds)}
    return fault
