"""Who may sign in to the console, who is signed in, and what each of them did: rows, no rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, delete, func, select, update

from staging.bulk import insert, upsert
from staging.tables.operating import AUDIT, CONSOLE_USER, SESSION, SETUP_LINK
from tasuki.service.app import App
from tasuki.values import Json


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    login: str
    name: str
    role: str
    language: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A set-up link that still works: whose password it sets, and as what."""

    login: str
    role: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log."""

    at: str
    who: str
    action: str
    target: str | None
    detail: Json


def audit(app: App, who: str, action: str, target: str = "", **detail: Json) -> None:
    """Write down that somebody did something; no secret, no personal value."""
    row = {"at": app.tools.now(), "who": who, "action": action, "target": target, "detail": detail}
    with app.store.writing() as db:
        insert(db, AUDIT, [row])


def audited(app: App, limit: int = 100) -> list[Entry]:
    """The last lines of the audit log, newest first."""
    columns = (AUDIT.c.at, AUDIT.c.who, AUDIT.c.action, AUDIT.c.target, AUDIT.c.detail)
    with app.store.reading() as db:
        rows = db.execute(select(*columns).order_by(AUDIT.c.seq.desc()).limit(limit))
        return [Entry(*row) for row in rows]


# ── accounts ──


def accounts(app: App) -> list[Account]:
    """Everybody who has set a password, by login."""
    with app.store.reading() as db:
        return [_account(row) for row in db.execute(select(CONSOLE_USER).order_by("id"))]


def account(app: App, login: str) -> Account | None:
    """One account."""
    with app.store.reading() as db:
        row = db.execute(select(CONSOLE_USER).where(CONSOLE_USER.c.id == login)).first()
    return _account(row) if row else None


def password_hash(app: App, login: str) -> str | None:
    """The hash to check a password against; None for nobody or somebody shut out."""
    query = select(CONSOLE_USER.c.password_hash).where(
        CONSOLE_USER.c.id == login, CONSOLE_USER.c.is_active.is_(True)
    )
    with app.store.reading() as db:
        return db.scalar(query)


def save(app: App, account: Account, password_hash: str) -> None:
    """Keep an account with a new password; whoever was signed in to it is signed out."""
    row = {
        "id": account.login,
        "name": account.name,
        "password_hash": password_hash,
        "role": account.role,
        "language": account.language,
        "is_active": account.is_active,
        "created_at": app.tools.now(),
    }
    with app.store.writing() as db:
        upsert(db, CONSOLE_USER, [row])
        db.execute(delete(SESSION).where(SESSION.c.console_user_id == account.login))


def set_password_hash(app: App, login: str, password_hash: str) -> None:
    """Keep the same password under newer hash parameters."""
    _update(app, login, {"password_hash": password_hash})


def set_language(app: App, login: str, language: str) -> None:
    """Remember in which language somebody reads."""
    _update(app, login, {"language": language})


def set_role(app: App, login: str, role: str) -> None:
    """What somebody may do from now on."""
    _update(app, login, {"role": role})


def set_active(app: App, login: str, *, active: bool) -> None:
    """Let somebody in again, or shut them out: their sessions and set-up links end at once."""
    _update(app, login, {"is_active": active})
    if not active:
        end_sessions(app, login)
        with app.store.writing() as db:
            db.execute(delete(SETUP_LINK).where(SETUP_LINK.c.login == login))


def _update(app: App, login: str, values: Mapping[str, Json]) -> None:
    with app.store.writing() as db:
        db.execute(update(CONSOLE_USER).where(CONSOLE_USER.c.id == login).values(**values))


def admin_count(app: App) -> int:
    """How many admins can sign in."""
    is_admin = (CONSOLE_USER.c.role == "admin", CONSOLE_USER.c.is_active.is_(True))
    with app.store.reading() as db:
        return db.scalar(select(func.count()).select_from(CONSOLE_USER).where(*is_admin)) or 0


# ── sessions ──


def open_session(app: App, token_hash: str, login: str, expires_at: str) -> None:
    """Sign somebody in; sessions that ran out go at the same time."""
    now = app.tools.now()
    row = {"token_hash": token_hash, "console_user_id": login, "created_at": now}
    with app.store.writing() as db:
        db.execute(delete(SESSION).where(SESSION.c.expires_at <= now))
        insert(db, SESSION, [{**row, "expires_at": expires_at}])


def session(app: App, token_hash: str) -> Account | None:
    """Who is signed in with this token."""
    query = (
        select(CONSOLE_USER)
        .join(SESSION, SESSION.c.console_user_id == CONSOLE_USER.c.id)
        .where(
            SESSION.c.token_hash == token_hash,
            SESSION.c.expires_at > app.tools.now(),
            CONSOLE_USER.c.is_active.is_(True),
        )
    )
    with app.store.reading() as db:
        row = db.execute(query).first()
    return _account(row) if row else None


def end_session(app: App, token_hash: str) -> None:
    """Sign out."""
    with app.store.writing() as db:
        db.execute(delete(SESSION).where(SESSION.c.token_hash == token_hash))


def end_sessions(app: App, login: str) -> None:
    """Sign somebody out everywhere."""
    with app.store.writing() as db:
        db.execute(delete(SESSION).where(SESSION.c.console_user_id == login))


# ── set-up links ──


def open_link(app: App, token_hash: str, link: Link) -> None:
    """Keep a set-up link; older ones of the same login stop working."""
    row = {
        "token_hash": token_hash,
        "login": link.login,
        "role": link.role,
        "created_at": app.tools.now(),
        "expires_at": link.expires_at,
        "used_at": None,
    }
    with app.store.writing() as db:
        db.execute(delete(SETUP_LINK).where(SETUP_LINK.c.login == link.login))
        insert(db, SETUP_LINK, [row])


def link(app: App, token_hash: str) -> Link | None:
    """The link behind a token, while it is unused and has not run out."""
    columns = (SETUP_LINK.c.login, SETUP_LINK.c.role, SETUP_LINK.c.expires_at)
    query = select(*columns).where(*_works(app, token_hash))
    with app.store.reading() as db:
        row = db.execute(query).first()
    return Link(*row) if row else None


def use_link(app: App, token_hash: str) -> bool:
    """Use a link up; False when somebody else was first or it has run out."""
    mark = update(SETUP_LINK).where(*_works(app, token_hash)).values(used_at=app.tools.now())
    with app.store.writing() as db:
        return db.execute(mark).rowcount == 1


def _works(app: App, token_hash: str) -> Sequence[Json]:
    return (
        SETUP_LINK.c.token_hash == token_hash,
        SETUP_LINK.c.used_at.is_(None),
        SETUP_LINK.c.expires_at > app.tools.now(),
    )


def _account(row: Row[Json]) -> Account:
    return Account(row.id, row.name, row.role, row.language, row.is_active)
