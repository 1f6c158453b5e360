"""Did you mean: the nearest known word, for people who misspell."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like the given one, or None when nothing is near."""
    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(candidate.casefold(), candidate)
    found = get_close_matches(word.casefold(), list(by_fold), n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """A remedy that names the nearest known word, or what to do when none is near."""
    candidates = sorted(known)
    if (close := nearest(word, candidates)) is not None:
        return f"Did you mean `{close}`?"
    if not candidates:
        return otherwise
    shown = ", ".join(f"`{name}`" for name in candidates[:12])
    return f"{otherwise} Known: {shown}{', …' if len(candidates) > 12 else ''}."
