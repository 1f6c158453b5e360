"""OAuth: the client credentials flow, and which tokens are alive."""

import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from sandbox.salesforce.api.call import Answer, json
from sandbox.salesforce.org import INTEGRATION_USER, ORGANIZATION, Org
from sandbox.trust import Credentials

_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS sf_session (token TEXT PRIMARY KEY);"


class Sessions:
    """Access tokens; they outlive a restart and die only when a test ends them."""

    def __init__(self, org: Org, known: Credentials) -> None:
        self._org = org
        self._known = known
        org.state.install(_SCHEMA)
        found = org.state.db.execute("SELECT token FROM sf_session").fetchall()
        self._alive = {token for (token,) in found}

    def alive(self, authorization: str | None) -> bool:
        """Whether this Authorization header carries a live token."""
        kind, _, token = (authorization or "").partition(" ")
        return kind.lower() in {"bearer", "oauth"} and token.strip() in self._alive

    def end_all(self) -> None:
        """End every session: the next call of each gets 401."""
        with self._org.state.transaction() as db:
            db.execute("DELETE FROM sf_session")
        self._alive.clear()

    def token(self, form: Mapping[str, str], authorization: str | None, instance: str) -> Answer:
        """`POST /services/oauth2/token`."""
        client_id, secret = _client(form, authorization)
        if form.get("grant_type") != "client_credentials":
            return _error("unsupported_grant_type", "grant type not supported")
        if client_id != self._known.client_id:
            return _error("invalid_client_id", "client identifier invalid")
        if not secrets.compare_digest(secret.encode(), self._known.client_secret.encode()):
            return _error("invalid_client", "invalid client credentials", 401)
        return json(self._open(instance))

    def _open(self, instance: str) -> dict[str, Any]:
        token = f"{ORGANIZATION[:15]}!AQ{secrets.token_hex(24)}"
        with self._org.state.transaction() as db:
            db.execute("INSERT INTO sf_session VALUES (?)", (token,))
        self._alive.add(token)
        return {
            "access_token": token,
            "signature": b64encode(secrets.token_bytes(32)).decode(),
            "scope": "api",
            "instance_url": instance,
            "id": f"https://login.salesforce.com/id/{ORGANIZATION}/{INTEGRATION_USER}",
            "token_type": "Bearer",
            "issued_at": str(int(self._org.state.now().timestamp() * 1000)),
        }


def read_form(body: bytes) -> dict[str, str]:
    """A form body's fields."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _client(form: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    kind, _, rest = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        id, _, secret = b64decode(rest).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        return "", ""
    return unquote(id), unquote(secret)


def _error(code: str, text: str, status: int = 400) -> Answer:
    return json({"error": code, "error_description": text}, status)
