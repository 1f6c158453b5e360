"""Signing in: codes, tokens that end by the sandbox's clock, scopes, keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import hubspot as hubspot_client
import pytest
from hubspot.crm.contacts.exceptions import ApiException
from hubspot.oauth.exceptions import ApiException as OAuthError

from sandbox.hubspot.oauth.apps import CLIENT_ID, CLIENT_SECRET

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

BACK = "https://tasuki.example/back"
APP = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
CONTACTS = "/crm/v3/objects/contacts"


def code(account: Account, **asked: Any) -> str:
    """Press the button of the consent screen."""
    answer = account.call("POST", "/_sandbox/hubspot/authorize", {"redirect_uri": BACK, **asked})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


def grant(account: Account, path: str = "/oauth/v1/token", **asked: Any) -> Any:
    """Trade a code for tokens."""
    form = {
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
        "code": code(account, **asked),
    }
    answer = httpx.post(account.url + path, data={**APP, **form})
    assert answer.status_code == 200, answer.text
    return answer.json()


def get(account: Account, token: str, path: str = CONTACTS, method: str = "GET") -> httpx.Response:
    """Call with this token."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(method, account.url + path, headers=headers)


def test_a_code_buys_a_token_once(account: Account) -> None:
    """The typed client trades a code for a token that opens the CRM; the code is then spent."""
    api = account.client.oauth.tokens_api
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code": code(account)}
    made = api.create(**APP, **form)
    assert (made.token_type, made.expires_in) == ("bearer", 1800)
    client: Any = hubspot_client.Client.create(access_token=made.access_token, host=account.url)
    assert client.crm.contacts.basic_api.get_page().results == []
    with pytest.raises(OAuthError) as caught:
        api.create(**APP, **form)
    assert (caught.value.status, json.loads(caught.value.body)["status"]) == (400, "BAD_AUTH_CODE")


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"client_id": "x"}, "BAD_CLIENT_ID"),
        ({"client_secret": "x"}, "BAD_CLIENT_SECRET"),
        ({"redirect_uri": "https://other.example"}, "MISMATCH_REDIRECT_URI_AUTH_CODE"),
        ({"grant_type": "refresh_token"}, "BAD_REFRESH_TOKEN"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
    ],
)
def test_wrong_requests_name_what_is_wrong(
    account: Account, wrong: dict[str, str], status: str
) -> None:
    """Each missing or false part of a token request has its own word."""
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code": code(account)}
    answer = httpx.post(f"{account.url}/oauth/v1/token", data={**APP, **form, **wrong})
    assert (answer.status_code, answer.json()["status"]) == (400, status)


def test_tokens_end_and_are_refreshed(account: Account) -> None:
    """After 1,800 seconds a token is an EXPIRED_AUTHENTICATION; the refresh token buys another."""
    made = grant(account)
    account.clock.advance(1799)
    assert get(account, made["access_token"]).status_code == 200
    account.clock.advance(31)
    body = get(account, made["access_token"]).json()
    assert body["category"] == "EXPIRED_AUTHENTICATION"
    assert body["message"].endswith("expired 30 second(s) ago.")
    form = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}
    again = httpx.post(f"{account.url}/oauth/v1/token", data={**APP, **form}).json()
    assert get(account, again["access_token"]).status_code == 200
    assert again["refresh_token"] == made["refresh_token"]


@pytest.mark.parametrize("path", ["/oauth/v3/token", "/oauth/2026-03/token"])
def test_later_versions_tell_more(account: Account, path: str) -> None:
    """From v3 on the answer names the account, the scopes and the user."""
    made = grant(account, path)
    assert {"hub_id", "scopes", "user_id", "token_use"} <= set(made)
    assert made["hub_id"] == 4812345
    seen = httpx.post(
        f"{account.url}{path}/introspect", data={**APP, "token": made["access_token"]}
    ).json()
    assert (seen["active"], seen["hub_id"], seen["expires_in"]) == (True, 4812345, 1800)
    account.clock.advance(1801)
    gone = {**APP, "token": made["access_token"]}
    assert httpx.post(f"{account.url}{path}/introspect", data=gone).json() == {"active": False}


