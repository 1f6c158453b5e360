"""One signed-in session: budgeted, counted, renewed once, its errors told in our families.

The vendor library runs in direct mode: it never signs in by itself, because it would repeat a
refused write without the caller's headers (API-NOTES 10.3). Renewal happens here, exactly once per
call, by calling the same closure again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Lock, local
from typing import Any, Final

import orjson
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession
from urllib3.exceptions import HTTPError

from connectors.budget import Budget, Limits
from connectors.protocol import OpenContext
from connectors.salesforce.auth.sign_in import Token, sign_in
from connectors.salesforce.faults import NoAnswerError, fault, of_answer, of_network
from connectors.salesforce.settings import SalesforceSettings
from connectors.traffic import Sleep, Tally, pause, retrying
from tasuki.clock import Clock
from tasuki.errors import ConfigError, TransientError, UnreachableError
from tasuki.values import Json

_USAGE: Final = re.compile(r"\bapi-usage=(\d+)/(\d+)")
_REQUEST_IDS: Final = ("X-SFDC-Request-Id", "X-Request-Id")
_CALL: Final = "call"
"""The only kind of call: Salesforce limits the day and long calls at once, not the pace."""


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
        self.headers["Accept-Encoding"] = "gzip"
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
        """The body as plain dicts: a fifth of the CPU of the default hook.

        Errors: InvalidJSONError when it is neither object nor array: the library would stumble.
        """
        found = orjson.loads(result.content)
        if isinstance(found, (dict, list)):
            return found
        raise requests.exceptions.InvalidJSONError("neither object nor array")

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        """An answer that is not JSON; refusals are raised as for any other."""
        return self._call_salesforce(method, self.base_url + path, name=path, **options)


@dataclass(frozen=True, slots=True)
class Usage:
    """The org's calls of the last 24 hours, as an answer last said: a noisy gauge."""

    used: int
    allowed: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back of one call that was sent, whatever it said."""

    status: int | None = None
    """None while no answer has come."""
    request_id: str | None = None
    refusal: Json = None
    """The body of an answer that was not a success."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Fields that an object was found not to show us, and when."""

    fields: frozenset[str]
    found_at: datetime


@dataclass(slots=True)
class Client:
    """The traffic of one connection."""

    settings: SalesforceSettings
    connection: str
    clock: Clock
    session: Session
    budget: Budget
    sleep: Sleep = pause
    tally: Tally = field(default_factory=Tally)
    usage: Usage | None = None
    described: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Describes asked for so far, by object."""
    hidden: dict[str, Hidden] = field(default_factory=dict)
    """Fields that the org lately refused to show, by object."""
    _asked: local = field(default_factory=local)
    """When this thread's last answered call was asked: pulls of several objects share a client."""
    _skew: timedelta | None = None
    _rest: Rest | None = None
    _token: Token | None = None
    _signing: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.budget.rules({})
        self.session.hooks["response"].append(self._note)

    def ask(self, work: Callable[[Rest], Json], where: str, *, sends: bool = False) -> Json:
        """One call, repeated by error family; `sends` says that it may change something.

        Errors: the four families; a TransientError with `outcome_unknown` when it was sent and no
                readable answer came.
        """
        try:
            answer = retrying(
                lambda: self._once(work, where, sends=sends),
                attempts=self.settings.attempts,
                sleep=self.sleep,
            )
        except NoAnswerError as error:
            self.budget.failed(error.what)
            raise UnreachableError(
                error.what,
                where=where,
                why=error.why,
                remedy="Check login_url, the network and the proxy; then run again.",
            ) from None
        except TransientError as error:
            self.budget.failed(error.what)
            raise
        self.budget.answered()
        return answer

    def asked_at(self) -> datetime:
        """When this thread's last answered call was asked, by Salesforce's clock."""
        asked: datetime | None = getattr(self._asked, "at", None)
        return asked or self.clock.now()

    def heard(self) -> Heard | None:
        """What came back of this thread's last call; None when it was not even sent."""
        heard: Heard | None = getattr(self._asked, "heard", None)
        return heard

    def server_now(self, *, ask: bool = False) -> datetime:
        """The present moment by Salesforce's clock: ours plus the difference last seen.

        `ask` makes a call when there was none yet: for moments that a fast clock of ours would
        spoil.
        """
        if ask and self._skew is None:
            self.ask(lambda rest: rest.restful(""), self.connection)
        return self.clock.now() + (self._skew or timedelta(0))

    def user(self) -> str | None:
        """The id of whom we are signed in as; None before the first call, or where nobody told."""
        return self._token.user if self._token else None

    def limits(self) -> Limits:
        """The allowance as last seen, and our own calls; a rolling day resets at no moment."""
        if self.usage is None:
            return Limits(calls=self.tally.calls)
        return Limits(self.usage.used, self.usage.allowed, self.tally.calls)

    def close(self) -> None:
        """Close the sockets and forget the token."""
        self._rest = None
        self.session.close()

    def _once(self, work: Callable[[Rest], Json], where: str, *, sends: bool) -> Json:
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
        self._asked.heard = None
        self.budget.spend(_CALL)
        self._asked.heard = Heard()
        self.tally.add("write" if sends else "read")
        try:
            return work(rest)
        except SalesforceExpiredSession:
            raise
        except SalesforceError as error:
            self._asked.heard = replace(self._asked.heard, refusal=error.content)
            raise of_answer(error, where, sends=sends) from None  # it quotes values
        except (requests.RequestException, HTTPError, orjson.JSONDecodeError) as error:
            raise of_network(error, where, sends=sends) from None

    def _signed_in(self, stale: Rest | None, where: str) -> Rest:
        """A session other than the stale one.

        Two threads may both meet the 401 of one token: the second finds the first one's new
        session here, and does not sign in again.
        """
        with self._signing:
            if self._rest is None or self._rest is stale:
                self.budget.spend(_CALL)
                self.tally.add("sign_in")
                now = self.clock.now()
                self._token = sign_in(self.session, self.settings, where, now, self._token)
                self._rest = Rest(self._token, self.settings.api_version, self.session)
            return self._rest

    def _note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Read the gauge and the server's clock off every answer."""
        if found := _USAGE.search(response.headers.get("Sforce-Limit-Info", "")):
            self.usage = Usage(int(found[1]), int(found[2]))
            self.budget.told(self.limits())
        told = (response.headers.get(name) for name in _REQUEST_IDS)
        self._asked.heard = Heard(response.status_code, next(filter(None, told), None))
        if date := response.headers.get("Date"):
            answered = parsedate_to_datetime(date)
            self._asked.at = answered - response.elapsed
            self._skew = answered - self.clock.now()


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
    return Client(settings, context.connection, context.clock, session, context.budget)
