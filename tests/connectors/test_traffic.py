"""Manners of calling: repetition and counting."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from connectors.traffic import Tally, retrying
from tasuki.errors import RejectedError, TransientError


@dataclass
class Watch:
    """A clock that moves only when somebody sleeps on it."""

    at: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def test_a_transient_error_is_repeated_after_the_wait_the_system_asked_for() -> None:
    """Retry-After decides the wait when it is given."""
    watch = Watch()
    answers = iter([TransientError("busy", retry_after=timedelta(seconds=7)), None])

    def work() -> str:
        if error := next(answers):
            raise error
        return "done"

    assert retrying(work, sleep=watch.sleep) == "done"
    assert watch.slept == [7.0]


def test_waits_grow_and_the_last_error_is_raised() -> None:
    """After its attempts the work fails with the error it saw last."""
    watch = Watch()

    def work() -> None:
        raise TransientError("still busy")

    with pytest.raises(TransientError, match="still busy"):
        retrying(work, attempts=4, sleep=watch.sleep)
    assert len(watch.slept) == 3
    assert watch.slept[0] < watch.slept[-1]


@pytest.mark.parametrize("error", [RejectedError("no"), TransientError("?", outcome_unknown=True)])
def test_other_families_and_unknown_outcomes_are_not_repeated(error: Exception) -> None:
    """What a repetition cannot mend, or might do twice, is raised at once."""
    watch = Watch()

    def work() -> None:
        raise error

    with pytest.raises(type(error)):
        retrying(work, sleep=watch.sleep)
    assert watch.slept == []


def test_the_tally_counts_by_kind() -> None:
    """Every call is counted once, under its kind."""
    tally = Tally()
    tally.add("read")
    tally.add("read")
    tally.add("write")
    assert (tally.calls, tally.by_kind["read"]) == (3, 2)
