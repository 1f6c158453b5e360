"""Staged records: replay, journal, deletes, bases and cursors."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from staging import records
from staging.completeness import counts
from staging.history import agreed
from staging.records import Position, Seen
from staging.tables.staged import RECORD_CHANGE

AT = "2026-01-05T00:00:00.000Z"


def stage(db: Connection, *seen: Seen, run: str = "r1") -> list[str]:
    return records.stage(db, "crm", "contacts", seen, run=run, now=AT)


def journal(db: Connection) -> list[tuple[Any, ...]]:
    columns = [RECORD_CHANGE.c[name] for name in ("id", "field", "before", "after", "modified_by")]
    return [tuple(row) for row in db.execute(select(*columns).order_by(RECORD_CHANGE.c.seq))]


def test_a_page_twice_changes_nothing(db: Connection) -> None:
    """Replay: the same page again names no changed record and journals nothing."""
    page = (Seen("1", {"email": "a@x"}, AT), Seen("2", {"email": None}, AT))
    assert stage(db, *page) == ["1", "2"]
    assert stage(db, *page, run="r2") == []
    assert journal(db) == []


def test_only_updates_are_journalled(db: Connection) -> None:
    """A first sight is no change; a later one is written down field by field, with who did it."""
    stage(db, Seen("1", {"email": "a@x", "n": 1}))
    assert stage(db, Seen("1", {"email": "b@x", "n": 1}, AT, "anna")) == ["1"]
    assert journal(db) == [("1", "email", "a@x", "b@x", "anna")]


def test_a_moved_stamp_alone_is_no_change(db: Connection) -> None:
    """Equal content under a newer stamp makes nothing dirty."""
    stage(db, Seen("1", {"email": "a@x"}, AT))
    assert stage(db, Seen("1", {"email": "a@x"}, "2026-02-01T00:00:00.000Z")) == []


def test_a_record_twice_on_one_page_counts_once(db: Connection) -> None:
    """The last word of a page is the record."""
    assert stage(db, Seen("1", {"n": 1}), Seen("1", {"n": 2})) == ["1"]
    assert records.read(db, "crm", "contacts", ["1"])["1"].payload == {"n": 2}


def test_a_deleted_record_is_gone_until_it_is_seen_again(db: Connection) -> None:
    """Deleting names who was alive; deleting twice names nobody; seeing it again revives it."""
    stage(db, Seen("1", {"n": 1}), Seen("2", {"n": 1}))
    assert records.mark_deleted(db, "crm", "contacts", ["1", "9"], AT) == ["1"]
    assert records.mark_deleted(db, "crm", "contacts", ["1"], AT) == []
    assert list(records.living_ids(db, "crm", "contacts")) == ["2"]
    assert counts.count(db, "crm", "contacts") == 1
    assert stage(db, Seen("1", {"n": 1})) == ["1"]
    assert records.read(db, "crm", "contacts", ["1"])["1"].deleted_at is None


def test_our_own_write_is_what_we_know(db: Connection) -> None:
    """An overlaid value does not come back as a change, and the journal says nothing of it."""
    stage(db, Seen("1", {"email": "a@x", "score": None}), Seen("2", {"email": "b@x", "score": 1}))
    records.overlay(
        db, "crm", "contacts", {"1": {"score": 5}, "2": {"score": 6}, "9": {"score": 7}}
    )
    echo = (Seen("1", {"email": "a@x", "score": 5}), Seen("2", {"email": "b@x", "score": 6}))
    assert stage(db, *echo) == []
    assert journal(db) == []
    assert stage(db, Seen("1", {"email": "a@x", "score": 9})) == ["1"]
    assert list(records.read(db, "crm", "contacts", ["9"])) == []


def test_an_overlay_adds_no_field_that_is_not_read(db: Connection) -> None:
    """A field that is written but never read is no part of what is known."""
    stage(db, Seen("1", {"email": "a@x"}))
    records.overlay(db, "crm", "contacts", {"1": {"secret_field": 5}})
    assert records.read(db, "crm", "contacts", ["1"])["1"].payload == {"email": "a@x"}


def test_bases_are_kept_per_record(db: Connection) -> None:
    """The agreed values of a record are read back by its id."""
    contact = agreed.Agreed({"email": "a"}, "v1", "d1")
    lead = agreed.Agreed({"email": "b"}, "v1")
    agreed.keep(db, [("crm", "contacts", "1", contact), ("crm", "leads", "1", lead)])
    assert agreed.of(db, "crm", "contacts", ["1", "2"]) == {"1": contact}


def test_a_cursor_moves(db: Connection) -> None:
    """A stream has no position until it has one; streams do not share it."""
    assert records.position(db, "crm", "contacts", "page") == Position(None, None)
    records.move(db, "crm", "contacts", "page", Position("7", "f"), "r1", AT)
    records.move(db, "crm", "contacts", "page", Position("8", "f"), "r1", AT)
    assert records.position(db, "crm", "contacts", "page") == Position("8", "f")
    assert records.position(db, "crm", "contacts", "deletes") == Position(None, None)


def test_an_echo_in_another_spelling_is_no_change(db: Connection) -> None:
    """A system that answers our number as text does not make its record dirty, once."""
    stage(db, Seen("1", {"score": None, "city": "Tokyo"}))
    records.overlay(db, "crm", "contacts", {"1": {"score": 5}})
    assert stage(db, Seen("1", {"score": "5", "city": "Tokyo"})) == []
    assert records.read(db, "crm", "contacts", ["1"])["1"].payload["score"] == "5"


def test_a_persons_edit_beside_our_write_is_a_change(db: Connection) -> None:
    """An echo that brings somebody's edit along makes the record dirty."""
    stage(db, Seen("1", {"score": None, "city": "Tokyo"}))
    records.overlay(db, "crm", "contacts", {"1": {"score": 5}})
    assert stage(db, Seen("1", {"score": "5", "city": "Osaka"})) == ["1"]


def test_a_version_is_another_one_only_when_one_was_known(db: Connection) -> None:
    """The first version read is no change, the same one is none either, another one is."""
    of = ("playbook", "rules", "decide")
    told = [records.note_version(db, of, version, "r_1", AT) for version in ("a", "a", "b", "b")]
    assert told == [False, False, True, False]


def test_a_stamp_that_moved_alone_is_no_change(db: Connection) -> None:
    """A record touched in fields we do not read is not dirty, and is counted by its new stamp."""
    stage(db, Seen("1", {"email": "a"}, "2026-01-05T09:00:00.000Z", "anna"))
    assert stage(db, Seen("1", {"email": "a"}, "2026-01-05T10:00:00.000Z", "ben")) == []
    assert journal(db) == []
    known = records.read(db, "crm", "contacts", ["1"])["1"]
    assert (known.modified_at, known.modified_by) == ("2026-01-05T10:00:00.000Z", "ben")
    ten = "2026-01-05T10:00:00.000Z"
    assert counts.count(db, "crm", "contacts", since=ten) == 1
    assert counts.count(db, "crm", "contacts", until=ten) == 0
    assert counts.count(db, "crm", "contacts", None, "2026-01-05T10:00:00.001Z") == 1
