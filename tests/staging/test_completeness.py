"""What proves completeness: certificates per run, sweeps by age, doubts found in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from staging import queue, records
from staging.completeness import certificates, sweeps
from staging.completeness.certificates import Proof
from staging.records import Seen
from tests.rehearsal import rehearsal

if TYPE_CHECKING:
    from sqlalchemy import Connection

AT = "2026-01-05T09:00:00.000Z"
IDS = st.frozensets(st.sampled_from("abcdefghij"))


def test_the_newest_certificate_of_each_object_is_the_latest(db: Connection) -> None:
    """Each object keeps its own newest; a second look of one run replaces the first."""
    for run, object_, there in (("r1", "contacts", 3), ("r1", "leads", 1), ("r2", "contacts", 4)):
        certificates.keep(db, Proof("crm", object_, there, 4, certificates.WINDOW), run, AT)
    certificates.keep(db, Proof("crm", "leads", 4, 4, certificates.ANSWER), "r1", AT)
    latest = certificates.latest(db)
    assert {key[1]: (p.there, p.complete) for key, p in latest.items()} == {
        "contacts": (4, True),
        "leads": (4, True),
    }
    first = certificates.of_run(db, "r1")
    assert [(p.object, p.complete, p.method) for p in first] == [
        ("contacts", False, "window"),
        ("leads", True, "answer"),
    ]


def test_a_sweep_is_dated_by_its_last_end(db: Connection) -> None:
    """Each kind of sweep of an object has the moment it last ended."""
    sweeps.note(db, ("crm", "contacts"), sweeps.IDS, {}, "r1", AT)
    sweeps.note(db, ("crm", "contacts"), sweeps.IDS, {"gone": 1}, "r2", "2026-01-06")
    sweeps.note(db, ("crm", "contacts"), sweeps.LINKS, {}, "r2", AT)
    assert sweeps.last(db) == {("crm", "contacts"): {"ids": "2026-01-06", "links": AT}}


@settings(max_examples=20)
@given(IDS, IDS, st.integers(1, 4))
def test_doubted_is_what_one_side_alone_knows(
    here: frozenset[str], there: frozenset[str], most: int
) -> None:
    """Compared in chunks of any size, the doubted ids are those that one side alone knows."""
    with rehearsal() as world, world.store.writing() as db:
        rows = [Seen(id, {}) for id in sorted(here)]
        records.stage(db, "crm", "contacts", rows, run="r1", now=AT)
        queue.mark(db, queue.LISTED, "crm/contacts", there)
        after, more = None, True
        while more:
            _, after = sweeps.doubt(db, "crm/contacts", ("crm", "contacts"), after, most)
            more = after is not None
        assert set(queue.peek(db, queue.DOUBTED, "crm/contacts")) == here ^ there
