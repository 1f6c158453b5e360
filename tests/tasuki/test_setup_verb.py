"""`tasuki setup` on a fresh HubSpot account and a Salesforce org that lack the keys of tasks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from config.starter import SandboxAccess, init
from connectors.protocol import Settled, Verb, Write
from sandbox.hubspot.data.kinds import kind_of
from sandbox.salesforce.api.deploy import deploy
from sandbox.salesforce.org import org_of
from sandbox.salesforce.setup.access import TWIN
from sandbox.server import Serving, in_thread
from tasuki.cli.faults import Exit
from tasuki.cli.front import run
from tasuki.wiring import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "Tasuki_Key__c"


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Both systems as they are on the first day: nobody has added a field for us."""
    with in_thread(tmp_path / "sandbox") as serving:
        state = serving.state
        with state.transaction() as db:
            where = (kind_of("tasks").id, "tasuki_key")
            assert db.execute("DELETE FROM hs_property WHERE type = ? AND name = ?", where).rowcount
        org_of(state).restrict(TWIN, {"objects": {}, "fields": {f"Task.{KEY}": []}})
        yield serving


@pytest.fixture
def project(serving: Serving, tmp_path: Path) -> Path:
    """The starter project, signed in to them."""
    folder = tmp_path / "project"
    info = serving.info
    access = SandboxAccess(
        salesforce_url=info.https_url,
        hubspot_url=info.http_url,
        ca_file=str(info.ca),
        client_id=info.client_id,
        client_secret=info.client_secret,
        hubspot_token=info.hubspot_token,
        sales_url=f"sqlite:///{tmp_path / 'sales.db'}",
        imports_folder=str(tmp_path / "imports"),
    )
    init(folder, sandbox=access)
    return folder


def setup(project: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """The verb's exit code and document."""
    code = run(["setup", *words, "--json", "--project-dir", str(project)])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_both_systems_get_the_key_and_creates_by_it_stay_single(
    serving: Serving, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Shown, made in HubSpot, packed for Salesforce and deployed: then nothing is missing."""
    code, shown = setup(project, capsys)
    missing = {(e["connection"], e["object"], e["name"], e["how"]) for e in shown["fields"]}
    assert code == Exit.PENDING
    assert ("hubspot", "tasks", "tasuki_key", "api") in missing
    assert ("salesforce", "Task", KEY, "package") in missing
    assert {e["name"] for e in shown["fields"] if e["unique"]} == {"tasuki_key", KEY}
    code, made = setup(project, capsys, "--apply")
    assert code == Exit.PENDING
    states = {(e["connection"], e["state"]) for e in made["fields"]}
    assert states == {("hubspot", "made"), ("salesforce", "written")}
    package = project / ".tasuki" / "setup" / "salesforce"
    files = {
        path.relative_to(package).as_posix(): path.read_text("utf-8")
        for path in package.rglob("*.*")
    }
    assert deploy(org_of(serving.state), files) == 2  # an activity's field, on tasks and events
    code, after = setup(project, capsys, "--apply")
    assert (code, after["fields"], after["findings"]) == (Exit.DONE, [], [])
    _creates_once(project)


def _creates_once(project: Path) -> None:
    """The same create by key, twice: one record."""
    app = open_app(project)
    try:
        for name, object, key, fields in (
            ("hubspot", "tasks", "tasuki_key", {"hs_timestamp": "2026-01-05T09:00:00Z"}),
            ("salesforce", "Task", KEY, {"Subject": "Call"}),
        ):
            connector = app.tools.connectors[name]
            write = Write("w", Verb.CREATE, object, fields, None, (key, "signal:1"))
            first, second = (connector.write([write])[0] for _ in range(2))
            assert (first.settled, second.settled) == (Settled.WRITTEN, Settled.WRITTEN), name
            assert first.id == second.id
            assert connector.count(object) == 1
    finally:
        app.close()


def test_people_read_what_comes_next(
    serving: Serving,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line a field with the line that asks for it, and the command that makes them."""
    monkeypatch.setenv("COLUMNS", "160")
    assert run(["setup", "hubspot", "--project-dir", str(project)]) == Exit.PENDING
    said = capsys.readouterr().out
    assert "hubspot/tasks.tasuki_key" in said
    assert "mappings/activity.yaml" in said
    assert "tasuki setup hubspot --apply" in said
    assert "salesforce/" not in said


def test_a_misspelt_standard_field_is_a_mistake_not_a_wish(
    serving: Serving, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Salesforce's own fields cannot be made: the nearest name is offered."""
    account = project / "mappings" / "account.yaml"
    account.write_text(account.read_text("utf-8").replace("salesforce: Phone", "salesforce: Phon"))
    code, shown = setup(project, capsys, "salesforce")
    assert code == Exit.USAGE
    (mistake,) = [each for each in shown["findings"] if each["severity"] == "error"]
    assert "has no field `Phon`" in mistake["what"]
    assert mistake["fix"] == "Did you mean `Phone`?"
    assert "Phon" not in {each["name"] for each in shown["fields"]}
