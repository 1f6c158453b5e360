"""Signing in: a token of the Salesforce org, good for its business units too.

Source: API notes, section 3. Nothing says how long a token lives; a 401 tells that it is over.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson
import requests
from pydantic import SecretStr

from connectors import jwt_bearer
from connectors.account_engagement.faults import of_network
from connectors.account_engagement.settings import AccountEngagementSettings, Flow
from tasuki.errors import SignInError, TasukiError, TransientError

_GRANT_REFUSED: Final[Mapping[Flow, tuple[str, str]]] = {
    Flow.CLIENT_CREDENTIALS: (
        "the app's client-credentials flow has no run-as user, or the flow is off",
        "Name a run-as user in the app's policies and enable its client-credentials flow.",
    ),
    Flow.JWT: (
        "the key does not fit the app's certificate, or the user may not use the app",
        "Upload the key's certificate to the app, admit the user to it, and check this clock.",
    ),
    Flow.REFRESH: (
        "the refresh token was revoked, is too old, or was rotated away",
        "Authorise the app again without token rotation, or use client credentials.",
    ),
}
_REFUSED: Final[Mapping[str, tuple[str, str]]] = {
    "invalid_client_id": ("this org knows no app with this consumer key", "Correct client_id."),
    "invalid_client": ("the consumer secret does not fit the app", "Correct client_secret."),
    "inactive_user": ("the user is no longer active", "Activate the user or name another."),
}
_OTHERWISE: Final = (
    "the app, its secret or its user is not right",
    "Check the connection's credentials, and that the app has the scope pardot_api.",
)


def sign_in(
    session: requests.Session, settings: AccountEngagementSettings, where: str, now: datetime
) -> str:
    """A fresh access token.

    Errors: SignInError when the org refuses; TransientError when it cannot answer now.
    """
    try:
        answer = session.post(
            f"{settings.login_url}/services/oauth2/token",
            data=_form(settings, where, now),
            auth=_app(settings),
        )
    except requests.RequestException as error:
        raise of_network(error, where, sends=False) from None
    said = _said(answer)
    if answer.status_code == 200 and said.get("access_token"):
        return str(said["access_token"])
    raise _refusal(answer.status_code, str(said.get("error") or ""), settings.flow, where)


def _app(settings: AccountEngagementSettings) -> tuple[str, str] | None:
    if settings.client_secret is None:
        return None
    return settings.client_id or "", _plain(settings.client_secret)


def _form(settings: AccountEngagementSettings, where: str, now: datetime) -> dict[str, str]:
    match settings.flow:
        case Flow.JWT:
            return {"grant_type": jwt_bearer.GRANT, "assertion": _assertion(settings, where, now)}
        case Flow.REFRESH:
            app = {} if settings.client_secret else {"client_id": settings.client_id or ""}
            token = _plain(settings.refresh_token)
            return {"grant_type": "refresh_token", "refresh_token": token, **app}
        case Flow.CLIENT_CREDENTIALS:
            return {"grant_type": "client_credentials"}


def _assertion(settings: AccountEngagementSettings, where: str, now: datetime) -> str:
    key, app, user = _plain(settings.private_key), settings.client_id, settings.username
    return jwt_bearer.assertion(app, user, settings.environment, key, where, now)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _said(answer: requests.Response) -> dict[str, object]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _refusal(status: int, code: str, flow: Flow, where: str) -> TasukiError:
    if status >= 500 or status in {420, 429}:
        return TransientError(f"Salesforce's sign-in answered {status}", where=where)
    reason = _GRANT_REFUSED[flow] if code == "invalid_grant" else _REFUSED.get(code, _OTHERWISE)
    what = f"Salesforce refuses the sign-in: {code or f'HTTP {status}'}"
    return SignInError(what, where=where, why=reason[0], remedy=reason[1])
