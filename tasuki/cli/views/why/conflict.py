"""Conflicts and past moments on a terminal."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.why.explain import moment, plain
from tasuki.cli.views.writes.plan import short_place

if TYPE_CHECKING:
    from tasuki.service.deciding.conflicts import ConflictView
    from tasuki.service.explaining.past import PastView


def conflicts_view(found: Iterable["ConflictView"], words: Words) -> RenderableType:
    """Each disputed field: what every record says, what the entity holds meanwhile."""
    parts = [conflict_view(each, words) for each in found]
    return Group(*parts) if parts else Text(words("Nothing is disputed."), style="green")


def conflict_view(found: "ConflictView", words: Words) -> RenderableType:
    """One disputed or decided field."""
    head = Text.assemble((f"{found.label} ", "bold"), (found.field, "bold cyan"), f"  {found.id}")
    table = _grid(3)
    for each in found.candidates:
        when = Text(moment(each.at, each.by, words), "dim")
        table.add_row(Text(plain(each.value, words), "bold"), f"{each.side}  {each.ref}", when)
    table.add_row("", "", "")
    table.add_row(Text(words("policy"), "dim"), f"{found.policy}  {short_place(found.place)}", "")
    table.add_row(Text(words("holds meanwhile"), "dim"), plain(found.value, words), "")
    if found.state == "decided":
        chosen = f"{plain(found.chosen['value'], words)}  {found.reason or ''}".rstrip()
        when = Text(moment(found.decided_at, found.decided_by, words), "dim")
        table.add_row(Text(words("decided"), "green"), chosen, when)
    return Group(head, Padding(table, (0, 0, 1, 2), expand=False))


def past_view(found: "PastView", words: Words) -> RenderableType:
    """An entity as it was; what has changed since is marked."""
    when = words("as of {moment}", moment=found.local)
    head = Text.assemble((found.label, "bold"), f"  {found.entity}/{found.id}  ", (when, "cyan"))
    parts: list[RenderableType] = [head, ""]
    since = (found.known_since or "")[:16].replace("T", " ")
    if not found.is_known:
        said = words("Nothing can be known of it before {since} UTC.", since=since)
        return Group(*parts, Text(said, style="yellow"))
    if not found.existed:
        return Group(*parts, Text(words("No record belonged to it then."), style="yellow"))
    table = _grid(3)
    for each in found.cells:
        mark = ""
        if each.changed_at:
            day = each.changed_at[:16].replace("T", " ")
            mark = words("{value} since {day} UTC", value=plain(each.now, words), day=day)
        table.add_row(each.field, Text(plain(each.value, words), "bold"), Text(mark, "yellow"))
    parts += [table, ""]
    links = _grid(2)
    for link in found.links:
        links.add_row(link.ref, Text(f"{link.rule}: {link.evidence}".rstrip(": "), "dim"))
    parts += [Text(words("linked records then"), style="bold"), Padding(links, (0, 0, 0, 2))]
    return Group(*parts)


def _grid(columns: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(columns):
        table.add_column(overflow="fold")
    return table
