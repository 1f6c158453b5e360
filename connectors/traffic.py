"""How fast a connector may call, how often it calls again, and how many calls it made.

Vendors differ in what they answer; the manners are the same: wait for a free slot, call, count,
repeat what may pass later. Nothing here knows a vendor, and every wait goes through the caller's
`sleep`, so that tests never wait.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Lock
from time import monotonic
from typing import Final, TypeAlias, TypeVar

from pyrate_limiter import Rate, RateItem, StateBucket, TokenBucket
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from tasuki.errors import TransientError

T = TypeVar("T")
Sleep: TypeAlias = Callable[[float], None]

FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 60.0


def pause(seconds: float) -> None:
    """Do nothing for a while."""
    Event().wait(seconds)


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `calls` in any window of `per`, of which `burst` may go out at once."""

    calls: int
    per: timedelta
    burst: int | None = None

    def rate(self) -> Rate:
        """The token bucket that never exceeds this pace.

        A bucket of b tokens that refills r per window lets b + r through in the worst window;
        so r is what the burst leaves.
        """
        burst = min(self.burst or max(1, self.calls // 10), max(1, self.calls - 1))
        milliseconds = int(self.per / timedelta(milliseconds=1))
        return Rate(max(1, self.calls - burst), milliseconds, burst=burst)


@dataclass(slots=True)
class Throttle:
    """Lets one call through at a time, each lane at its own pace; an unknown lane is free.

    The lock guards the two-step "put, then ask how long": a second thread between the steps would
    read the wait of the first. It is not held while sleeping.
    """

    paces: Mapping[str, Pace]
    sleep: Sleep = pause
    now: Callable[[], float] = monotonic
    _buckets: dict[str, StateBucket] = field(init=False)
    _lock: Lock = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._buckets = {
            lane: StateBucket([pace.rate()], TokenBucket()) for lane, pace in self.paces.items()
        }

    def enter(self, lane: str) -> None:
        """Wait until the lane has a free slot, and take it."""
        bucket = self._buckets.get(lane)
        while bucket is not None and (seconds := self._take(bucket, lane)) > 0:
            self.sleep(seconds)

    def _take(self, bucket: StateBucket, lane: str) -> float:
        item = RateItem(lane, int(self.now() * 1000))
        with self._lock:
            if bucket.put(item):
                return 0.0
            milliseconds = bucket.waiting(item)
        return max(1, int(milliseconds)) / 1000  # type: ignore[arg-type]  # async only on Redis


@dataclass(slots=True)
class Tally:
    """Counts the calls that left this machine, by lane."""

    by_lane: Counter[str] = field(default_factory=Counter)

    def add(self, lane: str) -> None:
        """One more call."""
        self.by_lane[lane] += 1

    @property
    def calls(self) -> int:
        """All calls so far."""
        return self.by_lane.total()


def _repeatable(error: BaseException) -> bool:
    return isinstance(error, TransientError) and not error.outcome_unknown


_BACKOFF: Final = wait_exponential_jitter(
    multiplier=FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS, jitter=FIRST_WAIT_SECONDS
)


def _delay(state: RetryCallState) -> float:
    """What the system asked for, else twice as long as before, with jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, TransientError) else None
    return asked.total_seconds() if asked is not None else _BACKOFF(state)


def retrying(work: Callable[[], T], *, attempts: int = 4, sleep: Sleep = pause) -> T:
    """Do the work; while it fails with a TransientError, wait and do it again.

    Errors: the last TransientError when all attempts failed; at once every other family, and a
            TransientError whose outcome is unknown (it must be read before it is sent again).
    """
    repeat = Retrying(
        sleep=sleep,
        stop=stop_after_attempt(attempts),
        wait=_delay,
        retry=retry_if_exception(_repeatable),
        reraise=True,
    )
    return repeat(work)
