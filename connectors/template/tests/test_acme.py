"""Acme's connector keeps every promise of a Tasuki connector."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

pytest.register_assert_rewrite("connectors.conformance")

from tasuki_acme import SPEC  # noqa: E402
from toy import Toy, serving  # noqa: E402

from connectors.conformance import PROMISES, Bench, Promise, Purse  # noqa: E402
from connectors.protocol import OpenContext  # noqa: E402
from tasuki.errors import BudgetError, SignInError, TransientError  # noqa: E402


@dataclass
class ToyClock:
    """The toy's own time."""

    toy: Toy

    def now(self) -> datetime:
        return self.toy.at


@pytest.fixture
def toy() -> Toy:
    """An empty account."""
    return Toy()


@pytest.fixture
def bench(toy: Toy) -> Iterator[Bench]:
    """A connector on it, in pages of three."""
    purse = Purse()
    with serving(toy) as url:
        settings = SPEC.settings.model_validate({"url": url, "token": "made-up", "page_size": 3})
        connector = SPEC.open(settings, OpenContext("acme", Path(), ToyClock(toy), purse))
        yield Bench(
            connector,
            toy,
            object="people",
            text="name",
            key="email",
            pass_time=toy.pass_time,
            lose_answer=toy.lose_answer,
            hide=toy.hide,
            purse=purse,
            arrived=lambda: toy.arrived,
        )
        connector.close()


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_acme_keeps(promise: Promise, bench: Bench, request: pytest.FixtureRequest) -> None:
    """A promise holds, is not asked of this system, or is waived with a reason while it fails."""
    if reason := promise.unasked(bench):
        pytest.skip(reason)
    if reason := bench.waivers.get(promise.name):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    promise.check(bench)


@pytest.mark.parametrize(
    ("status", "family"), [(401, SignInError), (429, BudgetError), (503, TransientError)]
)
def test_a_refused_call_is_of_its_family(toy, bench, status, family) -> None:
    """Each status ends in the family that tells Tasuki what to do next, with the fix."""
    toy.refuses = status
    with pytest.raises(family) as refused:
        bench.connector.count("people")
    assert refused.value.remedy
