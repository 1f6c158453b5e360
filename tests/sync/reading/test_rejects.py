"""Cells that cannot be read: parked with a reason and no value, until they can be read."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tests.rehearsal import FILES, Rehearsal, rehearsal


def waiting(world: Rehearsal) -> dict[str, str]:
    """What waits, with its reason."""
    return {row["id"]: row["reason"] for row in world.all("parked") if row["state"] == "open"}


def test_a_cell_that_cannot_be_read_waits_for_a_person() -> None:
    """The record goes on with its other cells; the run tells how many, and no value is told."""
    with rehearsal() as world:
        id = world.crm.add("companies", {"name": "a", "staff": "secret-many"})
        counts = world.run()
        assert counts["unread"] == 1
        (found,) = [row for row in world.all("parked") if row["state"] == "open"]
        assert found["id"] == f"read:crm/companies/{id}#account.employees"
        assert found["record_id"] == id
        assert re.fullmatch(
            r"mappings/account.yaml:\d+:\d+ \(crm/companies.staff\)", found["place"]
        )
        assert "secret" not in f"{found['reason']} {found['fix']}"
        assert {row["name"] for row in world.rows("account").values()} == {"a"}
        assert world.run()["unread"] == 0
        assert len(waiting(world)) == 1


def test_a_corrected_cell_waits_no_more() -> None:
    """Corrected in its system, or gone with its record."""
    with rehearsal() as world:
        one, two = (world.crm.add("companies", {"name": n, "staff": "many"}) for n in "ab")
        world.run()
        world.crm.edit("companies", one, {"staff": "12"})
        world.run()
        assert [*waiting(world)] == [f"read:crm/companies/{two}#account.employees"]
        world.crm.delete("companies", two)
        world.run()
        assert waiting(world) == {}


def test_a_corrected_mapping_closes_what_it_left_open() -> None:
    """The cells that a mapping does not read any more wait for nobody."""
    with rehearsal() as world:
        world.crm.add("companies", {"name": "a", "staff": "many"})
        world.run()
        assert len(waiting(world)) == 1
        text: Any = FILES["mappings/account.yaml"]
        line = next(part for part in text.splitlines(keepends=True) if "employees" in part)
        with rehearsal({"mappings/account.yaml": text.replace(line, "")}) as other:
            world.tools = replace(world.tools, mappings=other.tools.mappings)
        world.run()
        assert waiting(world) == {}


def test_rows_are_parked_too() -> None:
    """Events, tasks and sales are read by the same rule."""
    with rehearsal() as world:
        world.ma.add("events", {"kind": "page_view", "at": "yesterday", "cookie": "c"})
        assert world.run()["unread"] == 1
        assert [id_.rpartition("#")[2] for id_ in waiting(world)] == ["engagement.occurred_at"]
