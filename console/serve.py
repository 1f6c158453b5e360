"""The console on a port: uvicorn, no access log (addresses hold one-time links)."""

import sys
from collections.abc import Callable

import uvicorn

from console.access import accounts
from console.app import create
from jobs.runtime import Runtime
from tasuki.service.app import App


def serve(
    app: App,
    runtime: Runtime,
    host: str = "127.0.0.1",
    port: int = 8765,
    say: Callable[[str], object] = sys.stdout.write,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests in hand.

    On the first start it says where the first admin sets a password: once, within a day.
    """
    if link := first_link(app, f"http://{host}:{port}"):
        say(f"First start: set the first admin's password at\n  {link}\n(once, within 24 hours)\n")
    server(app, runtime, host, port).run()


def server(app: App, runtime: Runtime, host: str = "127.0.0.1", port: int = 8765) -> uvicorn.Server:
    """The server, ready to run."""
    config = uvicorn.Config(
        create(app, runtime),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        ws="none",
    )
    return uvicorn.Server(config)


def first_link(app: App, base_url: str) -> str | None:
    """Where the first admin sets a password; None once somebody is admin."""
    path = accounts.first_link(app)
    return f"{base_url}{path}" if path else None
