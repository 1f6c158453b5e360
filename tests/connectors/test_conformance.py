"""What every connector promises, whatever system stands behind it: once per bench."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.conformance import PROMISES

if TYPE_CHECKING:
    from connectors.conformance import Bench, Promise


@pytest.mark.parametrize("promise", PROMISES, ids=str)
def test_every_connector_keeps(
    promise: Promise, bench: Bench, request: pytest.FixtureRequest
) -> None:
    """A promise holds, is not asked of this system, or is waived with a reason while it fails."""
    if reason := promise.unasked(bench):
        pytest.skip(reason)
    if reason := bench.waivers.get(promise.name):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    promise.check(bench)


def test_every_promise_says_what_it_means() -> None:
    """Read in order, the promises are the specification of a connector."""
    assert [promise.name for promise in PROMISES if not promise.check.__doc__] == []


def test_waivers_name_promises(bench: Bench) -> None:
    """A waiver of a promise that is no more would waive nothing, unseen."""
    assert {*bench.waivers} <= {promise.name for promise in PROMISES}
