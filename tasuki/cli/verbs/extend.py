"""connector new: a package for a system that Tasuki does not know yet."""

from pathlib import Path

from tasuki.cli.faults import Exit
from tasuki.cli.front import Doorway


def connector_new(name: str, folder: Path | None = None, *, door: Doorway) -> int:
    """Write a package for a connector of your own: it works, and its tests say when it is done.

    Parameters
    ----------
    name
        The system, as connection files will say it in `system:`.
    folder
        Where to write it; `tasuki-NAME` when left out.
    """
    from connectors.scaffold import write_connector

    target = folder or Path(f"tasuki-{name}")
    written = [path.relative_to(target).as_posix() for path in write_connector(name, target)]
    screen = door.screen
    screen.document("connector", {"folder": str(target.resolve()), "files": written})
    screen.show(
        screen.words("A connector of {n} files in {folder}", n=len(written), folder=target),
        *(f"  {path}" for path in written),
        screen.words("Its tests are the promises it must keep; docs/connectors.md leads through."),
    )
    screen.next(f"cd {target} && pip install -e '.[test]' && pytest")
    return Exit.DONE
