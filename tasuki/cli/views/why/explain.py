"""Why a cell holds what it holds, on a terminal."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.plan import arrow, short_place
from tasuki.cli.views.writes.rivals import story

if TYPE_CHECKING:
    from playbook.explain import Explanation, Predicate
    from tasuki.service.explaining.views import (
        Cell,
        EntityView,
        FieldChange,
        LinkView,
        MetricView,
        RecordView,
        WriteView,
    )

_VERDICTS = {True: ("true", "green"), False: ("false", "red"), None: ("unknown", "yellow")}


def entity_view(found: "EntityView", words: Words) -> RenderableType:
    """An entity, or one cell of it."""
    head = Text.assemble((found.label, "bold"), f"  {found.entity}/{found.id}")
    parts: list[RenderableType] = [head, ""]
    if len(found.cells) == 1:
        parts += [*_story(found.cells[0], words), ""]
    else:
        parts += [_cells(found.cells, words), ""]
        parts += list(_numbers(found.metrics, words))
        parts += list(_outcomes(found.rules, words))
    return Group(*parts, *_links(found.links, words), *_browsers(found, words))


def _browsers(found: "EntityView", words: Words) -> Iterator[RenderableType]:
    """Browsers that are this person's, and those in which others opened their links."""
    table = _grid(3)
    for each in found.browsers:
        is_claim = each.claimant_id is not None and each.claimant_id == found.id
        holder = f"person/{each.person_id}" if is_claim and each.person_id else ""
        told = f"{words(each.rule)} · {words(each.state)} {holder}".rstrip()
        table.add_row(each.visitor, told, Text(each.since[:10], "dim"))
    if table.row_count:
        yield Text(words("browsers"), style="bold")
        yield Padding(table, (0, 0, 0, 2), expand=False)


def record_view(found: "RecordView", words: Words) -> RenderableType:
    """A record, or one field of it."""
    who = f" · {found.entity}/{found.entity_id}" if found.entity else ""
    head = Text.assemble((found.label, "bold"), f"  {found.ref}{who}")
    parts: list[RenderableType] = [head]
    changed = moment(found.modified_at, found.modified_by, words)
    parts.append(Text(f"{words('last changed')} {changed}", style="dim"))
    if found.is_deleted:
        parts.append(Text(words("It was deleted."), style="red"))
    parts += ["", _fields(found.fields, words)]
    parts += list(_edits(found.history, words))
    parts += list(_writes(found.writes, words))
    for cell in found.cells:
        parts += ["", *_story(cell, words)]
    return Group(*parts, "", *_links(found.links, words), *_identity(found, words))


def metric_view(found: "MetricView", words: Words) -> RenderableType:
    """A measured number: by which definition, in which window, from which rows."""
    title = found.title.get(words.language) or found.title["en"]
    head = Text.assemble((found.label, "bold"), f"  {found.entity}/{found.id}")
    value = Text.assemble((f"{found.metric} = ", "bold"), (plain(found.value, words), "bold cyan"))
    grid = _grid()
    grid.add_row(words("meaning"), f"{title} {found.unit}".rstrip())
    grid.add_row(words("counted"), found.definition.get(words.language) or "–")
    if found.since:
        grid.add_row(words("window"), f"> {found.since}, ≤ {found.until}")
    grid.add_row(words("as of"), moment(found.as_of, None, words))
    grid.add_row(words("from"), words("{n} rows", n=f"{found.count:,}"))
    for row in found.rows:
        grid.add_row("", Text.assemble((plain(row.value, words), "bold"), f"  {row.ref}"))
    return Group(head, "", value, Padding(grid, (0, 0, 0, 2), expand=False))


def rule_view(found: "Explanation", words: Words) -> RenderableType:
    """A rule about one entity: each predicate and what it saw."""
    head = Text.assemble(
        (found.rule, "bold"), f"  {words(found.kind)} · {found.entity}/{found.entity_id}  ",
        (found.outcome, "bold cyan"), (f"  {short_place(str(found.place))}", "dim"),
    )  # fmt: skip
    parts: list[RenderableType] = [head]
    for reason in found.reasons:
        word, style = _VERDICTS[reason.verdict]
        points = f" ({reason.points:+g})" if reason.points is not None else ""
        line = Text.assemble(
            (f"  {words(word):<7}", style), f"{reason.part}{points}: {reason.says}"
        )
        parts.append(line)
        parts += [_predicate(each, words) for each in reason.predicates]
        if reason.missing:
            lacking = "; ".join(each.says for each in reason.missing)
            parts.append(_indented(Text(f"{words('it lacks')}: {lacking}", style="yellow"), 9))
    return Group(*parts)


def _predicate(each: "Predicate", words: Words) -> RenderableType:
    word, style = _VERDICTS[each.verdict]
    mark = " ←" if each.is_decisive else ""
    seen = f"  {words('saw')} {each.seen}" if each.seen else ""
    return _indented(
        Text.assemble((f"{words(word):<7} ", style), each.says, (seen + mark, "dim")), 9
    )


