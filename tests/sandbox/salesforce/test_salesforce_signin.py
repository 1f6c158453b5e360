"""Every way to sign in, as the real client library does it through its own login hosts."""

import time
from pathlib import Path

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from sandbox.salesforce.org import INTEGRATION_USER, PERSON

MY_DOMAIN = "tasuki.my"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class ToSandbox(HTTPAdapter):
    """Sends what is meant for a Salesforce host to the sandbox, with the Host it was meant for."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request, **kwargs):
        """Rewrite the address, keep the Host header."""
        _, rest = request.url.split("://", 1)
        host, _, path = rest.partition("/")
        request.headers["Host"] = host
        request.url = f"{self._url}/{path}"
        return super().send(request, **kwargs)


@pytest.fixture
def afar(served):
    """A session for which the platform's own hosts lead to the sandbox, over TLS."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = served.info.ca
        for host in ("login.salesforce.com", "test.salesforce.com", f"{MY_DOMAIN}.salesforce.com"):
            session.mount(f"https://{host}", ToSandbox(served.info.https_url))
        yield session


@pytest.fixture
def switched(control):
    """Switch something of the org on for one test."""
    on: list[str] = []

    def switch(name: str) -> None:
        assert control("salesforce/switch", {"name": name, "on": True}).status_code == 204
        on.append(name)

    yield switch
    for name in on:
        control("salesforce/switch", {"name": name, "on": False})


@pytest.fixture
def sign(served, http):
    """Post a form to the token endpoint, the app's id and secret in it."""

    def post(**form: str) -> requests.Response:
        client = {"client_id": served.info.client_id, "client_secret": served.info.client_secret}
        return http.post(f"{served.info.https_url}/services/oauth2/token", data={**client, **form})

    return post


def works(afar, session_id: str, instance: str) -> bool:
    """Whether a session can query."""
    client = Salesforce(session_id=session_id, instance=instance, session=afar)
    return client.query("SELECT Id FROM User")["totalSize"] >= 1


def claims(served, **other: object) -> dict[str, object]:
    """What a good assertion says, and what a test wants said instead."""
    return {
        "iss": served.info.client_id,
        "sub": served.info.salesforce_username,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 120,
        **other,
    }


def key(served) -> str:
    """The app's private key."""
    return Path(served.info.salesforce_jwt_key).read_text(encoding="utf-8")


def test_the_library_signs_in_with_a_jwt(served, afar):
    """The JWT bearer flow works from the shared login host, its exp written as text."""
    session, instance = SalesforceLogin(
        username=served.info.salesforce_username,
        consumer_key=served.info.client_id,
        privatekey_file=served.info.salesforce_jwt_key,
        session=afar,
    )
    assert instance == f"localhost:{served.info.https_port}"
    assert works(afar, session, instance)


def test_the_library_signs_in_as_the_app(served, afar):
    """Client credentials go to My Domain, and the instance is the host that was asked."""
    session, instance = SalesforceLogin(
        consumer_key=served.info.client_id,
        consumer_secret=served.info.client_secret,
        domain=MY_DOMAIN,
        session=afar,
    )
    assert instance == f"{MY_DOMAIN}.salesforce.com"
    assert works(afar, session, instance)


