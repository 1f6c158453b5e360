"""Plans, changes, receipts and what is parked, as rows."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select

from staging.tables.writes import CONFLICT
from staging.write import conflicts, parking, plans, receipts
from staging.write.parking import Parked
from staging.write.plans import Change, PlanRow
from staging.write.receipts import Ending, ReceiptRow

AT, LATER = "2026-01-05T00:00:00.000Z", "2026-01-06T00:00:00.000Z"
PLAN = PlanRow("p_1", "digest", "draft", "anna", AT, LATER)
CHANGE = Change(
    id="p_1/w#Name",
    plan_id="p_1",
    write_id="p_1/w",
    intent_id="i",
    connection="crm",
    object="companies",
    record_id="1",
    verb="update",
    field="Name",
    before=None,
    after={"nested": [1, None]},
    risk="fill",
    cause={"rule": "account"},
    label="Aoba",
)
RECEIPT = ReceiptRow(
    "p_1/w", "p_1", "r_1", "crm", "companies", "update", {"Name": "A"}, {"Name": None}, opened_at=AT
)


def test_a_plan_is_read_as_it_was_saved(db: Connection) -> None:
    """Plan and changes come back equal, by the whole id or by its beginning."""
    plans.save(db, PLAN, [CHANGE])
    assert plans.get(db, "p_1") == PLAN
    assert plans.get(db, "p_") == PLAN
    assert plans.changes(db, "p_1") == [CHANGE]
    assert plans.of_writes(db, ["p_1/w"], ("written",)) == []


def test_an_ambiguous_beginning_is_no_plan(db: Connection) -> None:
    """The beginning of two ids names neither; % and _ are plain letters."""
    plans.save(db, PLAN, [])
    plans.save(db, replace(PLAN, id="p_2"), [])
    assert plans.get(db, "p_") is None
    assert plans.get(db, "%") is None


def test_a_new_draft_overtakes_the_old(db: Connection) -> None:
    """Drafts and approved plans of one origin are discarded; others and applied ones stay."""
    for id_, state, origin in (("1", "draft", "all"), ("2", "applied", "all"), ("3", "draft", "x")):
        plans.save(db, replace(PLAN, id=id_, state=state, origin=origin), [])
    plans.discard_drafts(db, "all")
    states = {p.id: p.state for p in plans.latest(db)}
    assert states == {"1": "discarded", "2": "applied", "3": "draft"}


def test_changes_move_on_together(db: Connection) -> None:
    """All cells of a write move on at once; cells that were refused stay refused."""
    other = replace(CHANGE, id="p_1/w#City", field="City")
    plans.save(db, PLAN, [CHANGE, other])
    plans.mark_cells(db, [other.id], "refused", "edited")
    plans.mark(db, ["p_1/w"], "written")
    states = {c.field: (c.state, c.reason) for c in plans.changes(db, "p_1")}
    assert states == {"Name": ("written", None), "City": ("refused", "edited")}


def test_two_people_approve(db: Connection) -> None:
    """Who approved is kept once per person."""
    plans.save(db, PLAN, [])
    for who in ("anna", "ben", "anna"):
        plans.approve(db, "p_1", who, AT)
    assert sorted(plans.approvers(db, "p_1")) == ["anna", "ben"]
    found = plans.get(db, "p_1")
    assert found is not None
    assert found.state == "approved"


def test_a_receipt_settles_once(db: Connection) -> None:
    """The first settled answer stays; an unknown one may still be settled."""
    receipts.open_(db, [RECEIPT])
    for state in ("unknown", "written", "lost"):
        receipts.settle(db, [Ending(RECEIPT.id, state, "1")], LATER)
    assert [r.state for r in receipts.by_ids(db, [RECEIPT.id])] == ["written"]
    assert receipts.in_state(db, ("open", "unknown")) == []
    assert [r.id for r in receipts.about(db, "crm", "companies", "1")] == [RECEIPT.id]


def test_parked_things_are_grouped_by_cause(db: Connection) -> None:
    """What waits is told once per cause; parking again renews it; retried things wait no more."""
    row = Parked("w1", "crm", "companies", "TSK-3001", "no such option", "Add it.", "1", "a.yaml:3")
    parking.park(db, row, "r_1", AT)
    parking.park(db, row, "r_2", AT)
    parking.park(db, replace(row, id="w2", record_id="2"), "r_2", AT)
    (cause,) = parking.open_causes(db)
    assert (cause["count"], cause["sample"], cause["fix"]) == (2, "1", "Add it.")
    parking.unpark(db, ["w1", "w2"])
    assert parking.open_count(db) == 0


def test_a_conflict_is_open_until_it_is_not(db: Connection) -> None:
    """A disputed field is open for its entity, until somebody decides."""
    id_ = conflicts.conflict_id("account", "a1", "name")
    said = [{"ref": "x", "value": "A"}]
    found = conflicts.Conflict(id_, "account", "a1", "name", said, "open", AT)
    conflicts.keep(db, [found])
    assert conflicts.listed(db) == [found]
    assert set(conflicts.of_entities(db, "account", ["a1", "a2"])) == {("a1", "name")}
    conflicts.keep(db, [replace(found, state="decided", chosen={"value": "B", "ref": None})])
    assert conflicts.listed(db) == []
    assert db.scalars(select(CONFLICT.c.chosen)).all() == [{"value": "B", "ref": None}]
