"""Webhook deliveries of HubSpot: whose word is taken, and what they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.hubspot import SPEC
from connectors.hubspot.hints import _named
from connectors.hubspot.settings import HubSpotSettings
from connectors.protocol import Delivery, Hint
from sandbox.hubspot.webhooks import signature
from tasuki.errors import SignInError

SECRET = "11111111-2222-3333-4444-555555555555"
URL = "https://tasuki.example/hubspot/webhook"
BODY = (
    b'[{"eventId":1,"subscriptionId":25,"portalId":33,"appId":1160452,"occurredAt":1462216307945,'
    b'"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":1246965,'
    b'"propertyName":"lifecyclestage","propertyValue":"subscriber","changeSource":"CRM_UI"}]'
)
NOW = datetime.fromtimestamp(1_700_000_000, UTC)
V1 = "f7a772a10482fb8311402ed1b04fdecda14b346f95c1a0df1e9373d912052e93"
V2 = "6e820092b3a33ac254af45b8a067b01e2bb3ddd4471e64dadaa5c345613048e3"
V3 = "LGgTrpm79i2BZCF9zpBxdWo96nMWj7IR5p8gCyrlrjY="
SIGNED = {"x-hubspot-signature-v3": V3, "x-hubspot-request-timestamp": "1700000000000"}
ALL = ("v1", "v2", "v3")


def hints(
    headers: dict[str, str],
    *,
    body: bytes = BODY,
    url: str = URL,
    now: datetime = NOW,
    **settings: Any,
) -> list[Hint]:
    """What a delivery says to a connection with these settings."""
    given = {"token": "pat", "webhook_secret": SECRET, **settings}
    assert SPEC.hints is not None
    made = HubSpotSettings.model_validate(given)
    return list(SPEC.hints(made, Delivery("POST", url, headers, body), now))


def said(*notes: dict[str, Any], **settings: Any) -> list[Hint]:
    """What these notifications say, signed as HubSpot signs them."""
    body = json.dumps(notes).encode()
    text = b"POST" + URL.encode() + body + b"1700000000000"
    signature = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest())
    return hints({**SIGNED, "x-hubspot-signature-v3": signature.decode()}, body=body, **settings)


def test_the_published_vectors_are_believed() -> None:
    """Each of the three signatures, over the raw bytes of one delivery."""
    expected = [Hint("contacts", "1246965")]
    older = {"x-hubspot-signature": V1, "x-hubspot-signature-version": "v1"}
    assert hints(SIGNED) == expected
    assert hints(older, webhook_signatures=ALL) == expected
    older = {"x-hubspot-signature": V2, "x-hubspot-signature-version": "v2"}
    assert hints(older, webhook_signatures=ALL) == expected


def test_what_the_sandbox_sends_is_believed() -> None:
    """Its sender signs by the same sheet, written by other hands: v3 and the older ones beside."""
    for older in ("v1", "v2"):
        signed = signature.headers(SECRET, URL, BODY, "1700000000000", older)
        lower = {name.lower(): value for name, value in signed.items()}
        assert hints(lower) == [Hint("contacts", "1246965")]
        alone = {name: value for name, value in lower.items() if not name.endswith("-v3")}
        assert hints(alone, webhook_signatures=ALL) == [Hint("contacts", "1246965")]


@pytest.mark.parametrize(
    ("headers", "body", "why"),
    [
        ({}, BODY, "missing signature"),
        ({"x-hubspot-signature": V1, "x-hubspot-signature-version": "v1"}, BODY, "v1 signature"),
        (SIGNED, BODY + b" ", "does not fit"),
        ({**SIGNED, "x-hubspot-request-timestamp": "soon"}, BODY, "five minutes"),
    ],
)
def test_what_is_not_signed_by_version_three_is_refused(
    headers: dict[str, str], body: bytes, why: str
) -> None:
    """A missing, older or wrong signature is a sign-in error that shows no secret."""
    with pytest.raises(SignInError) as caught:
        hints(headers, body=body)
    assert why in caught.value.why
    assert SECRET not in "\n".join(caught.value.lines())


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_delivery_is_fresh_for_five_minutes_either_way(minutes: int) -> None:
    """Neither an old copy nor one from the future is believed."""
    assert hints(SIGNED, now=NOW + timedelta(minutes=minutes // 2))
    with pytest.raises(SignInError, match="not believed"):
        hints(SIGNED, now=NOW + timedelta(minutes=minutes))


def test_without_a_secret_nothing_is_believed() -> None:
    """A connection that names no secret cannot be told anything."""
    with pytest.raises(SignInError, match="not believed"):
        hints(SIGNED, webhook_secret=None)


def test_only_some_letters_of_the_address_are_decoded() -> None:
    """HubSpot signs `:` and `?` plainly and leaves `%20` as it was sent."""
    plain = "https://tasuki.example/hook?to=a:b%20c"
    text = b"POST" + plain.encode() + BODY + b"1700000000000"
    made = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    sent = "https://tasuki.example/hook%3Fto=a%3ab%20c"
    assert hints({**SIGNED, "x-hubspot-signature-v3": made}, url=sent)


def test_links_and_merges_name_everybody_concerned() -> None:
    """Both ends of a link, old and new ids of a merge, each record once."""
    link = {
        "subscriptionType": "contact.associationChange",
        "associationType": "CONTACT_TO_COMPANY",
        "fromObjectId": 1,
        "toObjectId": 2,
    }
    merge = {
        "subscriptionType": "company.merge",
        "objectId": 9,
        "primaryObjectId": 7,
        "mergedObjectIds": [8],
        "newObjectId": 9,
    }
    generic = {
        "subscriptionType": "object.associationChange",
        "fromObjectTypeId": "0-27",
        "fromObjectId": 5,
        "toObjectTypeId": "2-33",
        "toObjectId": 6,
    }
    assert said(link, link, merge, generic) == [
        Hint("contacts", "1"),
        Hint("companies", "2"),
        Hint("companies", "9"),
        Hint("companies", "7"),
        Hint("companies", "8"),
        Hint("tasks", "5"),
        Hint("2-33", "6"),
    ]


def test_the_words_of_another_account_are_left_out() -> None:
    """An app may be installed in several accounts; a connection hears of its own."""
    mine = {"subscriptionType": "object.creation", "objectTypeId": "0-3", "objectId": 1}
    notes = [{**mine, "portalId": 33}, {**mine, "portalId": 34, "objectId": 2}]
    assert said(*notes, portal_id=33) == [Hint("deals", "1")]


def test_a_privacy_deletion_says_that_somebody_was_erased() -> None:
    """The hint of a contact deleted for good says so; an ordinary deletion does not."""
    notes = [
        {"subscriptionType": "contact.privacyDeletion", "objectId": 7},
        {"subscriptionType": "contact.deletion", "objectId": 8},
    ]
    found = [hint for note in notes for hint in _named(note)]
    assert found == [Hint("contacts", "7", is_erasure=True), Hint("contacts", "8")]
