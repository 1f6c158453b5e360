"""What a project needs of its systems, on a terminal: fields to be made, names to be mended."""

from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tasuki.cli.speech.words import Words
from tasuki.cli.views.check import findings_view

if TYPE_CHECKING:
    from tasuki.service.setting_up.making import FieldView, SetupView

_STATES: Final = {"missing": "yellow", "made": "green", "written": "cyan", "refused": "bold red"}


def setup_view(found: "SetupView", words: Words) -> RenderableType:
    """One line per field with the line that asks for it, then what only the files can mend."""
    parts: list[RenderableType] = []
    if found.fields:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in ("field", "type", "unique", "how", "state", "asked for by"):
            table.add_column(words(name), overflow="fold", no_wrap=name == "field")
        for each in found.fields:
            _row(table, each, words)
        parts.append(table)
    elif not found.findings and not found.errors:
        parts.append(Text(words("Every field that the project writes is there."), style="green"))
    if found.findings:
        parts += [*([""] if parts else []), findings_view(found.findings, words)]
    return Group(*parts)


def _row(table: Table, each: "FieldView", words: Words) -> None:
    kind = f"{each.type} {each.length}" if each.length else each.type
    how = {
        "api": words("by Tasuki"),
        "package": words("by a package to deploy"),
        "by_hand": words("by hand"),
    }[each.how]
    state = {
        "missing": words("missing"),
        "made": words("made"),
        "written": words("package written"),
        "refused": words("refused by the system"),
    }[each.state]
    table.add_row(
        Text(f"{each.connection}/{each.object}.{each.name}", style="bold"),
        kind,
        words("yes") if each.unique else "",
        how,
        Text(state, style=_STATES[each.state]),
        Text("\n".join(each.why), style="dim"),
    )
