"""The files that the pages show are files that Tasuki takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.project import load_project
from config.starter import init
from tasuki.service.checking.project import validate

PAGE = Path(__file__).resolve().parent.parent / "docs" / "writing-rules.md"
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
