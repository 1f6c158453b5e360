"""What doctor says of the systems: pauses, budgets, drift, owners."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from connectors.memory.client import MemoryConnector
from connectors.protocol import Notice, ObjectInfo
from staging.systems import schemas
from sync.budget import gate
from tasuki.errors import BlockedError, BudgetError
from tasuki.service.app import App
from tasuki.service.checking import doctor, live, systems
from tasuki.service.checking.check import Check, State
from tests.rehearsal import Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """A small company that was pulled once."""
    with rehearsal() as made:
        made.crm.add("companies", {"name": "Aoba", "domain": "aoba.example", "industry": "steel"})
        made.run()
        yield made


def app(world: Rehearsal) -> App:
    return App(world.tools.project, world.store, world.tools)


def found(checks: Iterator[Check], name: str) -> list[Check]:
    return [each for each in checks if each.name == name]


class Noticing(MemoryConnector):
    """A system beside which something else writes."""

    def notices(self) -> Sequence[Notice]:
        return [Notice("native_integration", "Something else writes here.", ("companies.name",))]


def test_a_paused_connection_is_told_with_who_paused_it_and_not_asked(world: Rehearsal) -> None:
    """Doctor repeats the reason and the command that resumes; the system gets no call."""
    with world.store.writing() as db:
        gate.pause(db, "crm", "sato", "migration", world.tools.clock.now())
    calls = world.tools.connectors["crm"].limits().calls
    (check,) = found(systems.outside(app(world)), "connection crm")
    assert check.state is State.WARN
    assert "sato" in check.found
    assert "migration" in check.found
    assert check.fix == "tasuki resume crm"
    assert world.tools.connectors["crm"].limits().calls == calls


def test_a_connection_left_alone_is_no_good_news(world: Rehearsal) -> None:
    """While the breaker is open doctor fails, with the last error; nothing is asked."""
    with world.store.writing() as db:
        for _ in range(gate.TOLERATED):
            gate.failed(db, "crm", "HTTP 503", world.tools.clock.now())
    (check,) = found(systems.outside(app(world)), "connection crm")
    assert check.state is State.FAIL
    assert "HTTP 503" in check.found


def test_what_the_last_run_could_not_pull_is_told_with_its_fix(world: Rehearsal) -> None:
    """Doctor tells the story of `runs`: which object stopped and why, which fields are hidden."""
    faults = world.connector("crm").faults
    faults.asked["page", "people"] = BlockedError("no Read", why="403", remedy="Grant it.")
    faults.hidden.add(("companies", "industry"))
    world.run()
    checks = doctor.doctor(app(world))
    (last,) = found(iter(checks), "last run")
    (pull,) = found(iter(checks), "pull crm")
    (fields,) = found(iter(checks), "fields")
    assert (last.state, pull.state, fields.state) == (State.WARN,) * 3
    assert pull.found == "crm/people: no Read: 403"
    assert pull.fix == "Grant it."
    assert "crm/companies.industry" in fields.found


def test_what_a_system_notices_is_told_with_the_fields_to_leave_alone(world: Rehearsal) -> None:
    """An integration running beside us is named, and what belongs to it."""
    connectors = {**world.tools.connectors, "crm": Noticing(world.crm)}
    world.tools = replace(world.tools, connectors=connectors)
    (check,) = found(systems.outside(app(world)), "crm: native_integration")
    assert check.fix == "Leave to it: companies.name"


def test_drift_that_a_mapping_feels_is_told(world: Rehearsal) -> None:
    """A field that a mapping reads and that vanished is told; one nobody reads is not."""
    opened = app(world)
    described, _ = live.discover(opened, ["crm"])
    wider = {
        "crm": tuple(
            replace(each, fields=(*each.fields, replace(each.fields[0], name="region")))
            for each in described["crm"]
        )
    }
    assert live.keep(opened, wider) == ()
    drifted = live.keep(opened, described)
    assert {each.moved.field for each in drifted} == {"region"}
    assert all(each.felt_by == () for each in drifted), "no mapping reads it"
    narrower = {
        "crm": tuple(
            replace(each, fields=tuple(f for f in each.fields if f.name != "industry"))
            for each in described["crm"]
        )
    }
    live.keep(opened, narrower)
    with opened.store.reading() as db:
        (check,) = found(systems.inside(opened, db), "schema crm")
    assert check.state is State.WARN
    assert "companies.industry (field gone)" in check.found


def test_kept_metadata_comes_back_as_it_was(world: Rehearsal) -> None:
    """What was kept and is discovered again unchanged tells no drift."""
    opened = app(world)
    described, _ = live.discover(opened)
    assert live.keep(opened, described) == ()
    assert live.keep(opened, described) == ()
    with opened.store.reading() as db:
        kept = schemas.kept(db, "crm")
    assert set(kept) == {each.name for each in described["crm"]}
    assert kept["companies"]["label"] == asdict(described["crm"][0])["label"]


def test_a_connection_that_does_not_answer_hides_no_other(world: Rehearsal) -> None:
    """What answers is described; what does not is told by its name and its error."""

    class Mute(MemoryConnector):
        def discover(self, objects: Sequence[str] = ()) -> Sequence[ObjectInfo]:
            raise BudgetError("no calls left today")

    connectors = {**world.tools.connectors, "ma": Mute(world.ma)}
    world.tools = replace(world.tools, connectors=connectors)
    found, silent = live.discover(app(world))
    assert set(found) == {"crm"}
    assert [error.what for error in silent.values()] == ["no calls left today"]


def test_rights_are_told_mapping_by_mapping(world: Rehearsal) -> None:
    """From what was last discovered: what each mapping needs, and what our user may not do."""
    assert not [each for each in systems_inside(world) if each.name.startswith("rights")]
    (infos,) = [tuple(world.tools.connectors["crm"].discover(["companies"]))]
    with world.store.writing() as db:
        schemas.keep(db, "crm", map(asdict, infos), world.tools.now())
    (fine,) = found(systems_inside(world), "rights account")
    assert (fine.state, fine.found) == (
        State.OK,
        "has what it needs: crm/companies: read, update",
    )
    closed = replace(infos[0], refused={"update": "Edit on companies"})
    with world.store.writing() as db:
        schemas.keep(db, "crm", [asdict(closed)], world.tools.now())
    (lacks,) = found(systems_inside(world), "rights account")
    assert lacks.state is State.FAIL
    assert "Our user may not update crm/companies" in lacks.found
    assert lacks.fix == "Grant Edit on companies."


def systems_inside(world: Rehearsal) -> Iterator[Check]:
    with world.store.reading() as db:
        yield from systems.inside(app(world), db)
