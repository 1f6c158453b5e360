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
    """Counts every call of the account and refuses the one too many with a 429.

    Bursts are each app's own, search and the day are the account's; the day survives a restart.
    """

    def __init__(self, state: State, clock: Callable[[], float] = monotonic) -> None:
        self._state = state
        self._clock = clock
        self._bursts: dict[int, Window] = {}
        self._search = Window(1)

    def admit(self, settings: Settings, *, search: bool, app: int = 0) -> None:
        """Count this call, or raise the 429 that refuses it."""
        now = self._clock()
        if search:
            if settings.search_per_second and self._search.used(now) >= settings.search_per_second:
                raise _too_many("secondly", "SECONDLY", settings, 1)
            self._search.add(now)
            return
        burst = self._burst(settings, app)
        if settings.daily and self.used_today(settings) >= settings.daily:
            raise _too_many("daily", "DAILY", settings, 3600)
        if settings.burst and burst.used(now) >= settings.burst:
            raise _too_many("ten_secondly_rolling", "TEN_SECONDLY_ROLLING", settings, 10)
        burst.add(now)
        self._state.db.execute(
            "INSERT INTO hs_usage VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET calls = calls + 1",
            (self._today(settings),),
        )

    def headers(self, settings: Settings, app: int = 0) -> dict[str, str]:
        """The headers of every ordinary answer; search answers carry none of them."""
        used = self._burst(settings, app).used(self._clock())
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
        row = self._state.db.execute(
            "SELECT calls FROM hs_usage WHERE day = ?", (self._today(settings),)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def _burst(self, settings: Settings, app: int) -> Window:
        window = self._bursts.setdefault(app, Window(settings.burst_seconds))
        window.seconds = settings.burst_seconds
        return window

    def _today(self, settings: Settings) -> str:
        return self._local(settings).date().isoformat()

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
