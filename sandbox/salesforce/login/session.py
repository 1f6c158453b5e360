"""Sessions: access tokens and the users they belong to."""

import secrets
from dataclasses import dataclass
from typing import Final

from sandbox.salesforce.org import ORGANIZATION, Org

_SCHEMA: Final = """
DROP TABLE IF EXISTS sf_session;
CREATE TABLE IF NOT EXISTS sf_open_session (
    token TEXT PRIMARY KEY, user TEXT NOT NULL, app TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Session:
    """One access token: whose it is, through which app."""

    token: str
    user: str
    app: str


class Sessions:
    """The live sessions; they outlive a restart and die only when a test or client ends them."""

    def __init__(self, org: Org) -> None:
        self._org = org
        org.state.install(_SCHEMA)
        found = org.state.db.execute("SELECT token, user, app FROM sf_open_session").fetchall()
        self._alive = {row[0]: Session(*row) for row in found}

    def of(self, authorization: str | None) -> Session | None:
        """The live session an Authorization header names; of an inactive user none is."""
        kind, _, token = (authorization or "").partition(" ")
        found = self._alive.get(token.strip()) if kind.lower() in {"bearer", "oauth"} else None
        if found is None or not self._org.value("User", found.user, "IsActive"):
            return None
        return found

    def open(self, user: str, app: str) -> Session:
        """Start a session of this user."""
        session = Session(f"{ORGANIZATION[:15]}!AQ{secrets.token_hex(24)}", user, app)
        with self._org.state.transaction() as db:
            row = (session.token, session.user, session.app)
            db.execute("INSERT INTO sf_open_session VALUES (?, ?, ?)", row)
        self._alive[session.token] = session
        return session

    def end(self, token: str) -> bool:
        """End one session; whether it was alive."""
        with self._org.state.transaction() as db:
            db.execute("DELETE FROM sf_open_session WHERE token = ?", (token,))
        return self._alive.pop(token, None) is not None

    def end_all(self) -> None:
        """End every session: the next call of each gets 401."""
        with self._org.state.transaction() as db:
            db.execute("DELETE FROM sf_open_session")
        self._alive.clear()
