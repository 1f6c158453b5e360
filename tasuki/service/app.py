"""What every use case is handed: the project, its store and tools; and who runs workflows."""

from dataclasses import dataclass
from typing import Protocol

from config.project import Project
from staging.engine import Store
from sync.context import Order, Tools
from tasuki.values import Json


@dataclass(frozen=True, slots=True)
class App:
    """One open project."""

    project: Project
    store: Store
    tools: Tools

    def close(self) -> None:
        """Give back sessions and connections."""
        for connector in self.tools.connectors.values():
            connector.close()
        self.store.close()


class Runs(Protocol):
    """Whoever carries out workflows (jobs.runtime)."""

    def enqueue(self, order: Order, *, run_id: str | None = None) -> str:
        """Start a workflow; its run id at once."""
        ...

    def wait(self, run_id: str) -> dict[str, Json]:
        """The run's counts once it has ended; raises what ended it."""
        ...
