"""Kana that sound alike, written one way; for comparing, never for showing."""

import re
from typing import Final

import jaconv

_FOREIGN_V: Final = re.compile("ヴ([ァィェォ]?)")
_V: Final = {"": "ブ", "ァ": "バ", "ィ": "ビ", "ェ": "ベ", "ォ": "ボ"}
_FOLDED: Final = str.maketrans(
    "ァィゥェォッャュョヮヵヶヂヅヰヱヲ", "アイウエオツヤユヨワカケジズイエオ"
)
_DASH: Final = re.compile(r"(?<=[\u30a1-\u30fa\u30fc])[-‐‑–—―−]")
_LAST_LONG: Final = re.compile(r"(?<=[\u30a1-\u30fa\u30fc]{3})ー+(?![\u30a1-\u30fc])")


def one_kana(text: str) -> str:
    """Katakana alone, no small ones, ヴ as ブ, the last long vowel of a longer word left out.

    A bank writes キヤノン, a person キャノン; one writes コンピューター, another コンピュータ.
    """
    katakana = _DASH.sub("ー", str(jaconv.hira2kata(text)))
    plain = _FOREIGN_V.sub(lambda found: _V[found[1]], katakana).translate(_FOLDED)
    return _LAST_LONG.sub("", plain)
