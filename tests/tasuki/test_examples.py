"""`tasuki test`: the examples inside mapping files, run offline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from config.starter import init
from tasuki.cli.front import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project as `init` makes it, with the ready mappings and no secrets."""
    init(tmp_path / "shop")
    return tmp_path / "shop"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def tried(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """The exit code and the JSON document."""
    capsys.readouterr()
    code = run(["--project-dir", str(folder), "test", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_what_init_writes_passes_its_own_examples(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every ready mapping has examples, and all of them hold; no store is made."""
    code, found = tried(folder, capsys)
    assert (code, found["failed"], found["findings"]) == (0, 0, [])
    assert found["passed"] == len(found["examples"]) >= 10
    assert not list(folder.glob("*.sqlite*"))


def test_an_example_that_fails_says_expected_got_and_where(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line for each example, the failing one with both values and file:line; exit code 1."""
    file = folder / "mappings" / "account.yaml"
    edit(file, "        name: 株式会社青葉製作所\n", "        name: 青葉\n")
    code, found = tried(folder, capsys, "account")
    [failed] = [each for each in found["examples"] if each["misses"]]
    assert (code, found["failed"]) == (1, 1)
    assert failed["misses"] == [
        {"name": "account.name", "expected": "青葉", "got": "株式会社青葉製作所"}
    ]
    lines = file.read_text("utf-8").splitlines()
    assert "three spellings" in lines[failed["place"]["line"] - 1]
    assert run(["--project-dir", str(folder), "test", "mappings/account.yaml"]) == 1
    said = capsys.readouterr().out
    assert "✗ account: three spellings of one company  mappings/account.yaml:" in said
    assert "account.name should be 青葉, is 株式会社青葉製作所" in " ".join(said.split())
    edit(folder / "tasuki.yaml", "language: en", "language: ja")
    run(["--project-dir", str(folder), "test", "account"])
    assert "不合格1件" in capsys.readouterr().out


def test_only_the_named_mappings_are_tried(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name or a file chooses; an unknown one is refused with the nearest."""
    code, found = tried(folder, capsys, "person", "mappings/sale.yaml")
    assert (code, {each["mapping"] for each in found["examples"]}) == (0, {"person", "sale"})
    code, found = tried(folder, capsys, "persn")
    assert (code, found["fix"]) == (2, "Did you mean `person`?")


def test_a_mapping_that_cannot_be_read_does_not_pass(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own errors are told; the examples of the others are run all the same."""
    edit(folder / "mappings" / "account.yaml", "  industry:", "  industri:")
    code, found = tried(folder, capsys)
    assert (code, found["failed"]) == (1, 0)
    assert found["passed"] >= 10
    assert any(each["severity"] == "error" for each in found["findings"])
