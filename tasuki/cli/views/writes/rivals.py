"""Who sets our values back, and in which cycle, on a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tasuki.cli.speech.words import Words

if TYPE_CHECKING:
    from tasuki.service.writing.rivals import FieldView, Moment, RivalView

_STATES: Final = {"paused": "yellow", "watched": "dim", "resumed": "green"}


def rivals_view(found: Sequence["FieldView"], words: Words) -> RenderableType:
    """Each field with who sets it back, and the cycle on some of its records."""
    if not found:
        return Text(words("Nobody sets our values back."), style="green")
    return Group(*(_field(each, words) for each in found))


def cycle_line(moments: Iterable["Moment"], words: Words) -> str:
    """A cycle on one line: when, who, what; the day is said where it changes."""
    said: list[str] = []
    day = ""
    for each in moments:
        then, _, clock = each.local.partition(" ")
        when = clock if then == day else each.local
        day = then
        by = each.by or words("somebody") if each.ours else writer(each.by, each.kind, words)
        said.append(f"{when} {by} → {_value(each.value, words)}")
    return " · ".join(said)


def writer(by: str | None, kind: str | None, words: Words) -> str:
    """Who it is, with what kind of writer."""
    name = by or words("somebody")
    return f"{words(kind)} “{name}”" if kind and kind != "unknown" else name


def held_line(each: Mapping[str, Any], words: Words) -> str:
    """Why cells of a field are left alone: somebody sets them back, or two rules want them."""
    where, n = f"{each['to']}.{each['field']}", f"{each['n']:,}"
    if each["why"] == "clash":
        return words(
            "{n} left alone in {where}: rule {rule} and rule {other} want different values",
            n=n, where=where, rule=each["rule"], other=each["with"],
        )  # fmt: skip
    by = writer(each.get("writer"), each.get("kind"), words)
    return words("{n} left alone in {where}: set back by {by} (tasuki rivals)",
                 n=n, where=where, by=by)  # fmt: skip


def story(found: Iterable["RivalView"], words: Words) -> Iterator[RenderableType]:
    """What became of a cell that is set back, for `explain`."""
    for each in found:
        yield Text(f"\n{words('set back')}", style="bold")
        yield Padding(_cell(each, words, name=f"{each.ref}.{each.field}"), (0, 0, 0, 2))


def _field(found: "FieldView", words: Words) -> RenderableType:
    by = writer(found.writer, found.kind, words)
    head = Text.assemble((found.target, "bold cyan"), "  ", words("set back by {by}", by=by))
    lines: list[RenderableType] = [head]
    rule = found.rule or "–"
    if found.whole:
        said = words("paused on every record for rule {rule}", rule=rule)
    else:
        said = words("paused on {n} records for rule {rule}", n=f"{found.records:,}", rule=rule)
    if found.records:
        lines.append(Text(f"  {said}", style="yellow"))
    lines += [Padding(_cell(each, words), (0, 0, 0, 2)) for each in found.cells]
    return Group(*lines, "")


def _cell(found: "RivalView", words: Words, name: str = "") -> RenderableType:
    flips = words("set back {n} times", n=found.flips)
    state = (words(found.state), _STATES.get(found.state, ""))
    label = name or f"{found.label}  {found.ref}"
    head = Text.assemble((label, "bold"), "  ", state, f"  {flips}")
    return Group(head, Padding(Text(cycle_line(found.cycle, words), "dim"), (0, 0, 0, 2)))


def _value(value: Any, words: Words) -> str:
    return words("blank") if value in (None, "", []) else str(value)
