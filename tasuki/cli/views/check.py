"""Findings, checks and settings on a terminal."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words

if TYPE_CHECKING:
    from mappings.check import Finding
    from tasuki.service.checking.check import Check
    from tasuki.service.checking.live import DriftView, ObjectView
    from tasuki.service.checking.origin import Setting

_STYLES: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_SIGNS: Final = {"ok": "✓", "warn": "!", "fail": "✗"}
_LINES: Final = ("", "where: ", "why:   ", "fix:   ")


def findings_view(findings: Sequence["Finding"], words: Words) -> RenderableType:
    """Each finding in four lines, then how many."""
    parts: list[Text] = []
    for each in findings:
        style = "bold red" if each.severity == "error" else "bold yellow"
        first = Text.assemble((f"{each.severity}: ", style), each.what)
        parts.append(first)
        rest = zip(_LINES[1:], each.lines()[1:], strict=True)
        parts += [Text(label + line, style="dim") for label, line in rest]
    errors = sum(1 for each in findings if each.severity == "error")
    said = words("{errors} errors, {warnings} warnings",
                 errors=errors, warnings=len(findings) - errors)  # fmt: skip
    return Group(*parts, Text(said, style="red" if errors else "green"))


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
