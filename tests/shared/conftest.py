"""Data written by others, read from beside the project; without it these tests skip."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs import flows
from jobs.runtime import InProcess
from sync.context import Order
from tasuki.clock import FixedClock
from tasuki.wiring import open_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from tasuki.service.app import App

HERE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Loader:
    """Writes a project folder, opens it and walks the flow."""

    folder: Path
    stack: ExitStack

    def open(self, files: Mapping[str, str], today: datetime, name: str = "project") -> App:
        """Open the project of these files, as it stands on a day."""
        folder = self.folder / name
        for file, text in files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        app = open_app(folder, FixedClock(today), environment={})
        self.stack.callback(app.close)
        return app

    def run(self, app: App) -> dict[str, Any]:
        """Carry out one run; its counts."""
        runtime = InProcess(app.store, app.tools)
        flows.register(runtime)
        try:
            return runtime.wait(runtime.enqueue(Order("run")))
        finally:
            runtime.close()


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loader]:
    """Give an empty folder that projects are written into."""
    with ExitStack() as stack:
        yield Loader(tmp_path_factory.mktemp("shared"), stack)


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Find a folder of shared data, or skip."""

    def find(name: str) -> Path:
        root = Path(os.environ.get("TASUKI_SHARED") or HERE.parent / "shared")
        found = root / "data" / name
        if not found.is_dir():
            pytest.skip(f"{found} is not here: it is not part of the project")
        return found

    return find
