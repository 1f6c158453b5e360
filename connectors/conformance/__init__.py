"""What every connector promises: the definition of done, ours and of third parties alike.

bench · one connector beside a hand that edits its system | reading, filtering, covering, calls,
writing, trusting · the promises, plain functions that take a bench. A test runs them all:

    @pytest.mark.parametrize("promise", PROMISES, ids=str)
    def test_the_connector_keeps(promise, bench, request):
        if reason := promise.unasked(bench):
            pytest.skip(reason)
        if reason := bench.waivers.get(promise.name):
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
        promise.check(bench)
"""

from typing import Final

from connectors.conformance import calls, covering, filtering, reading, trusting, writing
from connectors.conformance.bench import Bench, Hand, Promise, Purse

__all__ = ["PROMISES", "Bench", "Hand", "Promise", "Purse"]

PROMISES: Final[tuple[Promise, ...]] = (
    *reading.PROMISES,
    *filtering.PROMISES,
    *covering.PROMISES,
    *calls.PROMISES,
    *writing.PROMISES,
    *trusting.PROMISES,
)
