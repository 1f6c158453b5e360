"""Consent: what a person agreed to, by the typed v3 client and by v4 and dated paths."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hubspot.communication_preferences.exceptions import ApiException

from sandbox import hubspot

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

EMAIL = "mio@firm.example"
ONE = f"/communication-preferences/v4/statuses/{EMAIL}"
NEWS = 44003


def words(account: Account) -> dict[int, str]:
    """The status of each kind of e-mail."""
    found = account.call("GET", f"{ONE}?channel=EMAIL").json()["results"]
    return {each["subscriptionId"]: each["status"] for each in found}


def say(account: Account, word: str, **more: Any) -> Any:
    """Set the newsletter's status."""
    body = {"subscriptionId": NEWS, "statusState": word, "channel": "EMAIL", **more}
    return account.call("POST", ONE, body)


def reason(account: Account, word: str) -> str:
    """What HubSpot says came of a change."""
    return str(say(account, word).json()["results"][0]["setStatusSuccessReason"])


def leave(account: Account, **asked: Any) -> None:
    """Unsubscribe as the person does."""
    answer = account.call("POST", "/_sandbox/hubspot/consent/leave", {"email": EMAIL, **asked})
    assert answer.status_code == 204, answer.text


def test_definitions_by_both_versions(account: Account) -> None:
    """The kinds of e-mail are the same by the typed client and the dated path."""
    typed = account.client.communication_preferences.definition_api.get_page()
    dated = account.call("GET", "/communication-preferences/2026-03/definitions").json()["results"]
    assert [each.name for each in typed.subscription_definitions] == [
        each["name"] for each in dated
    ]


def test_the_typed_client_subscribes_and_unsubscribes(account: Account) -> None:
    """v3 knows SUBSCRIBED and NOT_SUBSCRIBED."""
    api = account.client.communication_preferences.status_api
    asked = {"emailAddress": EMAIL, "subscriptionId": str(NEWS), "legalBasis": "NON_GDPR"}
    made = api.subscribe({**asked, "legalBasisExplanation": "asked by phone"})
    assert (made.status, made.legal_basis) == ("SUBSCRIBED", "NON_GDPR")
    assert api.unsubscribe(asked).status == "NOT_SUBSCRIBED"
    found = api.get_email_status(EMAIL).subscription_statuses
    assert {each.source_of_status for each in found} == {"SUBSCRIPTION_STATUS"}


def test_v4_tells_what_came_of_it(account: Account) -> None:
    """Each change has its reason; a status nobody set is NOT_SPECIFIED."""
    assert set(words(account).values()) == {"NOT_SPECIFIED"}
    assert reason(account, "SUBSCRIBED") == "REQUESTED_CHANGE_OCCURRED"
    assert reason(account, "SUBSCRIBED") == "NO_STATUS_CHANGE"
    assert reason(account, "UNSUBSCRIBED") == "REQUESTED_CHANGE_OCCURRED"
    assert reason(account, "SUBSCRIBED") == "RESUBSCRIBE_OCCURRED"
    assert words(account)[NEWS] == "SUBSCRIBED"


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "PIGEON"},
        {"subscriptionId": 1},
        {"statusState": "PERHAPS"},
        {"legalBasis": "BECAUSE"},
    ],
)
def test_impossible_statuses(account: Account, wrong: dict[str, Any]) -> None:
    """Unknown channels, kinds, words and bases are refused."""
    assert say(account, "SUBSCRIBED", **wrong).status_code == 400


def test_who_left_is_not_brought_back(account: Account) -> None:
    """A person who unsubscribed himself stays away from the API, not from his own form."""
    leave(account, subscriptionId=NEWS)
    assert say(account, "SUBSCRIBED").status_code == 400
    with pytest.raises(ApiException) as caught:
        account.client.communication_preferences.status_api.subscribe(
            {"emailAddress": EMAIL, "subscriptionId": str(NEWS)}
        )
    assert json.loads(caught.value.body)["category"] == "VALIDATION_ERROR"
    hubspot.insert_forms(account.state, [{"id": "f", "name": "F", "created": account.clock.now()}])
    ticked = {"value": True, "subscriptionTypeId": NEWS, "text": "yes"}
    body = {
        "fields": [{"name": "email", "value": EMAIL}],
        "legalConsentOptions": {"consent": {"communications": [ticked]}},
    }
    path = "/submissions/v3/integration/submit/4812345/f"
    assert account.call("POST", path, body).status_code == 200
    assert words(account)[NEWS] == "SUBSCRIBED"


