"""Invented names and the many ways in which systems spell the same one."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from sandbox.world.cast import lexicon

_DIGRAPHS: Final = {
    "ャ": "a", "ュ": "u", "ョ": "o", "ァ": "a", "ィ": "i", "ェ": "e", "ォ": "o",
}  # fmt: skip
_ROWS: Final = {
    "アイウエオ": "a i u e o", "カキクケコ": "ka ki ku ke ko", "サシスセソ": "sa shi su se so",
    "タチツテト": "ta chi tsu te to", "ナニヌネノ": "na ni nu ne no",
    "ハヒフヘホ": "ha hi fu he ho", "マミムメモ": "ma mi mu me mo",
    "ヤユヨ": "ya yu yo", "ラリルレロ": "ra ri ru re ro",
    "ワヲン": "wa o n", "ガギグゲゴ": "ga gi gu ge go", "ザジズゼゾ": "za ji zu ze zo",
    "ダヂヅデド": "da ji zu de do", "バビブベボ": "ba bi bu be bo", "パピプペポ": "pa pi pu pe po",
    "ヴ": "v",
}  # fmt: skip
_SOUNDS: Final = {
    kana: sound
    for row, sounds in _ROWS.items()
    for kana, sound in zip(row, sounds.split(), strict=True)
}
_HALF: Final = {
    unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)
}
_MARKS: Final = {"\u3099": "ﾞ", "\u309a": "ﾟ"}
_FRONT_SHARE: Final = 0.55
_VARIANTS: Final = str.maketrans({"髙": "高", "﨑": "崎"})


@dataclass(frozen=True, slots=True)
class CompanyName:
    """One invented company name: its stem, how it is read, and where its legal form stands."""

    stem: str
    reading: str
    script: str
    in_front: bool

    def extended(self, written: str, reading: str) -> "CompanyName":
        """A name that merely begins with this one: another company's."""
        gap = " " if self.script == "latin" else ""
        return CompanyName(
            f"{self.stem}{gap}{written}",
            f"{self.reading}{gap}{reading}",
            self.script,
            self.in_front,
        )


def romanize(kana: str) -> str:
    """Kana in simple Hepburn, long vowels shortened: サトウ is `sato`."""
    out = ""
    doubled = False
    for char in kana:
        if char == "ッ":
            doubled = True
        elif char in _DIGRAPHS:
            out = (out[:-1] or out) + _glide(out, char) + _DIGRAPHS[char]
        elif char != "ー":
            sound = _SOUNDS.get(char, char.lower())
            out += (sound[0] if doubled else "") + sound
            doubled = False
    return out.replace("ou", "o").replace("oo", "o").replace("uu", "u")


def _glide(before: str, small: str) -> str:
    if small not in "ャュョ" or before.endswith(("shi", "chi", "ji")):
        return ""
    return "y"


def half_width(text: str) -> str:
    """Katakana in the half-width form old systems print."""
    marks = unicodedata.normalize("NFD", text)
    return "".join(_MARKS.get(char) or _HALF.get(char, char) for char in marks)


def full_width(text: str) -> str:
    """ASCII letters, digits and signs in their full-width form."""
    wide = (chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)
    return "".join(wide).replace(" ", "\u3000")


def spell(name: CompanyName, style: str) -> str:
    """The name in one system's habit.

    Shape:  styles are full, paren, sign, moved, half, wide, variant, bare, english.
    """
    return _spell_latin(name, style) if name.script == "latin" else _spell_japanese(name, style)


def _spell_latin(name: CompanyName, style: str) -> str:
    forms = {
        "full": f"{name.stem} Co., Ltd.",
        "paren": f"{name.stem} Co.,Ltd",
        "sign": f"{name.stem.upper()} CO., LTD.",
        "moved": f"株式会社{name.stem}",
        "half": f"㈱{name.stem}",
        "wide": full_width(f"{name.stem} Co.,Ltd."),
        "variant": f"{name.stem.upper()} Co Ltd",
        "bare": name.stem,
    }
    return forms.get(style, f"{name.stem} Co., Ltd.")


def _spell_japanese(name: CompanyName, style: str) -> str:
    front = name.in_front
    if style == "english":
        return " ".join(romanize(word).title() for word in name.reading.split()) + " Co., Ltd."
    if style == "half":
        return _joined("(株)", half_width(name.stem), in_front=front)
    if style == "bare":
        return name.stem
    stem = name.stem.translate(_VARIANTS) if style == "variant" else name.stem
    legal = {"paren": "(株)", "sign": "㈱", "wide": "（株）"}.get(style, "株式会社")
    return _joined(legal, stem, in_front=front != (style == "moved"))


def _joined(legal: str, stem: str, *, in_front: bool) -> str:
    return f"{legal}{stem}" if in_front else f"{stem}{legal}"


def company_names(rng: Random) -> Iterator[CompanyName]:
    """Company names without end, no two alike."""
    kana = [
        _read_as_written(first + second)
        for first in lexicon.KANA_FIRST
        for second in lexicon.KANA_SECOND
    ]
    pools = {
        "kanji": _spread(rng, _kanji(), len(lexicon.TRADES)),
        "kana": _spread(rng, kana, 1),
        "latin": _spread(rng, _latin(), len(lexicon.LATIN_TRADES)),
    }
    ends = dict.fromkeys(pools, 0)
    while True:
        script = rng.choices(("kanji", "kana", "latin"), (58, 20, 22))[0]
        lap, place = divmod(ends[script], len(pools[script]))
        ends[script] += 1
        name = CompanyName(*pools[script][place], script, rng.random() < _FRONT_SHARE)
        yield name if lap == 0 else name.extended(*_lap(script, lap))


def _read_as_written(text: str) -> tuple[str, str]:
    return text, text


def _lap(script: str, lap: int) -> tuple[str, str]:
    return (
        _read_as_written(f"No {lap + 1}")
        if script == "latin"
        else (f"第{lap + 1}", f" Dai{lap + 1}")
    )


def variant_names(rng: Random) -> Iterator[CompanyName]:
    """Names written with 髙 or 﨑, which half of the systems write as 高 and 崎."""
    for stem, reading in _spread(rng, _kanji_of(lexicon.VARIANT_STEMS), len(lexicon.TRADES)):
        yield CompanyName(stem, reading, "kanji", rng.random() < _FRONT_SHARE)


def _kanji() -> list[tuple[str, str]]:
    return _kanji_of(
        (first + second, reading + sound)
        for first, reading in lexicon.KANJI_FIRST
        for second, sound in lexicon.KANJI_SECOND
    )


def _kanji_of(stems: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (stem + trade, f"{reading} {craft}")
        for stem, reading in stems
        for trade, craft in lexicon.TRADES
    ]


def _latin() -> list[tuple[str, str]]:
    return [
        _read_as_written(f"{first}{second} {trade}")
        for first in lexicon.LATIN_FIRST
        for second in lexicon.LATIN_SECOND
        for trade in lexicon.LATIN_TRADES
    ]


def _spread(rng: Random, pool: list[tuple[str, str]], trades: int) -> list[tuple[str, str]]:
    """Every stem with one of its trades, then every stem with its next one, in random order."""
    order = list(range(len(pool) // trades))
    rng.shuffle(order)
    turns = [rng.randrange(trades) for _ in order]
    return [
        pool[stem * trades + (turns[place] + lap) % trades]
        for lap in range(trades)
        for place, stem in enumerate(order)
    ]
