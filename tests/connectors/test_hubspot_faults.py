"""What HubSpot answers, and the family it becomes."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from connectors.hubspot.faults import (
    AGAIN,
    LONGEST_WAIT,
    PROPERTIES,
    Again,
    ForbiddenError,
    NotReachedError,
    translate,
)
from tasuki.errors import (
    BlockedError,
    BudgetError,
    RejectedError,
    SignInError,
    TransientError,
)

if TYPE_CHECKING:
    from conftest import HubSpotAccount

TAPES = json.loads((Path(__file__).parent / "hubspot/tapes/refusals.json").read_text())


def answer(status: int, body: Any, headers: dict[str, str] | None = None) -> Exception:
    """An exception like those of the official client, which has one class per package."""
    error = Exception("ApiException")
    text = body if isinstance(body, str) else json.dumps(body)
    error.__dict__.update(vars(SimpleNamespace(status=status, body=text, headers=headers or {})))
    return error


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape["name"])
def test_each_refusal_has_its_family_and_no_value(tape: dict[str, Any]) -> None:
    """The four lines name codes and fields, and never what a person typed."""
    error = translate(answer(tape["status"], tape["body"]), "hub/contacts", repeatable=True)
    assert error is not None
    assert tape["family"] in {kind.__name__ for kind in type(error).__mro__}
    text = "\n".join(error.lines())
    assert all(word in text for word in tape["says"])
    assert not any(word in text for word in tape.get("hides", []))
    assert error.remedy


SAFE = {423, 429, 477, 503, 521, 523, 525, 526}
OPEN = {500, 502, 504, 520, 522, 524, 530}


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize("status", sorted(SAFE | OPEN))
def test_only_a_create_that_may_have_happened_is_unknown(status: int, repeatable: bool) -> None:
    """The retry truth table: all may pass later; only some leave the outcome of a create open."""
    error = translate(answer(status, "<html>gateway</html>"), "hub", repeatable=repeatable)
    assert isinstance(error, TransientError)
    assert error.outcome_unknown is (status in OPEN and not repeatable)


def test_the_table_names_each_status_of_the_sheet() -> None:
    """What may be repeated is data."""
    assert {status for status, again in AGAIN.items() if again is Again.SAFE} == SAFE
    assert {status for status, again in AGAIN.items() if again is Again.LOOK} <= OPEN


@pytest.mark.parametrize("package", ["crm.objects", "crm.properties", "events", "oauth"])
def test_every_packages_own_exception_is_known(package: str) -> None:
    """The official client has an ApiException per package, with subclasses; all are told apart."""
    module = import_module(f"hubspot.{package}.exceptions")
    for name, status, family in (
        ("ApiException", 429, TransientError),
        ("UnauthorizedException", 401, SignInError),
        ("ForbiddenException", 403, ForbiddenError),
        ("NotFoundException", 404, RejectedError),
        ("ServiceException", 503, TransientError),
    ):
        error = getattr(module, name)(status=status)
        error.body, error.headers = "", None
        assert isinstance(translate(error, "hub", repeatable=True), family)


def test_a_page_in_another_encoding_is_still_an_answer(hubspot: HubSpotAccount) -> None:
    """The client stumbles over a gateway's page in Shift JIS; its status decides all the same."""
    hubspot.wire.answers.append(("search", 503, "混雑しています".encode("cp932")))
    assert hubspot.connector.count("contacts") == 0


@pytest.mark.parametrize(
    ("body", "family"),
    [
        ({"policyName": "DAILY"}, BudgetError),
        ({"category": "RATE_LIMITS", "message": "You have reached your daily limit."}, BudgetError),
        ({"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}, TransientError),
        ({"message": "You have reached your secondly limit."}, TransientError),
        ({}, TransientError),
    ],
)
def test_a_limit_is_known_by_name_or_sentence(
    body: dict[str, str], family: type[Exception]
) -> None:
    """Only the day's end stops the run; a burst or a second passes."""
    assert isinstance(translate(answer(429, body), "hub", repeatable=False), family)


def test_missing_scopes_are_named() -> None:
    """A 403 carries what to grant."""
    entry = {"context": {"requiredGranularScopes": ["crm.objects.deals.read"]}}
    error = translate(answer(403, {"errors": [entry]}), "hub", repeatable=True)
    assert isinstance(error, ForbiddenError)
    assert error.scopes == ("crm.objects.deals.read",)
    assert "crm.objects.deals.read" in error.remedy


@pytest.mark.parametrize("status", [429, 477, 503])
def test_a_long_wait_stops_the_run(status: int) -> None:
    """An account that is being moved or mended for hours is not waited for."""
    error = translate(answer(status, {}, {"Retry-After": "7200"}), "hub", repeatable=True)
    assert isinstance(error, BlockedError)
    assert "2:00:00" in error.remedy


def test_an_open_outcome_is_looked_at_before_long() -> None:
    """A gateway that gave up and asks for hours gets minutes: what it did must be read."""
    error = translate(answer(502, "", {"Retry-After": "86400"}), "hub", repeatable=False)
    assert isinstance(error, TransientError)
    assert (error.outcome_unknown, error.retry_after) == (True, LONGEST_WAIT)


def test_a_wait_that_is_asked_for_is_kept() -> None:
    """Retry-After counts in seconds, on any answer; without one the policy decides."""
    for status in (429, 477, 503):
        waiting = translate(answer(status, {}, {"Retry-After": "9"}), "hub", repeatable=True)
        assert isinstance(waiting, TransientError)
        assert waiting.retry_after == timedelta(seconds=9)
    told = translate(answer(429, {}, {"Retry-After": "7"}), "hub", repeatable=True)
    policy = translate(answer(429, {"policyName": "SECONDLY"}), "hub", repeatable=True)
    assert isinstance(told, TransientError)
    assert isinstance(policy, TransientError)
    assert (told.retry_after, policy.retry_after) == (timedelta(seconds=7), timedelta(seconds=1))


def test_a_connection_that_never_stood_sent_nothing() -> None:
    """A refused connection is told from one that broke."""
    pool = ConnectionPool("127.0.0.1")
    refused = MaxRetryError(pool, "/", NewConnectionError(pool, "refused"))  # type: ignore[arg-type]
    assert isinstance(translate(refused, "hub", repeatable=False), NotReachedError)
    for broken in (ProtocolError("cut"), ReadTimeoutError(pool, "/", "slow")):
        error = translate(broken, "hub", repeatable=False)
        assert isinstance(error, TransientError)
        assert error.outcome_unknown


def test_our_own_errors_pass_untranslated() -> None:
    """A bug of ours is not dressed up as HubSpot's."""
    assert translate(KeyError("x"), "hub", repeatable=True) is None


def test_several_refused_fields_are_all_named() -> None:
    """One record's problems are told together, under the first one's remedy."""
    problems = [{"name": name, "error": "INVALID_INTEGER", "message": "no"} for name in ("a", "b")]
    message = f"Property values were not valid: {json.dumps(problems)}"
    error = translate(answer(400, {"message": message}), "hub", repeatable=True)
    assert isinstance(error, RejectedError)
    assert error.what == "HubSpot refused a, b."


def test_every_code_has_a_remedy() -> None:
    """The table holds a full sentence for each code."""
    assert all(fault.why and fault.remedy.endswith(".") for fault in PROPERTIES.values())
