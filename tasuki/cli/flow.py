"""Carry out a workflow for a verb: this process's runtime, with somebody watching."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasuki.cli.progress import watching

if TYPE_CHECKING:
    from jobs.runtime import InProcess
    from tasuki.cli.front import Door
    from tasuki.values import Json


def me() -> str:
    """Who types, for approvals and the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"


@contextmanager
def engine(door: "Door") -> Iterator["InProcess"]:
    """A runtime on the door's project; its end finishes the present step and stops."""
    from jobs.flows import register
    from jobs.runtime import InProcess

    app = door.app()
    quiet_logs()
    with watching(door.screen) as watch:
        runtime = InProcess(app.store, app.tools, watch)
        register(runtime)
        try:
            yield runtime
        finally:
            runtime.close()


def carry_out(door: "Door", start: "Callable[[InProcess], str]") -> "tuple[str, dict[str, Json]]":
    """Start a workflow and wait for it: its run id and counts."""
    with engine(door) as runtime:
        run_id = start(runtime)
        return run_id, runtime.wait(run_id)


def quiet_logs() -> None:
    """Let only warnings through: a command says itself what happens."""
    import logging
    import sys

    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
