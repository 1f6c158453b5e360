"""`tasuki validate` in three depths: the files, what was last discovered, the systems now."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from config.project import load_project
from config.starter import init
from connectors.protocol import FieldInfo, ObjectInfo
from mappings.finding import Severity
from staging.systems import schemas
from tasuki.cli.front import run
from tasuki.clock import SystemClock
from tasuki.service.checking.live import FRESH, NOTHING, kept
from tasuki.values import stamp
from tasuki.wiring import prepare_store

if TYPE_CHECKING:
    from pathlib import Path

NAMED = """\
kind: mapping
name: account
entity: account
sides: {salesforce: {object: Account}}
fields:
  name: {salesforce: Nmae}
tests: []
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with one mapping that names a field nobody has."""
    init(tmp_path / "shop")
    for file in (tmp_path / "shop" / "mappings").glob("*.yaml"):
        file.unlink()
    (tmp_path / "shop" / "mappings" / "account.yaml").write_text(NAMED, encoding="utf-8")
    return tmp_path / "shop"


def discovered(folder: Path, ago: timedelta, name: str = "Account") -> str:
    """Salesforce described this object some time ago; when that was."""
    info = ObjectInfo(name, name, (FieldInfo("Name", "text"),))
    at = stamp(SystemClock().now() - ago)
    store = prepare_store(load_project(folder, {}).store_url)
    with store.writing() as db:
        schemas.keep(db, "salesforce", [asdict(info)], at)
    store.close()
    return at


def told(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = run(["--project-dir", str(folder), "validate", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def errors(found: Any) -> list[str]:
    return [f["what"] for f in found["findings"] if f["severity"] == Severity.ERROR]


UNKNOWN = "salesforce/Account has no field `Nmae`"


def test_without_metadata_the_files_are_judged_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No store is made only to look into it."""
    code, found = told(folder, capsys)
    assert (code, errors(found), found["metadata"]["depth"]) == (0, [], "files")
    project = load_project(folder, {})
    assert kept(project, SystemClock().now()) == NOTHING
    assert not list((folder / ".tasuki").glob("*.sqlite*"))


def test_what_was_discovered_of_late_is_used_by_itself(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The finding has file, line and column; the output says of when the metadata is."""
    at = discovered(folder, timedelta(days=2))
    code, found = told(folder, capsys)
    assert (code, errors(found)) == (2, [UNKNOWN])
    assert found["metadata"] == {"depth": "kept", "since": {"salesforce": at}, "too_old": {}}
    where = next(f["where"] for f in found["findings"] if f["what"] == UNKNOWN)
    assert (where["file"], where["line"], where["column"]) == ("mappings/account.yaml", 6, 10)
    run(["--project-dir", str(folder), "validate"])
    assert f"salesforce as it was at {at[:10]} {at[11:16]} UTC" in capsys.readouterr().out
    code, found = told(folder, capsys, "--offline")
    assert (code, errors(found), found["metadata"]["depth"]) == (0, [], "files")


def test_old_metadata_is_left_out_and_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a system said longer ago than a week is not held against the files."""
    at = discovered(folder, FRESH + timedelta(hours=1))
    code, found = told(folder, capsys)
    assert (code, errors(found)) == (0, [])
    assert found["metadata"] == {"depth": "files", "since": {}, "too_old": {"salesforce": at}}
    run(["--project-dir", str(folder), "validate"])
    assert "too long ago: `tasuki discover`" in " ".join(capsys.readouterr().out.split())


def test_an_object_that_was_not_yet_described_is_not_missing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the objects of that day's mappings were asked for; the others are not judged."""
    discovered(folder, timedelta(hours=1), "Contact")
    code, found = told(folder, capsys)
    assert (code, errors(found), found["metadata"]["depth"]) == (0, [], "kept")
