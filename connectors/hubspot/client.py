"""One call to HubSpot: budgeted, counted, repeated by family, translated, decoded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from threading import RLock, local
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from urllib3 import PoolManager

from connectors.budget import Budget, Limits, Rule, Unlimited
from connectors.hubspot.auth import Apis, Grant, pool
from connectors.hubspot.faults import ExpiredError, NotReachedError, RefusedError, translate
from connectors.hubspot.paths import ACCOUNT
from connectors.hubspot.settings import HubSpotSettings
from connectors.protocol import OpenContext
from connectors.traffic import Sleep, Tally, pause, retrying
from tasuki.clock import Clock
from tasuki.errors import BlockedError, BudgetError, SignInError, TransientError, UnreachableError
from tasuki.values import Json

_LIMIT: Final = "x-hubspot-ratelimit-"
_DAILY: Final = f"{_LIMIT}daily"
_CORRELATION: Final = "x-hubspot-correlation-id"


class Kind(StrEnum):
    """Calls that HubSpot counts apart."""

    BURST = "burst"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back of one call."""

    call: str
    """Method and path."""
    status: int | None = None
    """None when no answer came."""
    request_id: str | None = None
    """HubSpot's correlation id."""


@dataclass(slots=True)
class Client:
    """A signed-in account; knows how to call, not what for."""

    settings: HubSpotSettings
    apis: Apis
    connection: str
    clock: Clock
    budget: Budget = field(default_factory=Unlimited)
    grant: Grant | None = None
    """How tokens are fetched, where the token is not fixed."""
    sleep: Sleep = pause
    tally: Tally = field(default_factory=Tally)
    headers: dict[str, str] = field(default_factory=dict)
    """The last answer's headers."""
    defined: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    """Object to its properties by name, once asked."""
    denied: dict[str, str] = field(default_factory=dict)
    """What the account would not let us read, and why."""
    zone: ZoneInfo | None = None
    """The account's time zone, once its details were read."""
    _rules: dict[str, Rule] = field(default_factory=dict)
    _known_account: bool = False
    _checking: bool = False
    _asking: RLock = field(default_factory=RLock, repr=False)
    """Guards the first call: it asks whose token this is, by another call."""
    _heard: local = field(default_factory=local, repr=False)

    def call(
        self,
        work: Callable[..., Any],
        *args: Any,
        kind: Kind = Kind.BURST,
        repeatable: bool = True,
        about: str = "",
        **options: Any,
    ) -> Json:
        """Call until it passes or cannot; the decoded body.

        Errors: UnreachableError when nothing answers; with `repeatable` false a call whose outcome
                is open is made once.
        """
        where = f"{self.connection}/{about}" if about else self.connection
        self._sign_in()
        self._check_account()

        def once() -> Json:
            return self._once(work, args, options, kind, where, repeatable=repeatable)

        try:
            return self._repeated(once)
        except ExpiredError:
            if self.grant is None:
                raise
            self._renew(self.grant)  # our clock and HubSpot's disagree: once more, then give up
            return self._repeated(once)

    def account(self) -> Json:
        """The account's details: hub id, time zone, kind."""
        found = self.call(self.apis.get, ACCOUNT, [], about="account")
        self.zone = _zone(str(found.get("timeZone") or "")) or self.zone
        self._tell()
        return found

    def scopes(self) -> frozenset[str] | None:
        """What the grant lets us do; None for a fixed token, of which HubSpot tells nothing."""
        if self.grant is None:
            return None
        self._sign_in()
        if self.grant.scopes is None:
            work, token = self.apis.token_facts.get, self.grant.access_token
            self.grant.scopes = frozenset(self.call(work, token, about="oauth").get("scopes") or ())
        return self.grant.scopes

    def heard(self) -> Heard | None:
        """What came back of this thread's last call; None when it was never made."""
        heard: Heard | None = getattr(self._heard, "last", None)
        return heard

    def server_time(self) -> datetime | None:
        """HubSpot's own clock as of the last answer."""
        text = self.headers.get("date")
        return parsedate_to_datetime(text).astimezone(UTC) if text else None

    def limits(self) -> Limits:
        """The daily allowance as the last answer told it."""
        allowed, left = (self.headers.get(name) for name in (_DAILY, f"{_DAILY}-remaining"))
        resets = self._midnight()
        if allowed in (None, "", "0") or not left:
            return Limits(calls=self.tally.calls, resets_at=resets)
        return Limits(int(allowed) - int(left), int(allowed), self.tally.calls, resets)

    # ── one call ──

    def _repeated(self, once: Callable[[], Json]) -> Json:
        try:
            return retrying(once, attempts=self.settings.attempts, sleep=self.sleep)
        except NotReachedError as error:
            self.budget.failed(error.why)
            raise UnreachableError(
                "HubSpot cannot be reached.",
                where=self.connection,
                why=f"{error.why} at {self.settings.base_url}.",
                remedy="Check the address and the network, then run again.",
            ) from error
        except TransientError as error:
            self.budget.failed(error.why)
            raise

    def _once(
        self,
        work: Callable[..., Any],
        args: tuple[Any, ...],
        options: Mapping[str, Any],
        kind: Kind,
        where: str,
        *,
        repeatable: bool,
    ) -> Json:
        self._heard.last = None
        self.budget.spend(kind)
        self.tally.add(kind)
        limits = (self.settings.connect_timeout, self.settings.timeout)
        seconds = tuple(limit.total_seconds() for limit in limits)
        try:
            answer = work(*args, _preload_content=False, _request_timeout=seconds, **options)
            body = answer.data
        except Exception as error:
            self._hear(getattr(error, "status", None), getattr(error, "headers", None))
            family = translate(error, where, repeatable=repeatable)
            if family is None:
                raise
            self._learn(family)
            raise family from None  # the original quotes bodies, hence values
        self._hear(answer.status, answer.headers)
        self._remember(answer.headers)
        return orjson.loads(body) if body else {}

    def _hear(self, status: Any, headers: Mapping[str, str] | None) -> None:
        seen = {name.lower(): value for name, value in (headers or {}).items()}
        is_answer = isinstance(status, int) and status > 0
        line, id = self.apis.line, seen.get(_CORRELATION)
        self._heard.last = Heard(line, status if is_answer else None, id)

    def _learn(self, family: Exception) -> None:
        """What a refusal tells the budget."""
        if isinstance(family, BudgetError):
            allowed = self.headers.get(_DAILY)
            used = int(allowed) if allowed else None
            self.budget.told(Limits(used, used, self.tally.calls, self._midnight()))
        elif not isinstance(family, TransientError):
            self.budget.answered()

    def _remember(self, headers: Mapping[str, str]) -> None:
        seen = {name.lower(): value for name, value in headers.items()}
        kept = {k: v for k, v in self.headers.items() if k.startswith(_LIMIT)}
        self.headers = {**kept, **seen}
        self.budget.answered()
        if _DAILY in seen:
            self._tell()
        self._adjust(seen)

    def _tell(self) -> None:
        limits = self.limits()
        if limits.allowed is not None or limits.resets_at is not None:
            self.budget.told(limits)

    def _adjust(self, seen: Mapping[str, str]) -> None:
        """Keep the pace that the account really has, whatever the settings suppose."""
        calls, per = seen.get(f"{_LIMIT}max", ""), seen.get(f"{_LIMIT}interval-milliseconds", "")
        if not (calls.isdigit() and per.isdigit() and int(calls) and int(per)):
            return
        rule = Rule(int(calls), int(per) / 1000)
        if self._rules.get(Kind.BURST) not in (None, rule):
            self.pace({**self._rules, Kind.BURST: rule})

    def pace(self, rules: Mapping[str, Rule]) -> None:
        """Tell the budget what HubSpot enforces."""
        self._rules = dict(rules)
        self.budget.rules(self._rules)

    def _midnight(self) -> datetime | None:
        """When the day's allowance is filled up again."""
        if self.zone is None:
            return None
        tomorrow = self.clock.now().astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self.zone).astimezone(UTC)

    # ── signing in ──

    def _sign_in(self) -> None:
        """See that the access token outlasts the call; a fixed token always does."""
        grant = self.grant
        if grant is None or grant.is_fresh(self.clock.now()):
            return
        with grant.lock:
            if not grant.is_fresh(self.clock.now()):
                self._renew(grant)

    def _renew(self, grant: Grant) -> None:
        secret = self.settings.client_secret
        asked = {
            "grant_type": "refresh_token",
            "refresh_token": grant.refresh_token,
            "client_id": self.settings.client_id,
            "client_secret": secret.get_secret_value() if secret else None,
        }
        where = f"{self.connection}/oauth"

        def buy() -> Json:
            work = self.apis.tokens.create
            return self._once(work, (), asked, Kind.BURST, where, repeatable=True)

        try:
            answer = self._repeated(buy)
        except RefusedError as error:
            raise SignInError(
                "HubSpot refuses the refresh token.",
                where=self.connection,
                why=f"{error.refusal.status}: the app was taken out of the account, or the grant "
                "belongs to another app.",
                remedy="Install the app in the account again and store its new refresh token.",
            ) from error
        self.apis.sign(grant.renewed(answer, self.clock.now()))

    def _check_account(self) -> None:
        """Refuse a token of another account, once, before the first call."""
        expected = self.settings.portal_id
        if self._known_account or expected is None:
            return
        with self._asking:
            if self._known_account:
                return
            if self._checking:  # the question itself
                return
            self._checking = True
            try:
                found = self.account().get("portalId")
            finally:
                self._checking = False
            self._known_account = found == expected
        if found != expected:
            raise BlockedError(
                "The token belongs to another HubSpot account.",
                where=self.connection,
                why=f"The project names {expected}, the token opens {found}.",
                remedy="Correct `portal_id` or the token.",
            )


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # a name this machine does not know
        return None


def open_client(
    settings: HubSpotSettings, context: OpenContext, wire: PoolManager | None = None
) -> Client:
    """A client that has called nothing yet; `wire` carries its calls."""
    kept = settings.refresh_token
    client = Client(
        settings,
        Apis(settings, wire or pool()),
        context.connection,
        context.clock,
        context.budget,
        Grant(kept.get_secret_value()) if kept else None,
    )
    client.pace(settings.rules())
    return client
