"""The plan of an undo on a terminal: what goes back, and what is left with both values."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.plan import arrow, plan_view

if TYPE_CHECKING:
    from tasuki.service.writing.undoing import Kept
    from tasuki.service.writing.views import PlanView, TargetView

_SHOWN: Final = 20


def undo_view(plan: "PlanView", kept: "Sequence[Kept]", words: Words) -> RenderableType:
    """What is restored, folded; then every cell that is left, with both values, who and when."""
    going = (_going(target) for target in plan.targets)
    shown = replace(plan, targets=tuple(target for target in going if target.folds))
    return Group(plan_view(shown, words), *_left(kept, words))


def _going(target: "TargetView") -> "TargetView":
    folds = tuple(fold for fold in target.folds if fold.state != "refused")
    return replace(target, folds=folds)


def _left(kept: "Sequence[Kept]", words: Words) -> Iterator[Text]:
    if not kept:
        return
    text = words("Left as they are, ours → there now: {n} cells", n=f"{len(kept):,}")
    yield Text("\n" + text, style="yellow")
    said = ""
    for each in kept[:_SHOWN]:
        if (reason := _reason(each, words)) != said:
            yield Text(f"  {reason}", style="dim")
            said = reason
        yield _line(each, words)
    if (more := len(kept) - _SHOWN) > 0:
        yield Text("  " + words("and {n} more", n=f"{more:,}"), style="dim")


def _reason(each: "Kept", words: Words) -> str:
    if each.run:
        return words("a later run of Tasuki wrote it, {run}; undo that one first", run=each.run)
    return words(each.reason)


def _line(each: "Kept", words: Words) -> Text:
    text = Text.assemble("    ", each.label, "  ", (each.field, "bold"), "  ")
    text.append_text(arrow(each.ours, each.theirs, words))
    told = " ".join(str(part) for part in (each.by, (each.at or "")[:16].replace("T", " ")) if part)
    return text.append(f"  {told}  {each.ref}", "dim")
