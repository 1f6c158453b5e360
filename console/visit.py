"""Who asks for what, in which language: everything a page or an action is handed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request

from console.access import accounts
from console.access.limit import Attempts
from console.access.permission import May, may
from console.follow import Follow
from console.language import LANGUAGES, catalogue, choose
from console.render.shown import Shown
from tasuki.errors import TasukiError
from tasuki.service.accounts import Account
from tasuki.service.app import App

COOKIE: Final = "tasuki_session"
THEME_COOKIE: Final = "tasuki_theme"
LANGUAGE_COOKIE: Final = "tasuki_language"
THEMES: Final = ("auto", "light", "dark")
NOBODY: Final = Account("", "", "", None, is_active=False)


class SignInNeeded(TasukiError):
    """Nobody is signed in here."""

    code = "TSK-5300"


class NotAllowedError(TasukiError):
    """The role of whoever asks does not reach that far."""

    code = "TSK-5310"


@dataclass(frozen=True, slots=True)
class House:
    """What the console is built on; the same for every request."""

    app: App
    follow: Follow
    attempts: Attempts


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, understood."""

    house: House
    who: Account
    token: str
    language: str
    theme: str
    nonce: str
    path: str
    address: str
    is_secure: bool
    base_url: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def app(self) -> App:
        """The open project."""
        return self.house.app

    @property
    def shown(self) -> Shown:
        """How this reader sees values."""
        zone, words = ZoneInfo(self.app.project.timezone), catalogue(self.language)
        return Shown(self.language, zone, self.app.tools.clock, words, self.app.tools.entities)

    def may(self, what: str) -> bool:
        """Whether this user may do something; templates ask by name."""
        return may(self.who.role, May(what))

    def need(self, what: May) -> None:
        """Refuse what this user may not do.

        Errors: SignInNeeded; NotAllowedError that names the role it takes.
        """
        if not self.who.login:
            raise SignInNeeded("Nobody is signed in", remedy="Sign in.")
        if not may(self.who.role, what):
            raise NotAllowedError(
                "Your role does not allow this",
                where=self.path,
                why=f"you are {self.who.role}",
                remedy="Ask somebody whose role does, or an admin for the role.",
            )


def visit(house: House, request: Request, form: Mapping[str, str]) -> Visit:
    """Understand a request: session, language, theme."""
    token = request.cookies.get(COOKIE, "")
    who = accounts.signed_in(house.app, token) or NOBODY
    own = who.language or request.cookies.get(LANGUAGE_COOKIE)
    asked = request.query_params.get("lang")
    own = asked if asked in LANGUAGES else own
    theme = request.cookies.get(THEME_COOKIE, "auto")
    return Visit(
        house=house,
        who=who,
        token=token,
        language=choose(own, request.headers.get("accept-language", ""), _project(house)),
        theme=theme if theme in THEMES else "auto",
        nonce=request.state.nonce,
        path=request.url.path,
        address=request.client.host if request.client else "?",
        is_secure=request.url.scheme == "https",
        base_url=str(request.base_url).rstrip("/"),
        params=dict(request.path_params),
        query=dict(request.query_params),
        form=form,
    )


def _project(house: House) -> str:
    return house.app.project.language
