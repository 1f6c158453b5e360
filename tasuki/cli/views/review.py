"""Reviews and splits on a terminal."""

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.why.explain import moment, plain

if TYPE_CHECKING:
    from tasuki.service.deciding.reviews import Inbox, ReviewView, SplitView

_FIELDS = 8


def inbox_view(found: "Inbox", words: Words) -> RenderableType:
    """Each question with its two records side by side."""
    if not found.reviews:
        return Text(words("Nobody is in doubt."), style="green")
    parts = [review_view(each, words) for each in found.reviews]
    more = found.total - len(found.reviews)
    return Group(*parts, *([Text(words("and {n} more", n=more), style="dim")] if more else []))


def review_view(found: "ReviewView", words: Words) -> RenderableType:
    """One question: what the two share, in what they differ, what each says."""
    head = Text.assemble((found.label, "bold"), f"  {found.entity}  ", (found.id, "bold cyan"))
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    table.add_row("", Text(found.left, "dim"), Text(found.right, "dim"))
    for each in found.fields[:_FIELDS]:
        style = "" if each.is_equal or None in (each.left, each.right) else "yellow"
        left, right = plain(each.left, words), plain(each.right, words)
        table.add_row(each.field, Text(left, style), Text(right, style))
    return Group(head, Text(f"  {_why(found, words)}"), Padding(table, (0, 0, 1, 2), expand=False))


def _why(found: "ReviewView", words: Words) -> str:
    said = [_reason(found.reason, words)]
    if found.share:
        said.append(f"{words('both have')} {', '.join(found.share)}")
    if found.differ:
        said.append(f"{words('they differ in')} {', '.join(found.differ)}")
    if found.likeness:
        alike = ", ".join(f"{name} {score:.0%}" for name, score in found.likeness.items())
        said.append(f"{words('alike')}: {alike}")
    if found.decided_by:
        word = {"accepted": "joined", "rejected": "kept apart"}.get(found.state, found.state)
        said.append(f"{words(word)} {moment(found.decided_at, found.decided_by, words)}")
    return " · ".join(said)


def _reason(reason: str, words: Words) -> str:
    key = reason.removeprefix("same ").removesuffix(", but a veto differs")
    if reason == f"same {key}, but a veto differs":
        return words("same {key}, but a veto differs", key=key)
    key, mark, other = reason.removeprefix("same ").partition(", but not the same ")
    if mark:
        return words("same {key}, but not the same {other}", key=key, other=other)
    return f"{words('rule')} {reason}"


def split_view(found: "SplitView", words: Words) -> RenderableType:
    """Who leaves, and who stays."""
    left = words(
        "{ref} leaves {entity} with the next run.",
        ref=found.ref,
        entity=f"{found.entity}/{found.entity_id}",
    )
    stay = words("It stays of: {refs}", refs=", ".join(found.stay))
    return Group(Text(left), Text(stay, style="dim"))
