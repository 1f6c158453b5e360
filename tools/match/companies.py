"""Companies: the key, the account rules and the likeness, measured."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import Final

from mappings.transforms.company import company_key
from mappings.transforms.tables.forms import JAPANESE
from mappings.transforms.tables.kana import one_spelling
from tools.match import corrupt
from tools.match.corrupt import ANOTHER, HARMFUL, HARMLESS
from tools.match.score import (
    Candidate,
    Score,
    Spelled,
    candidates,
    joined,
    proposed,
    respelled,
    threshold,
)
from tools.match.things import Company, invented_companies, registered_companies

SEED: Final = 20260401
LEVELS: Final = (0.98, 0.95, 0.92, 0.90, 0.85, 0.80)
_INVENTED: Final = 2_000
_ASKED: Final = 400
NO_RANDOM: Final = Random(0)
"""For changes that leave nothing to chance."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    cells: tuple[str, ...]


def row(what: str, score: Score) -> Row:
    """A measurement as a line."""
    found = score.right + score.wrong
    return Row(
        (what, f"{score.pairs:,}", f"{found:,}", _share(score.precision), _share(score.recall))
    )


def fact(what: str, said: str) -> Row:
    """Something that is no pair."""
    return Row((what, said, "", "", ""))


def _share(number: float) -> str:
    """Cut, not rounded: 1.000 is said of all and of nothing less."""
    return f"{int(number * 1000) / 1000:.3f}"


def names() -> Iterator[Row]:
    """Each corruption of invented names, by the name rule alone."""
    those = invented_companies(_INVENTED)
    yield from _spellings(those, numbers=False)
    yield from _others(those)


def _spellings(those: Sequence[Company], *, numbers: bool) -> Iterator[Row]:
    everything = Score(0, 0, 0)
    for title, kinds in (("harmless", HARMLESS), ("harmful", HARMFUL)):
        total = Score(0, 0, 0)
        for what, change in kinds.items():
            found = joined(those, respelled(those, change, SEED), numbers=numbers)
            total += found
            yield row(what, found)
        yield row(f"all {title} ones", total)
        everything += total
    yield row("everything that was linked by itself", everything)


def _others(those: Sequence[Company]) -> Iterator[Row]:
    """Names of something else: whatever is joined with the company it comes from is wrong."""
    for what, change in ANOTHER.items():
        found = joined(those, respelled(those, change, SEED), numbers=False)
        yield Row((f"{what}: to be kept apart", f"{found.pairs:,}", f"{found.right:,}", "", ""))


def register() -> Iterator[Row]:
    """The register against itself and its corruptions; with and without numbers."""
    those = registered_companies()
    if not those:
        yield fact("shared data are not here", "")
        return
    yield fact("names shared by several numbers", f"{len(shared_names(those)):,}")
    same = respelled(those, lambda _rng, one: one.name, SEED)
    half = respelled(those, lambda _rng, one: one.name, SEED, known=0.5)
    all_ = respelled(those, lambda _rng, one: one.name, SEED, known=1)
    yield row("same name, no numbers at all", joined(those, same, numbers=False))
    yield row("same name, numbers on one side", joined(those, same, numbers=True))
    yield row(
        "same name, numbers on one side and half of the other", joined(those, half, numbers=True)
    )
    yield row("same name, numbers on both sides", joined(those, all_, numbers=True))
    yield from _spellings(those, numbers=True)
    yield from _others(those)


