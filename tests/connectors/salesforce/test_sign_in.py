"""Ways to sign in: what each sends, what its refusals mean, and that exactly one is configured."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import jwt
import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from connectors.protocol import OpenContext
from connectors.salesforce import SPEC
from connectors.salesforce.settings import Flow, SalesforceSettings
from tasuki.clock import FixedClock
from tasuki.errors import ConfigError, SignInError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.salesforce.connector import SalesforceConnector

HOST = "https://acme.my.salesforce.com"
TOKEN = f"{HOST}/services/oauth2/token"
SOAP = f"{HOST}/services/Soap/u/59.0"
APP = {"client_id": "id", "client_secret": "hunter2"}
USER = {"username": "tasuki@acme.example", "password": "hunter3"}
NOW = datetime(2026, 1, 5, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
JWT = {"client_id": "id", "username": "tasuki@acme.example", "private_key": PEM}
SESSION = f"""<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://x" xmlns="urn:p">
<soapenv:Body><loginResponse><result><serverUrl>{HOST}/services/Soap/u/59.0/00D</serverUrl>
<sessionId>00D!soap</sessionId></result></loginResponse></soapenv:Body></soapenv:Envelope>"""


def fault(code: str) -> str:
    """A SOAP fault."""
    return (
        '<e:Envelope xmlns:e="http://x"><e:Body><e:Fault><faultcode>sf:' + code + "</faultcode>"
        "<detail><sf:F xmlns:sf='urn:f'><sf:exceptionCode>" + code + "</sf:exceptionCode></sf:F>"
        "</detail></e:Fault></e:Body></e:Envelope>"
    )


def settings(**given: Any) -> SalesforceSettings:
    """Settings of a production org."""
    about = {"login_url": HOST, "environment": "production", "attempts": 1}
    return SalesforceSettings.model_validate({**about, **given})


def connect(**given: Any) -> SalesforceConnector:
    """A connector that has not signed in yet."""
    opened = SPEC.open(settings(**given), OpenContext("crm", Path("/"), FixedClock(NOW)))
    opened.client.sleep = lambda _: None
    return opened


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    """A network on which only one count is answered besides what a test adds."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as net:
        body = {"totalSize": 7, "done": True, "records": []}
        net.get(f"{HOST}/services/data/v59.0/query/", json=body)
        yield net


def grant(net: responses.RequestsMock, **also: str) -> None:
    """Have the token endpoint answer once with a token."""
    net.post(TOKEN, json={"access_token": "00D!x", "instance_url": HOST, **also})


def sent(net: responses.RequestsMock, call: int = 0) -> dict[str, str]:
    """The form of a call."""
    return {key: each[0] for key, each in parse_qs(str(net.calls[call].request.body)).items()}


@pytest.mark.parametrize(
    ("given", "flow"),
    [
        (APP, Flow.CLIENT_CREDENTIALS),
        (JWT, Flow.JWT),
        ({"client_id": "id", "refresh_token": "r"}, Flow.REFRESH),
        ({**APP, "refresh_token": "r"}, Flow.REFRESH),
        ({**APP, **USER}, Flow.PASSWORD),
        ({**APP, **USER, "security_token": "t"}, Flow.PASSWORD),
        (USER, Flow.SOAP),
        ({**USER, "security_token": "t"}, Flow.SOAP),
    ],
)
def test_the_credentials_choose_the_flow(given, flow) -> None:
    """Each set of credentials means one way to sign in."""
    assert settings(**given).flow is flow


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"client_id": "id"},
        {**APP, "private_key": PEM},
        {**APP, **JWT},
        {"username": "u"},
        {**APP, "security_token": "t"},
        {**USER, "refresh_token": "r"},
    ],
)
def test_credentials_of_none_or_several_flows_are_refused(given) -> None:
    """The message lists the ways and what was given, never a secret."""
    with pytest.raises(ValidationError) as caught:
        settings(**given)
    (error,) = caught.value.errors()
    assert "exactly one way to sign in" in error["msg"]
    assert "hunter" not in error["msg"]
    assert "BEGIN" not in error["msg"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**APP, "login_url": "https://login.salesforce.com"}, "My Domain"),
        ({**JWT, "login_url": "https://test.salesforce.com"}, "environment is production"),
        ({**USER, "api_version": "65.0"}, "SOAP login ends"),
    ],
)
def test_a_flow_that_cannot_work_there_is_refused(given, said) -> None:
    """Shared sign-in hosts, environments and versions are checked against the flow."""
    with pytest.raises(ValidationError, match=said):
        settings(**given)


def test_shared_hosts_sign_in_whom_a_key_names() -> None:
    """JWT bearer, refresh token and the username flows may use the shared hosts."""
    host = "https://login.salesforce.com"
    assert settings(**{**JWT, "login_url": host}).login_url == host


