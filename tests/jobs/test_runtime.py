"""The runtime in this process: steps, cancelling, closing."""

from __future__ import annotations

from threading import Event as Signal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection

from connectors.traffic import pause
from jobs.runtime import Cancelled, InProcess, Run
from staging import queue, runs
from sync.context import Call, Event, Order, Step, Tools
from tests.rehearsal import Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Callable


def keep(db: Connection, _tools: Tools, arguments: dict[str, Any], answer: Any) -> dict[str, Any]:
    queue.mark(db, "test", "kind", [arguments["id"]])
    if arguments.get("fail"):
        raise ZeroDivisionError
    return {"answer": answer}


def ask(_db: Connection, _tools: Tools, arguments: dict[str, Any]) -> str:
    return f"asked for {arguments['id']}"


STEP = Step("test.step", keep=keep, ask=ask)


def runtime(
    world: Rehearsal, workflow: Callable[..., Any], watch: Callable[[Event], None] | None = None
) -> InProcess:
    made = InProcess(world.store, world.tools, watch or (lambda _event: None))
    made.register("test", workflow)
    return made


def test_a_step_keeps_its_rows_with_its_result() -> None:
    """What a step answered, wrote and returned is in the store when it is told as done."""

    def workflow(run: Run, arguments: dict[str, Any]) -> dict[str, Any]:
        return run.step(STEP, id=arguments["id"])

    with rehearsal() as world:
        made = runtime(world, workflow)
        run_id = made.enqueue(Order("test", {"id": "7"}, by="anna"))
        assert made.wait(run_id) == {"answer": "asked for 7"}
        made.close()
        (step,) = world.all("run_step")
        assert (step["name"], step["result"]) == ("test.step", {"answer": "asked for 7"})
        assert [row["id"] for row in world.all("dirty")] == ["7"]
        (run,) = world.all("run")
        assert (run["by"], run["state"], run["counts"]) == (
            "anna",
            "done",
            {"answer": "asked for 7"},
        )


def test_a_failed_step_keeps_nothing() -> None:
    """A bug ends the run with its traceback; the step's rows are not there, those before it are."""

    def workflow(run: Run, _arguments: dict[str, Any]) -> dict[str, Any]:
        run.step(STEP, id="1")
        return run.step(STEP, id="2", fail=True)

    with rehearsal() as world:
        made = runtime(world, workflow)
        with pytest.raises(ZeroDivisionError):
            made.wait(made.enqueue(Order("test")))
        made.close()
        assert [row["id"] for row in world.all("dirty")] == ["1"]
        assert [row["state"] for row in world.all("run")] == ["failed"]
        assert world.all("lease") == []


def test_a_cancelled_run_stops_after_its_step() -> None:
    """Cancelling lets the present step end; what was committed stays, the run is interrupted."""

    def workflow(run: Run, _arguments: dict[str, Any]) -> dict[str, Any]:
        run.step(STEP, id="1")
        return run.step(STEP, id="2")

    with rehearsal() as world:
        made: list[InProcess] = []

        def watch(event: Event) -> None:
            made[0].cancel(event.run)

        made.append(runtime(world, workflow, watch))
        with pytest.raises(Cancelled):
            made[0].wait(made[0].enqueue(Order("test")))
        made[0].close()
        assert [row["id"] for row in world.all("dirty")] == ["1"]
        assert [row["state"] for row in world.all("run")] == ["interrupted"]


def test_a_chain_that_waits_for_a_system_stops_at_once() -> None:
    """Whoever closes the runtime does not wait out the minutes a system asked us to wait."""
    begun = Signal()

    def patient(_db: Connection, _tools: Tools, _arguments: dict[str, Any]) -> None:
        begun.set()
        pause(300)

    def chain() -> Any:
        yield Call(Step("test.patient", keep=keep, ask=patient), {"id": "1"})
        return {}

    def workflow(run: Run, _arguments: dict[str, Any]) -> dict[str, Any]:
        run.together("test", {"one": chain()})
        return {}

    with rehearsal() as world:
        made = runtime(world, workflow)
        run_id = made.enqueue(Order("test"))
        assert begun.wait(10)
        made.close()
        with pytest.raises(Cancelled):
            made.wait(run_id)
        assert [row["state"] for row in world.all("run")] == ["interrupted"]
        assert world.all("dirty") == []


def test_a_run_whose_process_died_is_closed_by_the_next() -> None:
    """The next run marks what a dead process left open as interrupted."""
    with rehearsal() as world:
        with world.store.writing() as db:
            runs.start(
                db, "dead", "run", trigger="cli", by="anna", arguments={}, now=world.tools.now()
            )
        world.run()
        assert {row["id"]: row["state"] for row in world.all("run")}["dead"] == "interrupted"


def test_a_step_after_the_lease_was_lost_keeps_nothing() -> None:
    """A process that was silent for too long writes nothing over the one that took over."""
    from tasuki.errors import LeaseError

    def workflow(run: Run, _arguments: dict[str, Any]) -> dict[str, Any]:
        with run.store.writing() as db:
            runs.take_lease(db, "writer", "elsewhere|1|0|run", "2099-01-01T00:00:00.000Z")
        return run.step(STEP, id="1")

    with rehearsal() as world:
        made = runtime(world, workflow)
        with pytest.raises(LeaseError):
            made.wait(made.enqueue(Order("test")))
        made.close()
        assert world.all("dirty") == []
        assert [row["holder"] for row in world.all("lease")] == ["elsewhere|1|0|run"]
