"""Every call to HubSpot: who signs it, who pays for it, where it goes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.budget import Limits, Rule, Unlimited
from connectors.hubspot.paths import dated
from connectors.hubspot.settings import HubSpotSettings
from sandbox import hubspot as sandbox
from sandbox.hubspot.oauth import installation, tokens
from sandbox.hubspot.oauth.apps import own
from tasuki.errors import BudgetError, SignInError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conftest import HubSpotAccount

BORN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Purse(Unlimited):
    """A budget that writes down what it is asked and told."""

    spent: list[str] = field(default_factory=list)
    limits: list[Limits] = field(default_factory=list)
    enforced: dict[str, Rule] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def rules(self, rules: Mapping[str, Rule]) -> None:
        self.enforced = dict(rules)

    def spend(self, kind: str, calls: int = 1) -> None:
        self.spent.append(kind)

    def told(self, limits: Limits) -> None:
        self.limits.append(limits)

    def failed(self, why: str) -> None:
        self.failures.append(why)


def with_purse(account: HubSpotAccount) -> Purse:
    """The account's client, spending from a purse of the test's own."""
    purse = Purse()
    account.connector.client.budget = purse
    account.connector.client.pace(account.connector.client.settings.rules())
    return purse


def contacts(account: HubSpotAccount, count: int) -> None:
    """Contacts loaded with one stamp."""
    rows = [
        {"id": str(n), "properties": {"lastname": f"n{n}"}, "created": BORN, "modified": BORN}
        for n in range(1, count + 1)
    ]
    sandbox.insert(account.state, "contacts", rows)


# ── signing in by grant ──


@pytest.fixture
def granted(open_hubspot: Callable[..., HubSpotAccount]) -> HubSpotAccount:
    """An account that was opened to an OAuth app."""
    state = open_hubspot().state
    app = own(state)
    code = installation.authorize(state, {"redirect_uri": "https://tasuki.example"})["code"]
    kept = tokens.find(state, code)
    assert kept is not None
    refresh = tokens.mint(state, "refresh", app.id, kept.scopes)
    grant = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "refresh_token": refresh.text,
    }
    return open_hubspot(token=None, **grant)


def test_a_grant_buys_a_token_and_renews_it_before_it_ends(granted: HubSpotAccount) -> None:
    """One token serves many calls; kept API objects get the next one, and nobody sees a 401."""
    for _ in range(3):
        granted.connector.count("contacts")
    assert granted.calls("oauth/v1/token") == 1
    first = granted.connector.client.apis.search.api_client.configuration.access_token
    granted.pass_time(timedelta(minutes=29))
    granted.connector.count("contacts")
    granted.connector.ids("contacts", None)
    assert granted.calls("oauth/v1/token") == 2
    assert granted.connector.client.apis.search.api_client.configuration.access_token != first
    assert granted.connector.limits().calls == len(granted.wire.seen)


def test_a_token_that_ended_early_is_renewed_once(granted: HubSpotAccount) -> None:
    """Where HubSpot says that its time is over, clocks differ: once more, then it is told."""
    granted.connector.count("contacts")
    body = b'{"category":"EXPIRED_AUTHENTICATION"}'
    granted.wire.answers.append(("search", 401, body))
    assert granted.connector.count("contacts") == 0
    assert granted.calls("oauth/v1/token") == 2
    granted.wire.answers.extend([("search", 401, body), ("search", 401, body)])
    with pytest.raises(SignInError):
        granted.connector.count("contacts")


def test_a_401_alone_renews_nothing(granted: HubSpotAccount) -> None:
    """A token that HubSpot does not know is not mended by another one."""
    granted.connector.count("contacts")
    granted.wire.answers.append(("search", 401, b'{"category":"INVALID_AUTHENTICATION"}'))
    with pytest.raises(SignInError):
        granted.connector.count("contacts")
    assert granted.calls("oauth/v1/token") == 1


def test_a_grant_taken_back_asks_for_a_new_installation(granted: HubSpotAccount) -> None:
    """The four lines name the step and show no secret."""
    with granted.state.transaction() as db:
        db.execute("DELETE FROM hs_token WHERE kind = 'refresh'")
    with pytest.raises(SignInError) as caught:
        granted.connector.count("contacts")
    lines = "\n".join(caught.value.lines())
    assert "Install the app" in lines
    kept = granted.connector.client.settings.refresh_token
    assert kept is not None
    assert kept.get_secret_value() not in lines + repr(granted.connector.client)


def test_a_new_refresh_token_is_used_and_told(granted: HubSpotAccount) -> None:
    """HubSpot may replace the refresh token; the old one is not sent again."""
    client = granted.connector.client
    assert client.grant is not None
    answer = {"access_token": "a", "refresh_token": "next", "expires_in": 1800}
    client.grant.renewed(answer, client.clock.now())
    assert client.grant.refresh_token == "next"
    client.grant = replace(client.grant, expires_at=None, refresh_token=_refresh(client))
    assert "refresh_token_rotated" in {each.code for each in granted.connector.notices()}


def _refresh(client: Any) -> str:
    kept: str = client.settings.refresh_token.get_secret_value()
    return kept


@pytest.mark.parametrize(
    "given", [{}, {"token": "a", "client_id": "b"}, {"client_id": "b", "refresh_token": "c"}]
)
def test_one_whole_way_in_must_be_given(given: dict[str, str]) -> None:
    """Neither nothing, nor both, nor half a grant."""
    with pytest.raises(ValueError, match="give `token`"):
        HubSpotSettings.model_validate(given)


# ── the budget ──


def test_every_call_is_paid_for_before_it_leaves(hubspot: HubSpotAccount) -> None:
    """Repeated calls too, by the kind that HubSpot counts."""
    purse = with_purse(hubspot)
    hubspot.connector.ids("contacts", None)
    hubspot.wire.answers.append(("search", 503, b"<html>"))
    hubspot.connector.count("contacts")
    assert purse.spent == ["burst", "search", "search"]
    assert len(hubspot.wire.seen) == 2


def test_an_empty_purse_sends_nothing(hubspot: HubSpotAccount) -> None:
    """What the budget refuses never leaves."""

    class Empty(Purse):
        def spend(self, kind: str, calls: int = 1) -> None:
            raise BudgetError("used up")

    hubspot.connector.client.budget = Empty()
    with pytest.raises(BudgetError):
        hubspot.connector.count("contacts")
    assert hubspot.wire.seen == []


def test_the_pace_follows_what_the_account_really_has(hubspot: HubSpotAccount) -> None:
    """The settings suppose a subscription; the first answer tells the account's own limit."""
    purse = with_purse(hubspot)
    assert purse.enforced == {"burst": Rule(100, 10), "search": Rule(5, 1)}
    sandbox.configure(hubspot.state, burst=190)
    hubspot.connector.ids("contacts", None)
    sandbox.configure(hubspot.state, burst=0)
    assert purse.enforced == {"burst": Rule(190, 10), "search": Rule(5, 1)}


