"""A plan on a terminal: riskiest first, same-shape changes folded, each line with its reason."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.writes.notes import notes, part_lines
from tasuki.cli.views.writes.rivals import held_line

if TYPE_CHECKING:
    from staging.write.plans import Change
    from tasuki.service.writing.views import Fold, PlanView, Sample, TargetView

SIGNS: Final = {"delete": "-", "overwrite": "!", "automation": ">", "create": "+", "fill": "~"}
STYLES: Final = {
    "delete": "bold red",
    "overwrite": "bold yellow",
    "automation": "bold magenta",
    "create": "green",
    "fill": "cyan",
}
_STATES: Final = {
    "written": "green",
    "planned": "",
    "refused": "yellow",
    "held": "yellow",
    "parked": "red",
}
_LONG: Final = 70
_HELD: Final = {
    "blank_key": "the field that makes them unique is blank",
    "waits_for_parent": "what they point at is not there yet",
    "deleted_there": "a person deleted them there",
    "out_of_scope": "they would be out of scope",
    "key_taken": "another record there has their key",
    "erased": "the person was erased",
    "no_consent": "they did not agree to be contacted",
    "open_task": "an earlier task about them is still open",
}


def plan_view(plan: "PlanView", words: Words) -> RenderableType:
    """The whole plan, folded."""
    parts: list[RenderableType] = [_head(plan, words)]
    for target in plan.targets:
        parts += ["", _target_head(target, words), _folds(target.folds, words)]
    return Group(*parts, "", *_foot(plan, words))


def plan_summary(plan: "PlanView", words: Words) -> RenderableType:
    """One line per risk: how many records (and cells), and where they stand."""
    table = _grid(5)
    for risk, count in plan.risk_records.items():
        where = ", ".join(f"{t.connection}/{t.object}" for t in plan.targets if _has(t, risk))
        cells = words("({n} cells)", n=f"{plan.risks[risk]:,}")
        table.add_row(
            _sign(risk),
            _risk(risk, words),
            words("{records} records", records=f"{count:,}"),
            Text(cells, style="dim"),
            Text(where, style="dim"),
        )
    return Group(_head(plan, words), table, *_foot(plan, words))


def cells_view(changes: Iterable["Change"], words: Words) -> RenderableType:
    """Every cell, record by record: field, before → after; then why, and where that is said."""
    from tasuki.service.writing.folding import reason_of

    parts: list[RenderableType] = []
    for _, group in groupby(changes, key=lambda change: change.write_id):
        cells = list(group)
        parts.append(_record_line(cells[0], words))
        said = ""
        for cell in cells:
            parts.append(_cell_line(cell, words))
            why = f"{reason_of(cell)}  {short_place(str(cell.cause.get('place') or ''))}".strip()
            if why and why != said:
                parts.append(Padding(Text(why, style="dim"), (0, 0, 0, 8), expand=False))
            said = why
    return Group(*parts)


def _record_line(change: "Change", words: Words) -> Text:
    text = Text.assemble(_sign(change.risk), " ", _risk(change.risk, words), "  ")
    text.append(change.label, "bold")
    return text.append(
        f"  {change.connection}/{change.object}/{change.record_id or words('new')}", "dim"
    )


def _cell_line(change: "Change", words: Words) -> Text:
    text = Text.assemble(f"    {change.field}: ", arrow(change.before, change.after, words))
    if name := change.cause.get("name"):
        text.append(f"  {name}", "dim")
    if change.state != "planned":
        text.append(f"  {words(change.state)}", _STATES.get(change.state, ""))
        text.append(f" {change.reason or ''}", "dim")
    return text


def short_id(id: str) -> str:
    """A run's id by its beginning; plans, scenario runs and records as they are."""
    return id if "_" in id or "/" in id else id[:18]


def short_place(place: str) -> str:
    """`file:line` of a place that also names column and key."""
    spot = place.partition(" ")[0]
    parts = spot.split(":")
    return ":".join(parts[:2]) if len(parts) > 2 else spot


def arrow(before: Any, after: Any, words: Words) -> Text:
    """`before → after`, with a word for blank."""
    return Text.assemble(_value(before, words), (" → ", "dim"), _value(after, words))


def _values(sample: "Sample", words: Words) -> Text:
    return arrow(sample.before, sample.after, words)


def _value(value: Any, words: Words) -> tuple[str, str]:
    if value in (None, "", []):
        return (words("blank"), "dim italic")
    text = f"{value:g}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    return (text if len(text) <= _LONG else text[: _LONG - 1] + "…", "bold")


def _head(plan: "PlanView", words: Words) -> Text:
    text = Text.assemble((words("Plan"), "bold"), " ", (plan.id, "bold cyan"))
    state = "expired" if plan.is_expired else plan.state
    text.append(f" · {words(state)} · ")
    counts = words("{records} records, {changes} changes")
    text.append(counts.format(records=f"{plan.records:,}", changes=f"{plan.changes:,}"))
    if plan.undo_of:
        text.append(" · " + words("undoes {what}", what=short_id(plan.undo_of)), "dim")
    return text.append(f"\n{_made(plan, words)}", "dim")


