"""erase and export through the command line, on a project of files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from connectors.memory.client import MemoryConnector
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem
from jobs.flows import register
from jobs.runtime import InProcess
from sync.context import Order
from tasuki.clock import FixedClock
from tasuki.errors import UnknownRecordError
from tasuki.service import accounts
from tasuki.service.privacy import erasing, exporting
from tasuki.wiring import open_app
from tests.rehearsal import CRM, FILES, MA, START

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasuki.service.app import App

MAIL = "ada.byron@aoba.example"


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    """A project in which one person is known, with an event."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with (tmp_path / "tasuki.yaml").open("a") as file:
        file.write(f"store: '{store_url}'\n")
    clock = FixedClock(START)
    crm, ma = MemorySystem(clock, CRM), MemorySystem(clock, MA)
    memory = MemorySettings(page_size=5, batch_size=5, overlap=1)
    connectors = {"crm": MemoryConnector(crm, memory), "ma": MemoryConnector(ma, memory)}
    crm.add("people", {"email": MAIL, "last": "Byron", "title": "Analyst"})
    ma.add("events", {"kind": "page_view", "at": "2026-01-04T09:00:00Z", "cookie": "v1",
                      "url": "https://x.example/price", "email": MAIL})  # fmt: skip
    opened = open_app(tmp_path, clock, {}, connectors)
    run(opened)
    yield opened
    opened.close()


def run(app: App) -> None:
    """One run."""
    runtime = InProcess(app.store, app.tools)
    register(runtime)
    runtime.wait(runtime.enqueue(Order("run", {})))


def test_an_export_holds_everything_that_is_known(app: App) -> None:
    """Entity with sources, each system's record, events and links; as JSON."""
    found = exporting.export(app, MAIL)
    text = json.dumps([found.entity, found.records, found.held])
    assert found.entity["e-mail"]["value"] == MAIL
    assert found.counts["records"] == 1
    assert found.counts["engagement"] == 1
    assert "https://x.example/price" in text
    assert "Analyst" in text


def test_an_erasure_is_asked_carried_out_and_noted_without_the_person(app: App) -> None:
    """The file of the store holds no byte of theirs; the audit log says that it was done."""
    asked = erasing.ask(app, MAIL)
    assert (len(asked.records), asked.belongings) == (1, 1)
    done = erasing.erase(app, asked.person, "operator")
    assert done.left == asked.records
    assert accounts.audited(app)[0].action == "person.erased"
    with pytest.raises(UnknownRecordError):
        erasing.ask(app, MAIL)
    if done.compacted:
        for path in app.project.folder.rglob("*"):
            if path.is_file() and path.suffix not in {".yaml", ".key"}:
                assert MAIL.encode() not in path.read_bytes(), path.name


def test_who_was_let_in_again_comes_back_with_the_next_record(app: App) -> None:
    """Lifting names an address; an unknown one says so."""
    erasing.erase(app, erasing.ask(app, MAIL).person, "operator")
    assert not erasing.lift(app, "nobody@aoba.example", "operator")
    assert erasing.lift(app, "Ada.Byron@Aoba.Example", "operator")
    assert not erasing.lift(app, MAIL, "operator")


def test_a_second_erasure_finds_nobody(app: App) -> None:
    """Erasing by the old id is refused in words; nothing breaks."""
    person = erasing.ask(app, MAIL).person
    erasing.erase(app, person, "operator")
    with pytest.raises(UnknownRecordError, match="nobody to erase"):
        erasing.erase(app, person, "operator")


def test_a_fresh_key_joins_the_older_ones(app: App) -> None:
    """Who was erased under an older key is still known, and the audit says who made the new one."""
    erasing.erase(app, erasing.ask(app, MAIL).person, "operator")
    assert erasing.rotate_key(app, "operator") == 2
    assert accounts.audited(app)[0].action == "erasure.key_rotated"
    assert erasing.lift(app, MAIL, "operator")