def test_the_day_is_told_with_its_end_in_the_accounts_zone(hubspot: HubSpotAccount) -> None:
    """Used and allowed come with each answer; midnight, once the account's details are known."""
    purse = with_purse(hubspot)
    sandbox.configure(hubspot.state, daily=1000, time_zone="Asia/Tokyo")
    hubspot.connector.client.account()
    hubspot.connector.ids("contacts", None)
    sandbox.configure(hubspot.state, daily=0)
    told = purse.limits[-1]
    assert told.allowed == 1000
    assert told.resets_at is not None
    assert (told.resets_at.hour, told.resets_at.minute) == (15, 0)
    assert timedelta(0) < told.resets_at - hubspot.state.now() <= timedelta(days=1)


def test_a_day_used_up_is_told_as_full(hubspot: HubSpotAccount) -> None:
    """The sentence alone says which limit it is, where no policy is named."""
    purse = with_purse(hubspot)
    sandbox.configure(hubspot.state, daily=1000)
    hubspot.connector.ids("contacts", None)
    sandbox.configure(hubspot.state, daily=0)
    body = b'{"category":"RATE_LIMITS","message":"You have reached your daily limit."}'
    hubspot.wire.answers.append(("contacts", 429, body))
    with pytest.raises(BudgetError):
        hubspot.connector.ids("contacts", None)
    assert (purse.limits[-1].used, purse.limits[-1].allowed) == (1000, 1000)


