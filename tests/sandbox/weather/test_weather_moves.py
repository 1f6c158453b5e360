"""What people do while a client reads, by the platforms' own rules."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox import salesforce
from sandbox.salesforce.ids import new_id
from sandbox.weather import movers
from sandbox.weather.movers import hubspot as hubspot_hand
from sandbox.weather.movers import salesforce as salesforce_hand
from sandbox.weather.storm import VENDORS
from tests.sandbox.weather.conftest import COMPANIES, QUERY, Outside

CONTACTS = "/crm/v3/objects/contacts"


def contacts(outside: Outside, count: int = 6) -> None:
    """So many contacts on either side, at two accounts."""
    state = outside.serving.state
    salesforce.insert(state, "Account", [{"Id": new_id("001", n), "Name": f"A{n}"} for n in (1, 2)])
    rows = [
        {"Id": new_id("003", n + 1), "LastName": f"N{n}", "AccountId": new_id("001", 1)}
        for n in range(count)
    ]
    salesforce.insert(state, "Contact", rows)
    leads = [{"Id": new_id("00Q", n + 1), "LastName": f"L{n}", "Company": "C"} for n in range(3)]
    salesforce.insert(state, "Lead", leads)
    for n in range(2):
        outside.hubspot("POST", COMPANIES, {"properties": {"name": f"A{n}"}})
    for n in range(count):
        given = {"properties": {"email": f"n{n}@example.test", "lastname": f"N{n}"}}
        outside.hubspot("POST", CONTACTS, given)


def move(outside: Outside, platform: str, do: str, object: str, **more: object) -> None:
    """Let it happen before one call of that platform."""
    step = {"do": do, "object": object, **more}
    met = outside.storm({"platform": platform, "times": 1, "move": step})
    assert met.status_code == 200, met.text
    if platform == "hubspot":
        assert outside.hubspot("GET", CONTACTS).status_code == 200
    else:
        assert outside.salesforce("GET", QUERY, q="SELECT Id FROM User").status_code == 200


def ask(outside: Outside, sql: str) -> int:
    """One number of the sandbox's own database."""
    return int(outside.serving.state.db.execute(sql).fetchone()[0])


@pytest.mark.parametrize(
    ("platform", "do", "object", "sql", "expected"),
    [
        ("salesforce", "edit", "Contact", "sf_Contact WHERE Title LIKE 'Title %'", 2),
        ("salesforce", "delete", "Contact", "sf_Contact WHERE IsDeleted = 1", 2),
        ("salesforce", "purge", "Contact", "sf_Contact WHERE IsDeleted < 2", 4),
        ("salesforce", "merge", "Contact", "sf_Contact WHERE MasterRecordId IS NOT NULL", 2),
        ("salesforce", "convert", "Lead", "sf_Lead WHERE IsConverted = 1", 2),
        ("hubspot", "edit", "contacts", "hs_record WHERE properties LIKE '%\"Title %'", 2),
        ("hubspot", "archive", "contacts", "hs_record WHERE archived = 1 AND type = '0-1'", 2),
        ("hubspot", "purge", "contacts", "hs_record WHERE type = '0-1'", 4),
        ("hubspot", "merge", "contacts", "hs_record WHERE type = '0-1' AND archived = 0", 4),
    ],
)
def test_people_do_it_by_the_platforms_rules(outside: Outside, platform, do, object, sql, expected):
    """A move befalls so many records and leaves what the platform leaves."""
    contacts(outside)
    move(outside, platform, do, object, count=2)
    assert ask(outside, f"SELECT count(*) FROM {sql}") == expected


def test_the_same_seed_moves_the_same_records(outside: Outside):
    """Whom a move befalls is decided by the seed."""
    chosen = []
    for seed in (1, 1, 2):
        with outside.serving.state.transaction() as db:
            db.execute("DELETE FROM sf_Contact")
            db.execute("DELETE FROM sf_Account")
        rows = [{"Id": new_id("003", n + 1), "LastName": f"N{n}"} for n in range(200)]
        salesforce.insert(outside.serving.state, "Contact", rows)
        step = {"do": "delete", "object": "Contact", "count": 3}
        outside.storm({"platform": "salesforce", "times": 1, "move": step}, seed=seed)
        outside.salesforce("GET", QUERY, q="SELECT Id FROM User")
        sql = "SELECT Id FROM sf_Contact WHERE IsDeleted = 1 ORDER BY Id"
        chosen.append(outside.serving.state.db.execute(sql).fetchall())
    assert chosen[0] == chosen[1] != chosen[2]


def test_a_late_commit_carries_its_early_stamp(outside: Outside):
    """A long transaction is seen later than changes stamped after it began."""
    contacts(outside)
    state = outside.serving.state
    move(outside, "salesforce", "edit", "Contact", late_seconds=60)
    began = state.now()
    title = "SELECT Id, SystemModstamp FROM Contact WHERE Title LIKE 'Title %'"
    assert outside.salesforce("GET", QUERY, q=title).json()["records"] == []
    try:
        state.set_clock_offset(timedelta(seconds=61))
        (row,) = outside.salesforce("GET", QUERY, q=title).json()["records"]
    finally:
        state.set_clock_offset(timedelta())
    assert row["SystemModstamp"] <= f"{began:%Y-%m-%dT%H:%M:%S.999}"


def test_the_opening_comes_before_the_first_call(outside: Outside):
    """Ties are there when the storm begins: one stamp for all of them."""
    contacts(outside, 6)
    ties = [
        {"platform": "hubspot", "do": "tie", "object": "contacts", "count": 6},
        {"platform": "salesforce", "do": "tie", "object": "Contact", "count": 6},
    ]
    assert outside.storm(opening=ties).status_code == 200
    assert ask(outside, "SELECT count(DISTINCT modified) FROM hs_record WHERE type = '0-1'") == 1
    assert ask(outside, "SELECT count(DISTINCT SystemModstamp) FROM sf_Contact") == 1


def test_a_moved_link_moves_no_date(outside: Outside):
    """HubSpot's contacts change their company without a trace in their modified date."""
    contacts(outside)
    dates = "SELECT id, modified FROM hs_record WHERE type = '0-1' ORDER BY id"
    before = outside.serving.state.db.execute(dates).fetchall()
    move(outside, "hubspot", "relink", "contacts", count=6)
    linked = "SELECT count(DISTINCT from_id) FROM hs_association WHERE from_type = '0-1'"
    assert ask(outside, f"{linked} AND to_type = '0-2'") == 6
    move(outside, "hubspot", "unlink", "contacts", count=2)
    assert ask(outside, f"{linked} AND to_type = '0-2'") == 4
    assert outside.serving.state.db.execute(dates).fetchall() == before


def test_too_few_records_are_told(outside: Outside):
    """An opening that cannot happen is refused with the reason."""
    step = {"platform": "hubspot", "do": "tie", "object": "contacts", "count": 6}
    met = outside.storm(opening=[step])
    assert met.status_code == 400
    assert met.json()["where"] == "opening.0"
    assert met.json()["why"] == "6 living contacts are needed, there are 0"


def test_every_move_that_may_be_written_can_be_done():
    """The names a storm may use and the hands that do them are the same."""
    assert VENDORS["salesforce"].moves == salesforce_hand._MOVES.keys()
    assert VENDORS["hubspot"].moves == hubspot_hand._MOVES.keys()
    assert movers._HANDS.keys() <= VENDORS.keys()
