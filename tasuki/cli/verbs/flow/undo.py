"""undo: take back what was written."""

from typing import TYPE_CHECKING

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway, Flag
from tasuki.cli.verbs.flow.apply import write
from tasuki.cli.verbs.flow.shown import vars_of

if TYPE_CHECKING:
    from sync.write.undo.scope import Scope
    from tasuki.cli.front import Door
    from tasuki.values import Json


def undo(
    what: str,
    *,
    since: str = "",
    auto_approve: Flag = False,
    production: Flag = False,
    door: Doorway,
) -> int:
    """Plan how to take back what was written; cells that somebody edited since are left alone.

    Parameters
    ----------
    what
        A run (an apply), a plan, a scenario run, each by the beginning of its id, `latest`, or a
        record as connection/object/id: then everything Tasuki wrote to it.
    since
        Of a record: only what was written from this date on.
    auto_approve
        Apply that plan at once.
    production
        Yes, write to connections marked as production.
    """
    from tasuki.cli.flow import carry_out, me
    from tasuki.cli.views.writes.undo import undo_view
    from tasuki.service.writing import planning, undoing

    scope = undoing.meant(door.app(), what, since)
    _, counts = carry_out(door, lambda runtime: undoing.start_undo(runtime, scope, by=me()))
    if not counts.get("plan"):
        return _nothing(door, scope, counts)
    view = planning.show_plan(door.app(), str(counts["plan"]), samples=3)
    if auto_approve and view.changes:
        return write(door, view, auto_approve=True, production=production)
    left = undoing.kept(door.app(), view.id)
    said = {"scope": scope.said(), "unsettled": counts["unsettled"], "left": left}
    door.screen.document("plan", {**vars_of(view), **said})
    door.screen.show(undo_view(view, left, door.screen.words))
    if not view.changes:
        _say_nothing(door, scope)
    _say_unsettled(door, counts)
    door.screen.next(f"tasuki apply {view.id}" if view.changes else "tasuki runs")
    return Exit.DONE


def _nothing(door: "Door", scope: "Scope", counts: "dict[str, Json]") -> int:
    """Nothing was written, or all of it is as it was before."""
    empty: list[Json] = []
    said = {"scope": scope.said(), **{name: counts[name] for name in ("unsettled", "withdrawn")}}
    nothing = {"id": None, "changes": 0, "records": 0, "targets": empty, "left": empty}
    door.screen.document("plan", {**nothing, **said})
    if counts["withdrawn"]:
        words = door.screen.words
        text = words("{n} changes that were not sent yet are not wanted any more.",
                     n=f"{counts['withdrawn']:,}")  # fmt: skip
        door.screen.show(text)
    _say_nothing(door, scope)
    _say_unsettled(door, counts)
    return Exit.DONE


def _say_nothing(door: "Door", scope: "Scope") -> None:
    words = door.screen.words
    kind, _, _ = str(scope).rpartition(" ")
    said = words("Nothing of {kind} {id} is left to undo.", kind=words(kind), id=scope.id)
    door.screen.show(said)


def _say_unsettled(door: "Door", counts: "dict[str, Json]") -> None:
    if counts["unsettled"]:
        text = door.screen.words(
            "{n} writes are not settled: their systems could not be asked. Undo again later.",
            n=f"{counts['unsettled']:,}",
        )
        door.screen.show(text)
