"""What became of a plan: counts, what people changed meanwhile, what guards hold, what failed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.plan import arrow

if TYPE_CHECKING:
    from tasuki.service.writing.views import Applied, PlanView

_STYLES: Final = {
    "written": "green",
    "parked": "red",
    "refused": "yellow",
    "held": "yellow",
    "unknown": "magenta",
}


def applied_view(applied: "Applied", plan: "PlanView", words: Words) -> RenderableType:
    """Counts first, then everything that was not written, with its reason."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, style in _STYLES.items():
        count = int(getattr(applied, name))
        if count or name == "written":
            table.add_row(Text(f"{count:,}", style=style), Text(words(f"cells {name}")))
    return Group(table, *_left(applied, words), *_held(applied, words), *_not_written(plan, words))


def _left(applied: "Applied", words: Words) -> Iterator[Text]:
    """What moved since the plan: label, field, who and when."""
    if not applied.left:
        return
    yield Text(words("Left as they are:"), style="yellow")
    width = min(36, max(len(f"{each.label}  {each.field}") for each in applied.left))
    for each in applied.left:
        text = Text.assemble("  ", each.label, ("  " + each.field, "bold"))
        text.pad_right(max(0, width + 2 - text.cell_len))
        yield text.append(f"  {each.reason}", "dim")
    if (more := applied.moved - len(applied.left)) > 0:
        yield Text("  " + words("and {n} more", n=f"{more:,}"), style="dim")


def _held(applied: "Applied", words: Words) -> Iterator[Text]:
    """What a guard held, in its own words."""
    for each in applied.groups:
        where = f"{each.connection}/{each.object}"
        yield Text.assemble(
            (words("held"), "yellow"),
            f" {where} {each.rule} ({each.records:,})",
            (f"  {each.reason}", "dim"),
        )


def _not_written(plan: "PlanView", words: Words) -> Iterator[RenderableType]:
    """The folds that a system refused, or whose answer never came, each with its reason."""
    for target in plan.targets:
        for fold in target.folds:
            if fold.state in ("parked", "unknown"):
                head = f"{target.connection}/{target.object} {fold.field} ({fold.records:,})"
                style = _STYLES.get(fold.state, "")
                yield Text.assemble((f"  {words(fold.state)} ", style), head)
                yield Text(f"     {fold.reason}", style="dim")
                for sample in fold.samples:
                    change = arrow(sample.before, sample.after, words)
                    yield Text.assemble("     ", sample.label, "  ", change)
