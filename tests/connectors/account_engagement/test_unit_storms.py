"""A business unit on its bad days: what was read ends up as what is there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import account_engagement as sandbox
from sandbox.weather import controls
from sandbox.weather.storm import read_storm

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Unit

LATER = timedelta(minutes=10)
FIELDS = ["lastName", "email"]


class Shelf:
    """What a careful reader has after its pulls, as the engine would stage it."""

    def __init__(self, unit: Unit) -> None:
        self.connector = unit.connector
        self.gone = unit.connector.deletes("prospects", None).next_cursor
        self.rows: dict[str, dict[str, Any]] = {}
        self.cursor: str | None = None

    def pull(self) -> None:
        """One run: what changed, then what is gone."""
        more = True
        while more:
            page = self.connector.page("prospects", FIELDS, self.cursor)
            self.rows |= {record.id: dict(record.fields) for record in page.records}
            self.cursor, more = page.next_cursor, page.more
        more = True
        while more:
            answer = self.connector.deletes("prospects", self.gone)
            for id in answer.ids:
                self.rows.pop(id, None)
            self.gone, more = answer.next_cursor, answer.more


def truth(unit: Unit) -> dict[str, dict[str, Any]]:
    """The account's own table."""
    rows = sandbox.records(unit.state, "prospects")
    return {str(r.id): {n: r.value(n) for n in FIELDS} for r in rows if not r.deleted}


def stir(unit: Unit, dice: Random) -> None:
    """People make, change and delete prospects."""
    for id in dice.sample([*truth(unit)], 20):
        unit.hand.edit("prospects", id, {"lastName": f"edited{dice.random()}"})
    for id in dice.sample([*truth(unit)], 3):
        unit.hand.delete("prospects", id)
    for _ in range(5):
        unit.hand.add("prospects", {"email": f"p{dice.random()}@firm.example"})


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_after_a_storm_everything_is_there(open_unit: Callable[..., Unit], seed: int) -> None:
    """One call in ten fails while reads lag behind; in the end it is row for row the same."""
    unit = open_unit(page_size=50, attempts=10)
    for n in range(500):
        unit.hand.add("prospects", {"email": f"n{n}@firm.example", "lastName": f"n{n}"})
    unit.pass_time(LATER)
    unit.configure(lag_seconds=60)
    shelf, dice = Shelf(unit), Random(seed)
    storm = read_storm(Path("ten-percent.yaml")).model_copy(update={"seed": seed})
    controls.begin(unit.state, storm)
    try:
        for _ in range(4):
            stir(unit, dice)
            shelf.pull()
            unit.pass_time(timedelta(seconds=30))
    finally:
        controls.end(unit.state)
    unit.pass_time(LATER)
    shelf.pull()
    assert shelf.rows == truth(unit)
    assert unit.connector.count("prospects") == len(shelf.rows)
