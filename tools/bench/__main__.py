"""Measure Tasuki beside its goals on a sandbox; nothing is asserted.

Usage: python -m tools.bench [--only reading,noop] [--full | --scale 1] [--markdown]
The sandbox runs in a process of its own, so CPU seconds are Tasuki's alone (all threads of it).
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Final

import structlog

from tools.bench import changes, identity, limits, reading
from tools.bench.table import Row, fact, show
from tools.bench.writing import calls

Measure = Callable[[Path, int], Iterator[Row]]

ROWS: Final[Mapping[str, tuple[Measure, int, int]]] = {
    "reading": (reading.reading, 20_000, 100_000),
    "noop": (changes.noop, 2_000, 20_000),
    "changed": (changes.changed, 20_000, 200_000),
    "echo": (changes.echo, 1_000, 10_000),
    "ties": (reading.ties, 14_000, 280_000),
    "memory": (reading.memory, 2_000, 20_000),
    "limits": (limits.limits, 200, 400),
    "latency": (limits.latency, 3_000, 10_000),
    "identity": (identity.identity, 200_000, 1_000_000),
    "writing": (calls.writing, 5_000, 20_000),
    "first-write": (changes.first_write, 500, 10_000),
}
"""What is measured, and its size: usual and full (people; calls of each kind for `limits`)."""


def main(words: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default=",".join(ROWS), help="names, comma-separated")
    parser.add_argument("--scale", type=float, default=1, help="times the usual sizes")
    parser.add_argument("--full", action="store_true", help="the sizes of the goals; takes long")
    parser.add_argument("--markdown", action="store_true", help="print as in docs/benchmarks.md")
    asked = parser.parse_args(words)
    unknown = set(asked.only.split(",")) - set(ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[_nothing])
    for name in asked.only.split(","):
        show(_measured(name, asked.scale, full=asked.full), markdown=asked.markdown)
    return 0


def _measured(name: str, scale: float, *, full: bool) -> list[Row]:
    measure, usual, whole = ROWS[name]
    size = whole if full else max(1, int(usual * scale))
    began = perf_counter()
    with tempfile.TemporaryDirectory(prefix="tasuki-bench-") as folder:
        rows = list(measure(Path(folder), size))
    seconds = perf_counter() - began
    return [*rows, fact(name, "size, seconds of this part", f"{size:,}, {seconds:,.0f} s")]


def _nothing(_logger: object, _method: str, _event: object) -> str:
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
