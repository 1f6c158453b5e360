"""What the Salesforce connector does when answers are missing, late, odd or refusals.

Each tape is one answer, synthetic, with the fact it comes from; a test plays some in order.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses
from pydantic import SecretStr

from connectors.budget import Limits, Unlimited
from connectors.protocol import OpenContext, Settled, Verb, Write
from connectors.salesforce import SPEC
from connectors.salesforce.faults import FAULTS
from connectors.salesforce.settings import SalesforceSettings
from tasuki.clock import FixedClock
from tasuki.errors import (
    BlockedError,
    BudgetError,
    ConfigError,
    RejectedError,
    SignInError,
    TransientError,
)
from tasuki.values import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.budget import Budget
    from connectors.salesforce.connector import SalesforceConnector

TAPES = Path(__file__).parent / "salesforce" / "tapes"
HOST = "https://acme.my.salesforce.com"
BATCH = [
    Write("a", Verb.UPDATE, "Account", {"Name": "x"}, "001000000000001AAA"),
    Write("b", Verb.UPDATE, "Account", {"Name": "y"}, "001000000000002AAA"),
]


class Deck:
    """Plays tapes in order, each once, and remembers what was asked."""

    def __init__(self, player: responses.RequestsMock) -> None:
        self.player = player

    def play(self, *names: str) -> None:
        for name in names:
            tape = json.loads((TAPES / f"{name}.json").read_text("utf-8"))
            assert tape["source"]
            kind = getattr(requests.exceptions, tape.get("error", ""), None)
            body = kind("made up") if kind else tape.get("text", json.dumps(tape.get("body")))
            self.player.add(
                tape["method"],
                HOST + tape["path"],
                body=body,
                status=tape.get("status", 200),
                headers=tape.get("headers"),
            )

    def asked(self) -> list[requests.PreparedRequest]:
        """Every call that is not a sign-in."""
        calls = [call.request for call in self.player.calls]
        return [call for call in calls if "/oauth2/" not in str(call.url)]


@pytest.fixture
def deck() -> Iterator[Deck]:
    """A player on which every tape must have been used."""
    registry = responses.registries.OrderedRegistry
    with responses.RequestsMock(registry=registry, assert_all_requests_are_fired=True) as player:
        yield Deck(player)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def crm(clock: FixedClock, slept: list[float]) -> SalesforceConnector:
    """A connector whose waits are written down instead of waited."""
    return opened(clock, Unlimited(), slept)


def opened(
    clock: FixedClock, budget: Budget, slept: list[float] | None = None
) -> SalesforceConnector:
    """A connector to an org that only tapes know."""
    settings = SalesforceSettings(
        login_url=HOST,
        environment="production",
        client_id="id",
        client_secret=SecretStr("hunter2"),
    )
    connector = SPEC.open(settings, OpenContext("crm", Path("/"), clock, budget))
    connector.client.sleep = (slept if slept is not None else []).append
    return connector


def endings(crm: SalesforceConnector) -> list[Settled]:
    return [receipt.settled for receipt in crm.write(BATCH)]


# ── sessions ──


def test_a_repeated_write_keeps_its_headers_and_body(deck, crm) -> None:
    """After a 401 the write goes out again once, word for word, with the new token."""
    deck.play("token", "expired_update", "token_fresh", "update_done")
    assert endings(crm) == [Settled.WRITTEN, Settled.WRITTEN]
    first, second = deck.asked()
    for name in ("Sforce-Auto-Assign", "Sforce-Duplicate-Rule-Header", "Sforce-Call-Options"):
        assert first.headers[name] == second.headers[name]
    assert first.headers["Sforce-Auto-Assign"] == "FALSE"
    assert first.headers["Sforce-Call-Options"] == "client=tasuki"
    assert "allowSave=false" in first.headers["Sforce-Duplicate-Rule-Header"]
    assert first.body == second.body
    assert second.headers["Authorization"].endswith("fresh")
    assert "X-PrettyPrint" not in first.headers


@pytest.mark.parametrize("dead", ["expired_query", "expired_html"])
def test_a_session_that_dies_twice_is_given_up(deck, crm, dead) -> None:
    """One renewal per call, whatever the 401 looks like: no storm of sign-ins."""
    deck.play("token", dead, "token_fresh", dead)
    with pytest.raises(SignInError):
        crm.count("Account")


def test_a_sign_in_during_maintenance_is_repeated(deck, crm, slept) -> None:
    """HTML instead of a token is maintenance, not a wrong password."""
    deck.play("token_maintenance", "token", "count")
    assert crm.count("Account") == 7
    assert len(slept) == 1


@pytest.mark.parametrize("tape", ["token_elsewhere", "token_inactive"])
def test_an_address_that_gives_no_token_is_a_sign_in_error(deck, crm, tape) -> None:
    """Any other answer of the token endpoint stops the connection, with a remedy."""
    deck.play(tape)
    with pytest.raises(SignInError) as caught:
        crm.count("Account")
    assert caught.value.remedy
    assert "hunter2" not in str(caught.value.lines())


# ── reading ──


@pytest.mark.parametrize("fault", ["maintenance", "count_html", "count_null"])
def test_an_answer_that_is_not_json_is_asked_again(deck, crm, slept, fault) -> None:
    """Edge pages are transient for reads, with status 200 too."""
    deck.play("token", fault, "count")
    assert crm.count("Account") == 7
    assert len(slept) == 1


def test_a_describe_that_fails_hides_no_field(deck, crm) -> None:
    """Whether a field is hidden is known from describe's answer, never from its absence."""
    deck.play("token", "query_no_field", *["describe_maintenance"] * 4)
    with pytest.raises(TransientError, match="503"):
        crm.page("Account", ["Name", "Bacon__c"], None)
    deck.play("query_no_field", "describe_plain", "find_nothing")
    assert crm.page("Account", ["Key__c", "Bacon__c"], None).unreadable == ("Bacon__c",)


