"""Runs on a terminal: what came in, what was understood, what was decided."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words

if TYPE_CHECKING:
    from tasuki.service.running import RunView, StepView
    from tasuki.values import Json

STATES: Final = {
    "done": "green",
    "partial": "yellow",
    "failed": "bold red",
    "interrupted": "yellow",
    "running": "cyan",
}
_FUNNEL: Final = (
    ("rows read", "read"),
    ("changed", "changed"),
    ("deleted", "deleted"),
    ("rows that could not be read", "broken"),
    ("entities merged", "entities"),
    ("conflicts for a person", "conflicts"),
    ("scored", "scored"),
    ("signals opened", "opened"),
    ("handoffs offered", "offered"),
    ("open writes settled", "settled"),
)


def funnel(counts: "dict[str, Json]", words: Words) -> RenderableType:
    """What a run did, one number per stage; stages with nothing to do are left out."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    table.add_column()
    for name, key in _FUNNEL:
        if counts.get(key) or key == "read":
            table.add_row(f"{counts.get(key) or 0:,}", words(name))
    parts: list[RenderableType] = [table]
    if missing := counts.get("incomplete"):
        text = words("incomplete, the systems count otherwise: {names}", names=", ".join(missing))
        parts.append(Text(text, style="yellow"))
    return Group(*parts)


def runs_view(runs: Iterable["RunView"], words: Words) -> RenderableType:
    """The last runs, newest first."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    names = ("run", "kind", "state", "started (UTC)", "took", "by", "plan", "")
    for name in names:
        table.add_column(words(name) if name else "", overflow="fold")
    for run in runs:
        table.add_row(
            short(run.id),
            run.kind,
            Text(words(run.state), style=STATES.get(run.state, "")),
            run.started_at[:19].replace("T", " "),
            seconds(run.took),
            f"{run.by} ({run.trigger})",
            run.plan_id or "–",
            Text(run.error or "", style="red"),
        )
    return table


def run_view(run: "RunView", steps: Iterable["StepView"], words: Words) -> RenderableType:
    """One run with its steps."""
    head = Text.assemble(
        (words("Run"), "bold"), " ", (run.id, "bold cyan"), f" · {run.kind} · ",
        (words(run.state), STATES.get(run.state, "")), f" · {seconds(run.took)}",
    )  # fmt: skip
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("step", "times", "last"):
        table.add_column(words(name))
    for step in steps:
        table.add_row(step.name, f"{step.times:,}", step.last_at[11:19])
    parts: list[RenderableType] = [head, "", funnel(run.counts, words), "", table]
    if run.error:
        parts.insert(1, Text(run.error, style="red"))
    return Group(*parts)


def short(id: str) -> str:
    """The first part of a run id that is long enough to name it."""
    return id[:18]


def seconds(took: timedelta | None) -> str:
    """A duration as people say it."""
    return f"{took.total_seconds():.1f} s" if took is not None else "–"
