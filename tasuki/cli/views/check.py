"""Findings, checks and settings on a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words

if TYPE_CHECKING:
    from mappings.finding import Finding
    from tasuki.service.checking.check import Check
    from tasuki.service.checking.live import DriftView, Kept, ObjectView
    from tasuki.service.checking.origin import Setting
    from tasuki.service.checking.preview import MappingPreview, RecordPreview
    from tasuki.service.checking.project import Tests

_STYLES: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_SIGNS: Final = {"ok": "✓", "warn": "!", "fail": "✗"}
_LINES: Final = ("", "where: ", "why:   ", "fix:   ")


def findings_view(findings: Sequence["Finding"], words: Words) -> RenderableType:
    """Each finding in four lines, then how many."""
    parts = list(_four_lines(findings))
    errors = sum(1 for each in findings if each.severity == "error")
    said = words("{errors} errors, {warnings} warnings",
                 errors=errors, warnings=len(findings) - errors)  # fmt: skip
    return Group(*parts, Text(said, style="red" if errors else "green"))


def metadata_view(kept: "Kept", words: Words) -> RenderableType:
    """Beside which descriptions of the systems the files were judged, and of when those are."""
    parts = [
        words("{name} as it was at {moment} UTC; `--live` asks it now",
              name=name, moment=_minute(at))
        for name, at in kept.since.items()
    ] + [
        words("{name} was last discovered at {moment} UTC, too long ago: `tasuki discover`",
              name=name, moment=_minute(at))
        for name, at in kept.too_old.items()
    ]  # fmt: skip
    nothing = words("The files alone; `tasuki discover` or `--live` judges them beside the systems")
    return Text("\n".join(parts or [nothing]), style="dim")


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _four_lines(findings: Iterable["Finding"]) -> Iterator[Text]:
    for each in findings:
        style = "bold red" if each.severity == "error" else "bold yellow"
        yield Text.assemble((f"{each.severity}: ", style), each.what)
        for label, line in zip(_LINES[1:], each.lines()[1:], strict=True):
            yield Text(label + line, style="dim")


def tests_view(found: "Tests", words: Words) -> RenderableType:
    """One line per example with what it missed, what could not be tried, then how many."""
    parts: list[Text] = []
    for each in found.examples:
        sign = "ok" if each.holds else "fail"
        head = Text.assemble((_SIGNS[sign], _STYLES[sign]), f" {each.mapping}: {each.example}")
        place = each.place
        where = f"  {place.file}:{place.line}" if place else ""
        missed = "; ".join(
            words("{name} should be {expected}, is {got}", name=miss.name,
                  expected=_plain(miss.expected), got=_plain(miss.got))
            for miss in each.misses
        )  # fmt: skip
        parts.append(head.append(where, "dim").append(f"  {missed}" if missed else "", "red"))
    said = words("{passed} passed, {failed} failed", passed=found.passed, failed=found.failed)
    total = Text(said, style="green" if found.is_green else "red")
    return Group(*parts, *_four_lines(found.findings), total)


def checks_view(checks: Iterable["Check"], words: Words) -> RenderableType:
    """One line per check, with its fix when it has one."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    for check in checks:
        sign = Text(f"{_SIGNS[check.state]} {check.state}", style=_STYLES[check.state])
        found = Text(check.found)
        if check.fix:
            found.append(f"\n{words('fix')}: {check.fix}", "dim")
        table.add_row(sign, check.name, found)
    return table


def settings_view(settings: Iterable["Setting"], words: Words) -> RenderableType:
    """Each setting with its origin."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("setting", "value", "from"):
        table.add_column(words(name), overflow="fold")
    for each in settings:
        table.add_row(each.key, Text(each.value, style="bold"), Text(each.origin, style="dim"))
    return table


def drift_view(found: Iterable["DriftView"], words: Words) -> RenderableType:
    """What the systems lost or tightened since the last time, and what feels it."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("drifted since the last time", "what", "felt by"):
        table.add_column(words(name), overflow="fold")
    for each in sorted(found, key=lambda each: not each.felt_by):
        where = ".".join(filter(None, (f"{each.connection}/{each.object}", each.moved.field)))
        change = " → ".join(filter(None, (each.moved.before, each.moved.after)))
        said = words(each.moved.what.value.replace("_", " "))
        felt = "\n".join(str(f.place or f.mapping) for f in each.felt_by)
        table.add_row(where, f"{said}: {change}" if change else said, felt or words("nobody"))
    return table


def objects_view(found: Iterable["ObjectView"], words: Words) -> RenderableType:
    """What the systems said of themselves."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("connection", "object", "fields", "picklists", "unique or external ids"):
        table.add_column(words(name), overflow="fold")
    for each in found:
        ids = ", ".join(each.external_ids)
        table.add_row(each.connection, each.object, str(each.fields), str(each.picklists), ids)
    return table


def preview_view(found: "RecordPreview", words: Words) -> RenderableType:
    """A record step by step: given, normalized, merged; then writes and rejects."""
    linked = f"{found.entity}/{found.entity_id}" if found.entity_id else words("not linked yet")
    head = Text.assemble((found.ref, "bold"), f"  {found.mapping} · {linked}")
    parts: list[RenderableType] = [head]
    if not found.in_scope:
        parts.append(Text(words("It is out of scope."), style="yellow"))
    parts += [Text(words("with {ref}", ref=ref), style="dim") for ref in found.with_records]
    table = _table(words, "field", "given", "normalized", "merged", "policy")
    for cell in found.cells:
        given = f"{_plain(cell.given)}\n{cell.source}"
        table.add_row(cell.field, given, _plain(cell.normalized), _plain(cell.merged), cell.policy)
    parts += ["", table, ""]
    for write in found.writes:
        change = f"{_plain(write.before)} → {_plain(write.after)}"
        parts.append(Text.assemble(("~ ", "cyan"), f"{write.ref}.{write.name}: {change}"))
    if not found.writes:
        parts.append(Text(words("Nothing would be written."), style="green"))
    for reject in found.rejects:
        parts.append(Text.assemble(("! ", "yellow"), reject.reason))
        parts.append(Text(_LINES[3] + reject.remedy, style="dim"))
    return Group(*parts)


def changed_view(found: "MappingPreview", words: Words) -> RenderableType:
    """How many records a changed file would move, field by field."""
    said = words(
        "{changed} of {looked_at} records looked at would say something else ({staged} staged)",
        changed=found.changed,
        looked_at=found.looked_at,
        staged=found.staged,
    )
    parts: list[RenderableType] = [Text.assemble((f"{found.mapping}: ", "bold"), said)]
    parts.append(
        words(
            "It would write {cells} cells; the file in force would write {now}",
            cells=found.would_write,
            now=found.writes_now,
        )
    )
    if found.out_of_scope:
        parts.append(words("{n} records are out of its scope", n=found.out_of_scope))
    table = _table(words, "field", "records", "rejected")
    for field in found.fields:
        table.add_row(field.field, str(field.records), str(field.rejected or ""))
    parts += ["", table] if found.fields else []
    parts += [Text(f"tasuki preview {ref}", style="dim") for ref in found.examples]
    return Group(*parts)


def _table(words: Words, *names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(words(name), overflow="fold")
    return table


def _plain(value: object) -> str:
    return "—" if value is None else str(value)
