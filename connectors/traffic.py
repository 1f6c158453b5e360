"""How often a connector calls again, and how many calls it made.

Vendors differ in what they answer; the manners are the same: call, count, repeat what may pass
later. How fast it may call is the budget's business (`connectors.budget`). Nothing here knows a
vendor, and every wait goes through the caller's `sleep`, so that tests never wait.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Event
from typing import Final, TypeAlias, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from tasuki.errors import TransientError

T = TypeVar("T")
Sleep: TypeAlias = Callable[[float], None]

FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 60.0


def _wait(seconds: float) -> None:
    Event().wait(seconds)


_WAITING: Final[ContextVar[Sleep]] = ContextVar("waiting", default=_wait)


@contextmanager
def waiting(how: Sleep) -> Iterator[None]:
    """Calls of this thread inside the block wait this way; it may raise to end the waiting."""
    token = _WAITING.set(how)
    try:
        yield
    finally:
        _WAITING.reset(token)


def pause(seconds: float) -> None:
    """Do nothing for a while, or until somebody wants us to stop."""
    _WAITING.get()(seconds)


@dataclass(slots=True)
class Tally:
    """Counts the calls that left this machine, by kind."""

    by_kind: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str) -> None:
        """One more call."""
        self.by_kind[kind] += 1

    @property
    def calls(self) -> int:
        """All calls so far."""
        return self.by_kind.total()


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
