"""How this account behaves: business unit, zones, limits, lag."""

from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from sandbox.state import State

BUSINESS_UNIT: Final = "0Uv5g0000000001CAA"
_NAME: Final = "account_engagement_settings"


@dataclass(frozen=True, slots=True)
class Settings:
    """One account; a limit of 0 is no limit.

    `lag_seconds` is how far reads are behind writes. `answer_seconds` is how long each call keeps
    its connection; `held` connections are always in somebody else's hands. `denied` objects are not
    for our user.
    """

    business_unit: str = BUSINESS_UNIT
    account_zone: str = "Asia/Tokyo"
    user_zone: str = "Asia/Tokyo"
    daily: int = 50_000
    concurrent: int = 5
    held: int = 0
    answer_seconds: float = 0.0
    lag_seconds: float = 60.0
    token_hours: float = 4.0
    token_records: int = 100_000
    shared_emails: bool = True
    denied: tuple[str, ...] = ()
    export_seconds: float = 30.0

    @property
    def zone(self) -> ZoneInfo:
        """The API user's zone, in which all times are told."""
        return ZoneInfo(self.user_zone)


def settings(state: State) -> Settings:
    """The account's present settings."""
    return _read(state.setting(_NAME))


@lru_cache(maxsize=64)
def _read(kept: str | None) -> Settings:
    if kept is None:
        return Settings()
    fields = orjson.loads(kept)
    return Settings(**fields | {"denied": tuple(fields["denied"])})


def configure(state: State, **changes: Any) -> Settings:
    """Change some settings from the next call on, such as `daily=10` or `lag_seconds=0`."""
    changed = replace(settings(state), **changes)
    state.set_setting(_NAME, orjson.dumps(asdict(changed)).decode())
    return changed
