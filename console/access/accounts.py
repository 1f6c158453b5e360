"""Set-up links, passwords, sessions: the store keeps hashes, never a token or a password."""

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from config.document import User
from tasuki.errors import ConfigError, UnknownRecordError
from tasuki.service import accounts as rows
from tasuki.service.accounts import Account, Link
from tasuki.service.app import App
from tasuki.values import stamp

SESSION_LASTS: Final = timedelta(hours=12)
LINK_LASTS: Final = timedelta(hours=24)
LEAST_CHARACTERS: Final = 12
FIRST_LOGIN: Final = "admin"
_HASHER: Final = PasswordHasher()
_DUMMY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$"
    "RdovVqPlGazs7QUqOGJOOA$Vwmn/tPemXf195Ve7It6hplkEN5ss6Lkc0rNdI1fZoM"
)
"""Checked for logins nobody has, so that the time taken tells nothing."""


def setup_link(app: App, login: str, role: str = "", by: str = "operator") -> str:
    """The path of a fresh one-time link that lets this user set a password, once, within a day.

    Errors: UnknownRecordError when nobody declares that login and no role is given.
    """
    token = token_urlsafe(32)
    expires = stamp(app.tools.clock.now() + LINK_LASTS)
    known = role or _role_of(app, login)
    rows.open_link(app, _hash(token), Link(login, known, expires))
    rows.audit(app, by, "account.link", login)
    return f"/set-up/{token}"


def first_link(app: App) -> str | None:
    """The link that lets the first admin in; None once an admin can sign in."""
    if rows.admin_count(app):
        return None
    admins = [user.login for user in app.project.users if user.role == "admin"]
    return setup_link(app, admins[0] if admins else FIRST_LOGIN, "admin", "first start")


def declared(app: App, login: str) -> User | None:
    """What tasuki.yaml says about a login."""
    return next((user for user in app.project.users if user.login == login), None)


def follow_project(app: App) -> None:
    """Give everybody the role that tasuki.yaml declares now."""
    roles = {user.login: user.role for user in app.project.users}
    for account in rows.accounts(app):
        if roles.get(account.login, account.role) != account.role:
            rows.set_role(app, account.login, roles[account.login])


def find_link(app: App, token: str) -> Link | None:
    """The link behind a token, while it works."""
    return rows.link(app, _hash(token))


def set_password(app: App, token: str, password: str, again: str) -> Account:
    """Use a set-up link up: the account exists with this password afterwards.

    Errors: ConfigError for a password nobody should use; UnknownRecordError for a used link.
    """
    link = find_link(app, token)
    if link is None:
        raise _used_up()
    _check(link.login, password, again)
    hashed = _HASHER.hash(password)
    if not rows.use_link(app, _hash(token)):
        raise _used_up()
    user = declared(app, link.login)
    name = user.name if user and user.name else link.login
    language = user.language if user else None
    account = Account(link.login, name, link.role, language, is_active=True)
    rows.save(app, account, hashed)
    rows.audit(app, link.login, "account.set_up", link.login)
    return account


def sign_in(app: App, login: str, password: str) -> str | None:
    """A fresh session token; None when login or password is wrong."""
    known = rows.password_hash(app, login)
    try:
        _HASHER.verify(known or _DUMMY, password)
    except (VerificationError, InvalidHashError):
        rows.audit(app, "console", "session.refused")
        return None
    if known is None:
        return None
    if _HASHER.check_needs_rehash(known):
        rows.set_password_hash(app, login, _HASHER.hash(password))
    return open_session(app, login)


def open_session(app: App, login: str) -> str:
    """Sign somebody in whose identity is proven; the token goes into the cookie only."""
    token = token_urlsafe(32)
    rows.open_session(app, _hash(token), login, stamp(app.tools.clock.now() + SESSION_LASTS))
    rows.audit(app, login, "session.opened")
    return token


def signed_in(app: App, token: str) -> Account | None:
    """Who holds this token."""
    return rows.session(app, _hash(token)) if token else None


def sign_out(app: App, token: str) -> None:
    """End the session of this token at once."""
    rows.end_session(app, _hash(token))


def _check(login: str, password: str, again: str) -> None:
    why = ""
    if len(password) < LEAST_CHARACTERS:
        why = f"it has fewer than {LEAST_CHARACTERS} characters"
    elif login.lower() in password.lower():
        why = "it holds the login"
    elif password != again:
        why = "the two entries differ"
    if why:
        raise ConfigError("This password cannot be used", why=why, remedy="Choose another one.")


def _role_of(app: App, login: str) -> str:
    user = declared(app, login)
    if user is not None:
        return user.role
    if known := rows.account(app, login):
        return known.role
    raise UnknownRecordError(
        f"tasuki.yaml declares no user `{login}`",
        where="tasuki.yaml (users)",
        remedy="Add the user with a role under `users:`, then ask for the link again.",
    )


def _used_up() -> UnknownRecordError:
    return UnknownRecordError(
        "This set-up link no longer works",
        why="it was used, has run out, or a newer one was made",
        remedy="Ask an admin for a new link.",
    )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
