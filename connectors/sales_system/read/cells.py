"""What a cell holds, and whether it is what its declared type says."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from unicodedata import normalize

from connectors.sales_system.settings import CellType

_NUMBER: Final = re.compile(r"[-+(△▲]?\s*[¥$€£\\]?\s*(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?\s*円?\)?")
_DATE: Final = re.compile(r"(\d{4})(?:[-/.年])?(\d{1,2})(?:[-/.月])?(\d{1,2})日?([T ].*)?")


def plain(value: Any) -> Any:
    """A database value as JSON: amounts and dates as exact text, the rest as it is."""
    if isinstance(value, (Decimal, bytes)):
        return str(value) if isinstance(value, Decimal) else value.hex()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def complaint(values: Mapping[str, Any], types: Mapping[str, CellType]) -> str:
    """Which cell is not what it should be; nothing when all are. The value is not repeated."""
    for name, type in types.items():
        value = values.get(name)
        if value not in {None, ""} and not _fits(str(value), type):
            return f"column {name!r} is not {_ARTICLES[type]}"
    return ""


_ARTICLES: Final = {"int": "a whole number", "num": "a number", "date": "a date", "text": "text"}


def _fits(text: str, type: CellType) -> bool:
    text = normalize("NFKC", text).strip()
    if type == "date":
        return _is_date(text)
    if type == "text":
        return True
    whole = _NUMBER.fullmatch(text) is not None and any(char.isdigit() for char in text)
    return whole and (type == "num" or "." not in text)


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if not found:
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True
