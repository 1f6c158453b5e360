"""Companies: how a name is shown, the key that spellings share, the register number."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import jaconv

from mappings.transforms.registry import transform

_OLD: Final = (
    "髙﨑𠮷嵜邊邉澤濱濵廣國櫻龍眞惠榮條瀧彌嶋嶌冨會學與寶寳鐵藏礒圓壽德渕曻曾靜萬舘關"
    "豐實齋齊體團澁鹽佛應氣經總縣藝覺讀轉遙邨斉"
)
_NEW: Final = (
    "高崎吉崎辺辺沢浜浜広国桜竜真恵栄条滝弥島島富会学与宝宝鉄蔵磯円寿徳淵昇曽静万館関"
    "豊実斎斎体団渋塩仏応気経総県芸覚読転遥村斎"
)
VARIANTS: Final = str.maketrans(_OLD, _NEW)
"""Variant kanji → the everyday form; for comparing, never for showing."""

_SHORT_FORMS: Final = {
    "株": "株式会社",
    "有": "有限会社",
    "同": "合同会社",
    "資": "合資会社",
    "名": "合名会社",
}
_JAPANESE_FORMS: Final = re.compile(
    r"(?:株式|有限|合同|合資|合名|相互)会社|\([株有同資名]\)|^[カユド]\)|\([カユド]\)?$|\([カユド]\)"
)
_STRONG: Final = frozenset({"inc", "incorporated", "ltd", "llc", "gmbh", "plc", "corp"})
_WEAK: Final = frozenset(
    {
        "co", "company", "corporation", "limited", "sa", "sas", "sarl", "spa", "srl", "ag", "ab",
        "as", "aps", "kg", "kk", "gk", "yk", "bv", "nv", "oy", "oyj", "pty", "pte", "lp", "llp",
        "kabushiki", "godo", "yugen", "kaisha",
    }
)  # fmt: skip
_LEADING: Final = frozenset({"kk", "gk", "yk", "kabushiki", "godo", "yugen", "kaisha"})
_DOTTED: Final = re.compile(r"\b(?:[a-z]\.){1,4}[a-z]\b\.?")
_KANA_DASH: Final = re.compile(r"(?<=[\u30a0-\u30ff])[-‐‑–—―−]")
_NOT_WORD: Final = re.compile(r"[\W_]+")
_SPACES: Final = re.compile(r"\s+")


@transform(
    examples={
        " ㈱\u3000青葉製作所 ": "株式会社青葉製作所",
        "青葉製作所（株）": "青葉製作所株式会社",
        "ｱｵﾊﾞ株式会社": "アオバ株式会社",
        "Aoba  Co., Ltd.": "Aoba Co., Ltd.",
        "株式会社髙橋": "株式会社髙橋",
    }
)
def company_name(value: str) -> str:
    """A company's name to be shown: one width, legal form written out, no stray spaces."""
    text = _SPACES.sub(" ", unicodedata.normalize("NFKC", value)).strip()
    for short, long in _SHORT_FORMS.items():
        text = text.replace(f"({short})", long)
    for long in _SHORT_FORMS.values():
        text = text.replace(f"{long} ", long).replace(f" {long}", long)
    return text


@transform(
    examples={
        "株式会社青葉製作所": "青葉製作所",
        "㈱青葉製作所": "青葉製作所",
        "青葉製作所(株)": "青葉製作所",
        "青葉\u3000製作所\u3000株式會社": "青葉製作所",
        "ｱｵﾊﾞ･ｼｽﾃﾑ有限会社": "アオバシステム",
        "カ)アオバ": "アオバ",
        "あおば合同会社": "アオバ",
        "髙橋商事": "高橋商事",
        "Aoba Systems Co., Ltd.": "aobasystems",
        "AOBA SYSTEMS, INC": "aobasystems",
        "Aoba Systems G.m.b.H.": "aobasystems",
        "K.K. Aoba Systems": "aobasystems",
        "Limited Edition": "limitededition",
        "株式会社": None,
    }
)
def company_key(value: str) -> str | None:
    """The key that all spellings of a company's name share, without its legal form."""
    return _key(value)


@lru_cache(maxsize=16_384)
def _key(value: str) -> str | None:
    text = unicodedata.normalize("NFKC", value).casefold().strip().translate(VARIANTS)
    text = _KANA_DASH.sub("ー", jaconv.hira2kata(text))
    text = _JAPANESE_FORMS.sub(" ", text)
    text = _DOTTED.sub(lambda found: found[0].replace(".", ""), text)
    words = [word for word in _NOT_WORD.sub(" ", text.replace("'", "")).split() if word]
    return "".join(_without_forms(words)) or None


def _without_forms(words: list[str]) -> list[str]:
    kept = words[:1] + [word for word in words[1:] if word not in _STRONG]
    while len(kept) > 1 and kept[-1] in _WEAK:
        kept.pop()
    while len(kept) > 1 and kept[0] in _LEADING:
        kept.pop(0)
    return kept


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
