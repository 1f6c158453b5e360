"""How alike two values of one field are; pure, symmetric, 1 for the same key.

Names are normalised as for a key first, so that only real differences count. Plain code points are
compared: a kanji is one letter, as it is one for whoever mistypes it.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from mappings.transforms.company import company_key, company_words
from mappings.transforms.people import person_key, phone
from mappings.transforms.tables.junk import is_junk
from mappings.transforms.web import domain, email

Compare = Callable[[str, str], float]
_DIGITS: Final = re.compile(r"\d+")
_ANOTHER_NUMBER: Final = 0.5
_ANOTHER_FORM: Final = 0.95
_CUT: Final = 20
"""A name this long that the other one starts with was cut off by some system."""


def likeness(kind: str, left: str, right: str) -> float:
    """0 for nothing in common, 1 for two spellings of one value.

    Shape: `kind` is an entity field (name, company_name, family_name, given_name, email, phone,
    domain) or `company`, `person`, `text`; any other is compared as text.
    """
    if is_junk(left) or is_junk(right):
        return 0.0
    return _COMPARE.get(kind, _text)(left, right)


def company(left: str, right: str) -> float:
    """Companies' names: without forms; other digits and other forms are other companies."""
    (one, form), (other, another) = _company(left), _company(right)
    if not one or not other:
        return 0.0
    found = _spelled(one, other)
    if _DIGITS.findall(one) != _DIGITS.findall(other):
        found *= _ANOTHER_NUMBER
    return found if form == another else found * _ANOTHER_FORM


@lru_cache(maxsize=16_384)
def _company(value: str) -> tuple[str, str]:
    words, form = company_words(value)
    return " ".join(words), form


def _spelled(one: str, other: str) -> float:
    """The best of: letter by letter, without spaces, words in any order, one cut off."""
    plain, also = one.replace(" ", ""), other.replace(" ", "")
    found = max(_letters(plain, also), fuzz.token_sort_ratio(one, other) / 100)
    short, long = sorted((plain, also), key=len)
    return max(found, 0.95) if len(short) >= _CUT and long.startswith(short) else found


def _letters(one: str, other: str) -> float:
    return float(DamerauLevenshtein.normalized_similarity(one, other))


def person(left: str, right: str) -> float:
    """People's names, family and given name in either order."""
    one, other = person_key(left), person_key(right)
    if one is None or other is None:
        return 0.0
    ways = ((one, other), (_swapped(one), other), (one, _swapped(other)))
    return max(_names(left.replace(" ", ""), right.replace(" ", "")) for left, right in ways)


def _swapped(name: str) -> str:
    return " ".join(reversed(name.split(" ")))


def _names(one: str, other: str) -> float:
    """The start of a name counts more: people shorten and mistype its end."""
    return float(JaroWinkler.normalized_similarity(*sorted((one, other))))


def _email(left: str, right: str) -> float:
    one, other = email(left), email(right)
    return 0.0 if one is None or other is None else _letters(one, other)


def _phone(left: str, right: str) -> float:
    one, other = phone(left), phone(right)
    return 0.0 if one is None or other is None else _letters(one, other)


def _domain(left: str, right: str) -> float:
    one, other = domain(left), domain(right)
    return 0.0 if one is None or other is None else _letters(one, other)


def _text(left: str, right: str) -> float:
    one, other = (company_key(each) or "" for each in (left, right))
    return _letters(one, other) if one and other else 0.0


_COMPARE: Final[Mapping[str, Compare]] = {
    "company": company,
    "name": company,
    "company_name": company,
    "person": person,
    "full_name": person,
    "family_name": person,
    "given_name": person,
    "email": _email,
    "phone": _phone,
    "domain": _domain,
}
