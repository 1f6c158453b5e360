"""run, runs: the flow, and what became of it."""

from typing import TYPE_CHECKING

from tasuki.cli.faults import Exit, UsageError, exit_of
from tasuki.cli.front import Doorway, Flag
from tasuki.cli.verbs.flow.shown import vars_of
from tasuki.errors import BlockedError

if TYPE_CHECKING:
    from tasuki.cli.front import Door
    from tasuki.service.running import Wanted
    from tasuki.values import Json


def run(
    *objects: str, sweep: Flag = False, full: Flag = False, since: str = "", door: Doorway
) -> int:
    """Pull, understand, decide and plan: everything but the writing.

    Parameters
    ----------
    objects
        With --full or --since: which connections or objects, e.g. crm or crm/contacts.
    sweep
        Compare all ids, deletes and links now, however lately that was done.
    full
        Read the objects again from the beginning (all of them when none is named).
    since
        Read the objects again from this date, e.g. 2025-01-01.
    """
    from tasuki.cli.flow import carry_out, me
    from tasuki.cli.views.run import funnel
    from tasuki.cli.views.writes.parked import standing_line
    from tasuki.cli.views.writes.plan import plan_summary
    from tasuki.service import running
    from tasuki.service.writing import parked, planning

    wanted = _wanted(door, objects, sweep=sweep, full=full, since=since)
    run_id, counts = carry_out(
        door, lambda runtime: running.start_run(runtime, by=me(), wanted=wanted)
    )
    plan_id = counts.get("plan")
    view = planning.show_plan(door.app(), plan_id) if plan_id else None
    screen, waits = door.screen, parked.standing(door.app())
    screen.document("run", {"run": run_id, "counts": counts, "plan": view, "parked": waits})
    screen.show(funnel(counts, screen.words), "")
    if waits.waiting:
        screen.show(standing_line(waits, screen.words))
    if view is None:
        quiet(door, counts)
    else:
        screen.show(plan_summary(view, screen.words))
        screen.next(f"tasuki plan --show {view.id}")
    return ended(door, counts)


def runs(run: str = "", *, limit: int = 20, door: Doorway) -> int:
    """List the last runs, or look into one.

    Parameters
    ----------
    run
        The id of a run, the beginning of it, or `latest`.
    limit
        How many to list.
    """
    from tasuki.cli.views.run import certificates_view, proofs_view, run_view, runs_view
    from tasuki.cli.views.writes.wire import wire_view
    from tasuki.service import running
    from tasuki.service.writing import cells

    app, screen = door.app(), door.screen
    if run:
        one, steps = running.show_run(app, run)
        proven = running.certificates_of(app, one.id)
        screen.document("run", {**vars_of(one), "steps": steps, "certificates": proven})
        screen.show(run_view(one, steps, screen.words))
        if proven:
            screen.show("", proofs_view(proven, screen.words))
        if door.debug and one.plan_id:
            screen.show("", *wire_view(cells.unwritten(app, one.plan_id), screen.words))
        return Exit.DONE
    found, certified = running.list_runs(app, limit), running.certificates(app)
    screen.document("runs", {"runs": found, "certificates": certified})
    screen.show(runs_view(found, screen.words))
    if found:
        screen.show("", certificates_view(certified, screen.words))
    return Exit.DONE


def _wanted(
    door: "Door", objects: tuple[str, ...], *, sweep: bool, full: bool, since: str
) -> "Wanted":
    from dataclasses import replace

    from tasuki.service import running

    if (objects or since) and full == bool(since):
        raise UsageError(
            "Objects are named with either --full or --since",
            where="tasuki run",
            why="a plain run reads what changed, of every object",
            remedy="Add --full, or --since with a date; or name no objects.",
        )
    again = running.read_again(door.app(), objects, since) if full or since else running.USUAL
    return replace(again, sweep=sweep)


def quiet(door: "Door", counts: "dict[str, Json]") -> None:
    """Nothing is planned; that every system is right may be said only of what was read."""
    from tasuki.cli.views.writes.plan import held_lines

    words = door.screen.words
    if held := counts.get("held"):
        door.screen.show(*held_lines(held, words))
    if counts.get("stopped"):
        door.screen.show(words("Nothing to do in what could be read."))
    elif held:
        door.screen.show(words("Nothing else to do."))
    else:
        door.screen.show(words("Nothing to do: every system already says what it should."))


def ended(door: "Door", counts: "dict[str, Json]") -> Exit:
    """Say what stopped a stream, as an error is said; the code of the first one."""
    stopped = counts.get("stopped") or {}
    told: set[tuple[str, str]] = set()
    for error in stopped.values():
        if (error["code"], error["what"]) not in told:
            told.add((error["code"], error["what"]))
            lines = {"error": error["what"], **{k: error[k] for k in ("where", "why", "fix")}}
            door.screen.four_lines(error["code"], lines)
    if stopped:
        return exit_of(next(iter(stopped.values()))["code"])
    if hidden := counts.get("unreadable"):
        door.screen.four_lines(BlockedError.code, _hidden(hidden))
        return Exit.SIGN_IN
    return Exit.REJECTED if counts.get("broken") else Exit.DONE


def _hidden(names: "list[str]") -> "dict[str, str]":
    return {
        "error": "Some fields are not shown to us any more",
        "where": ", ".join(names),
        "why": "the integration user lost the permission to read them, or they were deleted; "
        "their old values are kept",
        "fix": "Give it the permission, or take the fields out of the mappings.",
    }
