"""Fragments become a changelog: tools/release.py."""

from __future__ import annotations

import importlib.util
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def release() -> Any:
    """Load the script as a module; tools/ is no package."""
    spec = importlib.util.spec_from_file_location("release_script", TOP / "tools" / "release.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Make the three things that a release touches."""
    (tmp_path / "changes").mkdir()
    (tmp_path / "changes" / "README.md").write_text("how")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n<!-- releases below -->\n\n## 0.1.0\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\nother = "0.1.0"\n')
    return tmp_path


def test_fragments_are_folded_newest_first(release: Any, house: Path) -> None:
    """Each kind gets its heading, above the releases before it, and the version is set once."""
    (house / "changes" / "b.fixed.md").write_text("A page is\nnever read twice.\n")
    (house / "changes" / "a.added.md").write_text("`tasuki undo` exists.\n")
    spent = release.fold(house, "0.2.0", date(2026, 12, 1))
    text = (house / "CHANGELOG.md").read_text()
    assert [path.name for path in spent] == ["a.added.md", "b.fixed.md"]
    assert "## 0.2.0 - 2026-12-01\n\n### Added\n\n- `tasuki undo` exists.\n" in text
    assert "- A page is never read twice." in text
    assert text.index("0.2.0") < text.index("## 0.1.0")
    assert (house / "pyproject.toml").read_text().count('"0.2.0"') == 1


def test_a_misnamed_fragment_stops_the_release(release: Any, house: Path) -> None:
    """A file of no known kind is named, and nothing is written."""
    (house / "changes" / "oops.new.md").write_text("?")
    before = (house / "CHANGELOG.md").read_text()
    with pytest.raises(ValueError, match=r"oops\.new\.md"):
        release.fold(house, "0.2.0", date(2026, 12, 1))
    assert (house / "CHANGELOG.md").read_text() == before


def test_the_fragments_in_the_tree_are_named_well(release: Any) -> None:
    """Every file in changes/ says its kind, and holds one sentence that ends."""
    found = release.fragments(TOP / "changes")
    unfinished = [
        path.name
        for paths in found.values()
        for path in paths
        if not path.read_text("utf-8").strip().endswith(".")
    ]
    assert unfinished == []


def test_the_changelog_tells_of_this_version() -> None:
    """The version of pyproject.toml has its part in the changelog."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    changelog = (TOP / "CHANGELOG.md").read_text("utf-8")
    assert f"\n## {project['project']['version']} - " in changelog
