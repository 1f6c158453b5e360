"""Pulls by Bulk API in the ready storms: in the end every row is there, as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.protocol import OpenContext
from connectors.salesforce import SPEC
from sandbox.salesforce import edit, insert
from sandbox.salesforce.org import org_of
from sandbox.weather import controls
from sandbox.weather.storm import read_storm
from tasuki.errors import BlockedError, TransientError

if TYPE_CHECKING:
    from connectors.salesforce.connector import SalesforceConnector
    from sandbox.server import Serving
    from sandbox.state import State

FIELDS = ["LastName", "Email"]
LATER = timedelta(minutes=20)


def patient(salesforce: SalesforceConnector) -> SalesforceConnector:
    """Another connector to the same org, for which a job is soon worth it."""
    given = {**salesforce.client.settings.model_dump(), "bulk_above": 2_000, "attempts": 8}
    settings = SPEC.settings.model_validate(given)
    context = OpenContext("crm", Path("/"), salesforce.client.clock)
    opened = SPEC.open(settings, context)  # type: ignore[arg-type]
    opened.client.sleep = lambda _: None
    return opened


class Shelf:
    """What pulls have staged so far, kept page by page as the engine does."""

    def __init__(self, connector: SalesforceConnector) -> None:
        self.connector = connector
        self.rows: dict[str, dict[str, Any]] = {}
        self.at: dict[str, str] = {}
        self.jobs = 0

    def pull(self) -> None:
        """One run: every page, then the deletes; a page that fails is asked for again."""
        self.at.setdefault("deletes", self.connector.deletes("Contact", None).next_cursor)
        more = True
        while more:
            page = self._try(lambda: self.connector.page("Contact", FIELDS, self.at.get("page")))
            self.rows |= {record.id: dict(record.fields) for record in page.records}
            self.jobs += '"job"' in page.next_cursor and not page.records
            self.at["page"], more = page.next_cursor, page.more
        gone = self._try(lambda: self.connector.deletes("Contact", self.at["deletes"]))
        self.at["deletes"] = gone.next_cursor
        for id in gone.ids:
            self.rows.pop(id, None)

    def _try(self, ask: Any) -> Any:
        for _ in range(20):
            try:
                return ask()
            except (TransientError, BlockedError):
                continue
        pytest.fail("the storm is too strong")


def truth(state: State) -> dict[str, dict[str, Any]]:
    """The living contacts, past the connector."""
    rows = state.db.execute("SELECT Id, LastName, Email FROM sf_Contact WHERE IsDeleted = 0")
    return {id: {"LastName": name, "Email": email} for id, name, email in rows.fetchall()}


@pytest.mark.parametrize(
    ("storm", "many"), [("ten-percent", 5_200), ("moving", 5_200), ("ties", 11_000)]
)
def test_after_a_storm_everything_is_there(
    sandbox_server: Serving, salesforce: SalesforceConnector, storm: str, many: int
) -> None:
    """Three pulls in the storm and two after it end with the rows that the org holds."""
    state = sandbox_server.state
    ids = org_of(state).next_ids("003", many)
    people = [{"Id": id, "LastName": f"n{n}", "Email": f"n{n}@x.jp"} for n, id in enumerate(ids)]
    insert(state, "Contact", people)
    shelf = Shelf(patient(salesforce))
    found = read_storm(Path(f"{storm}.yaml"))
    opening = [move for move in found.opening if move.platform == "salesforce"]
    controls.begin(state, found.model_copy(update={"opening": opening}))

    def pass_time() -> None:
        state.set_clock_offset(state.now() + LATER - datetime.now(UTC))

    try:
        for n in range(3):
            edit(state, "Contact", ids[n * 7 + 1], {"LastName": f"edited{n}"})
            shelf.pull()
            pass_time()
    finally:
        controls.end(state)
    for _ in range(2):
        pass_time()
        shelf.pull()
    shelf.connector.close()
    assert shelf.jobs
    assert shelf.rows == truth(state)