def _made(plan: "PlanView", words: Words) -> str:
    """By whom, its fingerprint, how long it may be applied."""
    said = [words("by {who}", who=plan.author), plan.digest]
    if plan.state in ("draft", "approved"):
        until = plan.expires_at[:16].replace("T", " ")
        said.append(words("valid until {until} UTC", until=until))
    return " · ".join(said)


def _target_head(target: "TargetView", words: Words) -> Text:
    style = "bold white on red" if target.environment == "production" else "bold"
    text = Text.assemble((f"{target.connection} · {target.object}", style))
    if target.environment:
        text.append(f" ({words(target.environment)})", "dim")
    text.append("  " + words("{n} records", n=f"{target.records:,}"), "dim")
    return text


def _folds(folds: Iterable["Fold"], words: Words) -> RenderableType:
    folds = list(folds)
    width = max(cell_len(_what(fold)) for fold in folds)
    parts: list[RenderableType] = []
    said = ""
    for fold in folds:
        why = next((s.why for s in fold.samples), "")
        parts += [_line(fold, width, words), *_story(fold, words, why if why != said else "")]
        said = why
    return Group(*parts)


def _line(fold: "Fold", width: int, words: Words) -> Text:
    text = Text.assemble("  ", _sign(fold.risk), " ", _risk(fold.risk, words))
    text.pad_right(max(0, 14 - text.cell_len))
    text.append(f"{fold.records:>6,}  ")
    text.append(set_cell_size(_what(fold), min(width, 36)), "bold")
    text.append(f"  {short_place(fold.place)}", "dim")
    if fold.state != "planned":
        text.append(f"  {words(fold.state)}", _STATES.get(fold.state, ""))
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _what(fold: "Fold") -> str:
    whole = fold.risk in ("create", "delete", "automation")
    return fold.rule if whole else fold.field


def _story(fold: "Fold", words: Words, why: str) -> Iterator[RenderableType]:
    """Samples with their values, then the reason."""
    for sample in fold.samples:
        yield _indented(_sample(fold, sample, words))
    if fold.reason:
        yield _indented(Text(fold.reason, style=_STATES.get(fold.state, "dim")))
    if why and not _repeats(fold, why):
        yield _indented(Text(f"{words('why')}: {why}", style="dim"))


def _sample(fold: "Fold", sample: "Sample", words: Words) -> Text:
    if fold.risk not in ("create", "automation"):
        return Text.assemble(sample.label, "  ", _values(sample, words))
    new = _value(sample.after, words)
    label = "" if sample.label in str(sample.after) else f"{sample.label}  "
    return Text.assemble(label, (words("new"), "dim italic"), (" → ", "dim"), new)


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 24), expand=False)


def _repeats(fold: "Fold", why: str) -> bool:
    return any(str(sample.after) == why for sample in fold.samples)


def _foot(plan: "PlanView", words: Words) -> Iterator[RenderableType]:
    yield from part_lines(plan, words)
    if plan.kept:
        yield Text(
            words("{n} cells are left alone: somebody edited them since.", n=plan.kept),
            style="yellow",
        )
    yield from held_lines(plan.held, words)
    if plan.quiet:
        yield Text(words("{n} more cells of quiet fields", n=f"{plan.quiet:,}"), style="dim")
    yield from told_lines(plan.told, words)
    yield from notes(plan, words)


def held_lines(held: Iterable[Mapping[str, Any]], words: Words) -> Iterator[Text]:
    """What is wanted and not done, a line for each reason."""
    for each in held:
        n, to, why = f"{each['n']:,}", each["to"], str(each["why"])
        if why in ("rival", "clash"):
            said = held_line(each, words)
        elif "field" in each:
            where, day = f"{to}.{each['field']}", str(each["since"])[:10]
            said = words("{n} kept in {where}: changed by a person on {day}",
                         n=n, where=where, day=day)  # fmt: skip
        else:
            said = words("{n} not made in {to}: {why}", n=n, to=to, why=words(_HELD.get(why, why)))
        yield Text(said, style="dim")


def told_lines(told: Iterable[Mapping[str, Any]], words: Words) -> Iterator[Text]:
    """What became of mappings and fields that were renamed or removed."""
    for each in told:
        yield Text(words(each["say"], **each["values"]), style="yellow")


def _has(target: "TargetView", risk: str) -> bool:
    return any(fold.risk == risk for fold in target.folds)


def _sign(risk: str) -> Text:
    return Text(SIGNS.get(risk, "?"), style=STYLES.get(risk, ""))


def _risk(risk: str, words: Words) -> Text:
    return Text(words(risk), style=STYLES.get(risk, ""))


def _grid(columns: int) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(columns):
        table.add_column()
    return table
