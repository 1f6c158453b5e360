"""Spelling: white space, case, width, kana, choices."""

import re
import unicodedata
from typing import Final

import jaconv

from mappings.transforms.registry import transform

_SPACES: Final = re.compile(r"\s+")
_COUNTRY: Final = re.compile(r"[_-].*")


@transform(examples={" Ada ": "Ada", "\u3000青葉\u3000": "青葉", "": ""})
def trim(value: str) -> str:
    """Remove white space at both ends."""
    return value.strip()


@transform(examples={"Ada  \n Lovelace": "Ada Lovelace", "青葉\u3000製作所": "青葉 製作所"})
def squeeze(value: str) -> str:
    """Trim, and make every run of white space one space."""
    return _SPACES.sub(" ", value).strip()


@transform(examples={"ADA": "ada", "Ada@Example.JP": "ada@example.jp"})
def lower(value: str) -> str:
    """Small letters."""
    return value.lower()


@transform(examples={"en_US": "en", "zh-TW": "zh", "ja": "ja"})
def language(value: str) -> str:
    """The language of a locale, without its country."""
    return _COUNTRY.sub("", value).lower()


@transform(examples={"flow": "FLOW"})
def upper(value: str) -> str:
    """Capital letters."""
    return value.upper()


@transform(examples={"ＦＬＯＷ": "FLOW", "㈱": "(株)", "ｱｵﾊﾞ": "アオバ"})
def nfkc(value: str) -> str:
    """Unicode's own canonical spelling (NFKC)."""
    return unicodedata.normalize("NFKC", value)


@transform(examples={"ＡＢＣ－１２３": "ABC-123", "ｱｵﾊﾞ": "アオバ", "㈱青葉": "㈱青葉"})
def width(value: str) -> str:
    """Half-width letters and digits, full-width kana; symbols such as ㈱ stay."""
    full_kana: str = jaconv.h2z(value, kana=True, ascii=False, digit=False)
    narrow: str = jaconv.z2h(full_kana, kana=False, ascii=True, digit=True)
    return narrow.replace("\u3000", " ")


@transform(examples={"あおば": "アオバ", "ｱｵﾊﾞ": "アオバ", "アオバ": "アオバ"})
def kana(value: str) -> str:
    """Hiragana and half-width kana as full-width katakana."""
    katakana: str = jaconv.hira2kata(unicodedata.normalize("NFKC", value))
    return katakana


@transform(examples={"FLOW; GRID;FLOW": "FLOW;GRID", "CARE": "CARE"})
def split_multi(value: str) -> str:
    """The choices of a multi-select in their order, each once, `;` between."""
    choices = (choice.strip() for choice in value.split(";"))
    return ";".join(dict.fromkeys(choice for choice in choices if choice))
