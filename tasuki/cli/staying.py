"""What stays running: the console, the console on a demo's world, the daemon."""

import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tasuki.cli.demo.walk import reopened
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
        with suppress(KeyboardInterrupt):  # how it is meant to be stopped
            serve(app, runtime, host, port, say=screen.note)
    finally:
        runtime.close()
    return Exit.DONE


def open_demo(door: "Door", folder: Path, host: str, port: int) -> int:
    """Start a demo's sandbox again and serve the console on it; both stop together."""
    with reopened(folder) as project:
        door.project_dir = project
        return open_console(door, host, port)


def run_daemon(door: "Door", host: str, port: int, *, at_once: bool) -> int:
    """Run the schedules until SIGTERM or Ctrl-C; the present step is finished first."""
    from jobs import journal, webhooks
    from jobs.daemon import Daemon, check_schedules
    from jobs.flows import register
    from jobs.health import answering
    from jobs.runtime import InProcess
    from tasuki.service.overview import health_word

    app = door.app()
    check_schedules(app)
    journal.begin(journal.secrets_in(app.project.environment))
    runtime = InProcess(app.store, app.tools)
    register(runtime)
    daemon = Daemon(app, runtime)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: daemon.stop.set())
    with answering(lambda: health_word(app), host, port, [webhooks.route(app)]) as taken:
        door.screen.note(f"daemon of {app.project.name}: http://{host}:{taken}/healthz")
        daemon.serve(at_once=at_once)
    return Exit.DONE
