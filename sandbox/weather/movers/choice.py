"""Whom a move befalls and what it writes, by the dice."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


def some(dice: Random, known: Sequence[T], count: int, what: str) -> list[T]:
    """So many of them. Errors: LookupError when there are fewer."""
    if len(known) < count:
        raise LookupError(f"{count} {what} are needed, there are {len(known)}")
    return dice.sample(known, count)


def written(dice: Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with a number of their own wherever a text says `{n}`."""
    number = str(dice.randrange(10**9))
    return {
        name: value.replace("{n}", number) if isinstance(value, str) else value
        for name, value in fields.items()
    }
