"""The OAuth endpoints: exchange, refresh, look at and revoke tokens; v1, v3 and dated."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.faults import PORTAL, Fault, not_found
from sandbox.hubspot.oauth import apps, tokens
from sandbox.hubspot.oauth.apps import App
from sandbox.hubspot.oauth.tokens import LIFE_SECONDS, Token

_DOMAIN: Final = "nagare.example"


def _token(call: Call) -> Answer:
    """Trade a code, a refresh token or the app's own credentials for an access token."""
    form = _form(call)
    app = _client(call, form)
    match form.get("grant_type"):
        case "authorization_code":
            return _exchange(call, app, form)
        case "refresh_token":
            return _refresh(call, app, form)
        case "client_credentials":
            return _credentials(call, app, form)
    raise _refusal("BAD_GRANT_TYPE", "missing or unknown grant type", "unsupported_grant_type")


def _exchange(call: Call, app: App, form: Mapping[str, str]) -> Answer:
    code = tokens.find(call.state, form.get("code", ""))
    spent = code is None or (tokens.seconds_left(call.state, code) or 0) <= 0
    if code is None or spent or code.kind != "code" or code.app != app.id:
        raise _refusal("BAD_AUTH_CODE", "missing or unknown auth code")
    if code.redirect != form.get("redirect_uri", ""):
        raise _refusal(
            "MISMATCH_REDIRECT_URI_AUTH_CODE",
            "redirect_uri does not match the redirect_uri the code was made for",
        )
    with call.state.transaction():
        tokens.drop(call.state, code.text)
        access = tokens.install(call.state, app.id, code.scopes)
    return _granted(call, access)


def _refresh(call: Call, app: App, form: Mapping[str, str]) -> Answer:
    refresh = tokens.find(call.state, form.get("refresh_token", ""))
    if refresh is None or refresh.kind != "refresh" or refresh.app != app.id:
        raise _refusal("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
    made = tokens.mint(call.state, "access", app.id, refresh.scopes, refresh.text)
    return _granted(call, made)


def _credentials(call: Call, app: App, form: Mapping[str, str]) -> Answer:
    """An app for itself, not for an account: only webhooks and their journal open to it."""
    asked = form.get("scope", "").split() or [apps.JOURNAL_SCOPE]
    scopes = [each for each in asked if each.startswith("developer.") and each in app.scopes]
    if not scopes:
        raise _refusal("BAD_SCOPES", "the app may not be granted these scopes", "invalid_scope")
    made = tokens.mint(call.state, "client", app.id, scopes)
    return Answer(
        {"token_type": "bearer", "access_token": made.text, "expires_in": LIFE_SECONDS}
        | ({} if call.version == "v1" else {"scopes": scopes})
    )


def _granted(call: Call, access: Token) -> Answer:
    content: dict[str, Any] = {
        "token_type": "bearer",
        "refresh_token": access.refresh,
        "access_token": access.text,
        "expires_in": LIFE_SECONDS,
    }
    if call.version != "v1":
        content |= {
            "hub_id": PORTAL,
            "scopes": sorted(access.scopes),
            "user_id": tokens.USER_ID,
            "token_use": "access_token",
        }
    return Answer(content)


def _client(call: Call, form: Mapping[str, str]) -> App:
    app = apps.find(call.state, client_id=form.get("client_id", ""))
    if app is None:
        raise _refusal("BAD_CLIENT_ID", "missing or unknown client id", "invalid_client")
    if app.client_secret != form.get("client_secret"):
        raise _refusal("BAD_CLIENT_SECRET", "missing or invalid client secret", "invalid_client")
    return app


def _refusal(status: str, message: str, error: str = "invalid_grant") -> Fault:
    fault = Fault(400, message, error=error, error_description=message)
    fault.body["status"] = status
    return fault


def _form(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.raw.decode("latin-1"), keep_blank_values=True))


def _access_info(call: Call) -> Answer:
    token = tokens.find(call.state, call.parts["token"])
    left = None if token is None else tokens.seconds_left(call.state, token)
    if token is None or token.kind != "access" or left is None or left <= 0:
        raise not_found("The access token is expired or unknown")
    signed = {
        "expiresAt": token.expires,
        "scopes": ",".join(sorted(token.scopes)),
        "hubId": PORTAL,
        "userId": tokens.USER_ID,
        "appId": token.app,
    }
    return Answer(
        {
            **_about(token),
            "app_id": token.app,
            "expires_in": left,
            "token_type": "access",
            "signed_access_token": signed,
        }
    )


def _refresh_info(call: Call) -> Answer:
    token = tokens.find(call.state, call.parts["token"])
    if token is None or token.kind != "refresh":
        raise not_found("The refresh token is unknown")
    app = apps.find(call.state, id=token.app)
    client = "" if app is None else app.client_id
    return Answer({**_about(token), "client_id": client, "token_type": "refresh"})


def _about(token: Token) -> dict[str, Any]:
    return {
        "token": token.text,
        "user": tokens.USER,
        "hub_domain": _DOMAIN,
        "scopes": sorted(token.scopes),
        "hub_id": PORTAL,
        "user_id": tokens.USER_ID,
    }


def _forget_refresh(call: Call) -> Answer:
    """Removes the refresh token only: access tokens stay valid until they expire."""
    tokens.drop(call.state, call.parts["token"])
    return Answer(status=204)


def _introspect(call: Call) -> Answer:
    form = _form(call)
    _client(call, form)
    token = tokens.find(call.state, form.get("token", ""))
    left = None if token is None else tokens.seconds_left(call.state, token)
    if token is None or token.kind == "code" or (left is not None and left <= 0):
        return Answer({"active": False})
    app = apps.find(call.state, id=token.app)
    kind = "refresh_token" if token.kind == "refresh" else "access_token"
    content = {
        "active": True,
        **_about(token),
        "token_use": kind,
        "token_type": "bearer",
        "app_id": token.app,
        "client_id": "" if app is None else app.client_id,
    }
    return Answer(content if left is None else content | {"expires_in": left})


def _revoke(call: Call) -> Answer:
    form = _form(call)
    _client(call, form)
    tokens.drop(call.state, form.get("token", ""))
    return Answer(status=204)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    ("POST", "oauth/token", _token),
    ("POST", "oauth/token/introspect", _introspect),
    ("POST", "oauth/token/revoke", _revoke),
    ("GET", "oauth/access-tokens/{token}", _access_info),
    ("GET", "oauth/refresh-tokens/{token}", _refresh_info),
    ("DELETE", "oauth/refresh-tokens/{token}", _forget_refresh),
)
