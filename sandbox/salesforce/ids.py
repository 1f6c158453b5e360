"""Salesforce record ids: 15 case-sensitive characters and three that check them."""

from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_POD: Final = "5g0000"
_WIDTH: Final = 6


def new_id(prefix: str, number: int) -> str:
    """The 18-character id of one record: the same prefix and number give the same id."""
    digits = ""
    for _ in range(_WIDTH):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return to_18(prefix + _POD + digits)


def to_18(short: str) -> str:
    """A 15-character id with its three checking characters."""
    blocks = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(_CHECK[_capitals(block)] for block in blocks)


def _capitals(block: str) -> int:
    return sum(1 << place for place, char in enumerate(block) if "A" <= char <= "Z")


def is_id(text: object) -> bool:
    """Whether this is an id: 15 characters, or 18 whose check holds."""
    if not isinstance(text, str) or not (text.isascii() and text.isalnum()):
        return False
    return len(text) == 15 or (len(text) == 18 and to_18(text[:15]) == text)


def full_id(text: str) -> str:
    """The 18-character form of an id in either form."""
    return to_18(text) if len(text) == 15 else text


def number_of(id: str) -> int | None:
    """The number `new_id` was given, or None for an id from elsewhere."""
    if id[3:9] != _POD:
        return None
    number = 0
    for char in id[9:15]:
        number = number * len(_DIGITS) + _DIGITS.index(char)
    return number
