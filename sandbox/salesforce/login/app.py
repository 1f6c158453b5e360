"""The connected app and its people: who may sign in, by which secret, with what refusal."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from sandbox.salesforce.org import INTEGRATION_USER, Org
from sandbox.trust import Credentials

REFRESH: Final = "refresh_token"
JWT_KEY: Final = "jwt_public_key"
APP_NAME: Final = "Tasuki"


class OAuthError(ValueError):
    """A refused sign-in as OAuth words it: an object, not an array."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


class App:
    """One connected app in one org; `run_as` is whom client credentials sign in."""

    def __init__(self, org: Org, known: Credentials) -> None:
        self.org = org
        self._known = known

    @property
    def run_as(self) -> str:
        """The user the app runs as without one."""
        return str(self.org.setup.of("app").get("run_as", {}).get("user", INTEGRATION_USER))

    def check_client(self, id: str, secret: str | None) -> None:
        """Refuse a wrong app; with a secret, a wrong secret too."""
        if id != self._known.client_id:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if secret is not None and not _same(secret, self._known.client_secret):
            raise OAuthError("invalid_client", "invalid client credentials", 401)

    def user_named(self, username: str) -> Mapping[str, Any] | None:
        """The active user of this name; refused when inactive, None when unknown."""
        sql = "SELECT Id FROM sf_User WHERE Username = ?"
        found = self.org.state.db.execute(sql, (username,)).fetchone()
        row = self.org.row("User", found[0]) if found else None
        if row is not None and not row["IsActive"]:
            raise OAuthError("inactive_user", "user is inactive")
        return row

    def user_by_password(self, username: str, password: str) -> Mapping[str, Any] | None:
        """The user these belong to; the security token may follow the password."""
        row = self.user_named(username)
        known = self._known.salesforce_password
        fits = _same(password, known) or _same(password, known + self._known.security_token)
        return row if row is not None and row["Id"] == self.run_as and fits else None

    def refresh(self, token: str) -> str | None:
        """Check a refresh token; the new one when the org rotates them (the old is dead then)."""
        known = self.org.state.setting(REFRESH)
        if not known or not _same(token, known):
            raise OAuthError("invalid_grant", "expired access/refresh token")
        if not self.org.setup.on("rotate_refresh_tokens"):
            return None
        fresh = "5Aep861" + secrets.token_hex(32)
        self.org.state.set_setting(REFRESH, fresh)
        return fresh

    def revoke(self, token: str) -> bool:
        """Make a refresh token useless; whether it was the live one."""
        known = self.org.state.setting(REFRESH)
        found = bool(known) and _same(token, str(known))
        if found:
            self.org.state.set_setting(REFRESH, "")
        return found


def _same(given: str, known: str) -> bool:
    return secrets.compare_digest(given.encode(), known.encode())
