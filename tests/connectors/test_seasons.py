"""Seasons of random work and random trouble on both platforms, pulled by the real engine.

Whatever people did, however runs were ordered, refused or killed: once what is due was swept, the
store holds what the platforms hold; and no certificate claims a window that it does not hold.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import func, select

from jobs.runtime import InProcess
from sandbox import hubspot, salesforce
from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.habits.recalculation import recalculate
from sandbox.salesforce.org import org_of
from sandbox.salesforce.retention.deletes import trim
from sandbox.weather import movers
from sandbox.weather.rules import Move
from sandbox.weather.storm import read_storm
from staging.completeness import certificates
from staging.tables.operating import RUN
from staging.tables.staged import RECORD
from sync.context import Order
from tasuki.errors import TasukiError
from tasuki.values import instant, stamp
from tests.pulled import Pulled, pull_workflow, pulled
from tests.rehearsal import Killed, Mortal

if TYPE_CHECKING:
    from collections.abc import Callable

    from staging.completeness.certificates import Proof

PEOPLE: Final = 300
ROUNDS: Final = 12
FIELDS: Final = {"Contact": {"LastName": "New {n}"}, "contacts": {"email": "n{n}@new.example"}}
MOVES: Final = {
    "salesforce": "create edit merge delete purge undelete relink tie late trim".split(),
    "hubspot": "create edit merge archive purge relink unlink tie recalculate lag".split(),
}
ORDERS: Final = ("usual", "usual", "usual", "full", "since", "sweep", "killed", "storm")


@dataclass
class Season:
    """One world, its dice, and what happened so far."""

    world: Pulled
    dice: Random
    told: list[str] = field(default_factory=list)

    def work(self) -> None:
        """Somebody does something, or the platform itself does."""
        platform = self.dice.choice(["salesforce", "hubspot"])
        does = self.dice.choice(MOVES[platform])
        count = self.dice.choice([1, 1, 2, 5, 30])
        self.told.append(f"{platform}: {does} {count}")
        state = self.world.state
        with suppress(LookupError):  # nobody is left whom it could befall
            if does == "lag":
                hubspot.configure(state, index_lag_seconds=self.dice.choice([0, 20, 50]))
            elif does == "recalculate":
                recalculate(ready(state), kind_of("contacts"), most=count)
            elif does == "trim":
                trim(org_of(state), "Contact", told=bool(count % 2))
            else:
                movers.act(state, self._move(platform, does, count), self.dice)

    def _move(self, platform: Any, does: str, count: int) -> Move:
        object = "Contact" if platform == "salesforce" else "contacts"
        late = self.dice.choice([1.0, 300.0, 590.0]) if does == "late" else 0.0
        fields = FIELDS[object] if does == "create" else {}
        do = "edit" if does == "late" else does
        return Move(
            do=do, object=object, platform=platform, count=count, fields=fields, late_seconds=late
        )

    def pull(self) -> None:
        """One run, ordered in one way or another; what it certifies is looked at."""
        how = self.dice.choice(ORDERS)
        self.told.append(how)
        ways: dict[str, Callable[[], Any]] = {
            "full": lambda: self.world.pull(again=self.world.kinds()),
            "since": lambda: self.world.pull(again=self.world.kinds(), since=self._earlier()),
            "sweep": lambda: self.world.pull(sweep=True),
            "killed": self._killed,
            "storm": self._stormy,
        }
        with suppress(TasukiError):  # what stops a run is named; the next one goes on
            ways.get(how, self.world.pull)()
        if how not in {"killed", "storm"}:
            assert lies(self.world) == [], self.told[-30:]

    def _earlier(self) -> str:
        return stamp(self.world.state.now() - timedelta(hours=self.dice.choice([1, 30])))

    def _killed(self) -> None:
        app = self.world.app
        store: Any = Mortal(app.store, self.dice.randrange(1, 40))
        runtime = InProcess(store, app.tools)
        runtime.register("pull", pull_workflow)
        with suppress(Killed, KeyError):
            runtime.wait(runtime.enqueue(Order("pull", {"sweep": True})))
        with suppress(Killed):
            runtime.close()
        self.world.pass_time(timedelta(minutes=3))  # its lease runs out

    def _stormy(self) -> None:
        name = self.dice.choice(["ten-percent.yaml", "moving.yaml"])
        self.world.storm(read_storm(Path(name)).model_copy(update={"seed": len(self.told)}))
        try:
            self.world.pull()
        finally:
            self.world.calm()


def lies(world: Pulled) -> list[str]:
    """Windows that the last run certified and that the store does not hold."""
    with world.app.store.reading() as db:
        newest = db.scalar(select(func.max(RUN.c.id)))
        proofs = certificates.of_run(db, str(newest))
    return [f"{p}: {wrong}" for p in proofs if p.complete and (wrong := _wrong(world, p))]


def _wrong(world: Pulled, proof: Proof) -> set[str]:
    """Ids stamped within the window there, which are not staged with that stamp."""
    read = _hub_stamps if proof.connection == "hub" else _crm_stamps
    there = read(world, proof.object)
    of = (RECORD.c.connection == proof.connection, RECORD.c.object == proof.object)
    with world.app.store.reading() as db:
        columns = select(RECORD.c.id, RECORD.c.modified_at)
        here = dict(db.execute(columns.where(*of, RECORD.c.deleted_at.is_(None))).all())
    since, until = proof.since or "", proof.until or "~"
    return {id for id, at in there.items() if since <= at < until and here.get(id) != at}


def _hub_stamps(world: Pulled, object: str) -> dict[str, str]:
    query = "SELECT id, modified FROM hs_record WHERE type = ? AND archived = 0"
    with world.state.lock:
        rows = world.state.db.execute(query, (kind_of(object).id,)).fetchall()
    return {str(id): stamp(datetime.fromtimestamp(at / 1000, UTC)) for id, at in rows}


def _crm_stamps(world: Pulled, object: str) -> dict[str, str]:
    living = (row for row in salesforce.records(world.state, object) if not row["IsDeleted"])
    return {row["Id"]: stamp(instant(row["SystemModstamp"])) for row in living}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 7, 21])
def test_a_season_of_work_and_trouble_ends_with_both_sides_equal(tmp_path: Path, seed: int) -> None:
    """Every fourth round all is swept: row for row equal, and the next run has nothing to do."""
    with pulled(tmp_path, PEOPLE) as world:
        season = Season(world, Random(seed))
        for round in range(ROUNDS):
            for _ in range(season.dice.randrange(12)):
                season.work()
                world.pass_time(timedelta(seconds=season.dice.choice([0, 1, 30, 119, 400])))
            season.pull()
            if round % 4 == 3:
                hubspot.configure(world.state, index_lag_seconds=0)
                world.pass_time(timedelta(minutes=31))
                world.settle(sweep=True)
                assert world.differences() == {}, season.told[-40:]
                quiet = world.pull()
                assert (quiet["complete"], quiet["changed"], quiet["sweeps"]) == (True, 0, {})
            world.pass_time(timedelta(hours=season.dice.choice([0, 0, 2, 30])))
