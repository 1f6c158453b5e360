"""Write docs/reference/ from the code: commands, settings, entities, transforms, errors.

Usage: python tools/reference_docs.py [--check]
With --check nothing is written, and a page that is out of date is a failure.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from catalog.entities import ENTITIES
from catalog.reference import expressions
from connectors.hubspot import faults as hubspot
from connectors.salesforce import faults as salesforce
from mappings.transforms.registry import declared
from tasuki.errors import ACTIONS, TasukiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pydantic.fields import FieldInfo

TOP: Final = Path(__file__).resolve().parent.parent
PAGES: Final = TOP / "docs" / "reference"
NOTE: Final = "<!-- made by `make docs`; do not edit -->"
PLAIN: Final[dict[Any, str]] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    timedelta: "duration",
    Path: "path",
    SecretStr: "secret",
    Any: "anything",
}
ROOMS_WITH_SETTINGS: Final = ("config", "connectors", "jobs", "console", "playbook")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Lay out a Markdown table."""
    columns = list(head)
    lines = [_row(columns), _row("---" for _ in columns)]
    return lines + [_row(str(cell).replace("|", "\\|") for cell in row) for row in rows]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(' '.join(cell.split()) for cell in cells)} |"


def promise(thing: object) -> str:
    """Return the first sentence of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " ")


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    """Every class below `kind`, each once."""
    seen: set[type[Any]] = set()
    waiting = list(kind.__subclasses__())
    while waiting:
        found = waiting.pop()
        if found not in seen:
            seen.add(found)
            waiting.extend(found.__subclasses__())
            yield found


# ── errors ──


def errors() -> list[str]:
    """Every error code: what it says, and what the flow does about it."""
    for room in ROOMS_WITH_SETTINGS:
        load(room)
    kinds = sorted(
        (kind for kind in subclasses(TasukiError) if "code" in vars(kind)),
        key=lambda kind: (kind.code, kind.__name__),
    )
    rows = [(f"`{k.code}`", k.__name__, promise(k), action_of(k)) for k in kinds]
    opening = "Every error is shown as four lines: what, where, why, fix. Its code leads here."
    return ["# Errors", "", opening, "", *table(("code", "error", "means", "Tasuki then"), rows)]


def action_of(kind: type[TasukiError]) -> str:
    """What the flow does about an error of this kind."""
    return next((ACTIONS[k].value for k in kind.__mro__ if k in ACTIONS), "stop")


# ── faults ──


FAULTS: Final = """\
# What systems answer, and what Tasuki does

A read, and a HubSpot write that does the same when sent twice, is repeated while its answer may
pass. A create, and any Salesforce write, whose answer is lost is never sent again: the record is
read first. What does not pass after the last call ends the pull of that object, or holds up that
batch; the other objects and systems go on.

| family | calls | waits | then |
|---|---|---|---|
| TransientError | `attempts` | what the system asks for, else 0.5 s, doubled each time, to 60 s \
| the circuit breaker counts a failure; the next run goes on |
| RejectedError | 1 | – | the record is parked, its neighbours go on |
| BlockedError and its kinds | 1; Salesforce signs in once more after a 401 | – \
| the object or the connection waits for a person, or for the next day |
| ConfigError | 1 | – | the file or mapping must be corrected |
"""


def faults() -> list[str]:
    """What systems answer on bad days, and what Tasuki makes of it."""
    codes = (
        (f"`{code}`", each.family.__name__, each.why, each.remedy)
        for code, each in salesforce.FAULTS.items()
    )
    statuses = (
        (code, "yes" if again is hubspot.Again.SAFE else "no: looked up first", "yes")
        for code, again in hubspot.AGAIN.items()
    )
    refusals = (
        (f"`{code}`", each.why, each.remedy)
        for code, each in {**hubspot.PROPERTIES, **hubspot.CATEGORIES}.items()
    )
    twice = "`REQUEST_LIMIT_EXCEEDED` means too many long calls at once (TransientError, 20 s), or"
    return [
        *FAULTS.splitlines(),
        *("", "## Salesforce", ""),
        *table(("code", "family", "why", "fix"), codes),
        *("", f"{twice} that the day's calls are used up (BudgetError)."),
        *("", "## HubSpot", ""),
        *table(("status", "a create is repeated", "other calls are repeated"), statuses),
        "",
        *table(("refusal", "why", "fix"), refusals),
    ]


# ── transforms ──


def transforms() -> list[str]:
    """Every transform with the examples that specify it."""
    load("mappings.transforms")
    lines = ["# Transforms", "", "Pure steps from one value to another; blanks never reach them."]
    for name, step in declared().items():
        rows = [(f"`{given!r}`", f"`{wanted!r}`") for given, wanted in step.examples.items()]
        lines += ["", f"## {name}", "", step.promise, "", *table(("given", "gives"), rows)]
    return lines


# ── catalog ──


def catalog() -> list[str]:
    """Every entity and field, in both languages."""
    lines = ["# Catalog", "", "What expressions, mappings and the console call things."]
    for entity in ENTITIES.values():
        rows = [
            (f"`{f.name}`", f.type.value, f.to or f.unit, f.en, f.ja)
            for f in (*entity.fields, *entity.metrics)
        ]
        head = ("field", "type", "unit or entity", "English", "日本語")
        lines += ["", f"## {entity.name}: {entity.ja}", "", *table(head, rows)]
    return lines


# ── settings ──


def load(package: str) -> None:
    """Import every module below a package, migrations apart."""
    folder = importlib.import_module(package)
    for found in pkgutil.walk_packages(folder.__path__, f"{package}."):
        if ".migrations" not in found.name and not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def models() -> list[type[BaseModel]]:
    """Every settings class that a project's files are read into, in the order of its room."""
    for room in ROOMS_WITH_SETTINGS:
        load(room)
    kinds = {
        kind
        for kind in subclasses(BaseModel)
        if kind.__module__.partition(".")[0] in ROOMS_WITH_SETTINGS and kind.model_fields
    }
    return sorted(kinds, key=lambda kind: (kind.__module__, kind.__name__))


