"""Whose browser it was, and when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.identity.visitors import Moment, owner_at

DAY = st.sampled_from([f"2026-01-0{n}T00:00:00.000Z" for n in range(1, 9)])
MOMENTS = st.lists(
    st.builds(Moment, DAY, st.sampled_from("ab")), max_size=5, unique_by=lambda m: m.at
).map(lambda found: sorted(found, key=lambda m: m.at))


def test_nobody_is_known() -> None:
    """A browser that never gave an e-mail is nobody's."""
    assert owner_at([], "2026-01-01T00:00:00.000Z") is None


@given(MOMENTS, DAY)
def test_the_last_who_spoke_holds_it(moments: list[Moment], at: str) -> None:
    """It is whose e-mail came last until then; before the first, it is the first one's."""
    spoken = [m.person for m in moments if m.at <= at]
    expected = spoken[-1] if spoken else (moments[0].person if moments else None)
    assert owner_at(moments, at) == expected


@given(MOMENTS, DAY, DAY)
def test_a_later_moment_leaves_the_past_alone(moments: list[Moment], at: str, then: str) -> None:
    """Whoever gives an e-mail later changes nothing before that, once somebody was known."""
    if moments and then > max(at, moments[-1].at):
        assert owner_at([*moments, Moment(then, "c")], at) == owner_at(moments, at)
