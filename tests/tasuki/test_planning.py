"""Plans: folded by risk, approved by somebody, never applied without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from config.guards import Approval
from jobs.flows import register
from jobs.runtime import InProcess
from staging.systems import states
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.service import running
from tasuki.service.app import App
from tasuki.service.writing import planning
from tests.rehearsal import Rehearsal, rehearsal


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """Three companies, each in both systems, whose names differ; the plan is made."""
    with rehearsal() as found:
        for number in range(3):
            domain = f"c{number}.example"
            code = f"C{number}"
            found.crm.add("companies", {"name": f"Co {number}", "domain": domain, "code": code})
            found.ma.add("orgs", {"name": f"Co {number} (old)", "domain": domain})
        yield found


def app(world: Rehearsal) -> App:
    """What the services are handed."""
    return App(world.tools.project, world.store, world.tools)


def test_changes_of_one_shape_are_one_line(world: Rehearsal) -> None:
    """Three names and three codes are two lines, overwrites before fills."""
    view = planning.show_plan(app(world), str(world.run()["plan"]), samples=2)
    (target,) = view.targets
    lines = [(fold.risk, fold.field, fold.records, len(fold.samples)) for fold in target.folds]
    assert lines == [("overwrite", "name", 3, 2), ("fill", "code", 3, 2)]
    assert view.risks == {"overwrite": 3, "fill": 3}
    assert (view.changes, view.records, view.connections) == (6, 3, ("ma",))


def test_one_risk_alone(world: Rehearsal) -> None:
    """`only` keeps what was asked for."""
    plan_id = str(world.run()["plan"])
    view = planning.show_plan(app(world), plan_id, only=["fill"])
    assert set(view.risks) == {"fill"}
    assert {c.field for c in planning.cells(app(world), plan_id, only=["fill"])} == {"code"}


def test_nothing_is_applied_without_a_yes(world: Rehearsal) -> None:
    """A draft waits; an approved plan goes through; a second time it is refused."""
    plan_id = str(world.run()["plan"])
    here = app(world)
    runtime = InProcess(world.store, world.tools)
    register(runtime)
    with pytest.raises(GuardError, match="waits for approval"):
        planning.start_apply(here, runtime, plan_id)
    assert planning.approve(here, plan_id, "Ada").approved_by == ("Ada",)
    run_id = planning.start_apply(here, runtime, plan_id)
    result = planning.applied(here, run_id, runtime.wait(run_id))
    assert (result.written, result.is_clean, result.plan_id) == (6, True, plan_id)
    with pytest.raises(GuardError, match="is applied"):
        planning.approve(here, plan_id, "Ada")
    runtime.close()
    found, steps = running.show_run(here, run_id)
    assert (found.kind, found.plan_id, bool(steps)) == ("apply", plan_id, True)


def test_a_plan_expires(world: Rehearsal) -> None:
    """What was planned yesterday is planned anew."""
    plan_id = str(world.run()["plan"])
    world.tick(25 * 60)
    with pytest.raises(GuardError, match="has expired"):
        planning.approve(app(world), plan_id, "Ada")
    assert planning.show_plan(app(world), plan_id).is_expired


def test_an_id_nobody_knows(world: Rehearsal) -> None:
    """A strange or an ambiguous id names the command that lists them."""
    with pytest.raises(UnknownRecordError):
        planning.show_plan(app(world), "p_nothing")
    with pytest.raises(UnknownRecordError):
        running.show_run(app(world), "nothing")


@pytest.fixture
def strict(world: Rehearsal) -> App:
    """The same world, where overwrites need a second person; ada made the plan."""
    approval = Approval(second_person=frozenset({"overwrite"}))
    project = replace(world.tools.project, approval=approval)
    world.tools = replace(world.tools, project=project)
    world.walk("run", by="ada")
    return app(world)


def test_a_second_person_must_approve_what_the_project_says(strict: App) -> None:
    """Neither the author nor the daemon is one; anybody else is."""
    view = planning.show_plan(strict, "latest")
    assert (view.author, view.needs_second) == ("ada", "overwrites")
    for nobody in ("ada", planning.DAEMON):
        with pytest.raises(GuardError, match="a second person must approve") as refused:
            planning.approve(strict, view.id, nobody)
    assert refused.value.remedy is not None
    assert "anybody but ada" in refused.value.remedy
    assert planning.approve(strict, view.id, "bo").state == "approved"


def test_what_moved_since_is_listed(world: Rehearsal) -> None:
    """Record, field, and who changed it when."""
    plan_id = str(world.run()["plan"])
    first = next(iter(world.ma.living("orgs")))
    world.ma.edit("orgs", first, {"name": "Mine"}, by="u_7")
    counts = world.apply(plan_id)
    became = planning.applied(app(world), "run", counts)
    (left,) = became.left
    assert (left.field, left.record_id, became.moved, became.is_clean) == ("name", first, 1, False)
    assert "changed by u_7" in left.reason


def test_records_and_cells_are_counted_apart(world: Rehearsal) -> None:
    """A task of three fields is one record; calls are told with what is left of the day."""
    with world.store.writing() as db:
        states.change(db, "ma", allowed=3, used=0, told_at=world.tools.now())
    view = planning.show_plan(app(world), str(world.run()["plan"]))
    assert (view.risks, view.risk_records) == ({"overwrite": 3, "fill": 3},) * 2
    (cost,) = view.costs
    assert (cost.reads, cost.writes, cost.total, cost.left, cost.fits) == (2, 2, 4, 1, False)
    assert view.calls == {"ma": 4}
