"""Merged records lead to their survivors."""

from __future__ import annotations

from sqlalchemy import Connection

from staging import aliases

AT = "2026-01-05T00:00:00.000Z"


def test_a_chain_of_merges_leads_to_its_end(db: Connection) -> None:
    """A merged record leads to the one that holds it now, through several merges."""
    aliases.remember(db, "crm", "contacts", {"1": "2"}, AT)
    aliases.remember(db, "crm", "contacts", {"2": "3", "5": "3"}, AT)
    assert aliases.survivors(db, "crm", "contacts", ["1", "2", "4"]) == {"1": "3", "2": "3"}
    assert aliases.absorbed(db, "crm", "contacts", ["3", "4"]) == {"3": {"1", "2", "5"}}


def test_other_objects_know_nothing_of_it(db: Connection) -> None:
    """A merge of contacts says nothing about leads of the same id."""
    aliases.remember(db, "crm", "contacts", {"1": "2"}, AT)
    assert aliases.survivors(db, "crm", "leads", ["1"]) == {}
    assert aliases.absorbed(db, "erp", "contacts", ["2"]) == {}


def test_a_circle_ends(db: Connection) -> None:
    """A platform that tells nonsense does not hang us."""
    aliases.remember(db, "crm", "contacts", {"1": "2", "2": "1"}, AT)
    assert set(aliases.survivors(db, "crm", "contacts", ["1"])) == {"1"}
    assert aliases.absorbed(db, "crm", "contacts", ["1"]) == {"1": {"1", "2"}}
