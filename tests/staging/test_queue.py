"""The dirty queues and the alarms."""

from __future__ import annotations

from sqlalchemy import Connection

from staging import queue


def test_marking_twice_is_marking_once(db: Connection) -> None:
    """An id waits once for a consumer, however often it was marked."""
    queue.mark(db, queue.MERGE, "account", ["b", "a", "a"])
    queue.mark(db, queue.MERGE, "account", ["a"])
    assert queue.waiting(db, queue.MERGE) == {"account": 2}


def test_takes_in_order_and_leaves_the_rest(db: Connection) -> None:
    """A consumer takes the next ids of one kind; other kinds and consumers keep theirs."""
    queue.mark(db, queue.MERGE, "account", ["c", "a", "b"])
    queue.mark(db, queue.MERGE, "person", ["a"])
    queue.mark(db, queue.DECIDE, "account", ["a"])
    assert queue.take(db, queue.MERGE, "account", 2) == ["a", "b"]
    assert queue.take(db, queue.MERGE, "account", 2) == ["c"]
    assert queue.take(db, queue.MERGE, "account", 2) == []
    assert queue.waiting(db, queue.MERGE) == {"person": 1}
    assert queue.waiting(db, queue.DECIDE) == {"account": 1}


def test_peeking_takes_nothing(db: Connection) -> None:
    """What was only looked at still waits until it is done."""
    queue.mark(db, queue.IDENTIFY, "person", ["1", "2"])
    assert queue.peek(db, queue.IDENTIFY, "person", 9) == ["1", "2"]
    queue.done(db, queue.IDENTIFY, "person", ["1", "unknown"])
    assert queue.peek(db, queue.IDENTIFY, "person", 9) == ["2"]


def test_an_alarm_rings_once(db: Connection) -> None:
    """A rung alarm is taken down; a later one still waits; setting it again moves it."""
    queue.wake_at(db, "account", "metrics", [("1", "2026-01-01"), ("2", "2026-03-01")])
    queue.wake_at(db, "account", "metrics", [("1", "2026-02-01")])
    assert queue.woken(db, "account", "metrics", "2026-01-15") == []
    assert queue.woken(db, "account", "metrics", "2026-02-15") == ["1"]
    assert queue.woken(db, "account", "metrics", "2026-02-15") == []
    assert queue.woken(db, "account", "metrics", "2026-03-15") == ["2"]
