"""Cells by the page, and what is parked for the very same cause, on either engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from staging.write import cells, parking, plans
from staging.write.cells import Ended, Which
from staging.write.parking import Parked
from staging.write.plans import Change

if TYPE_CHECKING:
    from sqlalchemy import Connection

NOW = "2026-01-05T09:00:00.000Z"
ORDER = ("overwrite", "create")


def change(n: int, risk: str = "create", state: str = "planned", rule: str = "account") -> Change:
    write = f"p/{n}"
    return Change(
        f"{write}#city", "p", write, f"wish{n}", "crm", "companies", str(n), "update", "city",
        None, "Osaka", risk, {"rule": rule}, f"Aoba {n}", state,
    )  # fmt: skip


def test_cells_are_cut_counted_and_ordered_by_the_store(db: Connection) -> None:
    """Riskiest first, then record by record; conditions reach into the cause."""
    plans.add(
        db,
        [
            change(1),
            change(2, state="written"),
            change(3, rule="person"),
            change(4, "overwrite", "refused"),
        ],
    )
    found = cells.part(db, "p", Which(), ORDER, limit=2)
    assert [each.write_id for each in found] == ["p/4", "p/1"]
    assert [c.write_id for c in cells.part(db, "p", Which(rule="person"), ORDER, limit=9)] == [
        "p/3"
    ]
    assert cells.count(db, "p", Which(risk="create", state="planned")) == 2
    assert cells.records_by_state(db, "p") == {"planned": 2, "refused": 1, "written": 1}
    assert Ended("overwrite", "crm", "companies", "refused", 1) in cells.ended(db, "p")
    assert [why.records for why in cells.reasons(db, "p", ("planned", "refused"))] == [2, 1]
    assert cells.last_write(db, "wish2") == "p/2"
    assert cells.last_write(db, "none") is None


def test_the_same_cause_is_same_reason_same_line(db: Connection) -> None:
    """Another reason, object or line to blame is another cause."""

    def parked(id: str, reason: str = "no such option", place: str | None = "m.yaml:3") -> Parked:
        return Parked(
            id, "crm", "companies", "TSK-3000", reason, "Fix it.", id, place, id, state="open"
        )

    rows = [
        parked("a"),
        parked("b"),
        parked("c", "required"),
        parked("d", place="m.yaml:4"),
        parked("e", place=None),
    ]
    parking.park_all(db, rows, "run", NOW)
    same = parking.Which(same_as="a")
    assert [each.id for each in parking.listed(db, same)] == ["a", "b"]
    assert [each.id for each in parking.part(db, same, limit=1, skip=1)] == ["b"]
    assert parking.count(db, parking.Which(same_as="e")) == 1
