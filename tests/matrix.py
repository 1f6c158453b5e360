"""The fault matrix of the journeys, printed when the suite ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MATRIX = "fault-matrix"
"""The property under which a test leaves [write, fault, what came of it]."""


def lines(reports: Iterable[Any]) -> Iterator[str]:
    """The matrix of these reports: for each kind of write, what came of it under each fault."""
    cells: dict[str, dict[str, str]] = {}
    for report in reports:
        for name, value in report.user_properties:
            if name == MATRIX and report.when == "call":
                write, fault, said = value
                cells.setdefault(write, {})[fault] = said
    for write, row in sorted(cells.items()):
        yield write
        yield from (f"    {fault:<18} {said}" for fault, said in row.items())
