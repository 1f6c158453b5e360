"""undo: take back what was written."""

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway, Flag
from tasuki.cli.verbs.flow.apply import require_production, write
from tasuki.cli.verbs.flow.shown import vars_of


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
    from tasuki.cli.views.writes.plan import plan_view
    from tasuki.service import running
    from tasuki.service.writing import planning

    of, _ = running.show_run(door.app(), run, running.WRITING)
    _, counts = carry_out(door, lambda runtime: planning.start_undo(runtime, of.id, by=me()))
    if not counts.get("plan"):
        door.screen.document("plan", {"id": None, "changes": 0, "records": 0, "targets": []})
        door.screen.show(door.screen.words("Nothing of that run is left to undo."))
        return Exit.DONE
    view = planning.show_plan(door.app(), str(counts["plan"]), samples=3)
    if auto_approve and view.changes:
        require_production(view, production=production)
        return write(door, view, auto_approve=True)
    door.screen.document("plan", vars_of(view))
    door.screen.show(plan_view(view, door.screen.words))
    door.screen.next(f"tasuki apply {view.id}" if view.changes else "tasuki runs")
    return Exit.DONE
