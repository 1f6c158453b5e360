"""A workflow of a HubSpot account sets a field back after each of our writes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from jobs.flows import register
from jobs.runtime import InProcess
from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.data.kinds import kind_of
from sandbox.hubspot.data.records import read
from sandbox.hubspot.data.writes import Author, update
from staging.write import plans
from sync.context import Order
from tasuki.service.checking import doctor
from tasuki.service.checking.check import State
from tasuki.service.writing import rivals
from tests.pulled import FILES, Pulled, pulled

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = FILES["mappings/account.yaml"].replace(
    "phone: {crm: Phone, hub: phone, conflict: crm_wins}",
    "phone: {crm: Phone, hub: phone, direction: push, to: hub, conflict: crm_wins}",
)
PROJECT = {
    "tasuki.yaml": "{kind: project, name: nights, guards: {max_overwrite_percent: 100}}",
    "mappings/account.yaml": ACCOUNT,
}
OLD = "0120-000-000"
WORKFLOW = Author("AUTOMATION_PLATFORM", "enrollmentId:99;actionExecutionIndex:0")
KNOWN = ("1", "2", "3")


def workflow(world: Pulled) -> None:
    """What the workflow does by itself: our switchboard number stands on every company."""
    kind, state = kind_of("companies"), ready(world.state)
    with state.transaction():
        for id in KNOWN:
            row = read(state, kind, id)
            assert row is not None
            update(state, kind, row, {"phone": OLD}, WORKFLOW)


def night(world: Pulled) -> dict[str, Any]:
    """One scheduled run, applied; then the workflow fires, and everybody's clock goes on."""
    runtime = InProcess(world.app.store, world.app.tools)
    register(runtime)
    try:
        counts = runtime.wait(runtime.enqueue(Order("run")))
        if counts["plan"]:
            with world.app.store.writing() as db:
                plans.approve(db, counts["plan"], "manager", world.app.tools.now())
            world.pass_time(timedelta(minutes=1))
            runtime.wait(runtime.enqueue(Order("apply", {"plan": counts["plan"]})))
    finally:
        runtime.close()
    world.pass_time(timedelta(minutes=5))
    workflow(world)
    world.pass_time(timedelta(hours=24))
    return counts


def phones(world: Pulled) -> set[str]:
    found = world.there("hub/companies")
    return {found[id]["phone"] for id in KNOWN}


@pytest.mark.slow
def test_a_workflow_is_named_after_two_nights_and_every_later_night_is_silent(
    tmp_path: Path,
) -> None:
    """Two flips, then the field is left alone, doctor names the workflow, resume writes again."""
    with pulled(tmp_path, 5, 3, PROJECT) as world:
        workflow(world)
        made = [night(world)["plan"] for _ in range(5)]
        assert [bool(plan) for plan in made] == [True, True, False, False, False]
        (field,) = rivals.fields(world.app)
        assert (field.target, field.records, field.whole) == ("hub/companies.phone", 3, True)
        assert (field.kind, field.writer) == ("automation", WORKFLOW.source_id)
        turns = field.cells[0].cycle
        assert [moment.ours for moment in turns] == [True, False, True, False]
        assert [moment.at for moment in turns] == sorted(moment.at for moment in turns)
        (check,) = [c for c in doctor.doctor(world.app) if c.name == f"rival {field.target}"]
        assert check.state is State.WARN
        assert "automation" in check.found
        assert check.fix.endswith("`tasuki rivals resume hub/companies.phone`.")
        assert rivals.resume(world.app, field.target, "sato") == 3
        assert night(world)["plan"]
        assert phones(world) == {OLD}