def _story(cell: "Cell", words: Words) -> Iterator[RenderableType]:
    value = Text.assemble((f"{cell.field} = ", "bold"), (plain(cell.value, words), "bold cyan"))
    yield value
    grid = _grid()
    source = f"{cell.ref}, {moment(cell.at, cell.by, words)}" if cell.ref else words("no record")
    grid.add_row(words("from"), source)
    grid.add_row(words("why"), _said(cell.why, words) or "–")
    if cell.policy:
        grid.add_row(words("policy"), f"{cell.policy}  {short_place(cell.place)}")
    if cell.run:
        grid.add_row(words("decided in run"), cell.run)
    if cell.version:
        grid.add_row(words("mapping version"), cell.version[:12])
    for loser in cell.losers:
        when = (loser.at or "")[:16].replace("T", " ")
        label = words(loser.why or "lost")
        grid.add_row(label, f"{plain(loser.value, words)}  {loser.ref} {when}".rstrip())
    if (dispute := cell.dispute) is not None:
        said = moment(dispute.decided_at, dispute.decided_by, words) if dispute.decided_by else ""
        grid.add_row(words("conflict"), f"{words(dispute.state)}  {said}  {dispute.id}")
    for was in cell.past:
        until = words("until {moment}", moment=was.until[:16].replace("T", " "))
        grid.add_row(words("before"), f"{plain(was.value, words)}  {was.ref or ''}  {until}")
    yield Padding(grid, (0, 0, 0, 2), expand=False)
    yield from _edits(cell.edits, words)
    yield from _writes(cell.writes, words)
    yield from story(cell.rivals, words)


def _said(why: str, words: Words) -> str:
    """The reason of a merge; what stands behind its colon is a policy and stays as written."""
    head, mark, rest = why.partition(": ")
    return f"{words(head)}{mark}{rest}"


def _edits(edits: Iterable["FieldChange"], words: Words) -> Iterator[RenderableType]:
    edits = list(edits)
    if edits:
        yield Text(f"\n{words('changed in the system')}", style="bold")
    for each in edits:
        name = f"{each.ref}.{each.field}" if each.ref else each.field
        line = Text.assemble(f"  {name}: ", arrow(each.before, each.after, words))
        yield line.append(f"  {moment(each.at, each.by, words)}", "dim")


def _cells(cells: Iterable["Cell"], words: Words) -> RenderableType:
    table = _grid(4)
    for cell in cells:
        lost = words("{n} lost", n=len(cell.losers)) if cell.losers else ""
        source = Text(cell.ref or "–", style="dim")
        table.add_row(
            cell.field,
            Text(plain(cell.value, words), "bold"),
            source,
            f"{_said(cell.why, words)} {lost}",
        )
    return table


def _fields(fields: dict[str, Any], words: Words) -> RenderableType:
    table = _grid()
    for name, value in sorted(fields.items()):
        table.add_row(name, Text(plain(value, words), "bold"))
    return table


def _numbers(metrics: dict[str, Any], words: Words) -> Iterator[RenderableType]:
    if metrics:
        shown = ", ".join(f"{k} {plain(v, words)}" for k, v in metrics.items())
        yield Text(f"{words('measured')}: {shown}", style="dim")
        yield Text("")


def _outcomes(found: Iterable["Explanation"], words: Words) -> Iterator[RenderableType]:
    table = _grid(3)
    for each in found:
        table.add_row(
            each.rule, Text(each.outcome, "bold"), Text(short_place(str(each.place)), "dim")
        )
    if table.row_count:
        yield Text(words("rules"), style="bold")
        yield Padding(table, (0, 0, 1, 2), expand=False)


def _writes(writes: Iterable["WriteView"], words: Words) -> Iterator[RenderableType]:
    writes = list(writes)
    if writes:
        yield Text(f"\n{words('written by us')}", style="bold")
    for each in writes:
        line = Text.assemble(f"  {each.ref}.{each.field}: ", arrow(each.before, each.after, words))
        line.append(f"  {words(each.state)} {each.at[:16].replace('T', ' ')}", "dim")
        line.append(f"  {words('plan')} {each.plan}", "dim")
        yield line
        if each.why or each.reason:
            yield _indented(Text(each.reason or each.why, style="dim"), 4)


def _links(links: Iterable["LinkView"], words: Words) -> Iterator[RenderableType]:
    table = _grid(3)
    for link in links:
        evidence = f"{link.rule}: {link.evidence}" if link.evidence else link.rule
        sure = f"{link.confidence:.0%} · {link.decided_by} · {link.since[:10]}"
        if link.until:
            sure = f"{sure} – {link.until[:10]}  {link.entity_id}"
        table.add_row(link.ref, evidence, Text(sure, "dim"))
    if table.row_count:
        yield Text(words("linked records"), style="bold")
        yield Padding(table, (0, 0, 0, 2), expand=False)


def _identity(found: "RecordView", words: Words) -> Iterator[RenderableType]:
    """What a record is recognised by, and what people ruled on it."""
    table = _grid()
    for kind, values in found.keys.items():
        table.add_row(kind, ", ".join(values))
    if table.row_count:
        yield Text(words("recognised by"), style="bold")
        yield Padding(table, (0, 0, 0, 2), expand=False)
    for each in found.rulings:
        said = f"  {each.left} · {each.right}: {words(each.verdict)}"
        yield Text(f"{said}  {moment(each.at, each.by, words)}  {each.reason or ''}".rstrip())


def moment(at: str | None, by: str | None, words: Words) -> str:
    """When and by whom, as far as is known."""
    when = at[:16].replace("T", " ") if at else words("at an unknown time")
    return f"{when} {words('by')} {by}" if by else when


def plain(value: Any, words: Words) -> str:
    """A value on one line."""
    if value in (None, ""):
        return words("blank")
    if isinstance(value, float):
        short = f"{value:g}"
        return f"{value:.0f}" if "e+" in short else short
    return " ".join(str(value).split())


def _indented(text: Text, by: int) -> Padding:
    return Padding(text, (0, 0, 0, by), expand=False)


def _grid(columns: int = 2) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(columns):
        table.add_column(overflow="fold")
    return table
