"""How often somebody may try a password: forgetful people yes, guessing machines no."""

import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tasuki.clock import Clock

SHARED: Final = "from:"
"""How the keys of addresses begin."""
_KEYS: Final = 10_000


@dataclass(slots=True)
class Attempts:
    """Failures of the last minutes by key (a login, an address)."""

    clock: Clock
    limit: int = 5
    """For a login; an address that many people share may fail four times as often."""
    window: timedelta = timedelta(minutes=5)
    failures: defaultdict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    guard: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, keys: Sequence[str]) -> timedelta | None:
        """Count an attempt against every key; how long to wait instead when one has too many.

        It counts before the password is checked, so that many at once get no free guesses.
        """
        with self.guard:
            now = self.clock.now()
            waits = [wait for key in keys if (wait := self._wait(key, now))]
            if waits:
                return max(waits)
            for key in keys:
                self.failures[key].append(now)
            return None

    def succeeded(self, keys: Sequence[str]) -> None:
        """The password was right: the login starts anew, and the address loses this attempt.

        An address keeps its failures, or one good account would buy guesses at all others.
        """
        with self.guard:
            for key in keys:
                if key.startswith(SHARED) and self.failures.get(key):
                    self.failures[key].pop()
                else:
                    self.failures.pop(key, None)

    def _wait(self, key: str, now: datetime) -> timedelta | None:
        if len(self.failures) > _KEYS:
            self._forget(now)
        tries = self.failures.get(key)
        while tries and tries[0] <= now - self.window:
            tries.popleft()
        most = self.limit * 4 if key.startswith(SHARED) else self.limit
        return tries[0] + self.window - now if tries and len(tries) >= most else None

    def _forget(self, now: datetime) -> None:
        since = now - self.window
        old = [key for key, tries in self.failures.items() if not tries or tries[-1] <= since]
        for key in old:
            del self.failures[key]
