"""A bulk job's file: an empty cell leaves its field alone, `#N/A` empties it."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, Final

CLEAR: Final = "#N/A"
_LONGEST: Final = 32_000
"""Characters of a cell; longer texts go out as JSON."""
_MOST_IN_ROW: Final = 400_000


def fits(values: Mapping[str, Any]) -> bool:
    """Whether a file can say this: no text that means something else in it, none too long."""
    cells = [each for each in values.values() if isinstance(each, str)]
    plain = (str, bool, int, float, Decimal, date, type(None))
    return (
        all(isinstance(each, plain) for each in values.values())
        and all(len(each) <= _LONGEST and each.strip() != CLEAR for each in cells)
        and sum(map(len, cells)) < _MOST_IN_ROW
    )


def written(rows: Sequence[Mapping[str, Any]], first: str) -> bytes:
    """The file: the column that names the record, then every other by name; lines end in LF."""
    names = {name for row in rows for name in row} - {first}
    header = [first, *sorted(names)]
    out = StringIO()
    lines = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    lines.writerow(header)
    lines.writerows([cell(row[name]) if name in row else "" for name in header] for row in rows)
    return out.getvalue().encode()


def cell(value: Any) -> str:
    """A value as text; what is empty is to be emptied."""
    if isinstance(value, str):
        return value if value.strip() else CLEAR
    if value is None:
        return CLEAR
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
