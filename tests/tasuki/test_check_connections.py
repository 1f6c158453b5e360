"""Connection files are checked before anything is opened, secrets or no secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config.project import load_project
from config.starter import init
from tasuki.wiring import check_connections

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project as `init` makes it, without its secrets."""
    init(tmp_path / "shop")
    return tmp_path / "shop"


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / "connections" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def told(folder: Path) -> list[tuple[str, str, str]]:
    """What, where, fix of every finding."""
    project = load_project(folder, {})
    return [
        (each.what, str(each.where).partition(" ")[0], each.fix)
        for each in check_connections(project)
    ]


def test_what_init_writes_is_right_before_any_secret_is_given(folder: Path) -> None:
    """References to the environment are taken on trust; nothing else is found."""
    assert told(folder) == []


def test_misspelt_keys_and_systems_are_named_with_their_line(folder: Path) -> None:
    """Every file is checked to its end, and the nearest known word is suggested."""
    edit(folder, "hubspot.yaml", "\ntoken:", "\ntokn:")
    edit(folder, "salesforce.yaml", "system: salesforce", "system: salesforse")
    found = told(folder)
    assert [(what, fix) for what, _, fix in found] == [
        ("There is no key `tokn` here", "Did you mean `token`?"),
        ("There is no connector `salesforse`", "Did you mean `salesforce`?"),
    ]
    assert all(":" in where for _, where, _ in found)


def test_a_plain_value_of_the_wrong_kind_is_found(folder: Path) -> None:
    """A setting that is no reference must be what its connector wants."""
    edit(folder, "hubspot.yaml", "\ntoken:", "\npage_size: many\ntoken:")
    assert [what for what, _, _ in told(folder)] != []