def test_client_credentials_refuse_the_shared_host(served, afar):
    """login.salesforce.com knows no app without a user."""
    answer = afar.post(
        "https://login.salesforce.com/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(served.info.client_id, served.info.client_secret),
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_password_signs_in_only_where_the_org_allows_it(served, afar, switched):
    """The username-password flow is refused until the org switches it on."""
    asked = {
        "username": served.info.salesforce_username,
        "password": served.info.salesforce_password,
        "consumer_key": served.info.client_id,
        "consumer_secret": served.info.client_secret,
        "session": afar,
    }
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        SalesforceLogin(**asked)
    assert (caught.value.code, caught.value.auth_message) == (
        "invalid_grant",
        "authentication failure",
    )
    switched("password_login")
    assert works(afar, *SalesforceLogin(**asked))
    with pytest.raises(SalesforceAuthenticationFailed):
        SalesforceLogin(**{**asked, "password": "wrong"})


def test_soap_login_is_off_until_switched_on(served, afar, switched):
    """A new org refuses SOAP login; where it is on, the password with its token signs in."""
    asked = {
        "username": served.info.salesforce_username,
        "password": served.info.salesforce_password,
        "security_token": served.info.salesforce_security_token,
        "session": afar,
    }
    with pytest.raises(SalesforceAuthenticationFailed, match="disabled by default"):
        SalesforceLogin(**asked)
    switched("soap_login")
    assert works(afar, *SalesforceLogin(**asked))
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        SalesforceLogin(**{**asked, "password": "wrong"})
    assert caught.value.code == "INVALID_LOGIN"
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        SalesforceLogin(**asked, sf_version="65.0")
    assert caught.value.code == "UNSUPPORTED_API_VERSION"


def test_soap_login_reads_the_other_clients_form(served, http, switched):
    """The body may name its namespace on login itself; the answer tells org and user."""
    switched("soap_login")
    body = (
        '<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/"><se:Header/><se:Body>'
        '<login xmlns="urn:partner.soap.sforce.com">'
        f"<username>{served.info.salesforce_username}</username>"
        f"<password>{served.info.salesforce_password}</password></login></se:Body></se:Envelope>"
    )
    url = f"{served.info.https_url}/services/Soap/u/59.0"
    headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
    answer = http.post(url, data=body, headers=headers)
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    for part in (
        "<organizationId>00D",
        f"<serverUrl>{url}/00D",
        f"<userId>{INTEGRATION_USER}</userId>",
        "<sessionSecondsValid>7200</sessionSecondsValid>",
        "<sandbox>true</sandbox>",
    ):
        assert part in answer.text


@pytest.mark.parametrize(
    ("other", "error", "text"),
    [
        ({"iss": "somebody"}, "invalid_client_id", "client identifier invalid"),
        ({"sub": "nobody@sandbox.example"}, "invalid_grant", "user hasn't approved this consumer"),
        ({"aud": "https://example.com"}, "invalid_grant", "audience is invalid"),
        ({"exp": "1000"}, "invalid_grant", "expired authorization code"),
        ({"exp": int(time.time()) + 4_000}, "invalid_grant", "expired authorization code"),
        ({"exp": "soon"}, "invalid_grant", "invalid assertion"),
    ],
)
def test_an_assertion_that_says_something_wrong_is_refused(served, sign, other, error, text):
    """Issuer, subject, audience and expiry are each looked at."""
    assertion = jwt.encode(claims(served, **other), key(served), algorithm="RS256")
    answer = sign(grant_type=JWT_BEARER, assertion=assertion)
    assert answer.status_code == 400
    assert answer.json() == {"error": error, "error_description": text}


def test_an_assertion_with_another_signature_is_refused(served, sign):
    """A signed text that was changed, a secret-signed one and no JWT at all are refused."""
    good = jwt.encode(claims(served), key(served), algorithm="RS256")
    head, body, signature = good.split(".")
    other = jwt.encode(claims(served, sub="x"), key(served), algorithm="RS256").split(".")[1]
    secret = jwt.encode(claims(served), "x" * 32, algorithm="HS256")
    for bad in (f"{head}.{other}.{signature}", secret, "bacon", f"{head}.{body}"):
        answer = sign(grant_type=JWT_BEARER, assertion=bad)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert sign(grant_type=JWT_BEARER, assertion=good).status_code == 200


def test_a_refresh_token_serves_again_and_again(served, sign):
    """Without rotation the same refresh token works twice and none is handed out."""
    for _ in range(2):
        answer = sign(
            grant_type="refresh_token", refresh_token=served.info.salesforce_refresh_token
        )
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()


def test_a_rotated_refresh_token_dies(served, sign, switched):
    """With rotation each use hands out the next token, and the one before is dead."""
    switched("rotate_refresh_tokens")
    first = served.state.setting("refresh_token")
    second = sign(grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    dead = sign(grant_type="refresh_token", refresh_token=first)
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")
    assert sign(grant_type="refresh_token", refresh_token=second).status_code == 200


def test_userinfo_tells_whose_token_it_is(served, http, token):
    """A live token names its user; a dead one gets 403 Bad_OAuth_Token."""
    url = f"{served.info.https_url}/services/oauth2/userinfo"
    found = http.get(url, headers={"Authorization": f"Bearer {token}"}).json()
    assert (found["user_id"], found["preferred_username"]) == (
        INTEGRATION_USER,
        served.info.salesforce_username,
    )
    dead = http.get(url, headers={"Authorization": "Bearer 00D!dead"})
    assert (dead.status_code, dead.text) == (403, "Bad_OAuth_Token")


def test_the_identity_address_answers_its_own_user_only(served, http, sign):
    """The `id` of a token answer leads to the user and the API's addresses; others get 403."""
    signed = sign(grant_type="client_credentials").json()
    path = signed["id"].removeprefix("https://login.salesforce.com")
    own = {"Authorization": f"Bearer {signed['access_token']}"}
    found = http.get(f"{served.info.https_url}{path}", headers=own).json()
    assert (found["id"], found["user_id"]) == (signed["id"], INTEGRATION_USER)
    assert found["urls"]["rest"] == f"{served.info.https_url}/services/data/v{{version}}/"
    refusals = {
        "Missing_OAuth_Token": (path, {}),
        "Bad_OAuth_Token": (path, {"Authorization": "Bearer 00D!dead"}),
        "Bad_Id": (path.replace(INTEGRATION_USER, PERSON), own),
        "Wrong_Org": (path.replace("/id/00D", "/id/00E"), own),
    }
    for text, (wrong, headers) in refusals.items():
        answer = http.get(f"{served.info.https_url}{wrong}", headers=headers)
        assert (answer.status_code, answer.text) == (403, text)


def test_a_revoked_token_is_dead(served, http, sign):
    """After revoke the token gets 401; an unknown token cannot be revoked."""
    fresh = sign(grant_type="client_credentials").json()["access_token"]
    url = f"{served.info.https_url}/services/oauth2/revoke"
    assert http.post(url, data={"token": fresh}).status_code == 200
    limits = f"{served.info.https_url}/services/data/v59.0/limits"
    headers = {"Authorization": f"Bearer {fresh}"}
    assert http.get(limits, headers=headers).status_code == 401
    assert http.post(url, data={"token": fresh}).status_code == 400


def test_an_inactive_user_is_signed_out_and_stays_out(served, http, token, sign, control):
    """A deactivated user's assertion is refused as such, and open sessions are dead."""
    edit = {"platform": "salesforce", "object": "User", "id": INTEGRATION_USER}
    assert control("edit", {**edit, "fields": {"IsActive": False}}).ok
    assertion = jwt.encode(claims(served), key(served), algorithm="RS256")
    answer = sign(grant_type=JWT_BEARER, assertion=assertion)
    headers = {"Authorization": f"Bearer {token}"}
    limits = f"{served.info.https_url}/services/data/v59.0/limits"
    used = http.get(limits, headers=headers)
    assert control("edit", {**edit, "fields": {"IsActive": True}}).ok
    assert (answer.status_code, answer.json()["error"]) == (400, "inactive_user")
    assert (used.status_code, used.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_another_certificate_can_be_registered(served, sign, control):
    """After the app's certificate is replaced, the old key signs nobody in."""
    old = served.state.setting("jwt_public_key")
    assert control("salesforce/app", {"certificate": "no PEM"}).status_code == 400
    public = rsa.generate_private_key(65_537, 2_048).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert control("salesforce/app", {"certificate": pem}).status_code == 204
    assertion = jwt.encode(claims(served), key(served), algorithm="RS256")
    refused = sign(grant_type=JWT_BEARER, assertion=assertion)
    assert control("salesforce/app", {"certificate": old}).status_code == 204
    assert refused.json()["error"] == "invalid_grant"
    assert sign(grant_type=JWT_BEARER, assertion=assertion).status_code == 200
