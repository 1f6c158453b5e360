"""demo, serve, daemon: what shows itself, and what stays running."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from tasuki.cli.front import Doorway, Flag


def demo(
    *,
    folder: Path = Path(".tasuki-demo"),
    seed: int = 1,
    scale: float = 1.0,
    language: Literal["en", "ja"] = "en",
    plain: Flag = False,
    keep: Flag = False,
    door: Doorway,
) -> int:
    """Walk the whole flow on an invented company, with no account; about a minute.

    Parameters
    ----------
    folder
        Where the world and the project are made; wiped when the demo runs again.
    seed
        Another seed makes another company.
    scale
        1 is about 300 accounts and 1,500 people.
    language
        Language of the demo and of the tasks it writes.
    plain
        Print plain lines instead of bars and colours.
    keep
        Go on with the world of last time instead of wiping it.
    """
    from tasuki.cli.demo.walk import Walk, plainly, walk

    door.speak(language)
    if plain:
        plainly(door)
    return walk(Walk(door, folder, seed, scale, language), keep=keep)


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    demo: Annotated[
        Path | None, Parameter(consume_multiple=False, negative="", show_default=False)
    ] = None,
    door: Doorway,
) -> int:
    """Open the console in the browser's reach.

    Parameters
    ----------
    host
        The address to listen on.
    port
        The port to listen on.
    demo
        The folder of a demo: its sandbox is started too, and stopped with the console.
    """
    from tasuki.cli.staying import open_console, open_demo

    if demo is None:
        return open_console(door, host, port)
    return open_demo(door, demo, host, port)


def daemon(*, host: str = "127.0.0.1", port: int = 8766, now: Flag = False, door: Doorway) -> int:
    """Run the project's schedules until stopped; logs are JSON lines on stdout.

    Parameters
    ----------
    host
        The address `/healthz` answers on.
    port
        The port it answers on; 0 takes a free one.
    now
        Do every schedule once at the start.
    """
    from tasuki.cli.staying import run_daemon

    return run_daemon(door, host, port, at_once=now)
