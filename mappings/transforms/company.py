"""Companies: how a name is shown, the key that spellings share, the register number."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from mappings.transforms.registry import transform
from mappings.transforms.tables.forms import (
    ANYWHERE,
    BRACKETED,
    JAPANESE,
    LEADING,
    ORDINARY,
    PHRASES,
    WESTERN,
    japanese_form,
)
from mappings.transforms.tables.junk import is_junk
from mappings.transforms.tables.kana import one_spelling, short_end

_SPACES: Final = re.compile(r"\s+")
_SHOWN_FORMS: Final = ("株式会社", "有限会社", "合同会社", "合資会社", "合名会社")
_DOTTED: Final = re.compile(r"\b(?:[a-z]\.){1,4}[a-z]\b\.?")
_SLASHED: Final = re.compile(r"\ba/s\b")
_APOSTROPHE: Final = re.compile("['’‘′ʼ`´]")
_FORMER: Final = re.compile(
    r"\(\s*(?:定款上[のノ])?(?:商号|称号|旧|旧社名|旧商号|旧名|現|通称|略称)[^()]*\)"
    r"|\(\s*(?:formerly|fka|dba)\b[^()]*\)"
)
_ACCENTED: Final = re.compile("[À-ɏḀ-ỿ]")
_NOT_WORD: Final = re.compile(r"[\W_]+")
_HOLDINGS: Final = re.compile(
    r"(?<=[\u30a1-\u30fc\u4e00-\u9fff])(?:hd|ホールデイングス?|holdings?)$"
)
_AND: Final = re.compile(r"(?<=[ぁ-ヿ])\s*&|&(?=\s*[ぁ-ヿ])")
"""An & beside kana is read アンド, any other `and`."""
_ENDS_IN_SITE: Final = re.compile(
    r"(?:支店|支社|支所|支部|支局|本店|本社|営業所|事業所|事務所|出張所|工場|研究所|物流センター)$"
)
_PADDED: Final = re.compile(r"\(\s+|\s+\)")
"""White space within brackets says nothing."""
_BEFORE_SITE: Final = re.compile(r"\s|・|会社|法人|銀行|\)")
_WESTERN_SITE: Final = re.compile(
    r"\b(?:ltd|inc|llc|limited|corporation|gmbh|k\.k)\.?,? (.+ (?:branch|office|plant|factory))$",
    re.IGNORECASE,
)


@transform(
    examples={
        " ㈱\u3000青葉製作所 ": "株式会社青葉製作所",
        "青葉製作所（株）": "青葉製作所株式会社",
        "ｱｵﾊﾞ株式会社": "アオバ株式会社",
        "（一社）青葉協会": "一般社団法人青葉協会",
        "Aoba  Co., Ltd.": "Aoba Co., Ltd.",
        "株式会社髙橋": "株式会社髙橋",
    }
)
def company_name(value: str) -> str:
    """A company's name to be shown: one width, legal form written out, no stray spaces."""
    text = _SPACES.sub(" ", unicodedata.normalize("NFKC", value)).strip()
    if "(" in text:
        for short, long in BRACKETED.items():
            text = text.replace(f"({short})", long)
    for long in _SHOWN_FORMS:
        text = text.replace(f"{long} ", long).replace(f" {long}", long)
    return text


@transform(
    examples={
        "株式会社青葉製作所": "青葉製作所",
        "㈱青葉製作所": "青葉製作所",
        "青葉製作所(株)": "青葉製作所",
        "青葉製作所 ( 株 )": "青葉製作所",
        "青葉\u3000製作所\u3000株式會社": "青葉製作所",
        "カブシキガイシャアオバ": "アオバ",
        "カ)アオバ": "アオバ",
        "あおば": "アオバ",
        "キャノン": "キヤノン",
        "青葉コンピューター": "青葉コンピユータ",
        "髙橋商事": "高橋商事",
        "青葉商会（旧 緑商会）": "青葉商会",
        "青葉ＨＤ株式会社": "青葉ホールデイングス",
        "青葉銀行": "青葉銀行",
        "株式会社青葉製作所 大阪支店": "青葉製作所大阪支店",
        "ｱｵﾊﾞ･ｼｽﾃﾑ有限会社": "アオバシステム 有限会社",
        "（同）あおば": "アオバ llc",
        "Aoba G.K.": "aoba llc",
        "医療法人社団青葉会": "青葉会 医療法人",
        "Aoba Systems Co., Ltd.": "aobasystems",
        "AOBA SYSTEMS, INC": "aobasystems",
        "K.K. Aoba Systems": "aobasystems",
        "あおば＆みどり": "アオバアンドミドリ",
        "The Aoba & Midori Company": "aobaandmidori",
        "Äoba Systems G.m.b.H.": "aobasystems gmbh",
        "Aoba GmbH & Co. KG": "aoba gmbh kg",
        "Limited Edition": "limitededition",
        "株式会社": None,
        "n/a": None,
    }
)
def company_key(value: str) -> str | None:
    """The key that all spellings of a company's name share.

    An ordinary company's form is left out, any other stays: 青葉 and 合同会社青葉 are two.
    """
    return None if is_junk(value) else _key(value)


