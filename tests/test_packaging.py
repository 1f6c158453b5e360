"""The wheel holds the rooms and what they need at run time, and the lock covers pyproject."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
ROOMS = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
TEMPLATE = TOP / "connectors" / "template"
"""A package of its own, with dependencies of its own."""
LOCKED = re.compile(
    r"^(?P<name>[A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)", re.MULTILINE
)
NEVER_IMPORTED = {
    "psycopg": "SQLAlchemy loads it for a postgresql+psycopg:// URL",
    "python-multipart": "FastAPI reads forms with it",
    "tzdata": "zoneinfo's data where the system has none",
}

COMES_WITH = {  # their version is the parent's
    "markupsafe": "jinja2",
    "pydantic_core": "pydantic",
    "starlette": "fastapi",
}


def imported() -> set[str]:
    """Every top-level name that some module of a room imports."""
    names: set[str] = set()
    modules = (path for room in ROOMS for path in (TOP / room).rglob("*.py"))
    for path in (each for each in modules if TEMPLATE not in each.parents):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names


def declared() -> set[str]:
    """Every distribution that pyproject.toml asks for at run time."""
    return {canonicalize_name(Requirement(w).name) for w in PROJECT["project"]["dependencies"]}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel once, from the tree as it is."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=TOP, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    """Name every file in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def data_files() -> set[str]:
    """Every file under a room that is not Python: templates, styles, libraries, catalogues."""
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ROOMS],
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = {path for path in tracked.stdout.splitlines() if (TOP / path).is_file()}
    return {path for path in paths if not path.endswith(".py")}


def locked(file: str) -> dict[str, str]:
    text = (TOP / "requirements" / file).read_text("utf-8")
    return {canonicalize_name(m["name"]): m["version"] for m in LOCKED.finditer(text)}


def unmet(requirements: list[str], file: str) -> list[str]:
    pins = locked(file)
    wanted = [Requirement(text) for text in requirements]
    return [
        str(want)
        for want in wanted
        if not want.specifier.contains(pins.get(canonicalize_name(want.name), "0"))
    ]


def test_the_wheel_holds_the_rooms_and_nothing_else(contents: set[str]) -> None:
    """Its top-level names are the rooms, each importable by its folder's name."""
    tops = {path.partition("/")[0] for path in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOMS)


def test_no_room_is_owned_by_another_distribution() -> None:
    """No installed package brings a top-level name of ours: it would overwrite the room."""
    owners = packages_distributions()
    assert {room: set(owners[room]) for room in ROOMS if room in owners} == {
        room: {"tasuki"} for room in ROOMS if room in owners
    }


def test_the_wheel_carries_what_rooms_read_at_run_time(contents: set[str]) -> None:
    """Every template, style, library file and catalogue of the tree is in the wheel."""
    assert data_files() - contents == set()


@pytest.mark.parametrize(
    ("folder", "ending"),
    [
        ("console/static", ".css"),
        ("console/templates", ".html"),
        ("mappings/library", ".yaml"),
        ("playbook/library", ".yaml"),
    ],
)
def test_the_wheel_carries_the_libraries(contents: set[str], folder: str, ending: str) -> None:
    """The console's assets and the ready mappings and playbooks travel with the package."""
    assert any(path.startswith(f"{folder}/") and path.endswith(ending) for path in contents)


def test_the_wheel_names_its_licence_and_its_one_script(wheel: Path, contents: set[str]) -> None:
    """The licence is inside, and `tasuki` is the only command."""
    assert any(path.endswith("licenses/LICENSE") for path in contents)
    with zipfile.ZipFile(wheel) as archive:
        entry = next(path for path in contents if path.endswith("entry_points.txt"))
        scripts = archive.read(entry).decode()
    assert "tasuki = tasuki.cli:main" in scripts


def test_the_lock_covers_what_pyproject_asks_for() -> None:
    """Every dependency of pyproject.toml is pinned at a version that it allows."""
    runtime = PROJECT["project"]["dependencies"]
    groups = PROJECT["dependency-groups"]
    development = [want for want in groups["dev"] if isinstance(want, str)]
    assert unmet(runtime, "runtime.txt") == []
    assert unmet(groups["build"], "build.txt") == []
    assert unmet(runtime + groups["build"] + development, "dev.txt") == []


def test_every_import_is_declared() -> None:
    """A room imports the standard library, the rooms, and what pyproject.toml asks for."""
    owners = packages_distributions()
    foreign = imported() - set(sys.stdlib_module_names) - set(ROOMS) - set(COMES_WITH)
    undeclared = {
        name
        for name in foreign
        if not {canonicalize_name(owner) for owner in owners.get(name, [])} & declared()
    }
    assert undeclared == set()


def test_every_dependency_is_used() -> None:
    """What pyproject.toml asks for is imported somewhere, or has a reason not to be."""
    owners = packages_distributions()
    used = {canonicalize_name(owner) for name in imported() for owner in owners.get(name, [])}
    assert declared() - used - set(NEVER_IMPORTED) == set()


def test_both_locks_agree() -> None:
    """What runs in production is what the tests ran on, version for version."""
    tested = locked("dev.txt")
    shipped = locked("runtime.txt") | locked("build.txt")
    assert {name: v for name, v in shipped.items() if tested.get(name) != v} == {}


@pytest.mark.parametrize("file", ["runtime.txt", "build.txt", "dev.txt"])
def test_the_lock_is_hashed_and_names_no_registry(file: str) -> None:
    """Every pin has a hash, and no line names a host or an index."""
    text = (TOP / "requirements" / file).read_text("utf-8")
    pins = text.split("\n\n")[-1]
    assert "://" not in text
    assert "--index" not in text
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", pins.strip()))
