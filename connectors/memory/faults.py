"""What may go wrong on the way, one planned mishap per call."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from connectors.protocol import Receipt, Settled, Write
from tasuki.errors import TransientError


class Mishap(StrEnum):
    """What happens to one write call."""

    NONE = "none"
    LOSE_REQUEST = "lose_request"
    """Nothing arrives; the caller cannot know."""
    LOSE_ANSWER = "lose_answer"
    """Everything is committed; the caller cannot know."""
    LOSE_HALF = "lose_half"
    """The first half is committed, then the line drops."""


@dataclass(slots=True)
class Faults:
    """Mishaps that wait for the next calls, first in, first out."""

    writes: deque[Mishap] = field(default_factory=deque)
    calls: deque[Exception | None] = field(default_factory=deque)
    """Raised by the next calls of any kind before anything happens; None lets one pass."""
    asked: dict[tuple[str, str], Exception] = field(default_factory=dict)
    """Raised by every call of one verb about one object, e.g. (`page`, `contacts`)."""
    edits: deque[Callable[[], None]] = field(default_factory=deque)
    """What somebody does between our last look and the next write call, first in, first out."""
    hidden: set[tuple[str, str]] = field(default_factory=set)
    """Object and field that the session may no longer see."""

    def on_write(self) -> Mishap:
        """The mishap of this write call."""
        return self.writes.popleft() if self.writes else Mishap.NONE

    def meanwhile(self) -> None:
        """Let somebody do what was planned for just before this write."""
        if self.edits:
            self.edits.popleft()()

    def on_call(self, verb: str, object: str) -> None:
        """Raise what was planned for this call."""
        planned = self.calls.popleft() if self.calls else self.asked.get((verb, object))
        if planned is not None:
            raise planned


def unknown(batch: Sequence[Write]) -> list[Receipt]:
    """Receipts of a batch whose answer was lost."""
    return [
        Receipt(write.key, Settled.UNKNOWN, write.id, error=_lost(write.object)) for write in batch
    ]


def _lost(object: str) -> TransientError:
    return TransientError(
        "No answer came to a write.",
        where=object,
        why="The line dropped after the request was sent.",
        remedy="Tasuki reads the record again before it sends anything.",
        outcome_unknown=True,
    )
