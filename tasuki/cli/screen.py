"""Where words go: results to stdout, everything else to stderr; text or one JSON document."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.text import Text

from tasuki.cli.faults import labelled
from tasuki.cli.speech.words import Words
from tasuki.errors import TasukiError

_PIPE_WIDTH: Final = 120
_STYLES: Final = {"error": "bold red", "where": "dim", "why": "dim", "fix": "green"}


@dataclass(frozen=True, slots=True)
class Screen:
    """The two streams of one command, and what may be written to them."""

    out: Console
    err: Console
    as_json: bool
    words: Words
    as_markdown: bool = False

    def printing(self, output: str) -> "Screen":
        """The same screen, printing `json` or `markdown` instead of text."""
        as_json = self.as_json or output == "json"
        return replace(self, as_json=as_json, as_markdown=not as_json and output == "markdown")

    def show(self, *parts: RenderableType) -> None:
        """Print a result for people; nothing where `document` or `markdown` is the result."""
        if not self.as_json and not self.as_markdown:
            for part in parts:
                self.out.print(part)

    def document(self, schema: str, content: Mapping[str, Any]) -> None:
        """Print the one JSON document of this command, if it was asked for."""
        if self.as_json:
            body = {"schema": f"tasuki.{schema}/1", **plain(content)}
            self.out.file.write(json.dumps(body, ensure_ascii=False, indent=2) + "\n")

    def markdown(self, text: str) -> None:
        """Print the one Markdown text of this command, if it was asked for."""
        if self.as_markdown:
            self.out.file.write(text)

    def note(self, text: str | Text) -> None:
        """Say something beside the result."""
        self.err.print(text)

    def next(self, command: str) -> None:
        """Name the command that comes next."""
        if not self.as_json and not self.as_markdown:
            line = Text.assemble((f"{self.words('Next')}: ", "dim"), (command, "bold cyan"))
            self.out.print(line, soft_wrap=True)

    def fail(self, error: TasukiError) -> None:
        """Print the four lines of an error (and its document)."""
        lines = dict(labelled(error))
        self.document("error", {"code": error.code, **lines})
        self.four_lines(error.code, lines)

    def four_lines(self, code: str, lines: Mapping[str, str]) -> None:
        """Print what went wrong, where, why and the fix, beside the result."""
        for label, text in lines.items():
            named = f"  [{code}]" if label == "error" else ""
            style = _STYLES[label]
            said = escape(" ".join(text.split()) + named)  # one line each, whatever is quoted
            self.err.print(f"[{style}]{label + ':':<7}[/]{said}", soft_wrap=True)


def open_screen(*, as_json: bool, no_color: bool, plain_text: bool = False) -> Screen:
    """The screen of this process; `plain_text` is as if nobody sat at a terminal."""
    return Screen(
        out=_console(no_color=no_color, plain_text=plain_text),
        err=_console(no_color=no_color, plain_text=plain_text, stderr=True),
        as_json=as_json,
        words=Words(),
    )


def _console(*, no_color: bool, plain_text: bool, stderr: bool = False) -> Console:
    console = Console(
        stderr=stderr,
        no_color=True if no_color else None,
        force_terminal=False if plain_text else None,
        highlight=False,
    )
    if not console.is_terminal and "COLUMNS" not in console._environ:  # noqa: SLF001
        console.width = _PIPE_WIDTH
    return console


def plain(value: Any) -> Any:
    """A read model as JSON: dataclasses become objects, durations seconds, the rest text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in _ordered(value)]
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (date, datetime, Path)):
        return str(value)
    return value


def _ordered(value: Iterable[Any]) -> Iterable[Any]:
    return sorted(value) if isinstance(value, (set, frozenset)) else value
