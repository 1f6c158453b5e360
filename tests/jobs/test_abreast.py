"""Chains side by side: asks overlap, keeps do not, and nothing that arrived is lost."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from threading import Barrier, Event, get_ident
from typing import TYPE_CHECKING, Any

import pytest

from jobs.runtime import InProcess, Run
from sync.context import Call, Chain, Order, Step
from tasuki.errors import ConfigError, RejectedError
from tests.rehearsal import Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 10.0
"""Seconds after which a test gives up on the other thread."""


def result(_db: object, _tools: object, arguments: dict[str, Any], answer: Any) -> dict[str, Any]:
    return {"of": arguments["of"], "answer": answer}


def chain(step: Step, numbers: Iterable[Any]) -> Chain:
    """Do a step once for each number; what the answers were."""
    answers = []
    for number in numbers:
        done = yield Call(step, {"of": number})
        answers.append(done["answer"])
    return {"answers": answers}


def together(world: Rehearsal, chains: Callable[[], dict[str, Chain]]) -> dict[str, Any]:
    """Walk chains as a workflow; what they returned."""

    def workflow(run: Run, _arguments: dict[str, Any]) -> dict[str, Any]:
        return dict(run.together("test", chains()))

    runtime = InProcess(world.store, world.tools)
    runtime.register("test", workflow)
    try:
        return runtime.wait(runtime.enqueue(Order("test")))
    finally:
        runtime.close()


def test_asks_of_different_chains_are_on_their_way_together() -> None:
    """Three objects wait for their systems at the same time; keeps happen in one thread."""
    meet = Barrier(3, timeout=LONG)
    keepers = set()

    def ask(_db: object, _tools: object, arguments: dict[str, Any]) -> Any:
        meet.wait()
        return arguments["of"] * 2

    def keep(db: Any, tools: Any, arguments: dict[str, Any], answer: Any) -> dict[str, Any]:
        keepers.add(get_ident())
        return result(db, tools, arguments, answer)

    step = Step("test.meet", keep=keep, ask=ask)
    with rehearsal() as world:
        found = together(world, lambda: {name: chain(step, (1, 2, 3)) for name in "abc"})
        assert found == {name: {"answers": [2, 4, 6]} for name in "abc"}
        assert len(keepers) == 1
        assert len(world.all("run_step")) == 9


def test_the_next_page_is_asked_for_while_one_is_kept() -> None:
    """A step that knows its next question asks it before the present answer is committed."""
    asked = {number: Event() for number in (1, 2, 3)}

    def ask(_db: object, _tools: object, arguments: dict[str, Any]) -> Any:
        asked[arguments["of"]].set()
        return arguments["of"]

    def keep(db: Any, tools: Any, arguments: dict[str, Any], answer: Any) -> dict[str, Any]:
        if answer < 3:
            assert asked[answer + 1].wait(LONG)
        return result(db, tools, arguments, answer)

    step = Step(
        "test.ahead", keep, ask, lambda _, answer: {"of": answer + 1} if answer < 3 else None
    )
    with rehearsal() as world:
        assert together(world, lambda: {"a": chain(step, (1, 2, 3))})["a"]["answers"] == [1, 2, 3]
        kept = [row["result"]["answer"] for row in world.all("run_step")]
        assert kept == [1, 2, 3]


def test_what_was_asked_too_early_is_dropped() -> None:
    """When the chain wants something else next, the early answer is never kept."""

    def ask(_db: object, _tools: object, arguments: dict[str, Any]) -> Any:
        return arguments["of"]

    step = Step("test.early", result, ask, lambda _, answer: {"of": answer + 1})
    with rehearsal() as world:
        assert together(world, lambda: {"a": chain(step, (1, 7))})["a"]["answers"] == [1, 7]
        assert [row["result"]["answer"] for row in world.all("run_step")] == [1, 7]


def test_garbage_is_looked_for_seldom_while_pages_pass() -> None:
    """Short-lived pages are not searched for cycles; afterwards the interpreter is as before."""
    usual, during = gc.get_threshold(), []

    def ask(_db: object, _tools: object, _arguments: dict[str, Any]) -> Any:
        during.append(gc.get_threshold()[0])
        return 0

    step = Step("test.seldom", result, ask)
    with rehearsal() as world:
        together(world, lambda: {"one": chain(step, [1])})
    assert during[0] > usual[0]
    assert gc.get_threshold() == usual


def test_an_error_is_raised_where_the_chain_asked() -> None:
    """A chain may catch what a system answered, and return; the others never hear of it."""

    def ask(_db: object, _tools: object, arguments: dict[str, Any]) -> Any:
        if arguments["of"] == "bad":
            raise RejectedError("no such object")
        return arguments["of"]

    step = Step("test.refused", result, ask)

    def careful() -> Chain:
        try:
            yield Call(step, {"of": "bad"})
        except RejectedError as error:
            return {"refused": error.what}
        return {}

    with rehearsal() as world:
        found = together(world, lambda: {"a": careful(), "b": chain(step, "xyz")})
        assert found == {"a": {"refused": "no such object"}, "b": {"answers": ["x", "y", "z"]}}


@pytest.mark.parametrize("error", [ConfigError("no such field"), ZeroDivisionError("a bug")])
def test_an_error_nobody_catches_waits_for_what_is_on_its_way(error: Exception) -> None:
    """The answers that were on their way are kept, nothing more is asked, then it is raised."""
    meet = Barrier(2, timeout=LONG)

    def ask(_db: object, _tools: object, arguments: dict[str, Any]) -> Any:
        if arguments["of"] < 3:
            meet.wait()
        if arguments["of"] == 1:
            raise error
        return arguments["of"]

    step = Step("test.fails", result, ask)
    with rehearsal() as world:
        with pytest.raises(type(error), match=str(error)):
            together(world, lambda: {"a": chain(step, (1,)), "b": chain(step, (2, 3, 4))})
        kept = [row["result"]["answer"] for row in world.all("run_step")]
        assert kept in ([2], [2, 3])
        assert [run["state"] for run in world.all("run")] == ["failed"]
