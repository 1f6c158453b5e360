"""One call to HubSpot: paced, counted, repeated by family, translated, decoded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final

import orjson
from urllib3 import PoolManager

from connectors.hubspot.auth import Apis, pool
from connectors.hubspot.faults import NotReachedError, translate
from connectors.hubspot.settings import HubSpotSettings
from connectors.protocol import Limits, OpenContext
from connectors.traffic import Pace, Sleep, Tally, Throttle, pause, retrying
from tasuki.clock import Clock
from tasuki.errors import BlockedError, UnreachableError
from tasuki.values import Json

_DAILY: Final = "x-hubspot-ratelimit-daily"


class Lane(StrEnum):
    """Calls that HubSpot counts apart."""

    CALLS = "calls"
    SEARCH = "search"


@dataclass(slots=True)
class Client:
    """A signed-in account; knows how to call, not what for."""

    settings: HubSpotSettings
    apis: Apis
    connection: str
    clock: Clock
    throttle: Throttle
    sleep: Sleep = pause
    tally: Tally = field(default_factory=Tally)
    headers: dict[str, str] = field(default_factory=dict)
    """The last answer's headers."""
    unique: dict[str, frozenset[str]] = field(default_factory=dict)
    """Object to its unique properties, once asked."""
    _known_account: bool = False

    def call(
        self,
        work: Callable[..., Any],
        *args: Any,
        lane: Lane = Lane.CALLS,
        repeatable: bool = True,
        about: str = "",
        **options: Any,
    ) -> Json:
        """Call until it passes or cannot; the decoded body.

        Errors: UnreachableError when nothing answers; with `repeatable` false a call whose outcome
                is open is made once.
        """
        self._check_account()
        where = f"{self.connection}/{about}" if about else self.connection

        def once() -> Json:
            return self._once(work, args, options, lane, where, repeatable=repeatable)

        try:
            return retrying(once, attempts=self.settings.attempts, sleep=self.sleep)
        except NotReachedError as error:
            raise UnreachableError(
                "HubSpot cannot be reached.",
                where=where,
                why=f"{error.why} at {self.settings.base_url}.",
                remedy="Check the address and the network, then run again.",
            ) from error

    def server_time(self) -> datetime | None:
        """HubSpot's own clock as of the last answer."""
        text = self.headers.get("date")
        return parsedate_to_datetime(text).astimezone(UTC) if text else None

    def limits(self) -> Limits:
        """The daily allowance as the last answer told it."""
        allowed, left = (self.headers.get(name) for name in (_DAILY, f"{_DAILY}-remaining"))
        if not allowed or not left:
            return Limits(calls=self.tally.calls)
        return Limits(int(allowed) - int(left), int(allowed), self.tally.calls)

    def _once(
        self,
        work: Callable[..., Any],
        args: tuple[Any, ...],
        options: Mapping[str, Any],
        lane: Lane,
        where: str,
        *,
        repeatable: bool,
    ) -> Json:
        self.throttle.enter(lane)
        self.tally.add(lane)
        timeouts = (self.settings.connect_timeout, self.settings.timeout)
        try:
            answer = work(
                *args,
                _preload_content=False,
                _request_timeout=tuple(limit.total_seconds() for limit in timeouts),
                **options,
            )
            body = answer.data
        except Exception as error:
            family = translate(error, where, repeatable=repeatable)
            if family is None:
                raise
            raise family from None  # the original quotes bodies, hence values
        self._remember(answer.headers)
        return orjson.loads(body) if body else {}

    def _remember(self, headers: Mapping[str, str]) -> None:
        seen = {name.lower(): value for name, value in headers.items()}
        kept = {k: v for k, v in self.headers.items() if k.startswith(_DAILY)}
        self.headers = {**kept, **seen}

    def _check_account(self) -> None:
        """Refuse a token of another account, once, before the first call."""
        expected = self.settings.portal_id
        if self._known_account or expected is None:
            return
        self._known_account = True
        found = self.call(self.apis.get, "/account-info/v3/details", [], about="account")
        if found.get("portalId") != expected:
            self._known_account = False
            raise BlockedError(
                "The token belongs to another HubSpot account.",
                where=self.connection,
                why=f"The project names {expected}, the token opens {found.get('portalId')}.",
                remedy="Correct `portal_id` or the token.",
            )


def open_client(
    settings: HubSpotSettings, context: OpenContext, wire: PoolManager | None = None
) -> Client:
    """A client that has called nothing yet; `wire` carries its calls."""
    paces: dict[str, Pace] = {
        Lane.CALLS: Pace(settings.calls_per_10_seconds, timedelta(seconds=10)),
        Lane.SEARCH: Pace(settings.searches_per_second, timedelta(seconds=1)),
    }
    throttle = Throttle(paces)
    return Client(
        settings, Apis(settings, wire or pool()), context.connection, context.clock, throttle
    )
