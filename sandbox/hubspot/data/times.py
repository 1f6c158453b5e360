"""Moments as HubSpot shows them: milliseconds inside, ISO 8601 with `Z` outside."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_DAY: Final = 86_400_000
_MINUTES: Final = tuple(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))


def millis(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment."""
    return (moment - _EPOCH) // _MILLISECOND


def iso(milliseconds: int) -> str:
    """The moment as HubSpot writes it: `2024-01-17T19:55:04.281Z`."""
    number, rest = divmod(milliseconds, _DAY)
    minute, rest = divmod(rest, 60_000)
    second, rest = divmod(rest, 1000)
    return f"{_date(number)}{_MINUTES[minute]}{second:02d}.{rest:03d}Z"


@lru_cache(maxsize=4096)
def _date(number: int) -> str:
    """The day of this number since 1970; two moments a record make this the price of a page."""
    return (_EPOCH + timedelta(days=number)).date().isoformat()


def parse(text: str) -> int | None:
    """Milliseconds of an epoch-ms number, a date or an ISO 8601 moment; None when it is neither."""
    try:
        if text.lstrip("-").isdigit():
            return int(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return millis(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def day(milliseconds: int) -> str:
    """The UTC day of a moment."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d}"


def text(value: object) -> str:
    """A Python value as the string HubSpot would hold."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            return iso(millis(value))
        case date():
            return value.isoformat()
    return str(value)
