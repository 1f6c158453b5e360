"""Business time: nothing is ever due when nobody works."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.duration import Duration
from playbook.calendar import Office
from playbook.documents import CalendarDocument

TOKYO = ZoneInfo("Asia/Tokyo")
START, END = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2025, 2029))


def office(zone: str = "Asia/Tokyo", **says: object) -> Office:
    return Office(CalendarDocument(kind="calendar", name="office", **says), zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("2026-05-20 10:00", "4h", "2026-05-20 14:00"),
        ("2026-05-20 16:00", "4h", "2026-05-21 11:00"),
        ("2026-05-22 17:30", "4h", "2026-05-25 12:30"),
        ("2026-05-23 12:00", "1h", "2026-05-25 10:00"),
        ("2026-05-20 06:00", "1h", "2026-05-20 10:00"),
        ("2026-05-20 22:00", "1h", "2026-05-21 10:00"),
        ("2026-05-20 10:00", "1d", "2026-05-22 16:00"),
        ("2026-05-20 10:00", "1bd", "2026-05-21 18:00"),
        ("2026-05-22 17:30", "1bd", "2026-05-25 18:00"),
        ("2026-05-23 12:00", "1bd", "2026-05-25 18:00"),
        # Golden week: 3 to 5 May are holidays and 6 May 2026 stands in for a Sunday.
        ("2026-05-01 16:00", "4h", "2026-05-07 11:00"),
        ("2026-05-01 16:00", "2bd", "2026-05-08 18:00"),
    ],
)
def test_working_time_skips_nights_weekends_and_holidays(start, length, end):
    """Hours count while the office is open; business days end when it closes."""
    assert office().after(at(start), Duration.parse(length)) == at(end)


def test_the_companys_own_days_are_closed():
    """The turn of the year is free although no holiday of the country."""
    closed = office(closed=["2026-12-29", "2026-12-30", "2026-12-31"])
    start = at("2026-12-28 17:00")
    assert closed.after(start, Duration.parse("2h")) == at("2027-01-04 10:00")


def test_the_answer_is_in_the_zone_of_the_question():
    """Whoever asks in UTC is answered in UTC; the day is the office's."""
    start = datetime(2026, 5, 20, 23, 0, tzinfo=UTC)  # Thursday 08:00 in Tokyo
    end = office().after(start, Duration.parse("1h"))
    assert (end.tzinfo, end) == (UTC, at("2026-05-21 10:00"))
    late = office("America/Los_Angeles", country="US").after(start, Duration.parse("1bd"))
    assert office("America/Los_Angeles").day(late) == date(2026, 5, 21)


@given(
    st.datetimes(START, END, timezones=st.just(UTC)),
    st.one_of(
        st.integers(1, 60_000).map(lambda n: Duration(timedelta(minutes=n))),
        st.integers(1, 30).map(lambda n: Duration(business_days=n)),
    ),
    st.sampled_from(["Asia/Tokyo", "UTC", "America/New_York"]),
)
def test_nothing_is_due_while_nobody_works(start, length, zone):
    """Whatever the start and the length, the end lies after it, on an open day, in its hours."""
    where = office(zone)
    end = where.after(start, length)
    opening, closing = where.hours(where.day(end))
    assert end >= start
    assert where.is_open(where.day(end))
    assert opening <= end <= closing


@given(
    st.datetimes(START, END, timezones=st.just(UTC)),
    st.integers(1, 3_000),
    st.integers(1, 3_000),
)
def test_more_time_is_never_due_earlier(start, one, more):
    """A longer promise ends later."""
    shorter = office().after(start, Duration(timedelta(minutes=one)))
    longer = office().after(start, Duration(timedelta(minutes=one + more)))
    assert shorter < longer


@pytest.mark.parametrize(
    "says",
    [
        {"country": "Atlantis"},
        {"hours": ["18:00", "09:00"]},
        {"hours": ["9", "18:00"]},
        {"weekdays": []},
        {"weekdays": [7]},
        {"closed": ["2026-13-01"]},
    ],
)
def test_an_impossible_office_is_refused(says):
    """A calendar that cannot be is an error of the file, not a surprise of a run."""
    with pytest.raises(ValueError, match="validation error"):
        office(**says)
