"""What an erased person is known again by, and the values of a text that could be theirs."""

import re
from collections.abc import Iterator
from typing import Final

from mappings.transforms.people import phone
from sync.context import Tools

EMAIL: Final = "email"
REF: Final = "ref"
"""A record of theirs."""
PHONE: Final = "phone"
ABOUT: Final = "about"
"""A record of somebody else's in which they were written about."""
_ADDRESS: Final = re.compile(
    r"(?<![\w.+%'-])[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII
)
_NUMBER: Final = re.compile(r"(?<![\w.])[+(]?\d(?:[ ().-]{0,2}\d){8,14}(?!\w)", re.ASCII)
"""Kana and kanji stand right beside both; a long word costs no more than its length."""
_DIGITS: Final = 9
"""A telephone number has at least so many; fewer could be anything."""


def number_of(tools: Tools, text: str) -> str | None:
    """A text that is a telephone number, in the one form it is marked in."""
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) < _DIGITS or any(letter.isalpha() for letter in text):
        return None
    return phone(text, argument=tools.project.identity.phone_region) or digits


def values_in(tools: Tools, text: str) -> Iterator[tuple[str, str, str]]:
    """Addresses and telephone numbers of a text: kind, marked form, spelling."""
    if "@" in text:
        for found in _ADDRESS.findall(text):
            yield EMAIL, found.lower(), found
    for found in _NUMBER.findall(text):
        if (found[0] in "+(0" or not found.isdigit()) and (number := number_of(tools, found)):
            yield PHONE, number, found
