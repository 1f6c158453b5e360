"""apply: write what a plan says, and say what became of it."""

import sys
from typing import TYPE_CHECKING

from tasuki.cli.faults import Exit, NotConfirmedError
from tasuki.cli.front import Doorway, Flag
from tasuki.cli.verbs.flow.production import require_production
from tasuki.cli.verbs.flow.shown import vars_of

if TYPE_CHECKING:
    from tasuki.cli.front import Door
    from tasuki.service.writing.views import PlanView


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
    from tasuki.service.writing import planning

    view = planning.show_plan(door.app(), plan)
    return write(door, view, auto_approve=auto_approve, production=production)


def write(door: "Door", view: "PlanView", *, auto_approve: bool, production: bool) -> int:
    """Get the yes, carry the plan out, say what became of it."""
    from tasuki.cli.flow import carry_out, me
    from tasuki.cli.views.writes.applied import applied_view
    from tasuki.cli.views.writes.plan import plan_summary
    from tasuki.cli.views.writes.wire import wire_view
    from tasuki.service.writing import cells, planning

    app, screen = door.app(), door.screen
    planning.require_open(view)
    require_production(f"plan {view.id}", view.production, production=production)
    screen.show(plan_summary(view, screen.words), "")
    if view.state == "draft":
        planning.require_approver(view, me())
        if auto_approve or _confirmed(door, view):
            planning.approve(app, view.id, me())
    run_id, counts = carry_out(
        door,
        lambda runtime: planning.start_apply(app, runtime, view.id, by=me(), production=production),
    )
    result = planning.applied(app, run_id, counts)
    after = planning.show_plan(app, view.id, samples=3)
    screen.document("apply", {**vars_of(result), "plan": after})
    screen.show(applied_view(result, after, screen.words))
    if door.debug:
        screen.show(*wire_view(cells.unwritten(app, view.id), screen.words))
    screen.next(f"tasuki undo {run_id[:18]}" if result.written else "tasuki run")
    if result.held:
        return Exit.GUARDED
    return Exit.DONE if result.is_clean else Exit.REJECTED


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
