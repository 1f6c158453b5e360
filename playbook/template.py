"""Texts with blanks: `{account.name}` and its like, filled in as people write values."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from tasuki.values import instant

BLANK: Final = re.compile(r"\{([a-z_]+)\.([a-z0-9_]+)\}")
OPEN: Final = re.compile(r"\{[^{}]*\}")
"""Whatever looks like a blank."""
UNKNOWN: Final = "–"
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:.*")


def fill(text: str, values: Mapping[str, Mapping[str, Any]], zone: str = "UTC") -> str:
    """The text with every blank filled in; an unknown value reads `–`."""

    def value(blank: re.Match[str]) -> str:
        found = values.get(blank[1], {}).get(blank[2])
        return UNKNOWN if found in (None, "") else shown(found, zone)

    return BLANK.sub(value, text)


def shown(value: Any, zone: str = "UTC") -> str:
    """A value as people write it: 1,234,567, 12.5, 2026-01-31, 2026-01-31 09:30 (local time)."""
    if isinstance(value, bool):
        return "✓" if value else UNKNOWN
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return _moment(instant(value).astimezone(ZoneInfo(zone)))
    return str(value)


def _number(value: float | Decimal) -> str:
    """Whole from a hundred on, one decimal below; the same from both engines."""
    number = float(value)
    if abs(number) >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.1f}"


def _moment(moment: datetime) -> str:
    """To the minute; a midnight is a day."""
    at_midnight = moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return f"{moment:%Y-%m-%d}" if at_midnight == timedelta(0) else f"{moment:%Y-%m-%d %H:%M}"
