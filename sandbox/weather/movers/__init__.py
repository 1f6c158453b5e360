"""What people do while a client reads: edits, merges, conversions, deletions, moved links.

Everybody here is a person at the screen: the platform's own rules decide what follows.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from sandbox.state import State
from sandbox.weather.movers import hubspot, salesforce
from sandbox.weather.rules import Move

_HANDS: Final[Mapping[str, Callable[[State, Move, Random], None]]] = {
    "salesforce": salesforce.act,
    "hubspot": hubspot.act,
}


def act(state: State, move: Move, dice: Random) -> None:
    """Do it; all of it or nothing. Errors: LookupError when there are too few such records."""
    with state.transaction():
        _HANDS[move.platform or ""](state, move, dice)


def dice(seed: int, place: int) -> Random:
    """The dice of what is done at the opening of a storm."""
    return Random(f"{seed}/opening/{place}")
