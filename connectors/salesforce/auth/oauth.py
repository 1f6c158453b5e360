"""The OAuth flows: what each sends to the token endpoint, and why it may be refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson
import requests
from pydantic import SecretStr

from connectors import jwt_bearer
from connectors.salesforce.settings import Flow, SalesforceSettings
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
    Flow.PASSWORD: (
        "username, password or security token is wrong, or the org blocks this flow",
        "Check the three, or use client credentials: new orgs block this flow.",
    ),
}
_REFUSED: Final[Mapping[str, tuple[str, str]]] = {
    "invalid_client_id": ("this org knows no app with this consumer key", "Correct client_id."),
    "invalid_client": (
        "the consumer secret was rotated, revoked or mistyped",
        "Copy the app's consumer secret to where client_secret points, then run again.",
    ),
    "inactive_user": ("the user is no longer active", "Activate the user or name another."),
    "inactive_org": ("the org is no longer active", "Ask Salesforce support."),
    "unsupported_grant_type": (
        "the app or the org does not allow this flow",
        "Enable the flow in the app's OAuth settings.",
    ),
    "invalid_app_access": (
        "the user is not admitted to the app",
        "Add the user's profile or permission set to the app.",
    ),
}
_OTHERWISE: Final = (
    "the app, its secret or its user is not right",
    "Check the connection's credentials, and that the app has a run-as user.",
)
_PASSING: Final = frozenset({"unknown_error", "server_error", "temporarily_unavailable"})


def ask(
    session: requests.Session,
    settings: SalesforceSettings,
    where: str,
    now: datetime,
    rotated: str | None,
) -> dict[str, str]:
    """The token, its instance, user and rotated refresh token, as far as the answer names them."""
    answer = session.post(
        f"{settings.login_url}/services/oauth2/token",
        data=_form(settings, where, now, rotated),
        auth=_app(settings),
    )
    if answer.status_code != 200:
        raise _refusal(answer, settings.flow, where)
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(body, dict):
        return {}
    names = {"token": "access_token", "instance": "instance_url", "refresh": "refresh_token"}
    user = str(body.get("id") or "").rpartition("/")[2]  # the identity address ends with it
    return {"user": user, **{name: str(body.get(key) or "") for name, key in names.items()}}


def _app(settings: SalesforceSettings) -> tuple[str, str] | None:
    """The app's own credentials travel as a header; an assertion and a public app have none."""
    if settings.client_secret is None:
        return None
    return settings.client_id or "", _plain(settings.client_secret)


def _form(
    settings: SalesforceSettings, where: str, now: datetime, rotated: str | None
) -> dict[str, str]:
    match settings.flow:
        case Flow.JWT:
            return {"grant_type": jwt_bearer.GRANT, "assertion": _assertion(settings, where, now)}
        case Flow.REFRESH:
            token = rotated or _plain(settings.refresh_token)
            app = {} if settings.client_secret else {"client_id": settings.client_id or ""}
            return {"grant_type": "refresh_token", "refresh_token": token, **app}
        case Flow.PASSWORD:
            password = _plain(settings.password) + _plain(settings.security_token)
            user = settings.username or ""
            return {"grant_type": "password", "username": user, "password": password}
        case _:
            return {"grant_type": "client_credentials"}


def _assertion(settings: SalesforceSettings, where: str, now: datetime) -> str:
    key, app, user = _plain(settings.private_key), settings.client_id, settings.username
    return jwt_bearer.assertion(app, user, settings.environment, key, where, now)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _refusal(answer: requests.Response, flow: Flow, where: str) -> TasukiError:
    """Why no token came; an OAuth error is an object, an edge error anything."""
    try:
        body = orjson.loads(answer.content)
        code = str(body["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        code = f"HTTP {answer.status_code}"
    if answer.status_code >= 500 or answer.status_code in {420, 429} or code in _PASSING:
        return TransientError(f"Salesforce's sign-in answered {answer.status_code}", where=where)
    why, remedy = _GRANT_REFUSED[flow] if code == "invalid_grant" else _reason(code)
    return SignInError(
        f"Salesforce refuses the sign-in: {code}", where=where, why=why, remedy=remedy
    )


def _reason(code: str) -> tuple[str, str]:
    return _REFUSED.get(code, _OTHERWISE)
