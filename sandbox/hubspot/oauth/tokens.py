"""Tokens: codes that are used once, access tokens that live 1,800 seconds, keys that never end."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from sandbox.hubspot.data.times import millis
from sandbox.hubspot.oauth.apps import App
from sandbox.hubspot.webhooks.changes import note
from sandbox.state import State

LIFE_SECONDS: Final = 1800
APP_ACTIONS: Final = ("APP_INSTALL", "APP_UNINSTALL")
_CODE_SECONDS: Final = 600
USER_ID: Final = 9001
USER: Final = "admin@nagare.example"
_PRESSED: Final = ("CRM_UI", f"userId:{USER_ID}")
_APP_TYPE: Final = "app"
_LETTERS: Final = {"code": "", "access": "C", "refresh": "na1-", "service_key": "pat-na1-"}


@dataclass(frozen=True, slots=True)
class Token:
    """One secret and what it allows; `kind` is code, access, client, refresh or service_key."""

    text: str
    kind: str
    app: int
    scopes: frozenset[str]
    expires: int | None
    refresh: str | None
    redirect: str


def mint(
    state: State,
    kind: str,
    app: int,
    scopes: Iterable[str],
    refresh: str | None = None,
    redirect: str = "",
) -> Token:
    """Make and keep one token."""
    seconds = {"code": _CODE_SECONDS, "access": LIFE_SECONDS, "client": LIFE_SECONDS}.get(kind)
    expires = None if seconds is None else millis(state.now()) + seconds * 1000
    text = _LETTERS.get(kind, "") + secrets.token_urlsafe(32).replace("_", "-")
    made = Token(text, kind, app, frozenset(scopes), expires, refresh, redirect)
    with state.transaction() as db:
        db.execute(
            "INSERT INTO hs_token VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                text,
                kind,
                app,
                orjson.dumps(sorted(made.scopes)).decode(),
                expires,
                refresh,
                redirect,
            ),
        )
    return made


def find(state: State, text: str) -> Token | None:
    """The token of this text, expired or not."""
    row = state.db.execute(
        "SELECT token, kind, app, scopes, expires, refresh, redirect FROM hs_token WHERE token = ?",
        (text,),
    ).fetchone()
    if row is None:
        return None
    scopes: Sequence[str] = orjson.loads(row[3])
    return Token(row[0], row[1], row[2], frozenset(scopes), row[4], row[5], row[6])


def seconds_left(state: State, token: Token) -> int | None:
    """Whole seconds until it expires, negative when it did; None when it never does."""
    if token.expires is None:
        return None
    return (token.expires - millis(state.now())) // 1000


def drop(state: State, text: str) -> None:
    """Forget one token; those made from it stay valid until they expire."""
    with state.transaction() as db:
        db.execute("DELETE FROM hs_token WHERE token = ?", (text,))


def install(state: State, app: int, scopes: Iterable[str]) -> Token:
    """Grant an app a pair of tokens, its first or another; the access token names its partner."""
    held = "SELECT 1 FROM hs_token WHERE app = ? AND kind = 'refresh'"
    granted = frozenset(scopes)
    with state.transaction() as db:
        if db.execute(held, (app,)).fetchone() is None:
            note(state, APP_ACTIONS[0], _APP_TYPE, app, _PRESSED)
        refresh = mint(state, "refresh", app, granted)
        return mint(state, "access", app, granted, refresh.text)


def uninstall(state: State, app: App) -> None:
    """Take away everything an app was granted, as removing it from the account does.

    The tokens an app has for itself stay: with them it reads of its end in the journal.
    """
    with state.transaction() as db:
        gone = "DELETE FROM hs_token WHERE app = ? AND kind NOT IN ('service_key', 'client')"
        if db.execute(gone, (app.id,)).rowcount:
            note(state, APP_ACTIONS[1], _APP_TYPE, app.id, _PRESSED)
