"""apply: write what a plan says, and say what became of it."""

import sys
from typing import TYPE_CHECKING

from tasuki.cli.faults import Exit, NotConfirmedError
from tasuki.cli.front import Doorway, Flag
from tasuki.cli.verbs.flow.shown import vars_of

if TYPE_CHECKING:
    from tasuki.cli.front import Door
    from tasuki.service.writing.planning import PlanView


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

    app = door.app()
    view = planning.show_plan(app, plan)
    require_production(view, production=production)
    return write(door, view, auto_approve=auto_approve)


def write(door: "Door", view: "PlanView", *, auto_approve: bool) -> int:
    """Get the yes, carry the plan out, say what became of it."""
    from tasuki.cli.flow import carry_out, me
    from tasuki.cli.views.writes.plan import applied_view, plan_view
    from tasuki.service.writing import planning

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


def require_production(view: "PlanView", *, production: bool) -> None:
    """Stop before production is written to, unless that was said."""
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
