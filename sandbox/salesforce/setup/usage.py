"""How many calls the org may make in a day, how many it made, what it says about that.

An administrator sets `DailyApiRequests` (and any other limit) to a maximum and a number used; the
calls counted since then come on top; they are written down when the sandbox stops in order. The
platform enforces softly: a short overrun passes, then every call is refused until the numbers
change.
"""

from collections import Counter
from typing import Final

import orjson

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.setup.kept import Setup
from sandbox.state import State

DAILY: Final = "DailyApiRequests"
_DEFAULT: Final = {
    DAILY: 100_000,
    "ConcurrentAsyncGetReportInstances": 200,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyDeliveredPlatformEvents": 10_000,
    "DataStorageMB": 10_240,
    "HourlyPublishedPlatformEvents": 50_000,
}
_OVERRUN: Final = 0.05
_KEPT: Final = "sf_calls"


class Usage:
    """The org's count of calls."""

    def __init__(self, state: State, setup: Setup) -> None:
        self._setup = setup
        self._calls: Counter[str] = Counter(orjson.loads(state.setting(_KEPT) or b"{}"))
        self._further: Counter[str] = Counter()
        state.before_close(lambda: state.set_setting(_KEPT, orjson.dumps(self._calls).decode()))

    def most(self, limit: str) -> int:
        """The most of a limit."""
        return int(self._setup.of("limit").get(limit, {}).get("max", _DEFAULT.get(limit, 0)))

    def used(self, limit: str = DAILY) -> int:
        """What is used of a limit."""
        told = int(self._setup.of("limit").get(limit, {}).get("used", 0))
        return told + (self._calls.total() if limit == DAILY else self._further[limit])

    def set(self, limit: str, most: int | None, used: int | None) -> None:
        """What an administrator (or a test) says about a limit; the counts begin anew."""
        said = {"max": self.most(limit) if most is None else most}
        said["used"] = self.used(limit) if used is None else used
        self._setup.put("limit", limit, said)
        if limit == DAILY:
            self._calls.clear()
        self._further[limit] = 0

    def spend(self, limit: str, amount: int = 1) -> None:
        """Count what a call took of another limit than the calls."""
        self._further[limit] += amount

    def count(self, app: str, calls: int = 1) -> None:
        """Count an app's calls; REQUEST_LIMIT_EXCEEDED once the overrun is used up too."""
        most = self.most(DAILY)
        if self.used() >= most * (1 + _OVERRUN):
            raise FaultError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self._calls[app] += calls

    def header(self, app: str | None) -> str:
        """`Sforce-Limit-Info`; the form with the app's own number only where it is on."""
        text = f"api-usage={self.used()}/{self.most(DAILY)}"
        if app is None or not self._setup.on("per_app_usage"):
            return text
        own = f"{self._calls[app]}/{self.most(DAILY)}(appName={app})"
        return f"{text}; per-app-api-usage={own}"

    def report(self) -> dict[str, dict[str, int]]:
        """The limits resource's content."""
        names = sorted({*_DEFAULT, *self._setup.of("limit")})
        return {
            name: {"Max": self.most(name), "Remaining": max(0, self.most(name) - self.used(name))}
            for name in names
        }
