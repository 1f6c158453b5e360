"""Numbers, money and yes or no."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from mappings.transforms.registry import transform

_TRUE: Final = frozenset({"true", "t", "yes", "y", "1", "on", "はい", "有", "○", "◯"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0", "off", "いいえ", "無", "×", "✕"})
_MINUS: Final = re.compile(r"^[△▲−–-]\s*")
_MONEY_MARKS: Final = re.compile(r"[¥$€£]|円|jpy|usd|eur", re.IGNORECASE)
_UNITS: Final = (("億", 10**8), ("百万", 10**6), ("万", 10**4), ("千", 10**3))


@transform(examples={"1,234.50": Decimal("1234.50"), "１２": Decimal(12), 7: Decimal(7)})
def number(value: Any) -> Decimal:
    """A number, exactly."""
    if isinstance(value, Decimal):
        return _finite(value)
    if isinstance(value, bool):
        raise ValueError("true or false is no number")  # noqa: TRY004 - the value, not the code
    if isinstance(value, int):
        return Decimal(value)
    text = repr(value) if isinstance(value, float) else unicodedata.normalize("NFKC", str(value))
    return _decimal(text)


@transform(examples={"1,234": 1234, "12.0": 12, 7.0: 7})
def integer(value: Any) -> int:
    """A whole number; one with a fraction is refused."""
    found = number(value)
    if found != found.to_integral_value():
        raise ValueError("the number has a fraction")
    return int(found)


@transform(
    examples={
        "¥1,234,000": Decimal(1234000),
        "120万円": Decimal(1200000),
        "△500": Decimal(-500),
        "(1,000)": Decimal(-1000),
        "1000.0": Decimal("1000.0"),
    }
)
def money(value: Any) -> Decimal:
    """An amount, exactly, whatever signs and units it is written with."""
    if not isinstance(value, str):
        return number(value)
    text = _MONEY_MARKS.sub("", unicodedata.normalize("NFKC", value)).strip()
    sign = 1
    if text.startswith("(") and text.endswith(")"):
        sign, text = -1, text[1:-1]
    elif _MINUS.match(text):
        sign, text = -1, _MINUS.sub("", text)
    for unit, times in _UNITS:
        if text.endswith(unit):
            return sign * times * _decimal(text.removesuffix(unit))
    return sign * _decimal(text)


def _decimal(text: str) -> Decimal:
    try:
        return _finite(Decimal(text.replace(",", "").strip()))
    except InvalidOperation:
        raise ValueError("it is no number") from None


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("it is no finite number")
    return value


@transform(examples={"true": True, "0": False, "はい": True, 1: True})
def boolean(value: Any) -> bool:
    """Yes or no."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("it is neither yes nor no")


@transform(examples={"true": False, False: True})
def negate(value: Any) -> bool:
    """Yes becomes no, and no yes."""
    return not boolean(value)
