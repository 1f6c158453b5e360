"""What waits because it was refused or could not be read, on a terminal."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words

if TYPE_CHECKING:
    from staging.write.parking import Standing, Waits
    from tasuki.service.writing.parked import ParkedView, Retried


def parked_list(found: "ParkedView", words: Words) -> RenderableType:
    """Every cause with count, sample, line, fix and clock; each record, if it was asked for."""
    parts: list[RenderableType] = [*causes_view(found.causes, words)]
    if found.records:
        parts += ["", _records(found.records, words)]
    return Group(*parts, "", standing_line(found.standing, words))


def causes_view(causes: Iterable[Mapping[str, Any]], words: Words) -> Iterator[RenderableType]:
    """What waits, most first: how much, where, why, what mends it, and when it is tried again."""
    causes = list(causes)
    if not causes:
        yield Text(f"{words('parked')}: {words('nothing')}", style="green")
    for cause in causes:
        at = f"{cause['connection']}/{cause['object']}"
        count = (f"{words('parked')} {cause['count']:,}  ", "red")
        yield Text.assemble(count, at, f"  {cause['reason']}  ", (cause["code"], "dim"))
        place = f"  ({cause['place']})" if cause.get("place") else ""
        yield Text(f"  {words('fix')}: {cause['fix']}{place}", style="dim")
        if said := " · ".join(filter(None, (_sample(cause, words), _clock(cause, words)))):
            yield Text(f"  {said}", style="dim")


def standing_line(standing: "Standing", words: Words) -> Text:
    """How much waits, in one line."""
    if not standing.waiting:
        return Text(words("Nothing is parked."), style="green")
    parts = [words("{n} parked", n=f"{standing.waiting:,}")]
    if standing.dead:
        parts.append(words("{n} of them for a person only", n=f"{standing.dead:,}"))
    if standing.next_at:
        parts.append(words("next try {at} UTC", at=minute(standing.next_at)))
    return Text(" · ".join(parts), style="yellow")


def retried_lines(found: "Retried", words: Words, *, as_planned: bool) -> Iterator[RenderableType]:
    """What is taken up again, as what, and what is not."""
    as_ = "as they were planned" if as_planned else "as mappings and rules are today"
    yield Text(
        words(
            "Again: {n} refused writes, {how}; {cells} cells from what was pulled last.",
            n=f"{found.writes:,}",
            how=words(as_),
            cells=f"{found.cells:,}",
        )
    )
    yield Text(words("Not again: what was written, and what nobody wants any more."), style="dim")
    if found.rows:
        said = words("{n} rows of files are read again when their file changes.", n=found.rows)
        yield Text(said, style="dim")
    if found.undos:
        said = words("{n} refused undos: run `tasuki undo` again.", n=found.undos)
        yield Text(said, style="dim")


def dropped_view(found: Iterable["Waits"], words: Words) -> RenderableType:
    """What a person gave up."""
    return _records(found, words)


def minute(moment: str) -> str:
    """A stamp to the minute, as people read it."""
    return moment[:16].replace("T", " ")


def _sample(cause: Mapping[str, Any], words: Words) -> str:
    if not cause.get("sample"):
        return ""
    ref = f"{cause['connection']}/{cause['object']}/{cause['sample']}"
    label = cause.get("label")
    return words("e.g. {what}", what=f"{label} ({ref})" if label not in (None, "", ref) else ref)


def _clock(cause: Mapping[str, Any], words: Words) -> str:
    """When it is tried again, and how often it was; or that it waits for a person."""
    tried = words("refused {n} times", n=cause.get("attempts") or 1)
    if cause.get("next_at"):
        return f"{words('next try {at} UTC', at=minute(cause['next_at']))}, {tried}"
    if cause.get("dead"):
        return f"{words('for a person only')}, {tried}: tasuki retry"
    return ""


def _records(found: Iterable["Waits"], words: Words) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "name", "state", "next try", "why"):
        table.add_column(words(name), overflow="fold")
    for each in found:
        table.add_row(
            Text(each.id),
            Text(each.label or "–"),
            words(each.state),
            minute(each.next_at) if each.next_at else "–",
            Text(each.reason),
        )
    return table
