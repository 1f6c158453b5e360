"""Calls are counted, spent before they are made, and not made when the budget refuses."""

from collections.abc import Callable
from typing import Final

from connectors.conformance.bench import Bench, Need, Promise, promises
from connectors.conformance.steps import add, create, key
from tasuki.errors import BudgetError


def calls_are_counted(bench: Bench) -> None:
    """Every call to the system shows in the limits."""
    before = bench.connector.limits().calls
    bench.connector.count(bench.object)
    assert bench.connector.limits().calls > before


def notices_are_given(bench: Bench) -> None:
    """Whoever asks what a person should know gets an answer, be it that there is nothing."""
    assert all(notice.code and notice.text for notice in bench.connector.notices())


def _questions(bench: Bench) -> dict[str, Callable[[], object]]:
    """One of each call that reads."""
    connector, object = bench.connector, bench.object
    return {
        "discover": lambda: connector.discover([object]),
        "page": lambda: connector.page(object, [bench.text], None),
        "read": lambda: connector.read(object, [bench.missing_id], [bench.text]),
        "find": lambda: connector.find(object, bench.key, [key(1)], [bench.text]),
        "ids": lambda: connector.ids(object, None),
        "count": lambda: connector.count(object),
    }


def every_call_is_spent(bench: Bench) -> None:
    """As many calls are spent as arrive, whatever was asked."""
    assert bench.purse is not None
    assert bench.arrived is not None
    add(bench, 1)
    for name, ask in _questions(bench).items():
        spent, arrived = bench.purse.spent, bench.arrived()
        ask()
        assert bench.purse.spent - spent == bench.arrived() - arrived, name


def _is_refused(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except BudgetError:
        return True
    return False


def a_refusing_budget_sends_nothing(bench: Bench) -> None:
    """When no call may be made none is, and the budget's own error says so."""
    assert bench.purse is not None
    assert bench.arrived is not None
    bench.connector.count(bench.object)
    arrived, bench.purse.is_empty = bench.arrived(), True
    asked = {name: ask for name, ask in _questions(bench).items() if name != "discover"}
    assert [name for name, ask in asked.items() if not _is_refused(ask)] == []
    assert bench.arrived() == arrived


def a_refused_write_is_not_sent(bench: Bench) -> None:
    """A write that the budget refuses is refused, not parked and not unknown."""
    assert bench.purse is not None
    assert bench.arrived is not None
    bench.connector.discover([bench.object])
    arrived, bench.purse.is_empty = bench.arrived(), True
    assert _is_refused(lambda: bench.connector.write([create(bench, 1)]))
    assert bench.arrived() == arrived
    assert bench.hand.values(bench.object, bench.text) == []


PROMISES: Final[tuple[Promise, ...]] = (
    *promises((calls_are_counted, notices_are_given)),
    *promises((every_call_is_spent, a_refusing_budget_sends_nothing), Need.BUDGET),
    *promises((a_refused_write_is_not_sent,), Need.BUDGET, Need.WRITES),
)
