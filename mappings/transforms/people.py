"""People: names and phone numbers."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from mappings.transforms.registry import USUAL, Habits, transform

_HONORIFIC: Final = re.compile(r"\s*(?:様|さま|さん|殿|氏)$")
_TITLE: Final = re.compile(r"^(?:mr|mrs|ms|miss|dr|prof)\.?\s+", re.IGNORECASE)
_SPACES: Final = re.compile(r"\s+")
_JAPAN: Final = re.compile(r"0([1-9]\d{8,9})")
_PUNCTUATION: Final = str.maketrans("", "", " -().")
_JAPANESE: Final = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@transform(
    examples={
        " 青山\u3000太郎 様": "青山 太郎",
        "Ms. Ada  Lovelace": "Ada Lovelace",
        "ｱｵﾔﾏ": "アオヤマ",
    }
)
def person_name(value: str) -> str:
    """A person's name without titles, honorifics and stray spaces; its order stays."""
    text = _SPACES.sub(" ", unicodedata.normalize("NFKC", value)).strip()
    return _TITLE.sub("", _HONORIFIC.sub("", text))


@transform(
    examples={
        "青山 太郎": "青山",
        "Ada Lovelace": "Lovelace",
        "Lovelace, Ada": "Lovelace",
        "青山": "青山",
    }
)
def family_name(value: str) -> str:
    """The family name inside a full name: first in Japanese, last in Western order."""
    return _split(value)[0]


@transform(
    examples={
        "青山 太郎": "太郎",
        "Ada King Lovelace": "Ada King",
        "Lovelace, Ada": "Ada",
        "青山": None,
    }
)
def given_name(value: str) -> str | None:
    """The given name inside a full name; blank when there is only one name."""
    return _split(value)[1]


def _split(value: str) -> tuple[str, str | None]:
    text = person_name(value)
    family, comma, given = text.partition(",")
    if comma:
        return family.strip(), given.strip() or None
    if _JAPANESE.search(text):
        family, _, given = text.partition(" ")
        return family, given or None
    given, _, family = text.rpartition(" ")
    return family, given or None


@transform(
    examples={
        "03-1234-5678": "+81312345678",
        "０３（１２３４）５６７８": "+81312345678",
        "+1 650 253 0000": "+16502530000",
        "tel: 03-1234-5678 内線 12": "+81312345678",
        "-": None,
    }
)
def phone(value: str, *, argument: str | None = None, habits: Habits = USUAL) -> str | None:
    """A phone number as E.164; the argument names the country of numbers that name none."""
    return _e164(value, argument or habits.phone_region)


@lru_cache(maxsize=16_384)
def _e164(value: str, region: str) -> str | None:
    text = unicodedata.normalize("NFKC", value).partition("内線")[0]
    if region == "JP" and (plain := _JAPAN.fullmatch(text.translate(_PUNCTUATION))):
        return f"+81{plain[1]}"  # most numbers, at a tenth of the library's time
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


_MOBILE_JAPAN: Final = re.compile(r"\+81[789]0\d{8}")


@transform(
    examples={
        "090-1234-5678": "+819012345678",
        "03-1234-5678": None,
        "+44 7911 123456": "+447911123456",
    }
)
def mobile(value: str, *, argument: str | None = None, habits: Habits = USUAL) -> str | None:
    """A mobile number as E.164; blank for any other, since a switchboard has many people."""
    found = _e164(value, argument or habits.phone_region)
    if found is None or _MOBILE_JAPAN.fullmatch(found):
        return found
    kind = phonenumbers.number_type(phonenumbers.parse(found))
    return found if kind == PhoneNumberType.MOBILE else None
