"""plan, approve: what would be written, and the yes to it."""

from typing import TYPE_CHECKING, Literal

from tasuki.cli.faults import Exit, UsageError
from tasuki.cli.front import Door, Doorway, Flag
from tasuki.cli.verbs.flow.run import ended, quiet
from tasuki.cli.verbs.flow.shown import vars_of

if TYPE_CHECKING:
    from tasuki.service.writing.views import PlanView

Output = Literal["text", "json", "markdown"]


def plan(  # noqa: PLR0913 - an option each
    *,
    only: str = "",
    select: str = "",
    exclude: str = "",
    output: Output = "text",
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
    select
        Plan only a part: `tag:pilot kind:score` is either, `tag:pilot,kind:score` is both. Methods
        are name, kind, tag, path, connection, object, and result (parked).
    exclude
        Plan all but this part, said in the same way.
    output
        How it is printed; markdown is for pull requests.
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
    from tasuki.service.writing.selecting import selection

    risks = _risks(only)
    door.screen = door.screen.printing(output)
    if show:
        return _show(door, show, risks, all=all, detailed=detailed_exitcode)
    start = running.start_replan if offline else running.start_run
    wanted = running.Wanted(select=selection(door.app(), select, exclude))
    _, counts = carry_out(door, lambda runtime: start(runtime, by=me(), wanted=wanted))
    if counts.get("plan"):
        shown = _show(door, str(counts["plan"]), risks, all=all, detailed=detailed_exitcode)
        code = ended(door, counts)
        return shown or code
    _nothing(door, is_part=bool(wanted.select))
    if not wanted.select:
        quiet(door, counts)
    return ended(door, counts)


def _nothing(door: "Door", *, is_part: bool) -> None:
    from tasuki.cli.views.writes.markdown import nothing

    screen = door.screen
    screen.document("plan", {"id": None, "changes": 0, "records": 0, "targets": []})
    screen.markdown(nothing(screen.words))
    if is_part:
        screen.show(screen.words("Nothing to do of what was selected."))


def approve(plan: str, *, door: Doorway) -> int:
    """Say yes to a plan, so that it may be applied.

    Parameters
    ----------
    plan
        The plan's id, the beginning of it, or `latest`.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.views.writes.plan import plan_summary
    from tasuki.service.writing import planning

    view = planning.approve(door.app(), plan, me())
    door.screen.document("approval", {"plan": view.id, "approved_by": view.approved_by})
    door.screen.show(plan_summary(view, door.screen.words))
    door.screen.next(f"tasuki apply {view.id}")
    return Exit.DONE


def _show(door: "Door", plan_id: str, risks: tuple[str, ...], *, all: bool, detailed: bool) -> int:
    from tasuki.cli.views.writes.markdown import markdown
    from tasuki.cli.views.writes.plan import cells_view, plan_view
    from tasuki.service.writing import planning

    app, screen = door.app(), door.screen
    view = planning.show_plan(app, plan_id, risks)
    every = planning.cells(app, view.id, only=risks) if all else ()
    screen.document("plan", {**vars_of(view), **({"cells": every} if all else {})})
    screen.markdown(markdown(view, screen.words))
    screen.show(plan_view(view, screen.words))
    if all:
        screen.show("", cells_view(every, screen.words))
    pending = bool(view.changes) and view.state in planning.OPEN
    if pending:
        screen.next(_next(view))
    return Exit.PENDING if detailed and pending else Exit.DONE


def _next(view: "PlanView") -> str:
    from tasuki.cli.flow import me

    waits = view.state == "draft" and view.needs_second and view.author == me()
    return f"tasuki approve {view.id}" if waits else f"tasuki apply {view.id}"


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
