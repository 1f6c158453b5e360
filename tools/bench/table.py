"""A row of the benchmark: what was measured, beside its floor and its goal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table

_GROUP, _WHAT, _FIGURE = 11, 56, 22
_WIDTH: Final = 160


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `reached` is None where there is no goal, only a fact."""

    group: str
    what: str
    ours: str
    floor: str = ""
    goal: str = ""
    reached: bool | None = None


def fact(group: str, what: str, ours: str) -> Row:
    """A figure that has no goal."""
    return Row(group, what, ours)


def at_most(group: str, what: str, ours: float, most: float, floor: str, unit: str = "") -> Row:
    """A figure that should not exceed a goal."""
    goal = f"≤ {_said(most, unit)}"
    return Row(group, what, _said(ours, unit), floor, goal, ours <= most + 1e-9)


def at_least(group: str, what: str, ours: float, least: float, unit: str = "") -> Row:
    """A figure that should reach a goal."""
    return Row(group, what, _said(ours, unit), "", f"≥ {_said(least, unit)}", ours >= least)


def show(rows: Iterable[Row], *, markdown: bool = False) -> None:
    """Print one group's rows: for a terminal, or as they stand in docs/benchmarks.md."""
    if markdown:
        for row in rows:
            cells = (row.group, row.what, row.ours, row.floor, row.goal, _mark(row))
            print("|", " | ".join(cells), "|", flush=True)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("", width=_GROUP)
    table.add_column("", width=_WHAT)
    for head in ("ours", "floor", "goal"):
        table.add_column(head, justify="right", width=_FIGURE)
    table.add_column("", width=3)
    for row in rows:
        table.add_row(row.group, row.what, row.ours, row.floor, row.goal, _mark(row))
    Console(width=_WIDTH).print(table)


def _mark(row: Row) -> str:
    return "" if row.reached is None else "yes" if row.reached else "NO"


def _said(number: float, unit: str) -> str:
    text = f"{number:,.0f}" if number == int(number) or number >= 1_000 else f"{number:,.2f}"
    return f"{text} {unit}".rstrip()