def test_maintenance_that_stays_is_told_after_the_attempts(deck, crm, slept) -> None:
    """Four tries, three growing waits, then the error."""
    deck.play("token", *["maintenance"] * 4)
    with pytest.raises(TransientError, match="503"):
        crm.count("Account")
    assert len(slept) == 3
    assert slept[0] < slept[2]


def test_the_two_meanings_of_the_request_limit(deck, crm, slept) -> None:
    """Too many long calls: wait and repeat. The day's calls used up: pause the connection."""
    deck.play("token", "concurrent_limit", "count", "daily_limit")
    assert crm.count("Account") == 7
    assert slept == [20.0]
    with pytest.raises(BudgetError):
        crm.count("Account")


@dataclass
class Purse:
    """A budget that writes down what it is told, and may be empty."""

    log: list[object] = field(default_factory=list)
    empty: bool = False

    def rules(self, rules: Mapping[str, object]) -> None:
        self.log.append(("rules", dict(rules)))

    def spend(self, kind: str, calls: int = 1) -> None:
        if self.empty:
            raise BudgetError("no calls left")
        self.log.append((kind, calls))

    def told(self, limits: Limits) -> None:
        self.log.append((limits.used, limits.allowed))

    def answered(self) -> None:
        self.log.append("answered")

    def failed(self, why: str) -> None:
        self.log.append("failed")


def test_the_budget_is_asked_before_each_call_and_told_after(deck, clock) -> None:
    """Each request, the sign-in too, is spent first; the gauge and the answer are passed on."""
    purse = Purse()
    crm = opened(clock, purse)
    deck.play("token", "count_near_the_end")
    crm.count("Account")
    rules, call, gauge = ("rules", {}), ("call", 1), (4501, 5000)
    assert purse.log == [rules, call, call, gauge, "answered"]
    assert (crm.limits().used, crm.limits().allowed) == gauge


def test_an_empty_budget_sends_nothing(deck, clock) -> None:
    """Neither reads nor writes leave when the budget says no."""
    crm = opened(clock, Purse(empty=True))
    with pytest.raises(BudgetError):
        crm.count("Account")
    with pytest.raises(BudgetError):
        crm.write(BATCH)
    assert deck.asked() == []


def test_a_call_that_fails_for_good_is_told_once(deck, clock) -> None:
    """Four tries are one failure to the circuit breaker."""
    purse = Purse()
    crm = opened(clock, purse)
    deck.play("token", *["maintenance"] * 4)
    with pytest.raises(TransientError):
        crm.count("Account")
    assert purse.log.count("failed") == 1
    assert "answered" not in purse.log


