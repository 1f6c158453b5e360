"""A process that carries out one workflow and kills itself with SIGKILL at a chosen moment.

The moment is `commit:7` (after the seventh commit of a step) or `send:2` (after the second batch
went out, before its receipts are kept). `runpy` runs it, with WORDS: project, workflow, arguments,
moment.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from connectors.protocol import Receipt, Write
from jobs.flows import register
from jobs.runtime import InProcess
from sync.context import Event, Order
from tasuki.cli.flow import quiet_logs
from tasuki.wiring import open_app


@dataclass
class Moment:
    """Counts commits and sends, and dies at the chosen one."""

    chosen: str
    counts: dict[str, int] = field(default_factory=lambda: {"commit": 0, "send": 0})

    def passes(self, kind: str) -> None:
        """One more of a kind; the process may end here."""
        self.counts[kind] += 1
        if self.chosen == f"{kind}:{self.counts[kind]}":
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, event: Event) -> None:
        """A step was committed."""
        if event.stage.startswith("step:"):
            self.passes("commit")


@dataclass
class Mortal:
    """A connector whose process may die between what it sent and the keeping of the answer."""

    inner: Any
    moment: Moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, batch: Sequence[Write]) -> Sequence[Receipt]:
        """Send, then perhaps die."""
        answers: Sequence[Receipt] = self.inner.write(batch)
        self.moment.passes("send")
        return answers


def main(project: str, workflow: str, arguments: str, chosen: str) -> None:
    """Carry the workflow out, up to the chosen moment."""
    quiet_logs()
    moment = Moment(chosen)
    app = open_app(Path(project))
    mortals = {name: Mortal(each, moment) for name, each in app.tools.connectors.items()}
    runtime = InProcess(app.store, replace(app.tools, connectors=mortals), moment.watch)
    register(runtime)
    runtime.wait(runtime.enqueue(Order(workflow, json.loads(arguments))))
    runtime.close()
    app.close()


if __name__ == "__main__":
    main(*globals()["WORDS"])
