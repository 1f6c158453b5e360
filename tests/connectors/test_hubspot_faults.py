"""What HubSpot answers, and the family it becomes."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from connectors.hubspot.faults import PROPERTIES, NotReachedError, translate
from tasuki.errors import BlockedError, RejectedError, TransientError

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


@pytest.mark.parametrize(
    ("status", "repeatable", "unknown"),
    [
        (502, False, True),
        (504, False, True),
        (524, False, True),
        (500, False, True),
        (503, False, False),
        (521, False, False),
        (423, False, False),
        (502, True, False),
    ],
)
def test_only_a_create_that_may_have_happened_is_unknown(
    status: int, repeatable: bool, unknown: bool
) -> None:
    """Where the answer leaves the outcome open, a call that must not be doubled is not repeated."""
    error = translate(answer(status, "<html>gateway</html>"), "hub", repeatable=repeatable)
    assert isinstance(error, TransientError)
    assert error.outcome_unknown is unknown


def test_a_long_wait_stops_the_run() -> None:
    """An account that is being moved for hours is not waited for."""
    error = translate(answer(477, {}, {"Retry-After": "7200"}), "hub", repeatable=True)
    assert isinstance(error, BlockedError)
    assert "2:00:00" in error.remedy


def test_a_wait_that_is_asked_for_is_kept() -> None:
    """Retry-After counts in seconds; without one the policy decides."""
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
