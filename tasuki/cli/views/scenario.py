"""Scenarios on a terminal: whom it is for, who is left out and why, who gets what."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words

if TYPE_CHECKING:
    from tasuki.service.scenarios import BranchView, Member, ScenarioCard, ScenarioView


def scenarios_view(cards: "Iterable[ScenarioCard]", words: Words) -> RenderableType:
    """Every scenario and how far its newest run is."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_header=False)
    for card in cards:
        state = words(card.run.state) if card.run else words("not previewed yet")
        table.add_row(Text(card.name, style="bold"), _said(card.title, words), state)
    return table


def scenario_view(view: "ScenarioView", words: Words) -> RenderableType:
    """One scenario in sentences, and what its newest run makes of them."""
    head = Text.assemble((view.name, "bold"), "  ", _said(view.title, words))
    parts: list[RenderableType] = [head, Text(view.place, style="dim"), _rules(view, words)]
    if view.run is not None:
        parts += [Text(""), _counts(view, words), _members(view.members, words)]
    return Group(*parts)


def _rules(view: "ScenarioView", words: Words) -> RenderableType:
    table = _grid()
    table.add_row(words("who"), _said(view.audience, words))
    for each in view.exclusions:
        count = f"{each.count:,} " if view.run else ""
        table.add_row(words("left out"), f"{count}{each.reason}: {_said(each.says, words)}")
    percent = view.holdout_percent
    table.add_row(
        words("holdout"), words("{percent:g} % are left alone to compare", percent=percent)
    )
    for branch in view.branches:
        table.add_row(words("then"), _branch(branch, words))
    return table


def _branch(branch: "BranchView", words: Words) -> Text:
    who = words("The rest") if branch.is_rest else _said(branch.says, words)
    line = Text.assemble((f"{branch.count:,} ", "bold"), f"{who}")
    if branch.task:
        line.append(f" → {words('task')}: {_said(branch.task, words)}")
    if branch.list_name:
        line.append(f" → {words('list')}: {branch.list_name}")
    return line


def _counts(view: "ScenarioView", words: Words) -> RenderableType:
    run = view.run
    if run is None:
        return Text("")
    approved = run.approved_by or words("nobody yet")
    table = _grid()
    said = words("by {author}, approved by {approved}", author=run.author, approved=approved)
    table.add_row(words(run.state), f"{run.id}  {said}")
    table.add_row(words("audience"), f"{run.audience:,}")
    for arm, count in run.arms.items():
        table.add_row(words(arm), f"{count:,}")
    for cells in view.result:
        states = ", ".join(f"{n:,} {words(state)}" for state, n in cells.states.items())
        table.add_row(f"{cells.connection}/{cells.object}", states)
    return table


def _members(members: "Iterable[Member]", words: Words) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for each in members:
        why = each.reason or each.branch or ""
        table.add_row(f"  {words(each.arm)}", each.account, Text(why, style="dim"))
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _said(sentence: Mapping[Any, str], words: Words) -> str:
    return sentence.get(words.language) or sentence.get("en", "")
