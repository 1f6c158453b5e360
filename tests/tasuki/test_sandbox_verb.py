"""`tasuki sandbox`: a storm file that cannot be read, a twin of a real account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox import salesforce
from sandbox.state import State
from tasuki.cli.faults import Exit
from tasuki.cli.front import run

if TYPE_CHECKING:
    from pathlib import Path

STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")


@pytest.mark.parametrize(
    ("text", "where", "fix"),
    [
        ("rules:\n  - {kind: serch, answer: locked}\n", ":2:6", "Did you mean `search`?"),
        ("rules: [\n", ":2:1", "Mend this line"),
    ],
)
def test_a_bad_storm_file_is_told_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, where: str, fix: str
) -> None:
    """Four lines with file, line and column; no world is generated."""
    storm, folder = tmp_path / "storm.yaml", tmp_path / "world"
    storm.write_text(text)
    assert run(["sandbox", "--folder", str(folder), "--faults", str(storm)]) == Exit.USAGE
    lines = capsys.readouterr().err.strip().splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "where", "why", "fix"]
    assert f"{storm}{where}" in lines[1].replace(" ", "")
    assert fix in lines[3]
    assert not folder.exists()


def test_a_twin_is_built_from_a_saved_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The org of the sandbox then has the export's object; what was left out is said."""
    export = tmp_path / "export" / "salesforce"
    export.mkdir(parents=True)
    flags = "nillable createable updateable defaultedOnCreate externalId unique calculated custom"
    name = {"name": "Name", "type": "string", "label": "Name", "length": 80}
    text = {**dict.fromkeys(flags.split(), False), **name, "createable": True}
    id = {**dict.fromkeys(flags.split(), False), "name": "Id", "type": "id", "label": "Id"}
    stamps = [{**id, "name": name, "type": "datetime", "label": name} for name in STAMPS]
    own = {"name": "Machine__c", "label": "Machine", "keyPrefix": "a9Z", "custom": True}
    (export / "Machine__c.json").write_text(json.dumps({**own, "fields": [id, text, *stamps]}))
    (export / "broken.json").write_text("{")
    folder = tmp_path / "world"
    asked = ["sandbox", "import", str(tmp_path / "export"), "--folder", str(folder), "--json"]
    assert run(asked) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["objects"] == 1
    assert any("broken.json" in each["what"] for each in told["skipped"])
    with State(folder / "sandbox.db") as state:
        assert list(salesforce.records(state, "Machine__c")) == []


def test_a_twin_needs_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not there is named."""
    asked = ["sandbox", "import", str(tmp_path / "nothing"), "--folder", str(tmp_path / "world")]
    assert run(asked) == Exit.USAGE
    assert "nothing" in capsys.readouterr().err
