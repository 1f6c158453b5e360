"""`/services/oauth2/...`: token (five grants), revoke, userinfo."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from secrets import token_bytes
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from sandbox.salesforce.api.call import Answer, json
from sandbox.salesforce.ids import full_id
from sandbox.salesforce.login.app import APP_NAME, App, OAuthError
from sandbox.salesforce.login.assertion import user_of
from sandbox.salesforce.login.session import Sessions
from sandbox.salesforce.org import ORGANIZATION

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SHARED_HOSTS: Final = ("https://login.salesforce.com", "https://test.salesforce.com")
Form = Mapping[str, str]
Granted = tuple[str, Mapping[str, str]]


class OAuth:
    """The OAuth endpoints of one org; `own_url` is where the org itself answers."""

    def __init__(self, app: App, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    def token(self, form: Form, authorization: str | None, asked: str, own_url: str) -> Answer:
        """`POST token`; `asked` is the address the client used, perhaps a shared login host."""
        client = _client(form, authorization)
        grants: Mapping[str, Callable[[], Granted]] = {
            "client_credentials": lambda: self._as_app(client, asked),
            "refresh_token": lambda: self._refreshed(client, form),
            "password": lambda: self._by_password(client, form),
            JWT_BEARER: lambda: self._asserted(form, own_url),
        }
        try:
            grant = grants.get(form.get("grant_type", ""))
            if grant is None:
                raise OAuthError("unsupported_grant_type", "grant type not supported")
            user, also = grant()
        except OAuthError as error:
            body = {"error": error.error, "error_description": error.description}
            return json(body, error.status)
        instance = own_url if asked in _SHARED_HOSTS else asked
        return json({**self._open(user, instance), **also})

    def _as_app(self, client: tuple[str, str], asked: str) -> Granted:
        self._app.check_client(*client)
        if asked in _SHARED_HOSTS:
            raise OAuthError("invalid_grant", "request not supported on this domain")
        return self._app.run_as, {}

    def _refreshed(self, client: tuple[str, str], form: Form) -> Granted:
        self._app.check_client(*client)
        fresh = self._app.refresh(form.get("refresh_token", ""))
        return self._app.run_as, {"refresh_token": fresh} if fresh else {}

    def _by_password(self, client: tuple[str, str], form: Form) -> Granted:
        self._app.check_client(*client)
        found = None
        if self._app.org.setup.on("password_login"):
            name, password = form.get("username", ""), form.get("password", "")
            found = self._app.user_by_password(name, password)
        if found is None:
            raise OAuthError("invalid_grant", "authentication failure")
        return str(found["Id"]), {}

    def _asserted(self, form: Form, own_url: str) -> Granted:
        user = user_of(self._app, form.get("assertion", ""), own_url)
        return str(user["Id"]), {}

    def _open(self, user: str, instance: str) -> dict[str, Any]:
        session = self._sessions.open(user, APP_NAME)
        return {
            "access_token": session.token,
            "signature": b64encode(token_bytes(32)).decode(),
            "scope": "api",
            "instance_url": instance,
            "id": f"https://login.salesforce.com/id/{ORGANIZATION}/{user}",
            "token_type": "Bearer",
            "issued_at": str(int(self._app.org.state.now().timestamp() * 1000)),
        }

    def revoke(self, form: Form) -> Answer:
        """`POST revoke`: an access token's session ends, a refresh token is of no use any more."""
        token = form.get("token", "")
        if self._sessions.end(token) or self._app.revoke(token):
            return Answer(200)
        body = {"error": "unsupported_token_type", "error_description": "this token is not known"}
        return json(body, 400)

    def identity(self, authorization: str | None, path: Mapping[str, str], own_url: str) -> Answer:
        """`GET id/{organization}/{user}`: the address a token answer names, for that user alone."""
        if not authorization:
            return Answer(403, b"Missing_OAuth_Token")
        session = self._sessions.of(authorization)
        user = self._app.org.row("User", session.user) if session else None
        if user is None:
            return Answer(403, b"Bad_OAuth_Token")
        if full_id(path["organization"]) != ORGANIZATION:
            return Answer(403, b"Wrong_Org")
        if full_id(path["user"]) != user["Id"]:
            return Answer(403, b"Bad_Id")
        return json(_identity(user, own_url))

    def userinfo(self, authorization: str | None, own_url: str) -> Answer:
        """`GET userinfo`: who the token's user is."""
        session = self._sessions.of(authorization)
        user = self._app.org.row("User", session.user) if session else None
        if user is None:
            return Answer(403, b"Bad_OAuth_Token")
        id = user["Id"]
        return json(
            {
                "sub": f"https://login.salesforce.com/id/{ORGANIZATION}/{id}",
                "user_id": id,
                "organization_id": ORGANIZATION,
                "preferred_username": user["Username"],
                "nickname": user["CommunityNickname"],
                "name": user["Name"],
                "email": user["Email"],
                "email_verified": True,
                "given_name": user["FirstName"],
                "family_name": user["LastName"],
                "zoneinfo": user["TimeZoneSidKey"],
                "locale": user["LocaleSidKey"],
                "user_type": "STANDARD",
                "active": bool(user["IsActive"]),
                "urls": {
                    "rest": f"{own_url}/services/data/v{{version}}/",
                    "custom_domain": own_url,
                },
            }
        )


def _identity(user: Mapping[str, Any], own_url: str) -> dict[str, Any]:
    rest = f"{own_url}/services/data/v{{version}}/"
    return {
        "id": f"https://login.salesforce.com/id/{ORGANIZATION}/{user['Id']}",
        "asserted_user": True,
        "user_id": user["Id"],
        "organization_id": ORGANIZATION,
        "username": user["Username"],
        "nick_name": user["CommunityNickname"],
        "display_name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "first_name": user["FirstName"],
        "last_name": user["LastName"],
        "timezone": user["TimeZoneSidKey"],
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": user["LanguageLocaleKey"],
        "locale": user["LocaleSidKey"],
        "last_modified_date": user["LastModifiedDate"],
        "is_app_installed": True,
        "urls": {
            "enterprise": f"{own_url}/services/Soap/c/{{version}}/{ORGANIZATION[:15]}",
            "partner": f"{own_url}/services/Soap/u/{{version}}/{ORGANIZATION[:15]}",
            "rest": rest,
            "sobjects": f"{rest}sobjects/",
            "query": f"{rest}query/",
            "profile": f"{own_url}/{user['Id']}",
            "custom_domain": own_url,
        },
    }


def read_form(body: bytes) -> dict[str, str]:
    """A form body's fields."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _client(form: Form, authorization: str | None) -> tuple[str, str]:
    kind, _, rest = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        id, _, secret = b64decode(rest).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        return "", ""
    return unquote(id), unquote(secret)
