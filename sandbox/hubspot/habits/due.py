"""What HubSpot will do a moment after a write: a queue by the sandbox's clock."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.times import millis
from sandbox.hubspot.settings import settings
from sandbox.state import State

COMPANY: Final = "company"
STAGE: Final = "stage"
_ASKS: Final[Mapping[tuple[str, str], str]] = {
    ("contacts", "email"): COMPANY,
    ("contacts", "website"): COMPANY,
    ("deals", "dealstage"): STAGE,
}


def follow(state: State, kind: Kind, id: int, changed: Mapping[str, str]) -> None:
    """Note what this write will bring about, as far as the account is set to do it."""
    wanted = {_ASKS.get((kind.name, name)) for name in changed} - {None}
    if not wanted:
        return
    now = settings(state)
    switched = {COMPANY: now.create_companies, STAGE: now.deals_move_lifecycle}
    at = millis(state.now() + timedelta(seconds=now.automation_seconds))
    rows = [(at, what, kind.id, id) for what in wanted if what is not None and switched[what]]
    state.db.executemany("INSERT INTO hs_due (at, what, type, id) VALUES (?, ?, ?, ?)", rows)


def take(state: State) -> list[tuple[str, str, int]]:
    """What is due by now, oldest first; taken once: kind of work, type, record."""
    rows = state.db.execute(
        "SELECT number, what, type, id FROM hs_due WHERE at <= ? ORDER BY at, number",
        (millis(state.now()),),
    ).fetchall()
    for row in rows:
        state.db.execute("DELETE FROM hs_due WHERE number = ?", (row[0],))
    return [row[1:] for row in rows]
