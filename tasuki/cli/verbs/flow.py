"""run, plan, approve, apply, undo, runs: the flow, step by step."""

import sys
from typing import TYPE_CHECKING

from tasuki.cli.faults import Exit, NotConfirmedError, UsageError, exit_of
from tasuki.cli.front import Doorway, Flag
from tasuki.errors import BlockedError

if TYPE_CHECKING:
    from tasuki.cli.front import Door
    from tasuki.service.planning import PlanView
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
    from tasuki.cli.views.plan import plan_summary
    from tasuki.cli.views.run import funnel
    from tasuki.service import planning, running

    wanted = _wanted(door, objects, sweep=sweep, full=full, since=since)
    run_id, counts = carry_out(
        door, lambda runtime: running.start_run(runtime, by=me(), wanted=wanted)
    )
    plan_id = counts.get("plan")
    view = planning.show_plan(door.app(), plan_id) if plan_id else None
    screen = door.screen
    screen.document("run", {"run": run_id, "counts": counts, "plan": view})
    screen.show(funnel(counts, screen.words), "")
    if view is None:
        _quiet(door, counts)
    else:
        screen.show(plan_summary(view, screen.words))
        screen.next(f"tasuki plan --show {view.id}")
    return _ended(door, counts)


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


def _quiet(door: "Door", counts: "dict[str, Json]") -> None:
    """Nothing is planned; that every system is right may be said only of what was read."""
    from tasuki.cli.views.plan import held_lines

    words = door.screen.words
    if held := counts.get("held"):
        door.screen.show(*held_lines(held, words))
    if counts.get("stopped"):
        door.screen.show(words("Nothing to do in what could be read."))
    elif held:
        door.screen.show(words("Nothing else to do."))
    else:
        door.screen.show(words("Nothing to do: every system already says what it should."))


def _ended(door: "Door", counts: "dict[str, Json]") -> Exit:
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


def plan(
    *,
    only: str = "",
    detailed_exitcode: Flag = False,
    offline: Flag = False,
    show: str = "",
    all: Flag = False,
    door: Doorway,
) -> int:
    """Make a plan and show it: per field before, after, why and risk, riskiest first.

    Parameters
    ----------
    only
        Show only these risks: delete, overwrite, automation, create, fill (comma-separated).
    detailed_exitcode
        Exit with 3 when there are changes to apply.
    offline
        Plan from what was pulled last; ask no system.
    show
        Show this saved plan (an id or `latest`) instead of making one.
    all
        Print every cell instead of one line per shape.
    """
    from tasuki.cli.flow import carry_out, me
    from tasuki.service import running

    risks = _risks(only)
    if show:
        return _show(door, show, risks, all=all, detailed=detailed_exitcode)
    start = running.start_replan if offline else running.start_run
    _, counts = carry_out(door, lambda runtime: start(runtime, by=me()))
    if counts.get("plan"):
        shown = _show(door, str(counts["plan"]), risks, all=all, detailed=detailed_exitcode)
        ended = _ended(door, counts)
        return shown or ended
    door.screen.document("plan", {"id": None, "changes": 0, "records": 0, "targets": []})
    _quiet(door, counts)
    return _ended(door, counts)


