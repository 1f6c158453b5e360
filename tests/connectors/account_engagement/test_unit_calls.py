"""Calls to a business unit: tokens, the day, five at once, lost lines, and what is noticed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from connectors.account_engagement.settings import AccountEngagementSettings
from connectors.conformance import Purse
from sandbox import account_engagement as sandbox
from tasuki.errors import (
    BudgetError,
    ConfigError,
    SignInError,
    TransientError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Unit

    from connectors.budget import Limits
    from sandbox.server import Serving

BORN = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(slots=True)
class Listening(Purse):
    """A budget that remembers what it was told."""

    heard: list[Limits] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def told(self, limits: Limits) -> None:
        """Keep it."""
        self.heard.append(limits)

    def failed(self, why: str) -> None:
        """Keep it."""
        self.failures.append(why)


def ask(unit: Unit) -> None:
    """One call."""
    unit.connector.page("lists", ["name"], None)


def test_the_day_is_told_and_ends(open_unit: Callable[..., Unit]) -> None:
    """Usage is asked for every n calls; the end of the day blocks, with the account's midnight."""
    budget = Listening()
    unit = open_unit(budget, usage_every=3, account_timezone="Asia/Tokyo")
    unit.configure(daily=7)
    for _ in range(6):
        ask(unit)
    assert [each.used for each in budget.heard] == [3, 6]
    ask(unit)
    with pytest.raises(BudgetError) as over:
        ask(unit)
    assert "midnight" in over.value.remedy
    last = budget.heard[-1]
    assert (last.used, last.allowed) == (7, 7)
    assert last.resets_at is not None
    assert last.resets_at.hour == 15  # midnight in Tokyo
    unit.pass_time(last.resets_at - unit.state.now() + timedelta(seconds=1))
    ask(unit)
    assert unit.connector.limits().calls == 10


def test_an_ended_token_is_renewed_once(open_unit: Callable[..., Unit]) -> None:
    """Sessions that the org ends cost one more sign-in, unseen by who asked."""
    unit = open_unit()
    ask(unit)
    with unit.state.transaction() as db:
        db.execute("DELETE FROM sf_open_session")
    ask(unit)
    assert unit.connector.client.tally.by_kind["sign_in"] == 2


def test_the_wrong_business_unit_is_said(open_unit: Callable[..., Unit]) -> None:
    """A unit that is not the org's blocks at once, and names the setting."""
    unit = open_unit(business_unit_id="0Uv000000000000AAA")
    with pytest.raises(SignInError) as refused:
        ask(unit)
    assert "business_unit_id" in refused.value.remedy


def test_a_wrong_secret_is_said(open_unit: Callable[..., Unit]) -> None:
    """The sign-in's refusal names the setting, and no secret."""
    unit = open_unit(client_secret="guessed-secret")
    with pytest.raises(SignInError) as refused:
        ask(unit)
    text = "\n".join(refused.value.lines())
    assert "client_secret" in text
    assert "guessed-secret" not in text


def test_other_flows_sign_in(open_unit: Callable[..., Unit], sandbox_server: Serving) -> None:
    """A refresh token and a signed assertion serve as well."""
    info = sandbox_server.info
    refresh = open_unit(refresh_token=info.salesforce_refresh_token)
    ask(refresh)
    pem = Path(info.salesforce_jwt_key).read_text(encoding="utf-8")
    name = info.salesforce_username
    ask(open_unit(client_secret=None, username=name, private_key=pem))


def test_threads_stay_within_the_connections(open_unit: Callable[..., Unit]) -> None:
    """However many ask at once, no more connections are held than set, and none is refused."""
    budget = Listening()
    unit = open_unit(budget, connections=4)
    ask(unit)
    unit.configure(answer_seconds=0.05, held=1)
    with ThreadPoolExecutor(12) as pool:
        for done in [pool.submit(ask, unit) for _ in range(24)]:
            done.result()
    assert unit.connector.limits().calls == 26
    assert budget.failures == []


def test_too_many_at_once_passes_later(open_unit: Callable[..., Unit]) -> None:
    """While others hold every connection the call is repeated, then given up as transient."""
    budget = Listening()
    unit = open_unit(budget, attempts=3)
    unit.configure(held=5)
    waits: list[float] = []
    unit.connector.client.sleep = waits.append
    with pytest.raises(TransientError):
        ask(unit)
    assert waits == [2.0, 2.0]
    assert len(budget.failures) == 1
    unit.connector.client.sleep = lambda _: unit.configure(held=0)
    ask(unit)


def test_nobody_there(open_unit: Callable[..., Unit]) -> None:
    """An address where nothing answers is said to be unreachable."""
    unit = open_unit(base_url="https://localhost:1", attempts=1)
    with pytest.raises(UnreachableError):
        ask(unit)


def test_notices(open_unit: Callable[..., Unit]) -> None:
    """The product's own connector and a day that runs out are told."""
    unit = open_unit(usage_every=1)
    assert unit.connector.notices() == []
    row = {"id": 1, "email": "a@b.example", "salesforceId": "00Q000000000001AAA", "createdAt": BORN}
    sandbox.insert(unit.state, "prospects", [row])
    unit.configure(daily=4)
    ask(unit)
    ask(unit)
    codes = [notice.code for notice in unit.connector.notices()]
    assert codes == ["native_integration", "calls_nearly_used"]


GOOD: dict[str, Any] = {
    "business_unit_id": "0Uv5g0000000001CAA",
    "login_url": "https://acme.my.salesforce.com",
    "client_id": "id",
    "client_secret": "secret",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"business_unit_id": "00D5g0000000001CAA"}, "business_unit_id"),
        ({"login_url": "http://acme.example"}, "https"),
        ({"client_secret": None}, "exactly one way"),
        ({"refresh_token": "r", "username": "u"}, "exactly one way"),
        ({"account_timezone": "Mars/Base"}, "time zone"),
        ({"overlap": "PT30S"}, "overlap"),
    ],
)
def test_settings_that_do_not_fit(change: dict[str, Any], said: str) -> None:
    """Each is refused with the name of the setting, and without secrets."""
    with pytest.raises(ValidationError, match=said):
        AccountEngagementSettings.model_validate(GOOD | change)


@pytest.mark.parametrize(
    ("environment", "host"), [("production", "pi.pardot.com"), ("sandbox", "pi.demo.pardot.com")]
)
def test_the_environment_chooses_the_address(environment: str, host: str) -> None:
    """Production and sandbox answer at addresses of their own."""
    settings = AccountEngagementSettings.model_validate(GOOD | {"environment": environment})
    assert settings.api_url == f"https://{host}/api/v5"


def test_a_field_that_is_not_there(open_unit: Callable[..., Unit]) -> None:
    """The refusal of a read names the field."""
    with pytest.raises(ConfigError, match="shoeSize"):
        open_unit().connector.page("prospects", ["email", "shoeSize"], None)
