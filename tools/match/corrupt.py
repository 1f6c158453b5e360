"""What systems and people do to a name, the same for the same seed.

A corruption answers None where it says nothing about a name (no kanji to vary, nothing to cut off).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Final

from mappings.transforms.tables.kanji import VARIANTS
from sandbox.world.cast.names import full_width, half_width, romanize
from tools.match.things import Company, Person

Change = Callable[[Random, Company], str | None]
ChangePerson = Callable[[Random, Person], Person | None]

_FORM: Final = "株式会社"
_SHORT: Final = ("(株)", "㈱", "（株）", "（株） ", "株式會社", "㍿")
_WESTERN: Final = re.compile(
    r",?\s*(?:co\.?,?\s*ltd\.?|inc\.?|corporation|corp\.?|ltd\.?|limited)$", re.IGNORECASE
)
_OLD: Final = {
    new: chr(old)
    for old, new in reversed(VARIANTS.items())
    if chr(old) in "髙﨑齋邊澤濱廣國櫻龍眞惠榮條瀧嶋會學與寶鐵藏圓壽德靜關豐實團體氣經總藝"
}
_TO_HIRAGANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F5)}
_TO_KATAKANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3095)}
_LATIN: Final = "abcdefghijklmnopqrstuvwxyz"
_KANA: Final = "アイウエオカキクケコサシスセソタチツテトナニヌネノハマミムメモラリルレロン"
_KANJI: Final = "本大山川田中東西南北日新光工業製産商"
_NICKNAMES: Final = {
    "Ben": "Benjamin", "Daniel": "Dan", "Kate": "Katherine", "Liam": "William", "Noah": "Noe",
    "Peter": "Pete", "Simon": "Si", "Tessa": "Theresa", "Victor": "Vic", "Wendy": "Gwendolyn",
    "Zack": "Zachary", "Harvey": "Harv", "Alice": "Ally", "Clara": "Claire", "Quinn": "Quincy",
}  # fmt: skip


def other_than(name: str, found: str) -> str | None:
    """What was found, unless it is what was there."""
    return None if found == name else found


def form_moved(_rng: Random, one: Company) -> str | None:
    """株式会社 in front goes behind, and the other way round."""
    if _FORM not in one.name:
        return None
    stem = one.name.replace(_FORM, "").strip()
    return f"{stem}{_FORM}" if one.name.startswith(_FORM) else f"{_FORM}{stem}"


def form_shortened(rng: Random, one: Company) -> str | None:
    """(株), ㈱, Co.,Ltd and their like."""
    if _FORM in one.name:
        return one.name.replace(_FORM, rng.choice(_SHORT))
    if _WESTERN.search(one.name):
        return _WESTERN.sub(rng.choice((" Co.,Ltd", " CO., LTD.", ", Inc", " K.K.")), one.name)
    return None


def form_dropped(_rng: Random, one: Company) -> str | None:
    """No form at all."""
    stem = _WESTERN.sub("", one.name.replace(_FORM, "")).strip()
    return other_than(one.name, stem)


def width(rng: Random, one: Company) -> str | None:
    """Half-width kana and full-width letters, or all narrow."""
    plain = unicodedata.normalize("NFKC", one.name)
    ways = (half_width(plain), full_width(plain), plain)
    return rng.choice([way for way in ways if way != one.name] or [one.name])


def case(rng: Random, one: Company) -> str | None:
    """Capital or small letters."""
    return other_than(one.name, rng.choice((one.name.upper(), one.name.lower())))


def spaces(rng: Random, one: Company) -> str | None:
    """A space, wide or narrow, somewhere it does not belong."""
    at = rng.randrange(1, len(one.name)) if len(one.name) > 1 else 0
    if one.name[at - 1 : at + 1].isascii():
        return f" {one.name} "
    return one.name[:at] + rng.choice((" ", "\u3000")) + one.name[at:]


def kana(_rng: Random, one: Company) -> str | None:
    """Katakana as hiragana, hiragana as katakana."""
    swapped = one.name.translate({**_TO_HIRAGANA, **_TO_KATAKANA})
    return other_than(one.name, swapped)


def bank(_rng: Random, one: Company) -> str | None:
    """Katakana as a bank writes it: no small ones, half width, the form as カ)."""
    if not re.search("[ァィゥェォッャュョ]", one.name) or not one.name.startswith(_FORM):
        return None
    large = one.name.translate(str.maketrans("ァィゥェォッャュョ", "アイウエオツヤユヨ"))
    return half_width(large.replace(_FORM, "カ)"))


def variant_kanji(_rng: Random, one: Company) -> str | None:
    """髙 for 高, 澤 for 沢."""
    old = "".join(_OLD.get(letter, letter) for letter in one.name.replace(_FORM, "\0"))
    return other_than(one.name, old.replace("\0", _FORM))


def punctuation(rng: Random, one: Company) -> str | None:
    """Middle dots, full stops and hyphens come and go."""
    found = re.sub("[・･]", rng.choice((" ", "", "･")), one.name)
    return other_than(one.name, re.sub(r"(?<=\w)[.,](?=\s|$)", "", found))


def ampersand(_rng: Random, one: Company) -> str | None:
    """& as and, beside kana as アンド."""
    beside_kana = re.sub(r"(?<=[ぁ-ヿ])[&＆]|[&＆](?=[ぁ-ヿ])", "アンド", one.name)
    return other_than(one.name, re.sub(r"\s*[&＆]\s*", " and ", beside_kana))


def former(_rng: Random, one: Company) -> str | None:
    """What the company was called before, in brackets."""
    return f"{one.name}（旧 青葉第一商事）"


def typo(rng: Random, one: Company) -> str | None:
    """One letter too many, too few, wrong, or two changed round; never in the form."""
    stem = one.name.replace(_FORM, "")
    wrong = mistyped(rng, stem)
    return None if wrong is None else one.name.replace(stem, wrong)


def mistyped(rng: Random, text: str) -> str | None:
    """A text with one slip of the finger."""
    places = [at for at, letter in enumerate(text) if letter.isalnum()]
    if len(places) < 3:
        return None
    at = rng.choice(places[1:])
    pool = _LATIN if text[at].isascii() else _KANA if "ァ" <= text[at] <= "ヿ" else _KANJI
    pool = full_width(pool) if "！" <= text[at] <= "～" else pool
    letter = rng.choice(pool)
    return other_than(
        text,
        rng.choice(
            (
                text[:at] + letter + text[at:],
                text[:at] + text[at + 1 :],
                text[:at] + letter + text[at + 1 :],
                text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :],
            )
        ),
    )


def cut_off(_rng: Random, one: Company) -> str | None:
    """A field of 40 characters; of 20 for names in Japanese."""
    most = 40 if one.name.isascii() else 20
    return other_than(one.name, one.name[:most].rstrip())


def swapped_words(rng: Random, one: Company) -> str | None:
    """The words of a name in another order."""
    found = _WESTERN.search(one.name)
    stem, form = (one.name[: found.start()], found[0]) if found else (one.name, "")
    words = stem.replace("・", " ").split()
    if len(words) < 2:
        return None
    rng.shuffle(words)
    return other_than(one.name, " ".join(words) + form)


def english(_rng: Random, one: Company) -> str | None:
    """The English name instead of the Japanese one."""
    return one.english if one.english and not one.name.isascii() else None


def english_typo(rng: Random, one: Company) -> str | None:
    """A slip of the finger in the English name, of a record that has it."""
    return mistyped(rng, one.english) if one.english else None


def reading(_rng: Random, one: Company) -> str | None:
    """The reading instead of the name, where it differs."""
    return one.reading if one.reading and re.search("[\u4e00-\u9fff]", one.name) else None


def romanised(_rng: Random, one: Company) -> str | None:
    """The reading in Latin letters."""
    plain = re.sub("カブシキ[ガカ]イシャ", "", one.reading)
    return romanize(plain).title() if plain and not one.name.isascii() else None


def branch(rng: Random, one: Company) -> str | None:
    """A branch of the company: the same legal entity at another site."""
    place, kind = rng.choice(("大阪", "名古屋", "福岡")), rng.choice(("支店", "営業所", "工場"))
    return f"{one.name} {place}{kind}"


def holding(_rng: Random, one: Company) -> str | None:
    """The holding above the company: another legal entity."""
    if "ホールディングス" in one.name or "holdings" in one.name.lower():
        return None
    if _FORM in one.name:
        stem = one.name.replace(_FORM, "")
        return other_than(one.name, one.name.replace(stem, f"{stem}ホールディングス"))
    return f"{_WESTERN.sub('', one.name)} Holdings, Inc."


def other_form(_rng: Random, one: Company) -> str | None:
    """The limited liability company of the same name: another legal entity."""
    return one.name.replace(_FORM, "合同会社") if _FORM in one.name else None


HARMLESS: Final[Mapping[str, Change]] = {
    "form moved": form_moved,
    "form shortened": form_shortened,
    "form dropped": form_dropped,
    "width": width,
    "case": case,
    "spaces": spaces,
    "hiragana, katakana": kana,
    "a bank's kana": bank,
    "variant kanji": variant_kanji,
    "punctuation": punctuation,
    "& and": ampersand,
    "former name added": former,
}
"""Spellings of one name: the key must not move."""
HARMFUL: Final[Mapping[str, Change]] = {
    "typo": typo,
    "cut off": cut_off,
    "swapped words": swapped_words,
    "English name": english,
    "English, typo": english_typo,
    "reading": reading,
    "romanised": romanised,
}
"""Names that only look alike: no key can join them, a likeness may propose them."""
ANOTHER: Final[Mapping[str, Change]] = {
    "branch": branch,
    "holding": holding,
    "other form": other_form,
}
"""Names of something else that must never be joined by themselves."""


def _person_typo(rng: Random, one: Person) -> Person | None:
    if rng.random() < 0.5:
        found = _slip(rng, one.family)
        return None if found is None else replace(one, family=found)
    found = _slip(rng, one.given)
    return None if found is None else replace(one, given=found)


def _slip(rng: Random, text: str) -> str | None:
    if len(text) >= 3:
        return mistyped(rng, text)
    return other_than(text, text[:-1] + rng.choice("子郎朗美実介助太大"))


def _nickname(_rng: Random, one: Person) -> Person | None:
    short = _NICKNAMES.get(one.given)
    return replace(one, given=short) if short else None


def _in_kana(_rng: Random, one: Person) -> Person | None:
    if not one.family_reading:
        return None
    return replace(one, family=one.family_reading, given=one.given_reading)


def _variant(_rng: Random, one: Person) -> Person | None:
    family = "".join(_OLD.get(letter, letter) for letter in one.family)
    return None if family == one.family else replace(one, family=family)


PEOPLE: Final[Mapping[str, ChangePerson]] = {
    "unchanged": lambda _rng, one: one,
    "width and honorific": lambda _rng, one: replace(
        one, family=full_width(one.family), given=f"{one.given} 様"
    ),
    "variant kanji": _variant,
    "family and given swapped": lambda _rng, one: replace(one, family=one.given, given=one.family),
    "kana for kanji": _in_kana,
    "nickname": _nickname,
    "typo in the name": _person_typo,
    "given name missing": lambda _rng, one: replace(one, given=""),
    "typo in the mail": lambda rng, one: (
        replace(
            one,
            email=(mistyped(rng, one.email.split("@")[0]) or "x") + "@" + one.email.split("@")[1],
        )
        if one.email
        else None
    ),
}
"""What befalls a person's record."""