def test_a_failure_for_good_is_told_once(hubspot: HubSpotAccount) -> None:
    """The circuit breaker counts calls that failed after their last attempt."""
    purse = with_purse(hubspot)
    hubspot.wire.answers.extend([("search", 503, b"")] * 5)
    with pytest.raises(Exception, match="busy or away"):
        hubspot.connector.count("contacts")
    assert len(purse.failures) == 1


# ── where calls go ──


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/crm/v3/objects/contacts/search", "/crm/objects/2026-09/contacts/search"),
        ("/crm/v4/objects/contacts/1/associations/deals", None),
        ("/crm/v4/associations/a/b/batch/read", "/crm/associations/2026-09/a/b/batch/read"),
        ("/crm/v3/owners/", "/crm/owners/2026-09"),
        ("/events/v3/events", "/events/event-occurrences/2026-09"),
        ("/events/v3/events/event-types", "/events/event-occurrences/2026-09/event-types"),
        ("/account-info/v3/details", "/account-info/2026-09/details"),
        ("/oauth/v1/token", "/oauth/2026-09/token"),
        ("/email/public/v1/events", "/email/public/v1/events"),
    ],
)
def test_dated_addresses(path: str, expected: str | None) -> None:
    """Each path has its place in a dated version, or keeps its own."""
    moved = "/crm/objects/2026-09/contacts/1/associations/deals"
    assert dated(path, "2026-09") == (expected or moved)
    assert dated(path, "v3") == path


def test_a_dated_version_reads_the_same(open_hubspot: Callable[..., HubSpotAccount]) -> None:
    """One setting moves every path; what is read does not change."""
    fields = ["lastname", "associations.companies"]
    pages: list[Any] = []
    for version in ("v3", "2026-09"):
        account = open_hubspot(api_version=version, page_size=3)
        contacts(account, 2)
        pages.append(account.connector.page("contacts", fields, None).records)
        since = account.connector.cursor_from("contacts", BORN)
        pages.append(account.connector.page("contacts", fields, since).records)
        account.connector.page("owners", ["email"], None)
        pages.append(account.connector.discover(["contacts"]))
        assert all((f"/{version}" in f"/{path}") or "/v4" in path for _, path in account.wire.seen)
    assert pages[:3] == pages[3:]


def test_pages_come_compressed_over_one_pool(hubspot: HubSpotAccount) -> None:
    """Each API object asks for gzip, has a time limit, and shares the connection's pool."""
    contacts(hubspot, 2)
    asked: list[dict[str, Any]] = []
    send = hubspot.wire.request

    def request(method: str, url: str, *args: Any, **options: Any) -> Any:
        asked.append(options)
        return send(method, url, *args, **options)

    hubspot.wire.request = request  # type: ignore[method-assign]
    hubspot.connector.page("contacts", ["lastname"], None)
    hubspot.connector.count("contacts")
    hubspot.connector.read("contacts", ["1"], ["lastname"])
    hubspot.connector.client.account()
    assert len(asked) == 4
    assert {options["headers"]["Accept-Encoding"] for options in asked} == {"gzip"}
    assert all(options["timeout"].read_timeout == 60 for options in asked)
    assert not any(options["preload_content"] for options in asked)
