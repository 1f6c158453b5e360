"""reviews, split, conflicts: what only a person can decide."""

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway

# ── conflicts ──


def conflicts(
    *,
    entity: str = "",
    field: str = "",
    state: str = "open",
    limit: int = 50,
    door: Doorway,
) -> int:
    """Fields on which records moved apart and no policy may decide: a person does, once.

    Parameters
    ----------
    entity
        Only those of this kind, e.g. account.
    field
        Only those of this field.
    state
        open, decided, resolved (the records agree again) or overtaken (they moved on since).
    limit
        Show so many, the oldest first.
    """
    from tasuki.cli.views.conflict import conflicts_view
    from tasuki.service.deciding import conflicts as inbox

    found = inbox.inbox(door.app(), state, entity, field, limit)
    screen = door.screen
    screen.document("conflicts", {"conflicts": found})
    screen.show(conflicts_view(found, screen.words))
    if found and state == "open":
        screen.next(f"tasuki conflicts resolve {found[0].id} --take {found[0].candidates[0].side}")
    return Exit.DONE


def conflicts_resolve(
    id: str, *, take: str = "", value: str | None = None, reason: str = "", door: Doorway
) -> int:
    """Decide a conflict: the value is the entity's from the next run on, and is written back.

    Parameters
    ----------
    id
        The conflict, as `tasuki conflicts` shows it.
    take
        The side (or the ref of the record) whose value it is.
    value
        Another value, that no record says.
    reason
        What others should know.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.views.conflict import conflict_view
    from tasuki.service.deciding import conflicts as inbox

    done = inbox.resolve(door.app(), id, me(), take=take, value=value, reason=reason)
    door.screen.document("conflict", {"conflict": done})
    door.screen.show(conflict_view(done, door.screen.words))
    door.screen.next("tasuki run")
    return Exit.DONE


def conflicts_reopen(id: str, *, reason: str = "", door: Doorway) -> int:
    """Take a decision back: the field waits for a person again, and is written nowhere meanwhile.

    Parameters
    ----------
    id
        The conflict, as `tasuki conflicts --state decided` shows it.
    reason
        What others should know.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.views.conflict import conflict_view
    from tasuki.service.deciding import conflicts as inbox

    done = inbox.reopen(door.app(), id, me(), reason)
    door.screen.document("conflict", {"conflict": done})
    door.screen.show(conflict_view(done, door.screen.words))
    return Exit.DONE
