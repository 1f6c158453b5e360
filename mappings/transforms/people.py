"""People: names and phone numbers."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from mappings.transforms.company import folded
from mappings.transforms.registry import USUAL, Habits, transform
from mappings.transforms.tables.junk import is_junk

_HONORIFIC: Final = re.compile(
    r"(?:\s*(?:様|殿|氏|先生)|(?:(?<=[^ぁ-ん])|\s)\s*(?:さま|さん|くん|ちゃん)|-(?:san|sama|kun))$",
    re.IGNORECASE,
)
_DEGREE: Final = re.compile(
    r"(?:,\s*|\s+)(?:jr|sr|ii|iii|ph\.?\s?d|m\.?d|mba|esq|cpa)\.?$", re.IGNORECASE
)
_TITLE: Final = re.compile(
    r"^(?:mr|mrs|ms|mx|miss|dr|prof|sir|herr|frau|mme)(?:\.\s*|\s+)", re.IGNORECASE
)
_NOT_WORD: Final = re.compile(r"[\W_]+")
_SPACES: Final = re.compile(r"\s+")
_JAPAN: Final = re.compile(r"0([1-9]\d{8,9})")
_NO_MORE: Final = re.compile(r"\(?(?:内線|内|代表?|直通|ext\b|extension|x(?=\s*\d))|[/、,;]|または")
_ABROAD: Final = re.compile(r"^00(?=[1-9])")
_IN_JAPAN: Final = re.compile(r"[1-9]\d{8,9}")
_PUNCTUATION: Final = str.maketrans("", "", " -().")
_JAPANESE: Final = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@transform(
    examples={
        " 青山\u3000太郎 様": "青山 太郎",
        "青山さん": "青山",
        "Aoyama-san": "Aoyama",
        "Ms. Ada  Lovelace": "Ada Lovelace",
        "Prof. Dr. Ada Lovelace, Ph.D.": "Ada Lovelace",
        "ｱｵﾔﾏ": "アオヤマ",
    }
)
def person_name(value: str) -> str:
    """A person's name without titles, honorifics and stray spaces; its order stays."""
    text = _SPACES.sub(" ", unicodedata.normalize("NFKC", value)).strip()
    before = ""
    while text != before:
        before, text = text, _TITLE.sub("", _DEGREE.sub("", _HONORIFIC.sub("", text))) or text
    return text


@transform(
    examples={
        "髙橋": "高橋",
        "齋藤 様": "斎藤",
        "たかはし": "タカハシ",
        "Müller": "muller",
        "O’Brien": "obrien",
        "Lovelace, Ada": "ada lovelace",
        "ADA-MARIE": "ada marie",
        "不明": None,
    }
)
def person_key(value: str) -> str | None:
    """The key that spellings of a name share: width, case, kana, variant kanji, accents, titles."""
    return None if is_junk(value) else _key(value)


@lru_cache(maxsize=65_536)
def _key(value: str) -> str | None:
    text = person_name(value)
    family, comma, given = text.partition(",")
    text = folded(f"{given} {family}" if comma else text)
    return " ".join(_NOT_WORD.sub(" ", text).split()) or None


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
        "０３ー１２３４ー５６７８": "+81312345678",
        "+81 (0)3 1234 5678": "+81312345678",
        "0081-3-1234-5678": "+81312345678",
        "+1 650 253 0000": "+16502530000",
        "tel: 03-1234-5678 内線 12": "+81312345678",
        "03-1234-5678（代表）": "+81312345678",
        "06-6123-4567 ext. 12": "+81661234567",
        "03-1234-5678／090-1234-5678": "+81312345678",
        "1234-5678": None,
        "000-0000-0000": None,
        "-": None,
    }
)
def phone(value: str, *, argument: str | None = None, habits: Habits = USUAL) -> str | None:
    """A phone number as E.164; the argument names the country of numbers that name none.

    An extension, a second number, a number without its area code say nothing and are left out.
    """
    return _e164(value, argument or habits.phone_region)


@lru_cache(maxsize=16_384)
def _e164(value: str, region: str) -> str | None:
    text = unicodedata.normalize("NFKC", value).lower().strip()
    if region == "JP" and (plain := _JAPAN.fullmatch(text.translate(_PUNCTUATION))):
        return f"+81{plain[1]}"  # most numbers, at a tenth of the library's time
    text = _ABROAD.sub("+", _NO_MORE.split(text)[0].strip())
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    if number.country_code == 81 and not _IN_JAPAN.fullmatch(str(number.national_number)):
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
