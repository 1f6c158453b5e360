"""What every use case is handed: the project, its store and tools; and who runs workflows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from config.project import Project
from connectors.protocol import Connector
from staging.engine import Store
from sync.budget.ledger import Ledger
from sync.context import Order, Tools
from tasuki.values import Json


class Connections(Mapping[str, Connector]):
    """The project's connectors by name, each opened when it is first asked for.

    A command that only reads the store imports no client library and looks up no secret.
    """

    def __init__(
        self,
        openers: Mapping[str, Callable[[], Connector]],
        ledgers: Mapping[str, Ledger] | None = None,
    ) -> None:
        self._openers = openers
        self._ledgers = ledgers or {}
        self._opened: dict[str, Connector] = {}
        self._lock = Lock()

    def __getitem__(self, name: str) -> Connector:
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._openers[name]()
            return self._opened[name]

    def __contains__(self, name: object) -> bool:
        return name in self._openers

    def __iter__(self) -> Iterator[str]:
        return iter(self._openers)

    def __len__(self) -> int:
        return len(self._openers)

    def close(self) -> None:
        """Give back the sessions of those that were opened, and the calls they did not make."""
        for name, connector in self._opened.items():
            connector.close()
            if name in self._ledgers:
                self._ledgers[name].close()


@dataclass(frozen=True, slots=True)
class App:
    """One open project."""

    project: Project
    store: Store
    tools: Tools

    def close(self) -> None:
        """Give back sessions and connections."""
        if isinstance(self.tools.connectors, Connections):
            self.tools.connectors.close()
        self.store.close()


class Runs(Protocol):
    """Whoever carries out workflows (jobs.runtime)."""

    def enqueue(self, order: Order, *, run_id: str | None = None) -> str:
        """Start a workflow; its run id at once."""
        ...

    def wait(self, run_id: str) -> dict[str, Json]:
        """The run's counts once it has ended; raises what ended it."""
        ...