@lru_cache(maxsize=65_536)
def _key(value: str) -> str | None:
    words, form = _read(value)
    stem = _HOLDINGS.sub("ホールデイングス", short_end("".join(words)))
    if not stem or is_junk(stem):
        return None
    return f"{stem} {form}" if form else stem


def company_words(value: str) -> tuple[list[str], str]:
    """A name's words as they are compared, and its legal form (blank for an ordinary company)."""
    words, form = _read(value)
    return list(words), form


@lru_cache(maxsize=16_384)
def _read(value: str) -> tuple[tuple[str, ...], str]:
    forms: set[str] = set()

    def note(found: re.Match[str]) -> str:
        forms.add(japanese_form(found))
        return " "

    text = JAPANESE.sub(note, folded(value))
    if "." in text or "/" in text:
        text = _DOTTED.sub(lambda found: found[0].replace(".", ""), _SLASHED.sub("as", text))
    text = " ".join(_NOT_WORD.sub(" ", text).split())
    words = PHRASES.sub(lambda found: str(found.lastgroup), text).split(" ")
    kept = tuple(_without_forms(words, forms))
    return kept, " ".join(sorted(forms - {ORDINARY}))


def folded(value: str) -> str:
    """A name in one width, case, kana and kanji, without accents, apostrophes and former names."""
    text = unicodedata.normalize("NFKC", value).casefold().strip()
    text = _ACCENTED.sub(lambda found: unicodedata.normalize("NFD", found[0])[0], text)
    if "&" in text:
        text = _AND.sub("アンド", text).replace("&", " and ")
    if not text.isascii():
        text = one_spelling(text)
    text = _APOSTROPHE.sub("", text)
    if "(" in text:
        text = _FORMER.sub(" ", _PADDED.sub(lambda found: found[0].strip(), text))
    return text


def _without_forms(words: list[str], forms: set[str]) -> list[str]:
    kept = words[1:] if words[0] == "the" and len(words) > 1 else words
    while len(kept) > 1 and (kept[-1] in WESTERN or (forms and kept[-1] == "and")):
        forms.add(WESTERN.get(kept[-1], ORDINARY))
        kept = kept[:-1]
    while len(kept) > 1 and kept[0] in LEADING:
        forms.add(WESTERN[kept[0]])
        kept = kept[1:]
    forms.update(WESTERN[word] for word in kept[1:] if word in ANYWHERE)
    return kept[:1] + [word for word in kept[1:] if word not in ANYWHERE]


@transform(
    examples={
        "株式会社青葉製作所 大阪支店": "大阪支店",
        "青葉製作所株式会社大阪支店": "大阪支店",
        "青葉銀行 本店": "本店",
        "Aoba Inc. Osaka Branch": "Osaka Branch",
        "大阪支店": "大阪支店",
        "株式会社青葉製作所": None,
    }
)
def site(value: str) -> str | None:
    """The branch, plant or office that a company's name ends with; blank for the company itself."""
    text = _SPACES.sub(" ", unicodedata.normalize("NFKC", value)).strip()
    if found := _WESTERN_SITE.search(text):
        return str(found[1])
    return _BEFORE_SITE.split(text)[-1] or None if _ENDS_IN_SITE.search(text) else None


@transform(
    examples={
        "1010012345678": "1010012345678",
        "１－０１００－１２３４５６７８": "1010012345678",
        "T1010012345678": "1010012345678",
        "1010012345679": None,
        "12345": None,
        1010012345678: "1010012345678",
    }
)
def corporate_number(value: str) -> str | None:
    """A 法人番号 of 13 digits whose check digit is right; blank otherwise."""
    text = unicodedata.normalize("NFKC", value).strip().removeprefix("T")
    digits = re.sub(r"[\s\-‐–—−ー.]", "", text)
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if int(digits[0]) == check_digit(digits[1:]) else None


def check_digit(twelve: str) -> int:
    """The digit that stands before the twelve digits of a 法人番号.

    Source: Ordinance on the Designation of Corporate Numbers, article 2: 9 − (Σ Pn·Qn mod 9),
    counted from the right, Qn being 1 for odd and 2 for even n.
    """
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(twelve)))
    return 9 - total % 9
