"""The store behind a URL."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from staging import queue
from staging.engine import Store, open_store
from staging.tables.staged import DIRTY
from tasuki.errors import TransientError, UnreachableError


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    """What was written before an error is not there afterwards."""

    def fail() -> None:
        with store.writing() as db:
            queue.mark(db, "merge", "account", ["1"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.reading() as db:
        assert db.scalars(select(DIRTY.c.id)).all() == []


def test_a_reader_sees_one_moment_and_holds_up_nobody(store: Store) -> None:
    """A reader keeps its view while another writes and commits."""
    with store.reading() as reader:
        before = queue.waiting(reader, "merge")
        with store.writing() as db:
            queue.mark(db, "merge", "account", ["1"])
        assert before == {}
    with store.reading() as reader:
        assert queue.waiting(reader, "merge") == {"account": 1}


def test_a_store_makes_its_folder(tmp_path: Path) -> None:
    """A new SQLite store creates the folder it stands in."""
    open_store(f"sqlite:///{tmp_path}/deep/er/store.db").close()
    assert (tmp_path / "deep" / "er" / "store.db").exists()


def test_a_store_that_does_not_answer_says_so() -> None:
    """A database that is not there gives four lines without the password."""
    with pytest.raises(UnreachableError) as caught:
        open_store("postgresql+psycopg://tasuki:s3cret@127.0.0.1:1/none")
    assert all(caught.value.lines())
    assert "s3cret" not in " ".join(caught.value.lines())


def test_a_store_that_is_no_database_says_so(tmp_path: Path) -> None:
    """A damaged file is four lines, not a traceback."""
    (tmp_path / "store.db").write_bytes(b"no database at all" * 500)
    with pytest.raises(UnreachableError) as caught:
        open_store(f"sqlite:///{tmp_path}/store.db")
    assert all(caught.value.lines())


def test_a_store_that_others_hold_too_long_says_so(tmp_path: Path) -> None:
    """A write waits for another program's, and gives up with four lines; nothing is kept."""
    first, second = (open_store(f"sqlite:///{tmp_path}/store.db") for _ in range(2))

    def write() -> None:
        with second.writing() as db:
            db.exec_driver_sql("CREATE TABLE two (id)")

    with second.engine.connect() as db:
        db.exec_driver_sql("PRAGMA busy_timeout=50")
    with first.writing(), pytest.raises(TransientError, match="held by another") as caught:
        write()
    assert all(caught.value.lines())
    write()


def test_a_store_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    """What the file's own trouble is called is told."""
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    with store.engine.connect() as db:
        db.exec_driver_sql("PRAGMA query_only=1")

    def write() -> None:
        with store.writing() as db:
            db.exec_driver_sql("CREATE TABLE two (id)")

    with pytest.raises(UnreachableError, match="cannot be used") as caught:
        write()
    assert "READONLY" in caught.value.why


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/nowhere/store.db"])
def test_a_store_that_cannot_be_is_told_in_words(url: str) -> None:
    """Neither a wrong address nor a folder that cannot be made ends in a traceback."""
    with pytest.raises(UnreachableError) as raised:
        open_store(url)
    assert raised.value.remedy
