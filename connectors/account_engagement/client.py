"""One call to Account Engagement: budgeted, counted, five at once, renewed once, translated."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import BoundedSemaphore, Lock, local
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
import requests
from urllib3.exceptions import HTTPError

from connectors.account_engagement.auth import sign_in
from connectors.account_engagement.faults import (
    ExpiredError,
    NotReachedError,
    of_answer,
    of_network,
)
from connectors.account_engagement.settings import AccountEngagementSettings
from connectors.budget import Budget, Limits
from connectors.protocol import OpenContext
from connectors.traffic import Sleep, Tally, pause, retrying
from tasuki.clock import Clock
from tasuki.errors import BudgetError, ConfigError, TransientError, UnreachableError
from tasuki.values import Json

_USAGE: Final = re.compile(r"(\d+)\s*/\s*(\d+)")
_WARNING: Final = "Pardot-Warning"
_CUT: Final = "203"
_CALL: Final = "call"
"""The only kind of call: the platform limits the day and calls at once, not the pace."""


class Session(requests.Session):
    """A session that never waits for ever and takes nothing from the environment."""

    def __init__(self, settings: AccountEngagementSettings, ca_file: Path | None) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = str(ca_file) if ca_file else True
        self.headers["Accept-Encoding"] = "gzip"
        if settings.proxy:
            self.proxies = {"https": settings.proxy}
        seconds = (settings.connect_timeout, settings.read_timeout)
        self._timeout = tuple(each.total_seconds() for each in seconds)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send with both timeouts set."""
        kwargs["timeout"] = kwargs.get("timeout") or self._timeout
        return super().send(request, **kwargs)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status and decoded body."""

    status: int
    body: Json
    is_cut: bool = False
    """More was there than a sequence of pages may hold (`Pardot-Warning: 203`)."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it leaves; `sends` says that it may change something."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    about: str = ""
    sends: bool = False

    def names(self) -> Iterable[str]:
        """The fields it names, which a refusal may be about."""
        inner = (self.body or {}).get("prospect")
        asked = self.query.get("fields", "").split(",")
        return [*(self.body or {}), *(inner or {}), *filter(None, asked)]


@dataclass(frozen=True, slots=True)
class Heard:
    """A call that may have changed something, and what came back of it."""

    call: Call
    status: int | None = None
    """None when no answer came."""
    body: Any = None


