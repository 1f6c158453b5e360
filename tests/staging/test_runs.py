"""Runs and leases as rows."""

from __future__ import annotations

from sqlalchemy import Connection

from staging import runs

AT, LATER = "2026-01-05T00:00:00.000Z", "2026-01-06T00:00:00.000Z"


def start(db: Connection, id: str, at: str = AT) -> None:
    runs.start(db, id, "run", trigger="cli", by="anna", arguments={"a": [1]}, now=at)


def test_a_run_opens_steps_and_ends(db: Connection) -> None:
    """A run is read back with its arguments, counts and steps."""
    start(db, "r-1")
    for position, name in enumerate(("pull.page", "pull.page", "plan.save")):
        runs.step_done(db, "r-1", position, name, {"rows": 1}, LATER)
    runs.end(db, "r-1", "done", {"read": 2}, LATER)
    found = runs.get(db, "r-")
    assert found is not None
    assert (found.state, found.arguments, found.counts) == ("done", {"a": [1]}, {"read": 2})
    assert [(s["name"], s["steps"]) for s in runs.steps(db, "r-1")] == [
        ("pull.page", 2),
        ("plan.save", 1),
    ]


def test_runs_without_a_process_are_interrupted(db: Connection) -> None:
    """A run left open by a process that is gone is closed as interrupted; the living one is not."""
    start(db, "old")
    start(db, "new", LATER)
    assert runs.interrupt_orphans(db, "new", LATER) == ["old"]
    states = [(r.id, r.state) for r in runs.latest(db)]
    assert states == [("new", "running"), ("old", "interrupted")]


def test_a_lease_belongs_to_its_holder(db: Connection) -> None:
    """Only the holder can extend or drop a lease."""
    assert runs.lease_holder(db, "writer") is None
    runs.take_lease(db, "writer", "me", AT)
    assert not runs.extend_lease(db, "writer", "you", LATER)
    runs.drop_lease(db, "writer", "you")
    assert runs.extend_lease(db, "writer", "me", LATER)
    assert runs.lease_holder(db, "writer") == ("me", LATER)
    runs.drop_lease(db, "writer", "me")
    assert runs.lease_holder(db, "writer") is None
