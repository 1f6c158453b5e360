"""How deliveries misbehave when a test wants it: duplicates, disorder, delay, all under a seed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any, Final

import orjson

from sandbox.state import State

_NAME: Final = "hubspot_webhook_weather"


@dataclass(frozen=True, slots=True)
class Weather:
    """Probabilities from 0 to 1; `signature` is the version of the older header, v1 or v2."""

    seed: int = 0
    duplicate: float = 0.0
    repeat_id: float = 0.0
    shuffle: bool = False
    delay_seconds: float = 0.0
    signature: str = "v1"

    def dice(self, *about: object) -> Random:
        """Chance that is the same at every run for the same thing."""
        return Random(f"{self.seed}:{about}")


def weather(state: State) -> Weather:
    """The present weather of deliveries."""
    kept = state.setting(_NAME)
    return Weather() if kept is None else Weather(**orjson.loads(kept))


def _control(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Change the weather of deliveries: any of its fields; the answer shows all of them."""
    return asdict(change_weather(state, **asked))


def change_weather(state: State, **changes: Any) -> Weather:
    """Let deliveries misbehave from the next change on, such as `duplicate=0.2, shuffle=True`."""
    changed = replace(weather(state), **changes)
    state.set_setting(_NAME, orjson.dumps(asdict(changed)).decode())
    return changed


CONTROLS: Final = {"webhooks/weather": _control}
