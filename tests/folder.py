"""A project folder written by a test: opened on a day, and walked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs import flows
from jobs.runtime import InProcess
from sync.context import Order
from tasuki.clock import FixedClock
from tasuki.wiring import open_app

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from tasuki.service.app import App


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, as text in UTF-8 or as bytes, into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(raw)


def opened(folder: Path, files: Mapping[str, str | bytes], today: datetime) -> App:
    """The project of these files, as it stands on a day; close it."""
    write(folder, files)
    return open_app(folder, FixedClock(today), environment={})


def run(app: App) -> dict[str, Any]:
    """Carry out one run; its counts."""
    runtime = InProcess(app.store, app.tools)
    flows.register(runtime)
    try:
        return runtime.wait(runtime.enqueue(Order("run")))
    finally:
        runtime.close()
