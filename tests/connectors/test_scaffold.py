"""`tasuki connector new`: what it writes works, and its tests notice when it does not."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from connectors.conformance import PROMISES
from connectors.conformance.bench import Need
from connectors.scaffold import write_connector
from tasuki.errors import ConfigError

TOP = Path(__file__).resolve().parents[2]
OPEN_TO_ALL = {"connectors.protocol", "connectors.budget", "tasuki.errors"}
FOR_TESTS = {"connectors.conformance"}
ASKED = {Need.WRITES, Need.DELETES, Need.LOST_ANSWERS, Need.HIDING, Need.BUDGET}
"""What the scaffold's system and its bench can."""
BREAKS = {
    "the last page": (
        "tasuki_own/connector.py",
        "records = tuple(_record(row) for row in rows)",
        "records = tuple(_record(row) for row in rows[: self.page_size if total > 3 else 0])",
        "paging_covers_everything_exactly",
    ),
    "the budget": (
        "tasuki_own/client.py",
        'self.budget.spend("burst")',
        "pass",
        "a_refusing_budget_sends_nothing",
    ),
    "hidden fields": (
        "tasuki_own/connector.py",
        'tuple(answer["hidden"])',
        "()",
        "the_unreadable_is_never_empty",
    ),
    "lost answers": (
        "tasuki_own/connector.py",
        "Settled.UNKNOWN",
        "Settled.REJECTED",
        "a_plain_create_whose_answer_is_lost_is_sent_once",
    ),
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A connector for a system called `own`."""
    write_connector("own", tmp_path / "package")
    return tmp_path / "package"


def run_tests(package: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the package's own tests as its author does, with this Tasuki installed."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=package,
        env={**os.environ, "PYTHONPATH": f"{package}:{TOP}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def imported(path: Path) -> set[str]:
    """Modules of Tasuki that a file imports."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    names = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name for name in names if name.partition(".")[0] in {"connectors", "tasuki"}}


def test_a_new_connector_keeps_every_promise(package: Path) -> None:
    """The scaffold's own tests are green as it is written; only what few can is not asked of it."""
    done = run_tests(package)
    assert done.returncode == 0, done.stdout
    unasked = [promise for promise in PROMISES if not {*promise.needs} <= ASKED]
    assert f"{len(unasked)} skipped" in done.stdout
    assert "xfailed" not in done.stdout


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_promise_is_noticed(package: Path, broken: str) -> None:
    """Whoever loses a page, a call, a field or an answer is told which promise it was."""
    file, whole, spoilt, promise = BREAKS[broken]
    text = (package / file).read_text("utf-8")
    assert whole in text
    (package / file).write_text(text.replace(whole, spoilt), "utf-8")
    done = run_tests(package, "-k", promise)
    assert done.returncode == 1, done.stdout
    assert f"[{promise}]" in done.stdout


def test_a_connector_imports_only_what_is_promised(package: Path) -> None:
    """The protocol, the budget and the errors; its tests also the conformance suite."""
    for path in (package / "tasuki_own").glob("*.py"):
        assert imported(path) <= OPEN_TO_ALL, path.name
    for path in (package / "tests").glob("*.py"):
        assert imported(path) <= OPEN_TO_ALL | FOR_TESTS, path.name


def test_an_installed_connector_is_found_by_its_name(package: Path, tmp_path: Path) -> None:
    """The wheel it builds registers it: a connection that says `system: own` opens."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=package, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    project = tmp_path / "project"
    (project / "connections").mkdir(parents=True)
    (project / "tasuki.yaml").write_text("kind: project\nname: shop\n")
    connection = "kind: connection\nname: crm\nsystem: own\nurl: http://127.0.0.1:9\n"
    (project / "connections" / "crm.yaml").write_text(connection + "token: ${OWN_TOKEN}\n")
    done = subprocess.run(
        [sys.executable, "-c", "from tasuki.cli import main; main()", "doctor"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'site'}:{TOP}", "OWN_TOKEN": "made-up"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search("ok +connection crm +not called: no mapping reads from it", done.stdout)


def test_the_template_is_named_after_the_system(package: Path) -> None:
    """Nothing of the example's name is left, and the entry point is the system's name."""
    texts = {path: path.read_text("utf-8") for path in package.rglob("*") if path.is_file()}
    assert [path.name for path, text in texts.items() if "acme" in text.lower()] == []
    assert 'own = "tasuki_own:SPEC"' in texts[package / "pyproject.toml"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("My-CRM", "small letters"),
        ("hubspot", "installed already"),
        ("../own", "small letters"),
    ],
)
def test_a_name_that_will_not_do_is_refused(tmp_path: Path, name: str, why: str) -> None:
    """What cannot be a package, or is a system already, writes nothing."""
    with pytest.raises(ConfigError) as refused:
        write_connector(name, tmp_path / "new")
    assert why in refused.value.why
    assert not (tmp_path / "new").exists()


def test_other_peoples_files_are_left_alone(tmp_path: Path) -> None:
    """A folder that holds something is refused."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError):
        write_connector("own", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
