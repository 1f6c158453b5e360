"""Days and instants in every spelling the platforms and Japanese exports use."""

import datetime as dt
import re
import unicodedata
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mappings.transforms.registry import USUAL, Habits, transform

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_ERAS: Final = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925}
_ERA_DAY: Final = re.compile(
    r"(令和|平成|昭和|[rhs])\s*(元|\d{1,2})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?",
    re.IGNORECASE,
)
_DAY: Final = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_EPOCH_MS: Final = re.compile(r"-?\d{11,14}")
_CLOCK: Final = re.compile(r"\s+(\d{1,2}):(\d{2})(?::(\d{2}))?$")


@transform(
    examples={
        "2026-01-02": dt.date(2026, 1, 2),
        "2026/1/2": dt.date(2026, 1, 2),
        "20260102": dt.date(2026, 1, 2),
        "2026年1月2日": dt.date(2026, 1, 2),
        "令和8年1月2日": dt.date(2026, 1, 2),
        "R8.1.2": dt.date(2026, 1, 2),
        "2026-01-02T03:04:05.000+0000": dt.date(2026, 1, 2),
        1767312000000: dt.date(2026, 1, 2),
    }
)
def date(value: Any, *, argument: str | None = None) -> dt.date:
    """A day; an instant becomes the day it has in UTC, or in the zone the argument names."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if isinstance(value, str) and (day := _written_day(value)) is not None:
        return day
    return datetime(value).astimezone(_zone(argument or "UTC")).date()


@transform(
    examples={
        "2026-01-02T03:04:05.000+0000": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        "2026-01-02T03:04:05Z": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        "2026-01-02T12:04:05+09:00": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        "1767312000000": dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        "2026/01/02 3:04": dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC),
        "2026-01-02": dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    }
)
def datetime(value: Any, *, argument: str | None = None, habits: Habits = USUAL) -> dt.datetime:
    """An instant in UTC; a local time is read in the zone of the argument or the project."""
    if isinstance(value, str):
        return _written_instant(value.strip(), argument or habits.timezone)
    if isinstance(value, dt.datetime):
        return _in_utc(value, argument or habits.timezone)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _since_epoch(int(value))
    raise ValueError("it is no point in time")


def _written_instant(text: str, zone: str) -> dt.datetime:
    if _EPOCH_MS.fullmatch(text):
        return _since_epoch(int(text))
    try:
        return _in_utc(dt.datetime.fromisoformat(text), "UTC" if len(text) <= 10 else zone)
    except ValueError:
        pass
    clock = _CLOCK.search(text)
    day = _written_day(text[: clock.start()] if clock else text)
    if day is None:
        raise ValueError("it is no point in time")
    if clock is None:
        return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
    hour, minute, second = (int(part or 0) for part in clock.groups())
    local = dt.datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=_zone(zone))
    return local.astimezone(dt.UTC)


def _in_utc(moment: dt.datetime, zone: str) -> dt.datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(zone))
    return moment.astimezone(dt.UTC)


def _since_epoch(milliseconds: int) -> dt.datetime:
    try:
        return _EPOCH + dt.timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise ValueError("it is no point in time") from None


def _written_day(value: str) -> dt.date | None:
    text = value.strip()
    if len(text) == 10 and text[4] == text[7] == "-" and text.isascii():
        return _day(text[:4], text[5:7], text[8:])
    text = unicodedata.normalize("NFKC", text)
    if found := _DAY.fullmatch(text) or _COMPACT.fullmatch(text):
        return _day(*found.groups())
    if found := _ERA_DAY.fullmatch(text):
        era, year, month, day = found.groups()
        within = 1 if year == "元" else int(year)
        return _day(str(_ERAS[era.lower()] + within), month, day)
    return None


def _day(year: str, month: str, day: str) -> dt.date:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("there is no such day") from None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("the time zone is unknown") from None