def settings() -> list[str]:
    """Every key a project's files may hold."""
    lines = ["# Settings", "", "Unknown keys are refused. Secrets are named, never written."]
    for kind in models():
        fields = kind.model_fields
        rows = [
            (f"`{f.alias or name}`", type_of(f), default_of(f), f.description or "")
            for name, f in fields.items()
        ]
        head = ("key", "type", "default", "meaning")
        place = f"*{kind.__module__}*"
        lines += ["", f"## {kind.__name__}", "", f"{promise(kind)} {place}", "", *table(head, rows)]
    return lines


def type_of(field: FieldInfo) -> str:
    """Name a field's type in a reader's words."""
    return spoken(field.annotation)


def spoken(kind: Any) -> str:
    """Say a type: `list of text`, `map to Fit`, `"en" or "ja"`."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return spoken(parts[0])
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(spoken(part) for part in parts if part is not NoneType)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"map to {spoken(parts[1])}"
    if origin in (tuple, list, set, frozenset):
        return f"list of {spoken(parts[0])}"
    return PLAIN.get(kind, getattr(kind, "__name__", str(kind)))


def default_of(field: FieldInfo) -> str:
    """Show what a field is when nobody says."""
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=False)
    if value is None or value is PydanticUndefined:
        return ""
    if value in ("", (), frozenset()):
        return "empty"
    plain = isinstance(value, (str, int, float, timedelta))
    return f"`{value}`" if plain else f"see {type(value).__name__}"


# ── commands ──


def commands() -> list[str]:
    """Every verb and option of `tasuki`, as its own help tells it."""
    from tasuki.cli.front import Door
    from tasuki.cli.front import commands as verbs
    from tasuki.cli.screen import open_screen

    app = verbs(Door(open_screen(as_json=False, no_color=True)))
    text: str = app.generate_docs(output_format="markdown", usage_name="tasuki")
    return said_once(text.strip().splitlines())


def said_once(lines: list[str]) -> list[str]:
    """Drop what every command repeats: the options that all share, told at the top."""
    heading = "**Parameters**:"
    start = lines.index(heading)
    shared = [line for line in lines[start : lines.index("", start + 2)] if line.startswith("* ")]
    kept = lines[: start + 2 + len(shared)]
    kept += [line for line in lines[len(kept) :] if line not in shared]
    text = re.sub(r"\*\*Parameters\*\*:\n+(?=#|\*\*|\Z)", "", "\n".join(kept))
    return re.sub(r"\n{3,}", "\n\n", text).splitlines()


MAKERS: Final[dict[str, Callable[[], list[str]]]] = {
    "commands": commands,
    "settings": settings,
    "catalog": catalog,
    "expressions": expressions,
    "transforms": transforms,
    "errors": errors,
    "faults": faults,
}


def page(lines: list[str]) -> str:
    """Finish a page: the note on top, no trailing space, one newline at the end."""
    return "\n".join([NOTE, "", *(line.rstrip() for line in lines)]) + "\n"


def main(words: list[str]) -> int:
    """Write every page, or with --check name those that are out of date."""
    old = []
    for name, make in MAKERS.items():
        path, text = PAGES / f"{name}.md", page(make())
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        old.append(path.relative_to(TOP).as_posix())
        if "--check" not in words:
            PAGES.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    verb = "out of date, run `make docs`:" if "--check" in words else "written:"
    print(f"{verb} {', '.join(old)}" if old else "docs/reference is up to date")
    return 1 if old and "--check" in words else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
