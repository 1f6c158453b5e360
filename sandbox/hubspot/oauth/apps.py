"""Apps registered with the developer account: their id, secret, scopes and redirect addresses."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sandbox.state import State

APP_ID: Final = 1160452
CLIENT_ID: Final = "0c1ea7e5-7a5c-4b1d-9e11-5a4db0c5a9d1"
CLIENT_SECRET: Final = "11111111-2222-3333-4444-555555555555"  # noqa: S105 - well known, guards nothing
DEVELOPER_KEY: Final = "eu1-tasuki-sandbox-developer"
JOURNAL_SCOPE: Final = "developer.webhooks_journal.read"
DEFAULT_SCOPES: Final = (
    "oauth",
    *(
        f"crm.objects.{name}.{way}"
        for name in ("contacts", "companies", "deals", "leads", "custom")
        for way in ("read", "write")
    ),
    *(
        f"crm.schemas.{name}.{way}"
        for name in ("contacts", "companies", "deals", "custom")
        for way in ("read", "write")
    ),
    *("crm.objects.owners.read", "crm.lists.read", "crm.lists.write", "crm.import", "crm.export"),
    *("tickets", "sales-email-read", "business-intelligence", "content", "forms", "timeline"),
    *("analytics.behavioral_events.send", "behavioral_events.event_definitions.read_write"),
    *("communication_preferences.read_write", "communication_preferences.statuses.batch.read"),
    "communication_preferences.statuses.batch.write",
    JOURNAL_SCOPE,
)


@dataclass(frozen=True, slots=True)
class App:
    """One registered app; without redirect addresses any address is taken."""

    id: int
    name: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    redirects: tuple[str, ...] = ()


def own(state: State) -> App:
    """The app every sandbox has: the static token and the default author belong to it."""
    return App(
        APP_ID,
        "Tasuki",
        state.setting("hubspot_client_id") or CLIENT_ID,
        state.setting("hubspot_client_secret") or CLIENT_SECRET,
        DEFAULT_SCOPES,
    )


def developer_key(state: State) -> str:
    """The key of the developer account, which manages webhooks."""
    return state.setting("hubspot_developer_key") or DEVELOPER_KEY


def find(state: State, *, id: int | None = None, client_id: str | None = None) -> App | None:
    """The app of this number or client id."""
    mine = own(state)
    if mine.id == id or mine.client_id == client_id:
        return mine
    row = state.db.execute(
        "SELECT document FROM hs_app WHERE id = ? OR client_id = ?", (id, client_id)
    ).fetchone()
    return None if row is None else _read(orjson.loads(row[0]))


def register(
    state: State, name: str, scopes: Sequence[str] = DEFAULT_SCOPES, redirects: Sequence[str] = ()
) -> App:
    """Add an app, as a developer does in the product."""
    row = state.db.execute("SELECT coalesce(max(id), ?) + 1 FROM hs_app", (APP_ID,)).fetchone()
    made = App(
        row[0],
        name,
        f"client-{secrets.token_hex(12)}",
        secrets.token_hex(18),
        tuple(scopes),
        tuple(redirects),
    )
    document = {each: getattr(made, each) for each in App.__slots__}
    with state.transaction() as db:
        db.execute(
            "INSERT INTO hs_app VALUES (?, ?, ?)",
            (made.id, made.client_id, orjson.dumps(document).decode()),
        )
    return made


def _read(document: dict[str, Any]) -> App:
    for name in ("scopes", "redirects"):
        document[name] = tuple(document[name])
    return App(**document)
