"""setup, pause, resume: give systems the fields we write; stop every call to one, let it go on."""

from pathlib import Path
from typing import TYPE_CHECKING

from tasuki.cli.faults import Exit, exit_code, labelled
from tasuki.cli.front import Doorway, Flag

if TYPE_CHECKING:
    from tasuki.cli.screen import Screen
    from tasuki.service.setting_up.making import SetupView


def setup(*connections: str, apply: Flag = False, out: Path | None = None, door: Doorway) -> int:
    """Show which fields the project writes and its systems do not have; with --apply make them.

    HubSpot gets them through its API; for Salesforce a package is written that an administrator
    deploys. Without --apply nothing is made; a second time there is nothing left to make.

    Parameters
    ----------
    connections
        Names of connections; all when none is given.
    apply
        Make the fields, and write the packages.
    out
        Where packages are written, a folder per connection; `.tasuki/setup` if left out.
    """
    from tasuki.cli.flow import me
    from tasuki.cli.views.setup import setup_view
    from tasuki.service.setting_up import making
    from tasuki.wiring import package_of

    app = door.app()
    found = (
        making.make(app, connections, package_of, me(), out)
        if apply
        else making.look(app, connections, package_of)
    )
    screen = door.screen
    errors = {
        name: {"code": error.code, "what": error.what, "why": error.why, "fix": error.remedy}
        for name, error in found.errors.items()
    }
    screen.document(
        "setup",
        {
            "fields": found.fields,
            "findings": found.findings,
            "packages": found.packages,
            "errors": errors,
        },
    )
    screen.show(setup_view(found, screen.words))
    for error in {each.lines(): each for each in found.errors.values()}.values():
        screen.four_lines(error.code, dict(labelled(error)))
    return _ended(screen, found, connections, is_applied=apply)


def _ended(
    screen: "Screen", found: "SetupView", connections: tuple[str, ...], *, is_applied: bool
) -> int:
    """What comes next, and the exit code: pending while some field is still not there."""
    for name, folder in found.packages.items():
        screen.show(
            "",
            screen.words(
                "The package for {name} is in {folder}; its README.txt leads through.",
                name=name,
                folder=folder,
            ),
        )
    if found.packages:
        folder = next(iter(found.packages.values()))
        screen.next(f"sf project deploy start --metadata-dir {folder / 'metadata'}")
    elif found.is_mistaken:
        screen.next("tasuki validate --live")
    elif found.is_pending and not is_applied:
        screen.next(" ".join(("tasuki setup", *connections, "--apply")))
    elif not found.is_pending and not found.errors:
        screen.next("tasuki plan")
    if found.errors:
        return exit_code(next(iter(found.errors.values())))
    if found.is_mistaken:
        return Exit.USAGE
    return Exit.PENDING if found.is_pending else Exit.DONE


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
