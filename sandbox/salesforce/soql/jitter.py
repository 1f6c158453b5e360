"""Page sizes that vary, as the platform shrinks pages when it likes: a setting of the state."""

from random import Random
from typing import Final

import orjson

from sandbox.state import State

_SETTING: Final = "page_size_jitter"


def page_size_jitter(state: State, seed: int | str | None, least: int = 1) -> None:
    """Let every later page hold between `least` rows and what it could; seed None stops it.

    The same seed and the same order of requests give the same sizes. `least` 0 gives empty pages
    that lead on.
    """
    value = "" if seed is None else orjson.dumps({"seed": seed, "least": least}).decode()
    state.set_setting(_SETTING, value)


class Jitter:
    """Draws page sizes for one server."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known = ""
        self._least = 0
        self._random: Random | None = None

    def page(self, most: int) -> int:
        """How many rows the next page holds, given how many it could."""
        text = self._state.setting(_SETTING) or ""
        if text != self._known:
            asked = orjson.loads(text) if text else None
            self._known = text
            self._random = Random(asked["seed"]) if asked else None
            self._least = asked["least"] if asked else 0
        if self._random is None or most <= 1:
            return max(most, 0)
        return self._random.randint(min(self._least, most), most)
