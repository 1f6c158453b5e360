"""How many calls a connection may make: what a connector asks, whoever keeps the ledger.

A connector tells what its system enforces, asks before each call, and passes on what the system
says about its allowance. The engine hands in the ledger that all processes share (`sync.budget`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """The connection's allowance of calls, as far as the system tells."""

    used: int | None = None
    allowed: int | None = None
    calls: int = 0
    """Calls this connector made since it was opened."""
    resets_at: datetime | None = None


class Lane(StrEnum):
    """What calls are made for, most urgent first; lower lanes slow down and stop before higher."""

    HANDOFFS = "handoffs"
    SCENARIOS = "scenarios"
    MAPPINGS = "mappings"
    BACKFILL = "backfill"


_PRESENT: Final[ContextVar[Lane]] = ContextVar("lane", default=Lane.MAPPINGS)


@contextmanager
def in_lane(lane: Lane) -> Iterator[None]:
    """Calls of this thread inside the block are made for this lane."""
    token = _PRESENT.set(lane)
    try:
        yield
    finally:
        _PRESENT.reset(token)


def present_lane() -> Lane:
    """What this thread's calls are made for."""
    return _PRESENT.get()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rate the system enforces: at most `calls` in any `seconds`, for one kind of call."""

    calls: int
    seconds: float


class Budget(Protocol):
    """The connection's allowance of calls, shared by every process that uses the connection."""

    def rules(self, rules: Mapping[str, Rule]) -> None:
        """What the system enforces, by kind of call (`burst`, `search`); told once, on opening."""
        ...

    def spend(self, kind: str, calls: int = 1) -> None:
        """Wait until calls of this kind may leave in the present lane, and note them as made.

        Errors: BudgetError when the lane's share is used up, BlockedError when the connection is
                paused or its circuit breaker is open; nothing was sent.
        """
        ...

    def told(self, limits: Limits) -> None:
        """What the system said about its allowance."""
        ...

    def answered(self) -> None:
        """The system answered: whatever failed before has passed."""
        ...

    def failed(self, why: str) -> None:
        """A call failed after its last attempt; several in a row open the circuit breaker."""
        ...


class Unlimited:
    """A budget without limits, for connectors opened outside a project."""

    def rules(self, rules: Mapping[str, Rule]) -> None:
        """Nothing is enforced."""

    def spend(self, kind: str, calls: int = 1) -> None:
        """Never waits."""

    def told(self, limits: Limits) -> None:
        """Nothing is remembered."""

    def answered(self) -> None:
        """Nothing is remembered."""

    def failed(self, why: str) -> None:
        """Nothing is remembered."""
