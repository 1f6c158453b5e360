"""Runs as people order and see them: sweeps, reading again, certificates and their age."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tasuki.cli import front
from tasuki.errors import ConfigError
from tasuki.service import running
from tasuki.service.app import App
from tests.rehearsal import CRM, FILES, MA, Rehearsal, rehearsal

if TYPE_CHECKING:
    from pathlib import Path

LAG: dict[str, Any] = {"lag": timedelta(minutes=1)}


def opened(world: Rehearsal) -> App:
    return App(world.tools.project, world.store, world.tools)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two empty systems in this process."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, shapes in (("crm", CRM), ("ma", MA)):
        objects = {o: [info.name for info in shape.fields] for o, shape in shapes.items()}
        said = {"kind": "connection", "name": name, "system": "memory", "objects": objects}
        (tmp_path / "connections" / f"{name}.yaml").write_text(json.dumps(said), "utf-8")
    return tmp_path


def test_certificates_show_method_and_age() -> None:
    """Each object has its newest certificate with its age, and the age of its comparison of ids."""
    with rehearsal(**LAG) as world:
        world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
        assert running.certificates(opened(world))[0].complete is None
        world.tick(5)
        world.run()
        world.tick(90)
        world.run()
        world.tick(7)
        found = {view.object: view for view in running.certificates(opened(world))}
        view = found["companies"]
        assert (view.complete, view.method, view.age) == (True, "answer", timedelta(minutes=7))
        assert view.ids_age == timedelta(minutes=100)
        last = running.last_run(opened(world))
        assert last is not None
        assert len(running.certificates_of(opened(world), last.id)) == 6


def test_what_is_read_again_is_named_in_few_words() -> None:
    """A connection means its objects, an object is found in any connection, no name means all."""
    with rehearsal() as world:
        app = opened(world)
        assert running.read_again(app, ["companies"]).again == ("crm/companies",)
        assert set(running.read_again(app, ["ma"]).again) == {"ma/orgs", "ma/contacts", "ma/events"}
        assert len(running.read_again(app).again) == 6
        wanted = running.read_again(app, ["crm/people"], "2025-01-01")
        assert (wanted.again, wanted.since) == (("crm/people",), "2025-01-01T00:00:00.000Z")


@pytest.mark.parametrize(("names", "since"), [(["companys"], ""), (["crm"], "yesterday")])
def test_what_cannot_be_read_again_is_refused(names: list[str], since: str) -> None:
    """An unknown object or a date that is none is refused with the nearest right word."""
    with rehearsal() as world, pytest.raises(ConfigError) as refused:
        running.read_again(opened(world), names, since)
    assert "companies" in refused.value.remedy or "2025-01-01" in refused.value.remedy


def test_the_command_line_orders_and_shows_it(project: Path, capsys: Any) -> None:
    """`run --full --sweep` reads again and says what was compared; `runs` shows certificates."""
    here = ["--project-dir", str(project)]
    assert front.run(["run", *here]) == 0
    capsys.readouterr()
    assert front.run(["run", "crm", "--full", "--sweep", "--json", *here]) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert counts["sweeps"]["crm/companies"] == ["ids"]
    assert front.run(["runs", "--json", *here]) == 0
    shown = json.loads(capsys.readouterr().out)["certificates"]
    assert {row["method"] for row in shown} == {"whole"}
    assert front.run(["runs", *here]) == 0
    assert "crm/companies" in capsys.readouterr().out
    assert front.run(["run", "crm", *here]) == 2
    assert "--full" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["run", "plan"])
def test_an_unread_system_is_never_called_right(verb: str, project: Path, capsys: Any) -> None:
    """What could not be read is named with an exit code of its own, not reported as in order."""
    objects = {name: {"files": f"{name}.csv", "id": "id"} for name in CRM}
    gone = {"kind": "connection", "name": "crm", "system": "sales_system", "objects": objects}
    (project / "connections" / "crm.yaml").write_text(json.dumps(gone), "utf-8")
    assert front.run([verb, "--project-dir", str(project)]) == 4
    said = capsys.readouterr()
    assert "every system already says" not in said.out
    assert "in what could be read" in said.out
    assert "companies.csv" in said.err
