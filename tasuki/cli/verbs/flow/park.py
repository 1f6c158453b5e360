"""retry, park: what was refused or could not be read, taken up again or given up."""

import sys
from typing import TYPE_CHECKING

from tasuki.cli.faults import Exit, UsageError
from tasuki.cli.front import Doorway, Flag
from tasuki.cli.verbs.flow.apply import write
from tasuki.cli.verbs.flow.shown import vars_of

if TYPE_CHECKING:
    from tasuki.cli.front import Door
    from tasuki.service.writing.parked import Retried


def retry(
    run: str = "",
    *,
    as_planned: Flag = False,
    dropped: Flag = False,
    auto_approve: Flag = False,
    production: Flag = False,
    door: Doorway,
) -> int:
    """Take up again what failed, and nothing else: its wishes are planned, shown and applied.

    Exits with 4 while anything is parked afterwards.

    Parameters
    ----------
    run
        What failed in this run (its id, the beginning of it, or `latest`); all if none is named.
    as_planned
        The values of then, instead of what mappings and rules say today.
    dropped
        Also what somebody gave up with `tasuki park drop`.
    auto_approve
        Apply that plan at once; nobody is asked.
    production
        Yes, write to connections marked as production.
    """
    from tasuki.cli.flow import carry_out, me
    from tasuki.cli.views.writes.parked import retried_lines
    from tasuki.service import running
    from tasuki.service.writing import parked, planning

    app, screen = door.app(), door.screen
    of = running.show_run(app, run, running.WRITING)[0].id if run else ""
    _, counts = carry_out(
        door,
        lambda runtime: parked.start_retry(
            runtime, of, by=me(), as_planned=as_planned, dropped=dropped
        ),
    )
    found = parked.retried(counts)
    screen.show(*retried_lines(found, screen.words, as_planned=as_planned), "")
    if found.plan is None:
        return _nothing_to_send(door, found)
    view = planning.show_plan(app, found.plan)
    if auto_approve or (sys.stdin.isatty() and screen.err.is_terminal):
        return write(door, view, auto_approve=auto_approve, production=production) or _left(door)
    return _shown(door, found)


def _nothing_to_send(door: "Door", found: "Retried") -> int:
    from tasuki.cli.views.writes.parked import standing_line
    from tasuki.service.writing import parked

    standing = parked.standing(door.app())
    door.screen.document("retry", {**vars_of(found), "standing": standing})
    door.screen.show(door.screen.words("There is nothing to send again."))
    door.screen.show(standing_line(standing, door.screen.words))
    return _left(door)


def _shown(door: "Door", found: "Retried") -> int:
    """Nobody can be asked here: the plan waits for its apply."""
    from tasuki.cli.views.writes.plan import plan_view
    from tasuki.service.writing import parked, planning

    view = planning.show_plan(door.app(), found.plan or "")
    standing = parked.standing(door.app())
    door.screen.document("retry", {**vars_of(found), "plan": view, "standing": standing})
    door.screen.show(plan_view(view, door.screen.words))
    door.screen.next(f"tasuki apply {view.id}")
    return _left(door)


def _left(door: "Door") -> int:
    from tasuki.service.writing import parked

    return Exit.REJECTED if parked.standing(door.app()).waiting else Exit.DONE


def park_list(*, cause: str = "", connection: str = "", all: Flag = False, door: Doorway) -> int:
    """What waits because it was refused or could not be read: by cause, with fix and next try.

    Parameters
    ----------
    cause
        Only what waits for this reason, by its code, e.g. TSK-3000.
    connection
        Only what waits on this connection.
    all
        Each record too, with its id; those that were given up or came true as well.
    """
    from tasuki.cli.views.writes.parked import parked_list
    from tasuki.service.writing import parked

    found = parked.show(door.app(), cause, connection, every=all)
    door.screen.document("parked", vars_of(found))
    door.screen.show(parked_list(found, door.screen.words))
    if found.causes:
        door.screen.next("tasuki retry")
    return Exit.DONE


def park_drop(
    *ids: str, cause: str = "", connection: str = "", reason: str = "", door: Doorway
) -> int:
    """Give up what waits: it is not sent again until its values change, or somebody retries it.

    Parameters
    ----------
    ids
        What is meant: ids as `tasuki park list --all` shows them, or records.
    cause
        Everything that waits for this reason, by its code, e.g. TSK-3000.
    connection
        Only what waits on this connection.
    reason
        What others should know; the audit keeps it.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.views.writes.parked import dropped_view
    from tasuki.service.writing import parked

    if not ids and not cause:
        raise UsageError(
            "Nothing is named that shall be given up",
            where="tasuki park drop",
            why="everything that waits at once is rarely meant",
            remedy="Name ids or records, or a cause with --cause.",
        )
    found = parked.drop(door.app(), me(), ids, code=cause, connection=connection, reason=reason)
    door.screen.document("dropped", {"dropped": found})
    words = door.screen.words
    said = words("{n} given up, until their values change.", n=f"{len(found):,}")
    door.screen.show(said, dropped_view(found, words))
    door.screen.next("tasuki retry --dropped")
    return Exit.DONE
