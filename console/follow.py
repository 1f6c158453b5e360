"""Runs started from the console: who waits for them, and what ended those that could not begin."""

import threading
from dataclasses import dataclass, field

import structlog

from jobs.runtime import Runtime
from sync.context import Order
from tasuki.errors import TasukiError

LOG = structlog.get_logger("tasuki.console")


@dataclass(slots=True)
class Follow:
    """The runs this console started, by id; a page asks here until the store knows them."""

    runtime: Runtime
    open: set[str] = field(default_factory=set)
    errors: dict[str, TasukiError] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def enqueue(self, order: Order, *, run_id: str | None = None) -> str:
        """Start a workflow; its run id at once."""
        id_ = self.runtime.enqueue(order, run_id=run_id)
        with self.guard:
            self.open.add(id_)
        threading.Thread(target=self._watch, args=(id_,), daemon=True).start()
        return id_

    def wait(self, run_id: str) -> dict[str, object]:
        """The run's counts once it has ended; raises what ended it."""
        return self.runtime.wait(run_id)

    def is_open(self, run_id: str) -> bool:
        """Whether a run that was started here has not ended."""
        return run_id in self.open

    def error(self, run_id: str) -> TasukiError | None:
        """What ended a run that was started here."""
        return self.errors.get(run_id)

    def _watch(self, run_id: str) -> None:
        try:
            self.runtime.wait(run_id)
        except TasukiError as error:
            self.errors[run_id] = error
        except Exception as error:
            LOG.exception("console.run_broke", run=run_id)
            self.errors[run_id] = TasukiError(
                f"The run broke: {type(error).__name__}",
                where=f"run {run_id}",
                remedy="The log holds the traceback; report it.",
            )
        finally:
            with self.guard:
                self.open.discard(run_id)
