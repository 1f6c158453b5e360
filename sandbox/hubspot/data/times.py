"""Moments as HubSpot shows them: milliseconds inside, ISO 8601 with `Z` outside."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def millis(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment."""
    return (moment - _EPOCH) // _MILLISECOND


def iso(milliseconds: int) -> str:
    """The moment as HubSpot writes it: `2024-01-17T19:55:04.281Z`."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:03d}Z"


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
