"""A workflow in a process of its own that may kill itself at a chosen moment (dies.py)."""

from __future__ import annotations

import json
import multiprocessing
import runpy
import signal
from pathlib import Path
from typing import Any

DIES = str(Path(__file__).parent / "dies.py")
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["tasuki.wiring", "jobs.flows"])


def carry_out(place: Any, workflow: str, moment: str, **arguments: Any) -> bool:
    """Carry a workflow out in a process of its own; whether that process lived."""
    words = (str(place.project), workflow, json.dumps(arguments), moment)
    child = SPAWN.Process(target=runpy.run_path, args=(DIES, {"WORDS": words}, "__main__"))
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    lived = child.exitcode == 0
    child.close()
    return lived