def test_an_assertion_is_short_lived_and_names_app_and_user(net) -> None:
    """RS256 by the app's key: issuer, subject, audience, three minutes."""
    grant(net)
    assert connect(**JWT).count("Account") == 7
    form = sent(net)
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        form["assertion"],
        KEY.public_key(),
        algorithms=["RS256"],
        audience="https://login.salesforce.com",
        options={"verify_exp": False},
    )
    assert (claims["iss"], claims["sub"]) == ("id", "tasuki@acme.example")
    assert claims["exp"] == int(NOW.timestamp()) + 180
    assert "Authorization" not in net.calls[0].request.headers


def test_a_key_on_one_line_is_read(net) -> None:
    """A file of variables holds one line per value: a written backslash-n is a line break."""
    grant(net)
    assert connect(**{**JWT, "private_key": PEM.replace("\n", "\\n")}).count("Account") == 7


def test_a_key_that_is_none_is_a_mistake_in_the_project() -> None:
    """Nothing is sent, and the error does not show the text."""
    with pytest.raises(ConfigError) as caught:
        connect(**{**JWT, "private_key": "hunter2"}).count("Account")
    assert "hunter2" not in str(caught.value.lines())


def test_a_rotated_refresh_token_replaces_the_old_one(net) -> None:
    """When the session ends, the newest refresh token renews it."""
    grant(net, refresh_token="second")
    query = f"{HOST}/services/data/v59.0/query/"
    net.replace(responses.GET, query, status=401, json=[{"errorCode": "INVALID_SESSION_ID"}])
    net.get(query, json={"totalSize": 7, "done": True, "records": []})
    assert connect(client_id="id", refresh_token="first").count("Account") == 7
    forms = [sent(net, n) for n in (0, 2)]
    assert [form["refresh_token"] for form in forms] == ["first", "second"]
    assert forms[0]["client_id"] == "id"


def test_a_password_goes_out_with_its_security_token(net) -> None:
    """The two are one word to Salesforce; the app's secret travels as a header."""
    grant(net)
    connect(**APP, **USER, security_token="tok").count("Account")
    form = sent(net)
    assert (form["grant_type"], form["password"]) == ("password", "hunter3tok")
    header = net.calls[0].request.headers["Authorization"].removeprefix("Basic ")
    assert b64decode(header) == b"id:hunter2"


def test_soap_login_escapes_what_it_sends(net) -> None:
    """A password may hold any character; the session's server is taken from the answer."""
    net.post(SOAP, body=SESSION)
    connect(username="a&b", password="<p>", security_token="t").count("Account")
    first, second = (call.request for call in net.calls)
    assert b"<u:password>&lt;p&gt;t</u:password>" in first.body
    assert b"<u:username>a&amp;b</u:username>" in first.body
    assert second.headers["Authorization"] == "Bearer 00D!soap"


@pytest.mark.parametrize(
    ("code", "said"),
    [("INVALID_LOGIN", "locked out"), ("INVALID_OPERATION", "does not allow SOAP")],
)
def test_a_soap_fault_is_a_sign_in_error(net, code, said) -> None:
    """A fault comes with status 500 and is no maintenance."""
    net.post(SOAP, status=500, body=fault(code))
    with pytest.raises(SignInError, match=code) as caught:
        connect(**USER).count("Account")
    assert said in caught.value.why
    assert "hunter" not in str(caught.value.lines())


@pytest.mark.parametrize("body", ["<html>busy</html>", "busy", fault("SERVER_UNAVAILABLE")])
def test_soap_maintenance_passes(net, body) -> None:
    """Without a fault that names us, 500 may pass later."""
    net.post(SOAP, status=500, body=body)
    with pytest.raises(TransientError):
        connect(**USER).count("Account")


@pytest.mark.parametrize("given", [APP, JWT, {**APP, **USER}, {**APP, "refresh_token": "r"}])
@pytest.mark.parametrize("code", ["invalid_grant", "invalid_client_id", "bacon"])
def test_every_refusal_says_why_and_what_to_do(net, given, code) -> None:
    """Each flow has its own reasons; the description may be missing."""
    net.post(TOKEN, status=400, json={"error": code})
    with pytest.raises(SignInError, match=code) as caught:
        connect(**given).count("Account")
    assert caught.value.why
    assert caught.value.remedy.endswith(".")
    assert "hunter" not in str(caught.value.lines())


@pytest.mark.parametrize("body", [json.dumps([1]), "null", json.dumps({"access_token": "x"})])
def test_an_answer_without_a_token_is_a_sign_in_error(net, body) -> None:
    """Any JSON may come from a wrong address."""
    net.post(TOKEN, body=body)
    with pytest.raises(SignInError, match="without a token"):
        connect(**APP).count("Account")
