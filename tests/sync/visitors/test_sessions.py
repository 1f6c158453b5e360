"""Visits: where one ends and the next begins."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.identity.visitors.sessions import Seen, visits


def at(hour: int, minute: int = 0, day: int = 1) -> str:
    return f"2026-01-{day:02d}T{hour:02d}:{minute:02d}:00.000Z"


def seen(when: str, session: str | None = None, visitor: str = "c") -> Seen:
    return Seen(visitor, session, when, when)


def test_half_an_hour_of_nothing_ends_a_visit() -> None:
    """Where the site names no session, a browser that was idle for over 30 minutes came back."""
    found = visits([seen(at(9)), seen(at(9, 30)), seen(at(10, 1)), seen(at(9, 5), visitor="d")])
    assert [(v.visitor, v.began_at, v.views) for v in found] == [
        ("c", at(9), 2),
        ("d", at(9, 5), 1),
        ("c", at(10, 1), 1),
    ]


def test_a_named_session_is_one_visit_whatever_its_cookies() -> None:
    """The site's own sessions are kept, though the cookie changes or hours pass; not for ever."""
    found = visits(
        [seen(at(9), "s"), seen(at(18), "s", "d"), seen(at(9, day=3), "s"), seen(at(9, day=6), "s")]
    )
    assert [(v.visitor, v.views) for v in found] == [("c", 3), ("c", 1)]


def test_without_a_page_there_is_no_visit() -> None:
    """Signals that belong to no page are no stay."""
    assert visits([Seen("c", "s", at(9), None)]) == []


SEEN = st.builds(
    seen, st.builds(at, st.integers(0, 5), st.integers(0, 59)), st.sampled_from(["s", "t", None]),
    st.sampled_from("cd"),
)  # fmt: skip


@given(st.lists(SEEN, max_size=12))
def test_every_event_is_in_one_visit(events: list[Seen]) -> None:
    """No event is lost, none counts twice, in whatever order they come."""
    found = visits(events)
    assert sum(visit.events for visit in found) == len(events)
    assert visits(reversed(events)) == found