def shared_names(those: Sequence[Company]) -> dict[str, set[str]]:
    """Keys that belong to several corporate numbers."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in those:
        if one.number and (key := company_key(one.name)):
            found[key].add(one.number)
    return {key: numbers for key, numbers in found.items() if len(numbers) > 1}


def languages() -> Iterator[Row]:
    """What joins the Japanese name, the English one and the reading of one company."""
    those = registered_companies()
    if not those:
        yield fact("shared data are not here", "")
        return
    for what, change in (("English name", corrupt.english), ("reading", corrupt.reading)):
        yield row(f"{what}, exact key", joined(those, respelled(those, change, SEED), numbers=True))
    both = [one for one in those if one.english and one.reading]
    yield row("reading romanised = English name, exact key", _romanised_keys(both))
    asked = both[:: max(1, len(both) // _ASKED)]
    latin = [Company(one.id, corrupt.romanised(NO_RANDOM, one) or one.name) for one in both]
    found = candidates(latin, [Spelled(one, one.english) for one in asked])
    for least in LEVELS:
        yield row(
            f"reading romanised ≈ English name, likeness ≥ {least:.2f}",
            proposed(found, len(asked), least),
        )


def _romanised_keys(both: Sequence[Company]) -> Score:
    left: dict[str, set[str]] = defaultdict(set)
    for one in both:
        if key := company_key(corrupt.romanised(NO_RANDOM, one) or one.name):
            left[key].add(one.id)
    right = wrong = 0
    for one in both:
        near = left.get(company_key(one.english) or "", set())
        right += one.id in near
        wrong += len(near - {one.id})
    return Score(len({one.id for one in both}), right, wrong)


def proposals() -> Iterator[Row]:
    """What likeness proposes for corrupted names, each against the whole register."""
    those = registered_companies() or invented_companies(_INVENTED)
    mixed: list[Candidate] = []
    pairs = 0
    for what in ("typo", "cut off", "swapped words"):
        others = respelled(those, HARMFUL[what], SEED, most=_ASKED)
        found = candidates(those, others)
        pairs += len(others)
        mixed += found
        for least in (0.95, 0.90, 0.85):
            yield row(f"{what}, likeness ≥ {least:.2f}", proposed(found, len(others), least))
    latin = [Company(one.id, one.english) for one in those if one.english]
    typed = respelled(latin, corrupt.typo, SEED, most=_ASKED)
    found = candidates(latin, typed)
    mixed += found
    pairs += len(typed)
    for least in (0.95, 0.90, 0.85):
        yield row(f"English, typo, likeness ≥ {least:.2f}", proposed(found, len(typed), least))
    for least in LEVELS:
        yield row(f"all of these, likeness ≥ {least:.2f}", proposed(mixed, pairs, least))
    yield from _reached(mixed, pairs)


def _reached(found: Sequence[Candidate], pairs: int) -> Iterator[Row]:
    for wanted in (0.99, 0.95, 0.90):
        least = threshold(found, wanted)
        if least is None:
            yield fact(f"precision {wanted:.2f}", "at no likeness")
        else:
            yield row(
                f"precision {wanted:.2f} from likeness {least:.3f} on",
                proposed(found, pairs, least),
            )


def folding() -> Iterator[Row]:
    """How many names of the register fall together by more and more folding."""
    those = registered_companies()
    for what, fold in FOLDINGS.items():
        keys: dict[str, set[str]] = defaultdict(set)
        for one in those:
            keys[fold(one.name)].add(one.id)
        names = sum(len(numbers) > 1 for numbers in keys.values())
        yield fact(what, f"{names:,}")


def _without_form(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).casefold()
    return NOT_WORD.sub("", JAPANESE.sub("", text))


NOT_WORD: Final = re.compile(r"[\W_]+")
FOLDINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "as written": lambda name: name,
    "width and case": lambda name: unicodedata.normalize("NFKC", name).casefold(),
    "and no punctuation": lambda name: NOT_WORD.sub("", FOLDINGS["width and case"](name)),
    "and no legal form at all": _without_form,
    "and one kana, everyday kanji": lambda name: one_spelling(_without_form(name)),
    "company_key (forms but the ordinary one kept)": lambda name: company_key(name) or name,
}
"""Each takes more away than the one before it; the last gives the forms back."""


def western() -> Iterator[Row]:
    """Western names with their forms respelled: our table and cleanco, where it is installed."""
    those = _western_names()
    others = [
        Spelled(one, f"{stem}{form}")
        for one, stem in those
        for form in ("", ", Inc.", " Co., Ltd.", " CORP", " Ltd", " Corporation", " K.K.")
    ]
    kin = [
        Spelled(one, f"{stem}{form}") for one, stem in those for form in (" LLC", " GmbH", " AG")
    ]
    ways: dict[str, Callable[[str], str | None]] = {"company_key": company_key}
    try:
        from cleanco import basename  # pyright: ignore[reportMissingImports]
    except ImportError:
        yield fact("cleanco is not installed (`pip install cleanco` to compare)", "")
    else:
        ways["cleanco, twice over"] = lambda name: _without_form(basename(basename(name)))
    for what, way in ways.items():
        began = perf_counter()
        same = sum(way(each.name) == way(each.of.name) for each in others)
        apart = sum(way(each.name) == way(each.of.name) for each in kin)
        each_us = (perf_counter() - began) / 2 / (len(others) + len(kin)) * 1e6
        score = Score(len(others), same, apart)
        yield row(
            f"{what}: an ordinary company respelled; LLC, GmbH, AG apart ({each_us:.0f} µs)", score
        )


def _western_names() -> list[tuple[Company, str]]:
    """Companies with an English name, and that name without its form."""
    names = [one.english for one in registered_companies() if one.english] or [
        one.name for one in invented_companies(_INVENTED) if one.name.isascii()
    ]
    found = (
        (Company(name, name), corrupt.form_dropped(NO_RANDOM, Company(name, name)))
        for name in names
    )
    return [(one, stem) for one, stem in found if stem]
