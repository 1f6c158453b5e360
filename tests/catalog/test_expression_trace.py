"""A trace tells what each predicate saw, and what is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from catalog.expression.check import condition
from catalog.expression.scope import Scope
from catalog.expression.trace import Trace, trace
from catalog.shape import Type
from tasuki.errors import Place

SCOPE = Scope(
    {"a": {"n": Type.NUM, "m": Type.NUM, "t": Type.TEXT, "b": Type.BOOL, "d": Type.DATE}}, "a"
)


def follow(text: str, **values: Any) -> Trace:
    """Trace the condition over one row."""
    row = {("a", name): value for name, value in values.items()}
    tree = condition(text, SCOPE, Place("rule.yaml", 4, 9))
    return trace(tree, row, date(2026, 3, 31), datetime(2026, 3, 31, tzinfo=UTC))


def test_each_predicate_shows_what_it_saw() -> None:
    """Text, value, verdict and place of every predicate, in the order they are written."""
    told = follow("a.n >= 60 and not a.b and a.t = 'x'", n=57.5, b=False, t="x")
    assert told.result is False
    assert [(leaf.text, leaf.seen, leaf.verdict) for leaf in told.leaves] == [
        ("a.n >= 60", 57.5, False),
        ("a.b", False, False),
        ("a.t = 'x'", "x", True),
    ]
    assert [str(leaf.place) for leaf in told.leaves] == [
        "rule.yaml:4:9",
        "rule.yaml:4:27",
        "rule.yaml:4:35",
    ]


def test_the_nearest_miss_comes_first() -> None:
    """Of the predicates that alone would change the answer, the closest to its border leads."""
    told = follow("a.n >= 60 or a.m >= 100 or a.t = 'x'", n=10, m=99, t="y")
    assert [leaf.text for leaf in told.nearest()] == ["a.m >= 100", "a.n >= 60", "a.t = 'x'"]
    assert [leaf.distance for leaf in told.nearest()] == [1.0, 50.0, None]
    assert [leaf.text for leaf in told.missing] == ["a.n >= 60"]


def test_two_failures_are_both_missing() -> None:
    """Where no single predicate decides, the fewest that must turn are listed together."""
    told = follow("a.n >= 60 and (a.t = 'x' or a.m > 1 and a.b)", n=1, m=0, b=False, t="y")
    assert told.nearest() == ()
    assert [leaf.text for leaf in told.missing] == ["a.n >= 60", "a.t = 'x'"]


def test_unknown_is_neither_true_nor_false() -> None:
    """A value that nobody knows makes its predicate unknown, and the whole not true."""
    told = follow("not (a.n < 3)", n=None)
    assert told.result is None
    assert told.leaves[0].verdict is None
    assert told.leaves[0].decisive
    assert [leaf.text for leaf in told.missing] == ["a.n < 3"]


def test_a_true_condition_misses_nothing() -> None:
    """For a true condition nothing is missing, and the decisive ones are what holds it up."""
    told = follow("a.n >= 60 or a.b", n=61, b=False)
    assert told.result is True
    assert told.missing == ()
    assert [leaf.text for leaf in told.nearest()] == ["a.n >= 60"]


@pytest.mark.parametrize(
    ("text", "distance"),
    [
        ("a.d < today()", 10.0),
        ("a.d between '2026-01-01' and '2026-03-31'", 10.0),
        ("days_until(a.d) <= 7", 3.0),
        ("a.d = today()", None),
    ],
)
def test_days_have_distances_too(text: str, distance: float | None) -> None:
    """How far a date is from its border is counted in days."""
    assert follow(text, d=date(2026, 4, 10)).leaves[0].distance == distance
