"""Kana that sound alike, written one way; for comparing, never for showing."""

import re
from collections.abc import Mapping
from typing import Final

from mappings.transforms.tables.kanji import VARIANTS

_FOREIGN_V: Final = re.compile("ヴ([ァィェォアイエオ]?)")
_V: Final[Mapping[str, str]] = dict(
    zip(("", *"ァィェォアイエオ"), "ブバビベボバビベボ", strict=True)
)
_KATAKANA: Final = {
    hiragana: hiragana + 0x60 for hiragana in (*range(0x3041, 0x3097), 0x309D, 0x309E)
}
_PLAIN: Final = str.maketrans(
    "ァィゥェォッャュョヮヵヶヂヅヰヱヲ", "アイウエオツヤユヨワカケジズイエオ"
)
_AT_ONCE: Final = {
    **VARIANTS,
    **{code: _PLAIN.get(katakana, katakana) for code, katakana in _KATAKANA.items()},
    **_PLAIN,
    **dict.fromkeys((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))),  # which glyph of a kanji
}
_DASH: Final = re.compile(r"(?<=[\u30a1-\u30f2\u30f4-\u30fa\u30fc])[-‐‑–—―−]")
"""A dash after kana is a long vowel, but for ン, which has none: セブン‐イレブン."""
_SOME_DASH: Final = re.compile("[-‐‑–—―−]")
_LAST_LONG: Final = re.compile(r"(?<=[\u30a1-\u30fa\u30fc]{3})ー+(?![\u30a1-\u30fc])")


def one_spelling(text: str) -> str:
    """Everyday kanji, and katakana alone: no small ones, ヴ as ブ.

    A bank writes キヤノン, a person キャノン.
    """
    if "ヴ" in text or "ゔ" in text:
        text = _FOREIGN_V.sub(lambda found: _V[found[1]], text.translate(_KATAKANA))
    plain = text.translate(_AT_ONCE)
    return _DASH.sub("ー", plain) if _SOME_DASH.search(plain) else plain


def short_end(text: str) -> str:
    """No long vowel where a longer katakana word ends: コンピューター as コンピュータ."""
    return _LAST_LONG.sub("", text) if "ー" in text else text