def test_leaving_everything(account: Account) -> None:
    """Unsubscribing from all shows on every kind and on the contact; one resubscribe ends it."""
    id = account.create("contacts", email=EMAIL)
    path = f"/communication-preferences/2026-03/statuses/{EMAIL}/unsubscribe-all?channel=EMAIL"
    assert account.call("GET", path).json()["results"][0]["status"] == "SUBSCRIBED"
    done = account.call("POST", path).json()["results"][0]
    assert done["setStatusSuccessReason"] == "UNSUBSCRIBE_FROM_ALL_OCCURRED"
    assert done["wideStatusType"] == "PORTAL_WIDE"
    assert set(words(account).values()) == {"UNSUBSCRIBED"}
    read = account.read("contacts", id, "hs_email_optout")["properties"]
    assert read["hs_email_optout"] == "true"
    assert reason(account, "SUBSCRIBED") == "RESUBSCRIBE_OCCURRED"
    assert sorted(words(account).values()) == ["SUBSCRIBED", "UNSUBSCRIBED", "UNSUBSCRIBED"]


def test_loaded_optouts_count(crowd: Account) -> None:
    """A contact loaded as opted out left everything himself."""
    path = "/communication-preferences/v4/statuses/person5@firm5.example?channel=EMAIL"
    found = crowd.call("GET", path).json()["results"]
    assert {each["status"] for each in found} == {"UNSUBSCRIBED"}
    body = {"subscriptionId": NEWS, "statusState": "SUBSCRIBED", "channel": "EMAIL"}
    assert crowd.call("POST", path, body).status_code == 400


def test_privacy_settings_want_a_basis(account: Account) -> None:
    """With data privacy on, a subscription needs a legal basis and its explanation."""
    account.call("POST", "/_sandbox/hubspot/consent/privacy", {"on": True})
    assert say(account, "SUBSCRIBED").status_code == 400
    assert say(account, "SUBSCRIBED", legalBasis="NON_GDPR").status_code == 400
    given = {"legalBasis": "CONSENT_WITH_NOTICE", "legalBasisExplanation": "form"}
    assert say(account, "SUBSCRIBED", **given).status_code == 200
    assert say(account, "UNSUBSCRIBED").status_code == 200


def test_batches_are_enterprise(account: Account) -> None:
    """Batches write per person and refuse per person; lower subscriptions have none."""
    path = "/communication-preferences/v4/statuses/batch"
    leave(account, subscriptionId=NEWS)
    wanted = [
        {
            "subscriberIdString": email,
            "subscriptionId": NEWS,
            "statusState": "SUBSCRIBED",
            "channel": "EMAIL",
        }
        for email in (EMAIL, "sora@firm.example")
    ]
    answer = account.call("POST", f"{path}/write", {"inputs": wanted})
    assert (answer.status_code, answer.json()["numErrors"]) == (207, 1)
    everyone = {"inputs": [EMAIL, "sora@firm.example"]}
    found = account.call("POST", f"{path}/read", everyone).json()["results"]
    said = [
        next(each["status"] for each in person["statuses"] if each["subscriptionId"] == NEWS)
        for person in found
    ]
    assert said == ["UNSUBSCRIBED", "SUBSCRIBED"]
    assert account.call("POST", f"{path}/unsubscribe-all", everyone).status_code == 200
    wide = account.call("POST", f"{path}/unsubscribe-all/read", everyone).json()["results"]
    assert {each["wideStatuses"][0]["status"] for each in wide} == {"UNSUBSCRIBED"}
    hubspot.configure(account.state, tier="professional")
    assert account.call("POST", f"{path}/read", everyone).status_code == 403


def test_kinds_are_added(account: Account) -> None:
    """A kind of e-mail made in the product can be subscribed to at once."""
    made = account.call("POST", "/_sandbox/hubspot/consent/type", {"name": "Events"}).json()
    assert say(account, "SUBSCRIBED", subscriptionId=made["id"]).status_code == 200
