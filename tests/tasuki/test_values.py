"""When two values are equal, as systems spell them."""

from __future__ import annotations

from typing import Any

import pytest

from tasuki.values import same_value


@pytest.mark.parametrize(
    ("one", "other"),
    [(72, "72"), (72, 72.0), (None, ""), (" a ", "a"), ("one\ntwo", "one\r\ntwo"), (True, "true")],
)
def test_spellings_of_one_value_are_equal(one: Any, other: Any) -> None:
    """Numbers as text, blanks, space at the ends and line ends are no difference."""
    assert same_value(one, other)


@pytest.mark.parametrize(("one", "other"), [(72, 73), ("a", "b"), (None, 0), ("one\ntwo", "one")])
def test_other_values_are_not(one: Any, other: Any) -> None:
    """A different value is never taken for a spelling."""
    assert not same_value(one, other)
