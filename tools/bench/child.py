"""What is measured in a process of its own: the memory of a pull, two processes on one ledger.

Usage: python -m tools.bench.child pull FOLDER KIND FIELDS
       python -m tools.bench.child calls FOLDER KIND CALLS
Prints the peak of resident memory in MiB, or how many calls passed. Imports nothing of the
sandbox, so that its memory is the product's.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from jobs.runtime import InProcess, Run
from sync.complete.due import Ordered
from sync.complete.flow import pull as pull_all
from sync.context import Order
from tasuki.service.app import App
from tasuki.values import Json
from tasuki.wiring import open_app

_KIB_PER_MIB: Final = 1024


def main(words: Sequence[str]) -> int:
    """Do one piece of work and print its figure."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[_nothing])
    work, folder, kind, rest = words
    app = open_app(Path(folder), environment=dict(os.environ))
    try:
        print(_pull(app, kind, rest) if work == "pull" else _calls(app, kind, int(rest)))
    finally:
        app.close()
    return 0


def _pull(app: App, kind: str, fields: str) -> float:
    tools = replace(app.tools, reads={kind: frozenset(fields.split(","))})
    runtime = InProcess(app.store, tools)
    runtime.register("pull", _workflow)
    runtime.wait(runtime.enqueue(Order("pull", trigger="bench")))
    runtime.close()
    return peak()


def _workflow(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    return pull_all(run, Ordered.of(arguments))


def _calls(app: App, kind: str, many: int) -> int:
    """Calls without a run, as a command makes them while the daemon works."""
    connection, object_ = kind.split("/")
    connector = app.tools.connectors[connection]
    for _ in range(many):
        connector.ids(object_, None)
    return many


def peak() -> float:
    """The most this process ever held; unlike `getrusage` it begins anew with the program."""
    for line in Path("/proc/self/status").read_text("ascii", errors="replace").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / _KIB_PER_MIB
    return 0.0


def _nothing(_logger: object, _method: str, _event: object) -> str:
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
