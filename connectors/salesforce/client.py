"""One signed-in session: paced, counted, renewed once, its errors told in our families.

The vendor library runs in direct mode: it never signs in by itself, because it would repeat a
refused write without the caller's headers (API-NOTES 10.3). Renewal happens here, exactly once per
call, by calling the same closure again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

import orjson
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

from connectors.protocol import Limits, OpenContext
from connectors.salesforce.auth import Token, sign_in
from connectors.salesforce.faults import NoAnswerError, fault, of_answer, of_network
from connectors.salesforce.settings import SalesforceSettings
from connectors.traffic import Pace, Sleep, Tally, Throttle, pause, retrying
from tasuki.clock import Clock
from tasuki.errors import BudgetError, ConfigError, UnreachableError
from tasuki.values import Json

_USAGE: Final = re.compile(r"api-usage=(\d+)/(\d+)")
_BELIEVED_FOR: Final = timedelta(minutes=5)
"""The usage header is a noisy gauge over a rolling day; an old value must not block for ever."""
_LANE: Final = "calls"


class Session(requests.Session):
    """A session that never waits for ever and takes nothing from the environment.

    `trust_env` would let proxy variables divert calls, `REQUESTS_CA_BUNDLE` replace the authority
    and `.netrc` replace the Authorization header.
    """

    def __init__(self, settings: SalesforceSettings, ca_file: Path | None) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = str(ca_file) if ca_file else True
        self.headers["Sforce-Call-Options"] = "client=tasuki"
        if settings.proxy:
            self.proxies = {"https": settings.proxy}
        self._timeout = (
            settings.connect_timeout.total_seconds(),
            settings.read_timeout.total_seconds(),
        )

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send with both timeouts set, whatever the library left out."""
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        return super().send(request, **kwargs)


class Rest(Salesforce):
    """The vendor's client on a ready token, with plain JSON parsed by orjson."""

    def __init__(self, token: Token, version: str, session: requests.Session) -> None:
        super().__init__(
            session_id=token.access_token,
            instance=token.instance,
            version=version,
            session=session,
        )
        self.headers.pop("X-PrettyPrint", None)

    def parse_result_to_json(self, result: requests.Response) -> Json:
        """The body as plain dicts: a fifth of the CPU of the default hook."""
        return orjson.loads(result.content)


@dataclass(frozen=True, slots=True)
class Usage:
    """The org's calls of the last 24 hours, when the header last said so."""

    used: int
    allowed: int
    seen_at: datetime