def approve(plan: str, *, door: Doorway) -> int:
    """Say yes to a plan, so that it may be applied.

    Parameters
    ----------
    plan
        The plan's id, the beginning of it, or `latest`.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.views.plan import plan_summary
    from tasuki.service import planning

    view = planning.approve(door.app(), plan, me())
    door.screen.document("approval", {"plan": view.id, "approved_by": view.approved_by})
    door.screen.show(plan_summary(view, door.screen.words))
    door.screen.next(f"tasuki apply {view.id}")
    return Exit.DONE


def apply(plan: str, *, auto_approve: Flag = False, production: Flag = False, door: Doorway) -> int:
    """Write exactly what a plan says; what somebody changed since is left alone.

    Parameters
    ----------
    plan
        The plan's id, the beginning of it, or `latest`.
    auto_approve
        Approve it in the same breath; nobody is asked.
    production
        Yes, write to connections marked as production.
    """
    from tasuki.service import planning

    app = door.app()
    view = planning.show_plan(app, plan)
    _require_production(view, production=production)
    return write(door, view, auto_approve=auto_approve)


def undo(run: str, *, auto_approve: Flag = False, production: Flag = False, door: Doorway) -> int:
    """Plan how to take back what a run wrote; cells that somebody edited since are left alone.

    Parameters
    ----------
    run
        The id of the run (an apply), the beginning of it, or `latest`.
    auto_approve
        Apply that plan at once.
    production
        Yes, write to connections marked as production.
    """
    from tasuki.cli.flow import carry_out, me
    from tasuki.cli.views.plan import plan_view
    from tasuki.service import planning, running

    of, _ = running.show_run(door.app(), run, running.WRITING)
    _, counts = carry_out(door, lambda runtime: planning.start_undo(runtime, of.id, by=me()))
    if not counts.get("plan"):
        door.screen.document("plan", {"id": None, "changes": 0, "records": 0, "targets": []})
        door.screen.show(door.screen.words("Nothing of that run is left to undo."))
        return Exit.DONE
    view = planning.show_plan(door.app(), str(counts["plan"]), samples=3)
    if auto_approve and view.changes:
        _require_production(view, production=production)
        return write(door, view, auto_approve=True)
    door.screen.document("plan", vars_of(view))
    door.screen.show(plan_view(view, door.screen.words))
    door.screen.next(f"tasuki apply {view.id}" if view.changes else "tasuki runs")
    return Exit.DONE


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
    from tasuki.service import running

    app, screen = door.app(), door.screen
    if run:
        one, steps = running.show_run(app, run)
        proven = running.certificates_of(app, one.id)
        screen.document("run", {**vars_of(one), "steps": steps, "certificates": proven})
        screen.show(run_view(one, steps, screen.words))
        if proven:
            screen.show("", proofs_view(proven, screen.words))
        return Exit.DONE
    found, certified = running.list_runs(app, limit), running.certificates(app)
    screen.document("runs", {"runs": found, "certificates": certified})
    screen.show(runs_view(found, screen.words))
    if found:
        screen.show("", certificates_view(certified, screen.words))
    return Exit.DONE


def write(door: "Door", view: "PlanView", *, auto_approve: bool) -> int:
    """Get the yes, carry the plan out, say what became of it."""
    from tasuki.cli.flow import carry_out, me
    from tasuki.cli.views.plan import applied_view, plan_view
    from tasuki.service import planning

    app, screen = door.app(), door.screen
    screen.show(plan_view(view, screen.words), "")
    if view.state == "draft" and (auto_approve or _confirmed(door, view)):
        planning.approve(app, view.id, me())
    run_id, counts = carry_out(
        door, lambda runtime: planning.start_apply(app, runtime, view.id, by=me())
    )
    result = planning.applied(run_id, counts)
    after = planning.show_plan(app, view.id, samples=3)
    screen.document("apply", {**vars_of(result), "plan": after})
    screen.show(applied_view(result, after, screen.words))
    screen.next(f"tasuki undo {run_id[:18]}" if result.written else "tasuki run")
    return Exit.DONE if result.is_clean else Exit.REJECTED


def _show(door: "Door", plan_id: str, risks: tuple[str, ...], *, all: bool, detailed: bool) -> int:
    from tasuki.cli.views.plan import cells_view, plan_view
    from tasuki.service import planning

    app, screen = door.app(), door.screen
    view = planning.show_plan(app, plan_id, risks)
    every = planning.cells(app, view.id, only=risks) if all else ()
    door.screen.document("plan", {**vars_of(view), **({"cells": every} if all else {})})
    door.screen.show(plan_view(view, screen.words))
    if all:
        door.screen.show("", cells_view(every, screen.words))
    pending = bool(view.changes) and view.state in planning.OPEN
    if pending:
        door.screen.next(f"tasuki apply {view.id}")
    return Exit.PENDING if detailed and pending else Exit.DONE


def vars_of(value: object) -> "dict[str, object]":
    """A read model's fields by name."""
    from dataclasses import fields, is_dataclass

    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is no read model")
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _risks(only: str) -> tuple[str, ...]:
    from sync.write.risk import ORDER

    wanted = tuple(part.strip() for part in only.split(",") if part.strip())
    unknown = [risk for risk in wanted if risk not in ORDER]
    if unknown:
        raise UsageError(
            f"There is no risk `{unknown[0]}`",
            where="tasuki plan --only",
            why="a plan knows five risks",
            remedy=f"Choose from {', '.join(ORDER)}.",
        )
    return wanted


def _require_production(view: "PlanView", *, production: bool) -> None:
    if view.production and not production:
        raise NotConfirmedError(
            f"plan {view.id} writes to production: {', '.join(view.production)}",
            where=f"plan {view.id}",
            why="a connection of it is marked `environment: production`",
            remedy="If that is what you want, add --production.",
        )


def _confirmed(door: "Door", view: "PlanView") -> bool:
    """Ask a person to repeat the count; off a terminal nobody can be asked."""
    if not (sys.stdin.isatty() and door.screen.err.is_terminal):
        return False
    names = ", ".join(view.connections)
    words = door.screen.words
    question = words(
        "This writes {n} records to {names}. Type {n} to go on: ", n=view.records, names=names
    )
    if door.screen.err.input(question).strip().replace(",", "") == str(view.records):
        return True
    raise NotConfirmedError(
        "nothing was written",
        where=f"plan {view.id}",
        why="the count was not repeated",
        remedy="Look at the plan again; it stays valid.",
    )