@pytest.mark.parametrize(
    ("tape", "family"), [("api_disabled", BlockedError), ("version_retired", ConfigError)]
)
def test_what_only_a_person_mends_is_not_repeated(deck, crm, slept, tape, family) -> None:
    """Refusals of the whole connection come at once, in their family."""
    deck.play("token", tape)
    with pytest.raises(family) as caught:
        crm.count("Account")
    assert caught.value.remedy
    assert slept == []


def test_a_window_with_too_many_deletes_is_halved(deck, crm, clock) -> None:
    """The first half is answered, and there is more."""
    cursor = dumps({"since": "2026-01-04T00:00:00.000Z"})
    deck.play("token", "deleted_too_many", "deleted_half")
    answer = crm.deletes("Account", cursor)
    assert answer.more
    assert "2026-01-04T11:5" in answer.next_cursor


def test_deletes_that_are_forgotten_are_a_gap(deck, crm) -> None:
    """The platform's own bound was nearer than ours: ids must be compared."""
    deck.play("token", "deleted_too_old")
    answer = crm.deletes("Account", dumps({"since": "2026-01-04T00:00:00.000Z"}))
    assert (answer.gap, answer.ids, answer.more) == (True, (), False)


def documented() -> set[str]:
    """The error codes of the sheet's table that are answered to calls we make."""
    return set(
        """
        MALFORMED_ID REQUIRED_FIELD_MISSING INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE
        FIELD_CUSTOM_VALIDATION_EXCEPTION STRING_TOO_LONG INVALID_EMAIL_ADDRESS
        INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST DUPLICATE_VALUE DUPLICATES_DETECTED
        INVALID_CROSS_REFERENCE_KEY INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY
        FIELD_INTEGRITY_EXCEPTION CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY DELETE_FAILED
        CANNOT_UPDATE_CONVERTED_LEAD UNABLE_TO_LOCK_ROW INVALID_QUERY_LOCATOR
        INVALID_REPLICATION_DATE EXCEEDED_ID_LIMIT QUERY_TIMEOUT INVALID_SESSION_ID
        INSUFFICIENT_ACCESS_OR_READONLY API_DISABLED_FOR_ORG NOT_FOUND ENTITY_IS_DELETED
        METHOD_NOT_ALLOWED UNKNOWN_EXCEPTION APEX_ERROR SERVER_UNAVAILABLE INVALID_TYPE
        MALFORMED_QUERY QUERY_TOO_COMPLICATED INVALID_QUERY_FILTER_OPERATOR
        NUMBER_OUTSIDE_VALID_RANGE ALL_OR_NONE_OPERATION_ROLLED_BACK PROCESSING_HALTED
        """.split()
    )


def test_every_documented_code_has_a_family() -> None:
    """What the platform documents is known by name; REQUEST_LIMIT_EXCEEDED has two meanings."""
    assert documented() - set(FAULTS) == set()


# ── writing ──


@pytest.mark.parametrize(
    "tape", ["update_timeout", "update_cut", "update_failed_inside", "update_null"]
)
def test_a_lost_answer_leaves_the_batch_unknown(deck, crm, slept, tape) -> None:
    """Sent, and no answer that says what happened: nothing is sent again."""
    deck.play("token", tape)
    receipts = crm.write(BATCH)
    assert [receipt.settled for receipt in receipts] == [Settled.UNKNOWN] * 2
    assert all(isinstance(receipt.error, TransientError) for receipt in receipts)
    assert slept == []


def test_an_answer_with_too_few_results_is_unknown(deck, crm) -> None:
    """Position is the only key; a missing result makes all of them unknown."""
    deck.play("token", "update_short")
    assert endings(crm) == [Settled.UNKNOWN] * 2


def test_a_refused_call_is_sent_again(deck, crm, slept) -> None:
    """503 at the edge means that nothing was carried out."""
    deck.play("token", "update_maintenance", "update_done")
    assert endings(crm) == [Settled.WRITTEN] * 2
    assert len(slept) == 1


def test_a_call_refused_to_the_end_rejects_its_records(deck, crm) -> None:
    """Nothing was written, and the error says that it may pass later."""
    deck.play("token", *["update_maintenance"] * 4)
    receipts = crm.write(BATCH)
    assert [receipt.settled for receipt in receipts] == [Settled.REJECTED] * 2
    assert isinstance(receipts[0].error, TransientError)