@dataclass(slots=True)
class Client:
    """The traffic of one connection."""

    settings: SalesforceSettings
    connection: str
    clock: Clock
    session: Session
    sleep: Sleep = pause
    tally: Tally = field(default_factory=Tally)
    usage: Usage | None = None
    described: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Describes asked for so far, by object."""
    _asked_at: datetime | None = None
    _skew: timedelta = timedelta(0)
    _throttle: Throttle = field(init=False)
    _rest: Rest | None = None
    _signing: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        pace = Pace(self.settings.calls_per_second, timedelta(seconds=1))
        self._throttle = Throttle({_LANE: pace}, self.sleep)
        self.session.hooks["response"].append(self._note)

    def ask(self, work: Callable[[Rest], Json], where: str, *, sends: bool = False) -> Json:
        """One call, repeated by error family; `sends` says that it may change something.

        Errors: the four families; a TransientError with `outcome_unknown` when it was sent and no
                readable answer came.
        """
        try:
            return retrying(
                lambda: self._once(work, where, sends=sends),
                attempts=self.settings.attempts,
                sleep=self.sleep,
            )
        except NoAnswerError as error:
            raise UnreachableError(
                error.what,
                where=where,
                why=error.why,
                remedy="Check login_url, the network and the proxy; then run again.",
            ) from None

    def asked_at(self) -> datetime:
        """When the last answered call was asked, by Salesforce's clock."""
        return self._asked_at or self.clock.now()

    def server_now(self, *, ask: bool = False) -> datetime:
        """The present moment by Salesforce's clock: ours plus the difference last seen.

        `ask` makes a call when there was none yet: for moments that a fast clock of ours would
        spoil.
        """
        if ask and self._asked_at is None:
            self.ask(lambda rest: rest.restful(""), self.connection)
        return self.clock.now() + self._skew

    def limits(self) -> Limits:
        """The allowance as last seen, and our own calls."""
        if self.usage is None:
            return Limits(calls=self.tally.calls)
        return Limits(self.usage.used, self.usage.allowed, self.tally.calls)

    def close(self) -> None:
        """Close the sockets and forget the token."""
        self._rest = None
        self.session.close()

    def _once(self, work: Callable[[Rest], Json], where: str, *, sends: bool) -> Json:
        self._keep_reserve(where)
        rest = self._signed_in(None, where)
        try:
            return self._translated(work, rest, where, sends=sends)
        except SalesforceExpiredSession:
            rest = self._signed_in(rest, where)
        try:
            return self._translated(work, rest, where, sends=sends)
        except SalesforceExpiredSession:
            raise fault("INVALID_SESSION_ID", "", [], where) from None

    def _translated(
        self, work: Callable[[Rest], Json], rest: Rest, where: str, *, sends: bool
    ) -> Json:
        self._throttle.enter(_LANE)
        self.tally.add("write" if sends else "read")
        try:
            return work(rest)
        except SalesforceExpiredSession:
            raise
        except SalesforceError as error:
            raise of_answer(error, where, sends=sends) from None  # it quotes values
        except (requests.RequestException, orjson.JSONDecodeError) as error:
            raise of_network(error, where, sends=sends) from None

    def _signed_in(self, stale: Rest | None, where: str) -> Rest:
        """A session other than the stale one.

        Two threads may both meet the 401 of one token: the second finds the first one's new
        session here, and does not sign in again.
        """
        with self._signing:
            if self._rest is None or self._rest is stale:
                self._throttle.enter(_LANE)
                self.tally.add("sign_in")
                token = sign_in(self.session, self.settings, where)
                self._rest = Rest(token, self.settings.api_version, self.session)
            return self._rest

    def _keep_reserve(self, where: str) -> None:
        usage = self.usage
        if usage is None or self.clock.now() - usage.seen_at > _BELIEVED_FOR:
            return
        ceiling = usage.allowed * (100 - self.settings.reserve_percent) // 100
        if usage.used < ceiling:
            return
        raise BudgetError(
            "Salesforce: Tasuki's share of the org's daily calls is used up",
            where=where,
            why=f"{usage.used} of {usage.allowed} calls used, "
            f"{self.settings.reserve_percent} % are kept for others",
            remedy="Wait, lower reserve_percent, or raise the org's allowance.",
        )

    def _note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Read the gauge and the server's clock off every answer."""
        if found := _USAGE.search(response.headers.get("Sforce-Limit-Info", "")):
            self.usage = Usage(int(found[1]), int(found[2]), self.clock.now())
        if date := response.headers.get("Date"):
            self._asked_at = parsedate_to_datetime(date) - response.elapsed
            self._skew = self._asked_at + response.elapsed - self.clock.now()


def open_client(settings: SalesforceSettings, context: OpenContext) -> Client:
    """A client that has not called anything yet.

    Errors: ConfigError when the named authority is not there (the library would fail in the call).
    """
    ca_file = context.folder / settings.ca_file if settings.ca_file else None
    if ca_file is not None and not ca_file.is_file():
        raise ConfigError(
            "The certificate authority's file is not there",
            where=str(ca_file),
            why=f"connection {context.connection} names it as ca_file",
            remedy="Put the PEM file there, or correct ca_file (from the project folder).",
        )
    session = Session(settings, ca_file)
    return Client(settings, context.connection, context.clock, session)
