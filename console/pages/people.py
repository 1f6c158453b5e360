"""Who may sign in, and what was done: for admins."""

from dataclasses import dataclass

from console.access import accounts
from console.access.permission import May
from console.page import Action, Next, Page
from console.visit import Visit
from tasuki.errors import GuardError
from tasuki.service import accounts as rows
from tasuki.service.accounts import Entry


@dataclass(frozen=True, slots=True)
class Person:
    """One user: declared, or with an account, or both."""

    login: str
    name: str
    role: str
    is_declared: bool
    has_password: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, and the last lines of the audit log."""

    people: tuple[Person, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class FreshLink:
    """A set-up link, shown once."""

    login: str
    url: str


def _list(visit: Visit) -> People:
    declared = {user.login: user for user in visit.app.project.users}
    known = {account.login: account for account in rows.accounts(visit.app)}
    people = []
    for login in sorted({*declared, *known}):
        user, account = declared.get(login), known.get(login)
        people.append(
            Person(
                login=login,
                name=(account.name if account else user.name if user else "") or login,
                role=account.role if account else user.role if user else "",
                is_declared=user is not None,
                has_password=account is not None,
                is_active=account.is_active if account else True,
            )
        )
    return People(tuple(people), tuple(rows.audited(visit.app, 60)))


def _link(visit: Visit) -> Next:
    path = accounts.setup_link(visit.app, visit.params["login"], by=visit.who.login)
    return Next(f"/people/link{path}")


def _fresh(visit: Visit) -> FreshLink:
    token = visit.params["token"]
    link = accounts.find_link(visit.app, token)
    if link is None:
        raise GuardError("This link no longer works", remedy="Make a new one.")
    return FreshLink(link.login, f"{visit.base_url}/set-up/{token}")


def _shut_out(visit: Visit) -> Next:
    login = visit.params["login"]
    if login == visit.who.login:
        raise GuardError(
            "You cannot shut yourself out", remedy="Ask another admin, or sign out instead."
        )
    rows.set_active(visit.app, login, active=False)
    rows.audit(visit.app, visit.who.login, "account.shut_out", login)
    return Next("/people?done=shut_out")


def _let_in(visit: Visit) -> Next:
    login = visit.params["login"]
    rows.set_active(visit.app, login, active=True)
    rows.audit(visit.app, visit.who.login, "account.let_in", login)
    return Next("/people?done=let_in")


def _revoke(visit: Visit) -> Next:
    login = visit.params["login"]
    rows.end_sessions(visit.app, login)
    rows.audit(visit.app, visit.who.login, "session.revoked", login)
    return Next("/people?done=revoked")


PAGES = (
    Page("/people", "people.html", _list, May.ADMINISTER),
    Page("/people/link/set-up/{token}", "link.html", _fresh, May.ADMINISTER),
)
ACTIONS = (
    Action("/people/{login}/link", _link, May.ADMINISTER),
    Action("/people/{login}/shut-out", _shut_out, May.ADMINISTER),
    Action("/people/{login}/let-in", _let_in, May.ADMINISTER),
    Action("/people/{login}/revoke", _revoke, May.ADMINISTER),
)