def test_only_locked_records_are_sent_again(deck, crm, slept) -> None:
    """A lock is waited for; its neighbours are written once."""
    deck.play("token", "update_one_locked", "update_locked", "update_second_done")
    assert endings(crm) == [Settled.WRITTEN] * 2
    assert [0.5 <= slept[0] <= 0.75, 1 <= slept[1] <= 1.5] == [True, True]
    sizes = [len(json.loads(str(call.body, "utf-8"))["records"]) for call in deck.asked()]
    assert sizes == [2, 1, 1]


def test_a_lock_that_a_trigger_meets_is_a_lock(deck, crm) -> None:
    """The org's own code met it, and tells it in its own words."""
    deck.play("token", "update_trigger_locked", "update_second_done")
    assert endings(crm) == [Settled.WRITTEN] * 2


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPSERT])
def test_a_key_that_somebody_took_in_between_is_theirs(deck, crm, verb) -> None:
    """A create is done by then; an upsert goes to the record that the refusal names."""
    write = Write("a", verb, "Account", {"Name": "x"}, natural_key=("Key__c", "k"))
    ends = ["update_held_done"] if verb is Verb.UPSERT else []
    finds = ["find_nothing", "describe_plain"] if verb is Verb.CREATE else []
    again = ["describe_plain", "find_nothing"] if verb is Verb.UPSERT else []
    deck.play("token", *finds, *again, "create_held", *ends)
    (receipt,) = crm.write([write])
    assert (receipt.settled, receipt.created) == (Settled.WRITTEN, False)
    assert receipt.id == "0014S000003Vl83QAC"


def test_another_field_that_is_taken_is_a_refusal(deck, crm) -> None:
    """A record that has some other unique value of ours is not the one we mean."""
    write = Write("a", Verb.CREATE, "Account", {"Name": "x"})
    deck.play("token", "create_held")
    (receipt,) = crm.write([write])
    assert (receipt.settled, receipt.id) == (Settled.REJECTED, None)


def test_a_lock_that_stays_is_told(deck, crm) -> None:
    """After its waits a locked record is rejected for now, its neighbour written."""
    deck.play("token", "update_one_locked", *["update_locked"] * 3)
    receipts = crm.write(BATCH)
    assert [receipt.settled for receipt in receipts] == [Settled.WRITTEN, Settled.REJECTED]
    assert isinstance(receipts[1].error, TransientError)


def test_a_call_refused_over_one_record_is_halved(deck, crm) -> None:
    """A value that is not JSON of the right type refuses all; the culprit ends up alone."""
    deck.play("token", "update_unparsable", "update_first_done", "update_unparsable")
    receipts = crm.write(BATCH)
    assert [receipt.settled for receipt in receipts] == [Settled.WRITTEN, Settled.REJECTED]
    assert isinstance(receipts[1].error, RejectedError)
    assert "secret" not in str(receipts[1].error.lines())


def test_a_used_up_day_stops_before_the_first_write(deck, crm) -> None:
    """Nothing was written, so the whole batch is blocked."""
    deck.play("token", "update_daily_limit")
    with pytest.raises(BudgetError):
        crm.write(BATCH)


def test_own_rules_speak_and_unknown_codes_are_parked(deck, crm) -> None:
    """A validation rule's text is shown; a code nobody knows is parked by its name."""
    deck.play("token", "update_validation")
    ruled, new = (receipt.error for receipt in crm.write(BATCH))
    assert isinstance(ruled, RejectedError)
    assert "Give a close reason" in ruled.why
    assert "Reason__c" in ruled.what
    assert isinstance(new, RejectedError)
    assert "SOMETHING_NEW" in new.what
    assert "secret" not in str(new.lines())


def test_batches_that_mix_are_a_mistake_of_ours(crm) -> None:
    """One object and one verb per batch, and a key for each write."""
    other = Write("c", Verb.DELETE, "Account", {}, "001000000000001AAA")
    with pytest.raises(ValueError, match="one object and one verb"):
        crm.write([*BATCH, other])
    with pytest.raises(ValueError, match="share a key"):
        crm.write([BATCH[0], BATCH[0]])
    assert list(crm.write([])) == []


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_every_fault_says_why_and_what_to_do(code: Any) -> None:
    """No row of the table leaves the operator without a reason and a step."""
    fault = FAULTS[code]
    assert fault.why
    assert fault.remedy.endswith((".", "`."))
