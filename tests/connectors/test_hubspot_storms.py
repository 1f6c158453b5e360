"""A HubSpot account on its bad days: whatever happens, what was read ends up as what is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from sandbox import hubspot as sandbox
from sandbox import weather
from sandbox.weather import controls
from sandbox.weather.storm import read_storm

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HubSpotAccount

    from connectors.protocol import Record
    from sandbox.weather.rules import Storm

BORN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = timedelta(minutes=10)
STORMS: Final = Path(weather.__file__).parent / "storms"
FIELDS: Final = ["lastname", "jobtitle", "associations.companies"]
TIED: Final = 10_600


class Shelf:
    """What a careful reader has after its pulls, as the engine would stage it."""

    def __init__(self, account: HubSpotAccount) -> None:
        self.connector = account.connector
        self.gone = self.connector.deletes("contacts", None).next_cursor
        self.rows: dict[str, dict[str, Any]] = {}
        self.cursor: str | None = None
        self.certified = False

    def pull(self) -> None:
        """One run: what changed, its count, what is gone, who is linked to whom."""
        more = True
        while more:
            page = self.connector.page("contacts", FIELDS, self.cursor)
            for record in page.records:
                self.keep(record)
            for old in page.merged:
                self.rows.pop(old, None)
            self.cursor, more = page.next_cursor, page.more
        while True:
            answer = self.connector.deletes("contacts", self.gone)
            for id in answer.ids:
                self.rows.pop(id, None)
            self.gone = answer.next_cursor
            if not answer.more:
                break
        for record in self.connector.read("contacts", [*self.rows], FIELDS[2:]):
            self.rows[record.id] |= {FIELDS[2]: record.fields[FIELDS[2]]}
        self.certified = self.connector.count("contacts") == len(self.rows)

    def keep(self, record: Record) -> None:
        """Stage one record."""
        self.rows[record.id] = dict(record.fields)


def truth(account: HubSpotAccount) -> dict[str, dict[str, Any]]:
    """The account's own tables."""
    db = account.state.db
    living = "SELECT id, properties FROM hs_record WHERE type = '0-1' AND archived = 0"
    rows = {str(id): orjson.loads(text) for id, text in db.execute(living).fetchall()}
    found: dict[str, dict[str, Any]] = {
        id: {**{name: row.get(name) for name in FIELDS[:2]}, FIELDS[2]: []}
        for id, row in rows.items()
    }
    linked = (
        "SELECT DISTINCT from_id, to_id FROM hs_association WHERE from_type = ? AND to_type = ?"
    )
    for id, other in db.execute(linked, ("0-1", "0-2")).fetchall():
        if str(id) in found:
            found[str(id)][FIELDS[2]].append(str(other))
    return found


def world(account: HubSpotAccount, contacts: int) -> None:
    """Contacts, each linked to a company."""
    born = {"created": BORN, "modified": BORN}
    people = [
        {"id": str(n), "properties": {"lastname": f"n{n}", "email": f"n{n}@firm.example"}, **born}
        for n in range(1, contacts + 1)
    ]
    firms = [{"id": str(n), "properties": {"name": f"Firm {n}"}, **born} for n in range(1, 51)]
    sandbox.insert(account.state, "contacts", people)
    sandbox.insert(account.state, "companies", firms)
    ties = [(n, n % 50 + 1, 279) for n in range(1, contacts + 1)]
    sandbox.insert_associations(account.state, "contacts", "companies", ties)


def storm_over_hubspot(name: str) -> Storm:
    """One of the storms that come with the sandbox, without what it does elsewhere."""
    storm = read_storm(STORMS / f"{name}.yaml")
    opening = [move for move in storm.opening if move.platform == "hubspot"]
    return storm.model_copy(update={"opening": opening})


@pytest.mark.parametrize(
    ("storm", "contacts", "pulled"),
    [
        ("ten-percent", 1200, False),
        ("moving", 1200, False),
        pytest.param("ties", TIED, True, marks=pytest.mark.slow),
    ],
)
def test_after_a_storm_everything_is_there(
    open_hubspot: Callable[..., HubSpotAccount], storm: str, contacts: int, pulled: bool
) -> None:
    """Pulls in the storm, two more after it: row for row and link for link what HubSpot has."""
    account = open_hubspot(attempts=10)
    world(account, contacts)
    shelf = Shelf(account)
    if pulled:
        shelf.pull()
        account.pass_time(LATER)
    controls.begin(account.state, storm_over_hubspot(storm))
    try:
        for n in range(3):
            account.hand.edit("contacts", str(n * 7 + 1), {"lastname": f"edited{n}"})
            shelf.pull()
            account.pass_time(LATER)
    finally:
        controls.end(account.state)
    for _ in range(2):
        account.pass_time(LATER)
        shelf.pull()
    assert shelf.rows == truth(account)
    assert shelf.certified
