"""Signing in and out, setting a first password, choosing language and theme."""

from dataclasses import dataclass
from typing import Final

from console.access import accounts
from console.access.limit import SHARED
from console.language import LANGUAGES
from console.page import Action, Next, Page
from console.visit import COOKIE, LANGUAGE_COOKIE, THEME_COOKIE, THEMES, Visit
from tasuki.errors import ConfigError, TasukiError
from tasuki.service import accounts as rows

_WAIT: Final = "wait"
_WRONG: Final = "wrong"


@dataclass(frozen=True, slots=True)
class SignIn:
    """The form, after a failed try with its reason."""

    onward: str
    failed: str
    """wrong | wait | nothing"""


@dataclass(frozen=True, slots=True)
class SetUp:
    """The form behind a set-up link."""

    token: str
    login: str | None
    """None when the link no longer works."""
    role: str
    failed: str
    least: int


def _form(visit: Visit) -> SignIn:
    failed = visit.query.get("failed", "")
    return SignIn(_onward(visit.query.get("next", "")), failed)


def _set_up_form(visit: Visit) -> SetUp:
    token = visit.params["token"]
    link = accounts.find_link(visit.app, token)
    failed = visit.query.get("failed", "")
    if link is None:
        return SetUp(token, None, "", failed, accounts.LEAST_CHARACTERS)
    return SetUp(token, link.login, link.role, failed, accounts.LEAST_CHARACTERS)


def _sign_in(visit: Visit) -> Next:
    login, password = visit.form.get("login", "").strip(), visit.form.get("password", "")
    onward = _onward(visit.form.get("next", ""))
    attempts, keys = visit.house.attempts, (f"login:{login}", f"{SHARED}{visit.address}")
    if attempts.begin(keys):
        return Next(f"/sign-in?failed={_WAIT}&next={onward}")
    token = accounts.sign_in(visit.app, login, password)
    if token is None:
        return Next(f"/sign-in?failed={_WRONG}&next={onward}")
    attempts.succeeded(keys)
    return Next(onward, {COOKIE: token})


def _set_up(visit: Visit) -> Next:
    token = visit.params["token"]
    given = (visit.form.get("password", ""), visit.form.get("again", ""))
    try:
        account = accounts.set_password(visit.app, token, *given)
    except ConfigError as error:
        return Next(f"/set-up/{token}?failed={_reason(error)}")
    return Next("/overview", {COOKIE: accounts.open_session(visit.app, account.login)})


def _reason(error: TasukiError) -> str:
    known = {"it holds the login": "login", "the two entries differ": "differ"}
    return known.get(error.why, "short")


def _sign_out(visit: Visit) -> Next:
    if visit.token:
        accounts.sign_out(visit.app, visit.token)
        rows.audit(visit.app, visit.who.login or "console", "session.closed")
    return Next("/sign-in", {COOKIE: ""})


def _prefer(visit: Visit) -> Next:
    cookies: dict[str, str] = {}
    language, theme = visit.form.get("language"), visit.form.get("theme")
    if language in LANGUAGES:
        cookies[LANGUAGE_COOKIE] = language
        if visit.who.login:
            rows.set_language(visit.app, visit.who.login, language)
    if theme in THEMES:
        cookies[THEME_COOKIE] = theme
    return Next(_onward(visit.form.get("next", "")), cookies)


def _onward(asked: str) -> str:
    """A page of ours to go on to; never somebody else's address."""
    ours = asked.startswith("/") and not asked.startswith(("//", "/\\", "/sign-in"))
    return asked if ours and asked.isprintable() and " " not in asked else "/overview"


OPEN_PAGES = (
    Page("/sign-in", "sign_in.html", _form),
    Page("/set-up/{token}", "set_up.html", _set_up_form),
)
PAGES = ()
ACTIONS = (
    Action("/sign-in", _sign_in, None),
    Action("/set-up/{token}", _set_up, None),
    Action("/sign-out", _sign_out, None),
    Action("/preferences", _prefer, None),
)