def test_metadata_of_tokens(account: Account) -> None:
    """The typed client reads what a token stands for."""
    made = grant(account, scopes=["crm.objects.contacts.read"])
    access = account.client.oauth.access_tokens_api.get(made["access_token"])
    assert (access.hub_id, access.app_id, access.scopes) == (
        4812345,
        1160452,
        ["crm.objects.contacts.read"],
    )
    refresh = account.client.oauth.refresh_tokens_api.get(made["refresh_token"])
    assert (refresh.client_id, refresh.token_type) == (CLIENT_ID, "refresh")


def test_revoking_leaves_access_tokens_alive(account: Account) -> None:
    """Deleting the refresh token ends refreshing, not the hour already paid for."""
    made = grant(account)
    account.client.oauth.refresh_tokens_api.archive(made["refresh_token"])
    assert get(account, made["access_token"]).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}
    assert httpx.post(f"{account.url}/oauth/v1/token", data={**APP, **form}).status_code == 400
    account.call("POST", "/_sandbox/hubspot/uninstall", {})
    assert get(account, made["access_token"]).status_code == 401


def test_scopes_open_endpoints(account: Account) -> None:
    """A token without the scope is a 403 that says which one is missing."""
    token = grant(account, scopes=["crm.objects.contacts.read"])["access_token"]
    assert get(account, token).status_code == 200
    client: Any = hubspot_client.Client.create(access_token=token, host=account.url)
    with pytest.raises(ApiException) as caught:
        client.crm.contacts.basic_api.create({"properties": {"email": "a@b.example"}})
    body = json.loads(caught.value.body)
    assert (caught.value.status, body["category"]) == (403, "MISSING_SCOPES")
    needed = body["errors"][0]["context"]["requiredGranularScopes"]
    assert needed == ["crm.objects.contacts.write"]
    for path in (
        "/crm/v3/objects/0-2",
        "/crm/v3/properties/contacts",
        "/crm/v3/owners",
        "/crm/v3/lists",
    ):
        assert get(account, token, path).status_code == 403, path
    assert get(account, token, "/crm/v3/objects/notes").status_code == 200


def test_an_oauth_app_is_not_told_of_the_day(account: Account) -> None:
    """The daily headers are for private apps only."""
    answer = get(account, grant(account)["access_token"])
    assert "X-HubSpot-RateLimit-Max" in answer.headers
    assert "X-HubSpot-RateLimit-Daily" not in answer.headers
    assert "X-HubSpot-RateLimit-Daily" in account.call("GET", CONTACTS).headers


def test_service_keys_read_and_get_no_webhooks(account: Account) -> None:
    """A service key never expires, knows its scopes, and opens no webhook endpoint."""
    asked = {"scopes": ["crm.objects.contacts.read"]}
    key = account.call("POST", "/_sandbox/hubspot/service-key", asked).json()["token"]
    account.clock.advance(10_000_000)
    assert "X-HubSpot-RateLimit-Daily" in get(account, key).headers
    assert get(account, key, "/crm/v3/objects/deals").status_code == 403
    assert get(account, key, "/webhooks/v3/1160452/subscriptions").status_code == 403
    assert get(account, key, "/webhooks-journal/journal/2026-03/earliest").status_code == 403


def test_an_app_for_itself_reads_no_records(account: Account) -> None:
    """Client credentials are for webhooks and their journal only."""
    form = {"grant_type": "client_credentials", "scope": "developer.webhooks_journal.read"}
    made = httpx.post(f"{account.url}/oauth/2026-03/token", data={**APP, **form}).json()
    assert "refresh_token" not in made
    assert get(account, made["access_token"]).status_code == 403


def test_apps_take_known_addresses_only(account: Account) -> None:
    """An app registered with redirect addresses gets codes at those."""
    made = account.call(
        "POST", "/_sandbox/hubspot/app", {"name": "Other", "redirects": [BACK], "scopes": ["oauth"]}
    ).json()
    asked = {"client_id": made["client_id"], "redirect_uri": "https://evil.example"}
    assert account.call("POST", "/_sandbox/hubspot/authorize", asked).status_code == 400
    asked = {"client_id": made["client_id"], "redirect_uri": BACK, "scopes": ["tickets"]}
    assert account.call("POST", "/_sandbox/hubspot/authorize", asked).status_code == 400
    assert code(account, client_id=made["client_id"])
