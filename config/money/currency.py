"""Currencies, and what they were worth: rates of the day, kept in a file of the project."""

import csv
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from tasuki.errors import ConfigError, Place

CODE: Final = "^[A-Z]{3}$"
"""What a currency is called: its ISO 4217 code."""
_PLACES: Final[Mapping[str, int]] = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
_COLUMNS: Final = ("date", "currency", "rate")


def rounded(amount: Decimal, currency: str) -> Decimal:
    """An amount as its currency is counted: yen whole, most others in hundredths.

    Halves go away from zero, as invoices and both CRMs round; halves to even surprise whoever
    checks a converted amount by hand.
    """
    step = Decimal(1).scaleb(-_PLACES.get(currency, 2))
    return amount.quantize(step, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of each currency was worth, day by day, in the project's own."""

    own: str = "JPY"
    by_currency: Mapping[str, tuple[tuple[date, Decimal], ...]] = field(default_factory=dict)
    """Currency → (day, rate), oldest first."""

    def rate(self, currency: str, day: date | None = None) -> Decimal | None:
        """The newest rate on or before the day (of all when None); None when there is none."""
        if currency == self.own:
            return Decimal(1)
        known = self.by_currency.get(currency, ())
        until = len(known) if day is None else bisect_right(known, day, key=lambda pair: pair[0])
        return known[until - 1][1] if until else None


def load_rates(path: Path, file: str, own: str) -> Rates:
    """The rates of a CSV file with the columns date, currency and rate.

    Errors: ConfigError with file and line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return Rates(own, _by_currency(_rows(stream, file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(
            f"{file} cannot be read",
            where=file,
            why="it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else "see the path",
            remedy="Write a CSV with the columns date,currency,rate, or take `rates` out.",
        ) from error


def _rows(stream: Iterable[str], file: str) -> Iterator[tuple[str, date, Decimal]]:
    reader = csv.DictReader(stream)
    if missing := [name for name in _COLUMNS if name not in (reader.fieldnames or ())]:
        raise ConfigError(
            f"{file} has no column `{missing[0]}`",
            where=Place(file, 1, 1),
            why="a rate is a day, a currency and what one unit of it was worth",
            remedy="Let the first line say date,currency,rate.",
        )
    for row in reader:
        yield _row(row, Place(file, reader.line_num))


def _row(row: Mapping[str, str | None], place: Place) -> tuple[str, date, Decimal]:
    try:
        day = date.fromisoformat((row["date"] or "").strip())
        rate = Decimal((row["rate"] or "").strip())
    except (ValueError, InvalidOperation):
        raise _no_rate(place, "its date or its rate cannot be read") from None
    code = (row["currency"] or "").strip()
    if not (len(code) == 3 and code.isascii() and code.isupper()):
        raise _no_rate(place, "its currency is no code of three capital letters")
    if not rate.is_finite() or rate <= 0:
        raise _no_rate(place, "a rate is more than nothing")
    return code, day, rate


def _no_rate(place: Place, why: str) -> ConfigError:
    return ConfigError(
        "This line is no rate", where=place, why=why, remedy="Write e.g. 2026-01-31,USD,152.35."
    )


def _by_currency(
    rows: Iterable[tuple[str, date, Decimal]],
) -> dict[str, tuple[tuple[date, Decimal], ...]]:
    found: dict[str, dict[date, Decimal]] = {}
    for code, day, rate in rows:
        found.setdefault(code, {})[day] = rate
    return {code: tuple(sorted(days.items())) for code, days in found.items()}
