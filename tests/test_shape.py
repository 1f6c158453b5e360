"""The code reads on one screen: STYLE sections 3, 4 and 10, measured."""

from __future__ import annotations

import ast
import re
import statistics
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).resolve().parent.parent
ROOMS = (
    "tasuki",
    "console",
    "jobs",
    "playbook",
    "sync",
    "staging",
    "connectors",
    "mappings",
    "catalog",
    "config",
    "sandbox",
)
MIGRATIONS = "staging/migrations/versions"  # a record of what was done; one file per release
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "core", "misc"}
EMPTY_CLASS = re.compile(r"(Manager|Helper|Helpers|Utils|Base)$")
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Measured(NamedTuple):
    """One function: where it is, how long its body is, and whether it owns up to being long."""

    where: str
    lines: int
    reasoned: bool


def modules() -> list[Path]:
    """Every Python file of the product, migrations apart."""
    found = (path for room in ROOMS for path in (TOP / room).rglob("*.py"))
    return sorted(path for path in found if name(path.parent) != MIGRATIONS)


def name(path: Path) -> str:
    return path.relative_to(TOP).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def body_lines(function: Function) -> int:
    """Lines from the first statement after the docstring to the end."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body and function.end_lineno else 0


def is_reasoned(function: Function, source: list[str]) -> bool:
    return any("# long: " in line for line in source[function.lineno - 1 : function.end_lineno])


@cache
def functions() -> tuple[Measured, ...]:
    return tuple(measured for path in modules() for measured in _measure(path))


def _measure(path: Path) -> Iterator[Measured]:
    source = path.read_text(encoding="utf-8").splitlines()
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            where = f"{name(path)}:{node.lineno} {node.name}"
            yield Measured(where, body_lines(node), is_reasoned(node, source))


def test_most_functions_are_short() -> None:
    """Half of all function bodies take at most 10 lines, nine of ten at most 25."""
    lengths = sorted(function.lines for function in functions())
    ninetieth = lengths[int(len(lengths) * 0.9)]
    assert statistics.median(lengths) <= 10, statistics.median(lengths)
    assert ninetieth <= 25, ninetieth


def test_no_function_outgrows_the_screen() -> None:
    """No function body is longer than 40 lines unless it says why with `# long: reason`."""
    assert [f for f in functions() if f.lines > 40 and not f.reasoned] == []


def test_modules_are_short() -> None:
    """No module is longer than 400 lines."""
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {path: length for path, length in lengths.items() if length > 400} == {}


def test_folders_hold_few_modules() -> None:
    """No folder holds more than nine modules; past that it splits by noun."""
    counts: dict[str, int] = {}
    for path in modules():
        if path.name != "__init__.py":
            folder = name(path.parent)
            counts[folder] = counts.get(folder, 0) + 1
    assert {folder: count for folder, count in counts.items() if count > 9} == {}


def test_names_say_something() -> None:
    """No module, folder or class is called after nothing in particular (utils, manager, base)."""
    files = [name(p) for p in modules() if EMPTY_NAMES & set(p.with_suffix("").parts[-3:])]
    classes = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and EMPTY_CLASS.search(node.name)
    ]
    assert files + classes == []


def test_rooms_open_with_a_table_of_contents() -> None:
    """A room's `__init__.py` is a docstring: names are imported from where they are defined."""
    for room in ROOMS:
        opening = tree(TOP / room / "__init__.py")
        assert ast.get_docstring(opening), room
        assert len(opening.body) == 1, room


def test_tables_of_contents_tell_the_truth() -> None:
    """A folder whose `__init__.py` lists what is in it lists everything that is, and no more."""
    wrong = {
        name(opening.parent): sorted(listed ^ _contents(opening.parent))
        for opening in modules()
        if opening.name == "__init__.py"
        and (listed := _listed(opening))
        and listed != _contents(opening.parent)
    }
    assert wrong == {}


def _listed(opening: Path) -> set[str]:
    """The words at the left of a table, two spaces or more before what is said of them."""
    said = ast.get_docstring(tree(opening)) or ""
    return set(re.findall(r"^([a-z_]+)/? {2,}\S", said, re.MULTILINE))


def _contents(folder: Path) -> set[str]:
    found = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return found | {path.parent.name for path in folder.glob("*/__init__.py")}


def test_no_package_under_tests() -> None:
    """No `__init__.py` lives under tests/: it would shadow the room of the same name."""
    assert list((TOP / "tests").rglob("__init__.py")) == []


def test_every_test_states_its_behaviour() -> None:
    """Every test has a one-sentence docstring; read in order, they are the specification."""
    silent = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in sorted((TOP / "tests").rglob("test_*.py"))
        for node in ast.walk(tree(path))
        if isinstance(node, Function)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
