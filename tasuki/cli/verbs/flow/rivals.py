"""rivals: who sets our values back whenever we write them, and writing them again."""

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway, Flag


def rivals(*, all: Flag = False, door: Doorway) -> int:
    """Fields that somebody sets back whenever Tasuki writes them: who, in which cycle.

    After two flips a cell is left alone; on three records of a field, the whole field.

    Parameters
    ----------
    all
        Also those set back once, and those that may be written again.
    """
    from tasuki.cli.views.writes.rivals import rivals_view
    from tasuki.service.writing import rivals as writing

    states = ("paused", "watched", "resumed") if all else ("paused",)
    found, screen = writing.fields(door.app(), states), door.screen
    screen.document("rivals", {"rivals": found})
    screen.show(rivals_view(found, screen.words))
    if paused := [each for each in found if each.records]:
        screen.next(f"tasuki rivals resume {paused[0].target}")
    return Exit.DONE


def rivals_resume(target: str, *, door: Doorway) -> int:
    """Write a field again; settle first who owns it, or two more flips pause it again.

    Parameters
    ----------
    target
        connection/object.field, as `tasuki rivals` shows it.
    """
    from tasuki.cli.flow import me
    from tasuki.service.writing import rivals as writing

    freed = writing.resume(door.app(), target, me())
    door.screen.document("resumed", {"target": target, "cells": freed})
    said = door.screen.words("{n} cells of {target} may be written again.", n=freed, target=target)
    door.screen.note(said)
    door.screen.next("tasuki run")
    return Exit.DONE
