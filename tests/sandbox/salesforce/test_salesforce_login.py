"""Signing in to the Salesforce side of the sandbox."""

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession


def test_client_credentials_in_the_form_give_a_token(served, http):
    """Id and secret may come as form fields instead of a Basic header."""
    answer = http.post(
        f"{served.info.http_url}/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": served.info.client_id,
            "client_secret": served.info.client_secret,
        },
    )
    body = answer.json()
    assert answer.status_code == 200
    assert body["access_token"].startswith("00D5g00000TASUK!")
    assert body["instance_url"] == served.info.http_url
    assert body["token_type"] == "Bearer"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "client_credentials", "client_id": "wrong"}, 400, "invalid_client_id"),
        ({"grant_type": "bacon"}, 400, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_answer_an_error_object(served, http, form, status, error):
    """OAuth errors are an object with error and error_description, not an array."""
    answer = http.post(f"{served.info.https_url}/services/oauth2/token", data=form)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]


def test_a_wrong_secret_is_an_invalid_client(served, http):
    """The right id with a wrong secret answers 401 invalid_client."""
    answer = http.post(
        f"{served.info.https_url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(served.info.client_id, "wrong"),
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_dead_token_gets_401_with_the_array(served, http):
    """A call with an unknown token answers INVALID_SESSION_ID."""
    client = Salesforce(
        session_id="00D000000000000!dead",
        instance=f"localhost:{served.info.https_port}",
        session=http,
    )
    with pytest.raises(SalesforceExpiredSession) as caught:
        client.query("SELECT Id FROM Account")
    assert caught.value.content == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]


def test_the_version_list_needs_no_token(served, http):
    """GET /services/data answers without a token and without the limit header."""
    answer = http.get(f"{served.info.https_url}/services/data/")
    assert {"59.0"} <= {each["version"] for each in answer.json()}
    assert "Sforce-Limit-Info" not in answer.headers


def test_retired_versions_are_gone(served, http, token):
    """v30.0 and earlier answer 410."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{served.info.https_url}/services/data/v30.0/limits"
    assert http.get(url, headers=headers).status_code == 410


def test_limits_and_the_usage_header_agree(served, http, token):
    """Sforce-Limit-Info counts the calls that /limits reports as used."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = http.get(f"{served.info.https_url}/services/data/v59.0/limits/", headers=headers)
    daily = answer.json()["DailyApiRequests"]
    used = daily["Max"] - daily["Remaining"]
    assert answer.headers["Sforce-Limit-Info"] == f"api-usage={used}/{daily['Max']}"


def test_every_session_ends_when_told(served, http, control, salesforce):
    """After the expire control each old token is dead and a new one works."""
    fresh = http.post(
        f"{served.info.https_url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(served.info.client_id, served.info.client_secret),
    ).json()["access_token"]
    assert control("salesforce/expire").status_code == 204
    url = f"{served.info.https_url}/services/data/v59.0/limits"
    answer: requests.Response = http.get(url, headers={"Authorization": f"Bearer {fresh}"})
    assert answer.status_code == 401
