"""How this account behaves: subscription, limits and the habits a test may switch."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import orjson

from sandbox.state import State

TOKEN: Final = "pat-tasuki-sandbox"  # noqa: S105 - a sandbox's well-known token guards nothing
_NAME: Final = "hubspot_settings"


@dataclass(frozen=True, slots=True)
class Settings:
    """One account's subscription and limits; a limit of 0 is no limit.

    `short_pages` makes listings end a page early, sometimes empty, although more follows.
    """

    tier: str = "enterprise"
    burst: int = 190
    burst_seconds: int = 10
    search_per_second: int = 5
    daily: int = 1_000_000
    index_lag_seconds: float = 0.0
    retry_after: bool = False
    short_pages: bool = False
    time_zone: str = "Asia/Tokyo"
    currency: str = "JPY"

    @property
    def events_allowed(self) -> bool:
        """Whether the subscription includes the events API."""
        return self.tier == "enterprise"


def settings(state: State) -> Settings:
    """The account's present settings."""
    kept = state.setting(_NAME)
    return Settings() if kept is None else Settings(**orjson.loads(kept))


def configure(state: State, **changes: Any) -> Settings:
    """Change some settings from the next call on, such as `tier="professional"` or `burst=5`."""
    changed = replace(settings(state), **changes)
    state.set_setting(_NAME, orjson.dumps(asdict(changed)).decode())
    return changed


def token(state: State) -> str:
    """The one static token this account accepts."""
    return state.setting("hubspot_token") or TOKEN
