"""Open the console on a project, or on a demo's world together with its sandbox."""

from pathlib import Path
from typing import TYPE_CHECKING

from tasuki.cli.demo import reopened
from tasuki.cli.faults import Exit
from tasuki.cli.flow import quiet_logs

if TYPE_CHECKING:
    from tasuki.cli.front import Door


def open_console(door: "Door", host: str, port: int) -> int:
    """Serve the console until Ctrl-C or SIGTERM, then finish the present step."""
    from console.serve import serve
    from jobs.flows import register
    from jobs.runtime import InProcess

    app = door.app()
    quiet_logs()
    runtime = InProcess(app.store, app.tools)
    register(runtime)
    screen = door.screen
    screen.document("serve", {"url": f"http://{host}:{port}"})
    screen.show(f"{screen.words('Console')}  http://{host}:{port}")
    screen.show(screen.words("Stop it with Ctrl-C."))
    screen.out.file.flush()
    try:
        serve(app, runtime, host, port, say=screen.note)
    finally:
        runtime.close()
    return Exit.DONE


def open_demo(door: "Door", folder: Path, host: str, port: int) -> int:
    """Start a demo's sandbox again and serve the console on it; both stop together."""
    with reopened(folder) as project:
        door.project_dir = project
        return open_console(door, host, port)
