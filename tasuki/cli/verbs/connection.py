"""pause, resume: stop every call to a system at once, and let it go on."""

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway


def pause(*connections: str, reason: str = "", door: Doorway) -> int:
    """Stop every call to these connections, or to all: pulls, writes, whatever runs.

    Parameters
    ----------
    connections
        Names of connections; all when none is given.
    reason
        What others should know; `doctor` and every refused call repeat it.
    """
    from tasuki.cli.flow import me
    from tasuki.service import connecting

    paused = connecting.pause(door.app(), connections, me(), reason)
    screen = door.screen
    screen.document("paused", {"connections": paused})
    screen.show(screen.words("Paused: {names}", names=", ".join(paused)))
    screen.next("tasuki resume")
    return Exit.DONE


def resume(*connections: str, door: Doorway) -> int:
    """Let these connections, or all that are paused, be called again.

    Parameters
    ----------
    connections
        Names of connections; all that are paused when none is given.
    """
    from tasuki.cli.flow import me
    from tasuki.service import connecting

    resumed = connecting.resume(door.app(), connections, me())
    screen = door.screen
    screen.document("resumed", {"connections": resumed})
    if not resumed:
        screen.show(screen.words("No connection is paused."))
        return Exit.DONE
    screen.show(screen.words("Goes on: {names}", names=", ".join(resumed)))
    screen.next("tasuki run")
    return Exit.DONE
