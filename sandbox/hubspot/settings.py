"""How this account behaves: subscription, limits and the habits a test may switch."""

from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Final

import orjson

from sandbox.state import State

TOKEN: Final = "pat-tasuki-sandbox"  # noqa: S105 - a sandbox's well-known token guards nothing
_NAME: Final = "hubspot_settings"


@dataclass(frozen=True, slots=True)
class Settings:
    """One account's subscription, limits and habits; a limit of 0 is no limit.

    `short_pages` makes listings end a page early, sometimes empty, although more follows: which
    pages is decided by `seed`. `sort_ids` is `number` or `text`: how search sorts record ids.
    Automation is off unless switched on, and works `automation_seconds` after the write.
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
    longest_address: int = 16_384
    seed: int = 0
    sort_ids: str = "number"
    merge_keeps_id: bool = False
    list_lag_seconds: float = 0.0
    create_companies: bool = False
    deals_move_lifecycle: bool = False
    automation_seconds: float = 0.0
    excluded_domains: tuple[str, ...] = ()

    @property
    def events_allowed(self) -> bool:
        """Whether the subscription includes the events API."""
        return self.tier == "enterprise"


def settings(state: State) -> Settings:
    """The account's present settings."""
    return _read(state.setting(_NAME))


@lru_cache(maxsize=64)
def _read(kept: str | None) -> Settings:
    if kept is None:
        return Settings()
    fields = orjson.loads(kept)
    return Settings(**fields | {"excluded_domains": tuple(fields.get("excluded_domains", ()))})


def configure(state: State, **changes: Any) -> Settings:
    """Change some settings from the next call on, such as `tier="professional"` or `burst=5`."""
    changed = replace(settings(state), **changes)
    state.set_setting(_NAME, orjson.dumps(asdict(changed)).decode())
    return changed


def token(state: State) -> str:
    """The one static token this account accepts."""
    return state.setting("hubspot_token") or TOKEN
