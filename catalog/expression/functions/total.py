"""What every function means, in Python: the reference the engines are measured against.

Dates and instants are their text, as the store keeps them; None is unknown.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from math import floor, isfinite
from types import MappingProxyType
from typing import Any, Final

from catalog.shape import Type
from tasuki.values import instant

LARGEST: Final = 1e15
SMALLEST: Final = 1e-15
SPACES: Final = " \t\n\r\u00a0\u3000"
NUMBER: Final = r"^[-+]?[0-9]{1,15}(\.[0-9]{1,15})?$"
_LEAP: Final = "(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
DATE: Final = (
    "[0-9][0-9][0-9][0-9]-"
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|{_LEAP}-02-29"
)
"""A date that exists, in any year of four digits; year 0000 is refused apart from it."""
_TIME: Final = "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9][0-9][0-9]Z"

IS_NUMBER: Final = re.compile(NUMBER.replace("$", r"\Z"))
IS_DATE: Final = re.compile(f"(?!0000)(?:{DATE})\\Z")
IS_TIME: Final = re.compile(f"(?!0000)(?:{DATE}){_TIME}\\Z")
DATE_PATTERN: Final = f"^(?:{DATE})$"
TIME_PATTERN: Final = f"^(?:{DATE}){_TIME}$"

_DAY: Final = timedelta(days=1)
_FIRST: Final = date.min.toordinal()
_LAST: Final = date.max.toordinal()
_EXACT: Final = 4503599627370496.0
_LONGEST: Final = 1_000_000


def number(value: object) -> float | None:
    """A stored number as the language sees it: within 1e-15 and 1e15, or 0, or unknown."""
    if value is None:
        return None
    real = float(value)  # type: ignore[arg-type]  # the caller hands int, float or Decimal
    if not isfinite(real) or abs(real) > LARGEST:
        return None
    return real if abs(real) >= SMALLEST else 0.0


def rounded(value: float, digits: int = 0) -> float:
    """Halves away from zero."""
    return scaled(float(value), 10.0**digits)


def scaled(value: float, power: float) -> float:
    """Rounded to a power of ten, by the same float steps as the engines."""
    size = abs(value) * power
    if size >= _EXACT:
        return value
    near = floor(size + 0.5) / power
    return -near if value < 0 else near


def to_num(text: str) -> float | None:
    """The number behind plain digits."""
    return float(text) if IS_NUMBER.match(text) else None


def to_date(text: str) -> str | None:
    """The date behind `2026-01-31` or `2026/01/31`."""
    plain = text.replace("/", "-")
    return plain if IS_DATE.match(plain) else None


def substr(text: str, start: int, length: int = _LONGEST) -> str:
    """A piece of the text; the first character is 1."""
    first = min(max(start, 1), _LONGEST) - 1
    return text[first : first + min(max(length, 0), _LONGEST)]


def days_between_dates(start: str, end: str) -> int | None:
    """Whole days from one date to the other."""
    if not (IS_DATE.match(start) and IS_DATE.match(end)):
        return None
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


def days_between_instants(start: str, end: str) -> int | None:
    """Full 24 hours from one instant to the other."""
    if not (IS_TIME.match(start) and IS_TIME.match(end)):
        return None
    return (instant(end) - instant(start)) // _DAY


def _add_days(valid: re.Pattern[str]) -> Callable[[str, int], str | None]:
    def add_days(day: str, days: int) -> str | None:
        if not valid.match(day):
            return None
        moved = date.fromisoformat(day[:10]).toordinal() + days
        known = _FIRST <= moved <= _LAST
        return date.fromordinal(moved).isoformat() + day[10:] if known else None

    return add_days


def add_months(day: str, months: int) -> str | None:
    """The same day so many months later, or that month's last."""
    if not IS_DATE.match(day):
        return None
    start = date.fromisoformat(day)
    count = start.year * 12 + start.month - 1 + months
    if not 12 <= count <= 119_999:
        return None
    year, month = count // 12, count % 12 + 1
    last = monthrange(year, month)[1]
    return date(year, month, min(start.day, last)).isoformat()


def _part(valid: re.Pattern[str], start: int, end: int) -> Callable[[str], int | None]:
    def part(day: str) -> int | None:
        return int(day[start:end]) if valid.match(day) else None

    return part


STRICT: Final[MappingProxyType[str, Callable[..., Any]]] = MappingProxyType(
    {
        "abs": abs,
        "round": rounded,
        "to_num": to_num,
        "lower": str.lower,
        "upper": str.upper,
        "trim": lambda text: text.strip(SPACES),
        "length": len,
        "starts_with": str.startswith,
        "ends_with": str.endswith,
        "contains": lambda text, piece: piece in text,
        "substr": substr,
        "to_date": to_date,
        "days_between_date": days_between_dates,
        "days_between_datetime": days_between_instants,
        "add_days_date": _add_days(IS_DATE),
        "add_days_datetime": _add_days(IS_TIME),
        "add_months": add_months,
        "year_date": _part(IS_DATE, 0, 4),
        "year_datetime": _part(IS_TIME, 0, 4),
        "month_date": _part(IS_DATE, 5, 7),
        "month_datetime": _part(IS_TIME, 5, 7),
    }
)
"""Operations that are unknown as soon as an argument is; of days there is one for each type."""


def operation(name: str, kind: Type | None) -> str:
    """The operation behind a function, whose first argument is of that type."""
    return f"{name}_{kind}" if f"{name}_date" in STRICT else name
