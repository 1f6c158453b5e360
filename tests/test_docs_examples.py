"""The files that the pages show are files that Tasuki takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.project import load_project
from config.starter import init
from tasuki.service.checking.project import validate

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "writing-rules.md"
TUTORIAL = TOP / "docs" / "connectors.md"
TEMPLATE = TOP / "connectors" / "template"
ENDINGS = (".py", ".toml")
FOLDERS = {
    "mapping": "mappings",
    "score": "playbook/scores",
    "signal": "playbook/signals",
    "scenario": "playbook/scenarios",
}


def shown() -> list[tuple[str, str, str]]:
    """Every whole file of the page: kind, name, text."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    found = [re.match(r"kind: (\w+)\nname: (\w+)\n", block) for block in blocks]
    return [(m[1], m[2], m.string) for m in found if m]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is wrong with a new project once it holds the page's files."""
    folder = tmp_path_factory.mktemp("acme") / "project"
    init(folder)
    for kind, name, text in shown():
        (folder / FOLDERS[kind] / f"{name}.yaml").write_text(text, encoding="utf-8")
    return [str(finding) for finding in validate(load_project(folder))]


def test_the_page_shows_one_file_of_each_kind() -> None:
    """The page is read as its author meant it: one file of every kind it speaks about."""
    assert [kind for kind, _, _ in shown()] == list(FOLDERS)


def test_the_files_of_the_page_are_valid(findings: list[str]) -> None:
    """Nothing is wrong with the page's files beside those of the library."""
    assert findings == []


def test_the_tutorials_code_is_the_scaffolds() -> None:
    """Every block of the connector tutorial stands, word for word, in what the command writes."""
    template = [path.read_text("utf-8") for path in TEMPLATE.rglob("*.*") if path.suffix in ENDINGS]
    blocks = re.findall(r"```(?:python|toml)\n(.*?)```", TUTORIAL.read_text("utf-8"), re.DOTALL)
    assert len(blocks) > 10
    assert [block for block in blocks if not any(block in text for text in template)] == []


def test_the_tutorial_names_every_file_of_the_scaffold() -> None:
    """Nobody is left alone with a file the page does not mention."""
    page = TUTORIAL.read_text("utf-8")
    files = [path for path in TEMPLATE.rglob("*.py") if path.name != "__init__.py"]
    assert [path.name for path in files if path.relative_to(TEMPLATE).as_posix() not in page] == []
