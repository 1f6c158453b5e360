"""Date words of SOQL (`TODAY`, `LAST_N_DAYS:7`) as spans of days."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from sandbox.salesforce.rows.values import stamp

USER_ZONE: Final = timezone(timedelta(hours=9))  # the integration user lives in Asia/Tokyo
USER_ZONE_MODIFIER: Final = "+9 hours"
_COUNTED: Final = re.compile(r"(last|next)_n_(days|weeks|months|quarters|years):(\d+)")
_AGO: Final = re.compile(r"n_(days|weeks|months|quarters|years)_ago:(\d+)")
_NEAR: Final = re.compile(r"(this|last|next)_(week|month|quarter|year)")
_DAYS: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}


def span(word: str, now: datetime) -> tuple[date, date] | None:
    """First day and the day after the last, in the user's time zone; None for no date word."""
    today = now.astimezone(USER_ZONE).date()
    one = timedelta(days=1)
    if word in _DAYS:
        day = today + one * _DAYS[word]
        return day, day + one
    if word in {"last_90_days", "next_90_days"}:
        word = f"{word[:4]}_n_days:90"
    word = word.replace("fiscal_", "")  # this org's fiscal year is the calendar's
    if match := _AGO.fullmatch(word):
        return _ago(today, match.group(1)[:-1], int(match.group(2)))
    if match := _COUNTED.fullmatch(word):
        return _counted(today, match.group(1), match.group(2)[:-1], int(match.group(3)))
    if match := _NEAR.fullmatch(word):
        step = {"last": -1, "this": 0, "next": 1}[match.group(1)]
        unit = match.group(2)
        return _start(today, unit, step), _start(today, unit, step + 1)
    return None


def _ago(today: date, unit: str, count: int) -> tuple[date, date]:
    if unit == "day":
        day = today - timedelta(days=count)
        return day, day + timedelta(days=1)
    return _start(today, unit, -count), _start(today, unit, 1 - count)


def _counted(today: date, side: str, unit: str, count: int) -> tuple[date, date]:
    if unit == "day":
        one = timedelta(days=1)
        if side == "last":
            return today - one * count, today + one
        return today + one, today + one * (count + 1)
    if side == "last":
        return _start(today, unit, -count), _start(today, unit, 0)
    return _start(today, unit, 1), _start(today, unit, count + 1)


def _start(today: date, unit: str, step: int) -> date:
    if unit == "week":
        sunday = today - timedelta(days=(today.weekday() + 1) % 7)
        return sunday + timedelta(weeks=step)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    index = (today.year * 12 + today.month - 1) // months * months + step * months
    return date(index // 12, index % 12 + 1, 1)


def edge(day: date, *, with_time: bool) -> str:
    """The beginning of a day as a date or as a datetime in UTC."""
    if not with_time:
        return day.isoformat()
    return stamp(datetime.combine(day, time(), USER_ZONE).astimezone(UTC))