@dataclass(slots=True)
class Client:
    """The traffic of one connection."""

    settings: AccountEngagementSettings
    connection: str
    clock: Clock
    session: Session
    budget: Budget
    sleep: Sleep = pause
    tally: Tally = field(default_factory=Tally)
    usage: tuple[int, int] | None = None
    """Calls made today of how many, as last told."""
    _asked: local = field(default_factory=local)
    """This thread's: when its last answered call was asked, and what came back of a write."""
    _token: str | None = field(default=None, repr=False)
    _signing: Lock = field(default_factory=Lock)
    _open: BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._open = BoundedSemaphore(self.settings.connections)
        self.budget.rules({})

    def call(self, call: Call) -> Answer:
        """Call until it passes or cannot.

        Errors: the four families; a TransientError with `outcome_unknown` when it was sent and no
                readable answer came.
        """
        try:
            answer = self._repeated(lambda: self._once(call))
        except NotReachedError as error:
            self.budget.failed(error.what)
            raise UnreachableError(
                error.what,
                where=self._where(call),
                why=error.why,
                remedy="Check login_url, base_url, the network and the proxy; then run again.",
            ) from None
        except TransientError as error:
            self.budget.failed(error.what)
            raise
        self.budget.answered()
        return answer

    def asked_at(self) -> datetime:
        """When this thread's last answered call was asked, by the platform's clock."""
        asked: datetime | None = getattr(self._asked, "at", None)
        return asked or self.clock.now()

    def heard(self) -> Heard | None:
        """What came back of this thread's last write since it asked; None when none was sent."""
        heard: Heard | None = getattr(self._asked, "heard", None)
        self._asked.heard = None
        return heard

    def limits(self) -> Limits:
        """The day's allowance as last told; it begins anew at the account's midnight."""
        used, allowed = self.usage or (None, None)
        return Limits(used, allowed, self.tally.calls, self._midnight())

    def close(self) -> None:
        """Close the sockets and forget the token."""
        self._token = None
        self.session.close()

    def _repeated(self, once: Callable[[], Answer]) -> Answer:
        return retrying(once, attempts=self.settings.attempts, sleep=self.sleep)

    def _once(self, call: Call) -> Answer:
        token = self._signed_in(None)
        try:
            return self._send(call, token)
        except ExpiredError:
            token = self._signed_in(token)
        return self._send(call, token)

    def _send(self, call: Call, token: str) -> Answer:
        self.budget.spend(_CALL)
        where = self._where(call)
        ask_usage = self.tally.calls % self.settings.usage_every == 0
        self.tally.add("write" if call.sends else "read")
        self._hear(call, None)
        try:
            with self._open:
                answer = self.session.request(
                    call.method,
                    f"{self.settings.api_url}/{call.path}",
                    params=dict(call.query),
                    data=None if call.body is None else orjson.dumps(dict(call.body)),
                    headers=self._headers(token, ask_usage=ask_usage),
                )
            self._note(answer)
            self._hear(call, answer)
            if answer.status_code >= 300:
                raise self._refused(call, answer)
            body = orjson.loads(answer.content or b"null")
            return Answer(answer.status_code, body, _CUT in answer.headers.get(_WARNING, ""))
        except (requests.RequestException, HTTPError, orjson.JSONDecodeError) as error:
            raise of_network(error, where, sends=call.sends) from None

    def _hear(self, call: Call, answer: requests.Response | None) -> None:
        """Keep what a write was answered."""
        if not call.sends:
            return
        self._asked.heard = Heard(call)
        if answer is not None:
            try:
                body = orjson.loads(answer.content or b"null")
            except orjson.JSONDecodeError:
                body = None
            self._asked.heard = Heard(call, answer.status_code, body)

    def _headers(self, token: str, *, ask_usage: bool) -> dict[str, str]:
        headers = {
            "Authorization": f"Bearer {token}",
            "Pardot-Business-Unit-Id": self.settings.business_unit_id,
            "Content-Type": "application/json",
        }
        return headers | ({"X-Return-Api-Usage": "1"} if ask_usage else {})

    def _refused(self, call: Call, answer: requests.Response) -> Exception:
        error = of_answer(answer, self._where(call), call.names(), sends=call.sends)
        if isinstance(error, BudgetError):
            used = self.usage[1] if self.usage else None
            self.budget.told(Limits(used, used, self.tally.calls, self._midnight()))
        return error

    def _signed_in(self, stale: str | None) -> str:
        """A token other than the stale one; of two threads that meet one 401 the first renews."""
        with self._signing:
            if self._token is None or self._token == stale:
                self.budget.spend(_CALL)
                self.tally.add("sign_in")
                now = self.clock.now()
                self._token = sign_in(self.session, self.settings, self.connection, now)
            return self._token

    def _note(self, answer: requests.Response) -> None:
        """Read the gauge and the platform's clock off an answer."""
        if date := answer.headers.get("Date"):
            self._asked.at = parsedate_to_datetime(date).astimezone(UTC) - answer.elapsed
        if found := _USAGE.search(answer.headers.get("x-api-usage", "")):
            self.usage = (int(found[1]), int(found[2]))
            self.budget.told(self.limits())

    def _midnight(self) -> datetime | None:
        name = self.settings.account_timezone
        if name is None:
            return None
        zone = ZoneInfo(name)
        tomorrow = self.clock.now().astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), zone).astimezone(UTC)

    def _where(self, call: Call) -> str:
        return f"{self.connection}/{call.about}" if call.about else self.connection


def open_client(settings: AccountEngagementSettings, context: OpenContext) -> Client:
    """A client that has not called anything yet.

    Errors: ConfigError when the named authority is not there.
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
