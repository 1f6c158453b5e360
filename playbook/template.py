"""Texts with blanks: `{account.name}` and its like, filled in as people write values."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from tasuki.values import instant

BLANK: Final = re.compile(r"\{([a-z_]+)\.([a-z0-9_]+)\}")
OPEN: Final = re.compile(r"\{[^{}]*\}")
"""Whatever looks like a blank."""
UNKNOWN: Final = "–"
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:.*")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAYS: Final = {"ja": "y年M月d日", "en": "d MMM y"}
_MOMENTS: Final = {"ja": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}


def fill(
    text: str,
    values: Mapping[str, Mapping[str, Any]],
    zone: str = "UTC",
    language: str | None = None,
) -> str:
    """The text with every blank filled in; an unknown value reads `–`."""

    def value(blank: re.Match[str]) -> str:
        found = values.get(blank[1], {}).get(blank[2])
        return UNKNOWN if found in (None, "") else shown(found, zone, language)

    return BLANK.sub(value, text)


def shown(value: Any, zone: str = "UTC", language: str | None = None) -> str:
    """A value as people write it: 1,234,567, 12.5, 31 Jan 2026, 31 Jan 2026, 09:30 (local time).

    Without a language, days and moments are written as 2026-01-31 and 2026-01-31 09:30.
    """
    if isinstance(value, bool):
        return "✓" if value else UNKNOWN
    if isinstance(value, (int, float, Decimal)):
        return _number(value, language)
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return _moment(instant(value).astimezone(ZoneInfo(zone)), language)
    if isinstance(value, date):
        return day(value, language)
    if isinstance(value, str) and _DAY.fullmatch(value):
        return _day(value, language)
    return str(value)


def day(value: date, language: str | None = None) -> str:
    """A day as people of a language write it."""
    if language is None:
        return value.isoformat()
    return format_date(value, _DAYS.get(language, "medium"), locale=language)


def _day(text: str, language: str | None) -> str:
    """A day; what only looks like one stays as it is written."""
    try:
        return day(date.fromisoformat(text), language)
    except ValueError:
        return text


def _number(value: float | Decimal, language: str | None) -> str:
    """Whole from a hundred on, one decimal below; the same from both engines."""
    number = float(value)
    is_whole = abs(number) >= 100 or number == int(number)
    if language is None:
        return f"{number:,.0f}" if is_whole else f"{number:.1f}"
    return format_decimal(number, "#,##0" if is_whole else "#,##0.0", locale=language)


def _moment(moment: datetime, language: str | None) -> str:
    """To the minute; a midnight is a day."""
    at_midnight = moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if at_midnight == timedelta(0):
        return day(moment.date(), language)
    if language is None:
        return f"{moment:%Y-%m-%d %H:%M}"
    return format_datetime(moment, _MOMENTS.get(language, "medium"), locale=language)
