"""Signing in by client credentials; the only place that sees the secret."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson
import requests

from connectors.salesforce.faults import of_network
from connectors.salesforce.settings import SalesforceSettings
from tasuki.errors import SignInError, TasukiError, TransientError


@dataclass(frozen=True, slots=True)
class Token:
    """A session of unknown length; Salesforce says by 401 when it is over."""

    access_token: str = field(repr=False)
    instance: str
    """Host and port that serve this org."""


def sign_in(session: requests.Session, settings: SalesforceSettings, where: str) -> Token:
    """A fresh token.

    Errors: SignInError when Salesforce refuses; TransientError when it cannot answer now.
    """
    secret = settings.client_secret.get_secret_value()
    try:
        answer = session.post(
            f"{settings.login_url}/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(settings.client_id, secret),
        )
    except requests.RequestException as error:
        raise of_network(error, where, sends=False) from None
    if answer.status_code != 200:
        raise _refusal(answer, where)
    return _token(answer, where)


def _token(answer: requests.Response, where: str) -> Token:
    try:
        body = orjson.loads(answer.content)
        parts = urlsplit(str(body["instance_url"]))
        if parts.scheme == "https" and parts.netloc:
            return Token(str(body["access_token"]), parts.netloc)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    raise SignInError(
        "Salesforce's sign-in answered without a token",
        where=where,
        why="the address is not an org's My Domain",
        remedy="Correct login_url: it looks like https://your-domain.my.salesforce.com.",
    )


def _refusal(answer: requests.Response, where: str) -> TasukiError:
    """Why no token came; an OAuth error is an object, an edge error anything."""
    if answer.status_code >= 500 or answer.status_code in {420, 429}:
        return TransientError(f"Salesforce's sign-in answered {answer.status_code}", where=where)
    try:
        body = orjson.loads(answer.content)
        code = str(body["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        code = f"HTTP {answer.status_code}"
    return SignInError(
        f"Salesforce refuses the sign-in: {code}",
        where=where,
        why="client id, client secret, or the app's client-credentials flow is not right",
        remedy="Check client_id and client_secret, and that the app has a run-as user.",
    )
