"""A project's own catalog: fields and entities it adds, kept, merged, synced and asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from config.project import load_project
from connectors.memory.client import MemoryConnector
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from jobs.flows import register
from jobs.runtime import InProcess
from staging import rows
from sync.context import Order
from tasuki.clock import FixedClock
from tasuki.errors import ConfigError
from tasuki.service.checking.project import validate
from tasuki.wiring import open_app
from tests.rehearsal import START

if TYPE_CHECKING:
    from pathlib import Path

    from tasuki.service.app import App

FILES = {
    "tasuki.yaml": "{kind: project, name: own, store: 'STORE'}",
    "connections/crm.yaml": "{kind: connection, name: crm, system: memory}",
    "connections/ma.yaml": "{kind: connection, name: ma, system: memory}",
    "catalog/account.yaml": """
kind: entity
name: account
fields:
  erp: {type: text, en: ERP system, ja: 基幹システム}
  seats: {type: int, en: seats, ja: 席数}
  renewed_on: {type: date}
""",
    "catalog/installation.yaml": """
kind: entity
name: installation
en: installation
ja: 設置
fields:
  serial: {type: text}
  model: {type: text}
  account_id: {type: ref, to: account}
""",
    "mappings/account.yaml": """
kind: mapping
name: account
entity: account
sides: {crm: {object: companies}, ma: {object: orgs}}
fields:
  name: {crm: name, ma: name, conflict: crm_wins}
  domain: {crm: domain, ma: domain, conflict: crm_wins, transform: [domain]}
  erp: {crm: erp, ma: erp, direction: both, conflict: crm_wins}
  seats: {crm: seats, conflict: crm_wins}
identity:
  - {rule: domain, field: domain}
""",
    "mappings/installation.yaml": """
kind: mapping
name: installation
entity: installation
sides: {crm: {object: installs}, ma: {object: machines}}
fields:
  serial: {crm: serial, ma: serial, conflict: crm_wins, transform: [trim, upper]}
  model: {crm: model, ma: model, direction: both, conflict: crm_wins}
links:
  account_id:
    crm: {lookup: company_id, object: companies}
identity:
  - {rule: serial, field: serial}
""",
}


@pytest.fixture
def folder(tmp_path: Path, store_url: str) -> Path:
    """The project's files."""
    for name, words in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(words.replace("STORE", store_url), encoding="utf-8")
    return tmp_path


def opened(folder: Path) -> tuple[App, MemorySystem, MemorySystem]:
    """The project over two empty systems."""
    clock = FixedClock(START)
    crm = MemorySystem(
        clock,
        {
            "companies": shape("name domain erp seats"),
            "installs": shape("serial model company_id"),
        },
    )
    ma = MemorySystem(clock, {"orgs": shape("name domain erp"), "machines": shape("serial model")})
    memory = MemorySettings(page_size=5, batch_size=5, overlap=1)
    systems = {"crm": crm, "ma": ma}
    connectors = {name: MemoryConnector(system, memory) for name, system in systems.items()}
    return open_app(folder, clock, {}, connectors), crm, ma


def run(app: App) -> dict[str, Any]:
    """One run."""
    runtime = InProcess(app.store, app.tools)
    register(runtime)
    return runtime.wait(runtime.enqueue(Order("run", {})))


def stored(app: App, entity: str) -> list[dict[str, Any]]:
    """Every row of an entity."""
    with app.store.reading() as db:
        table = "account" if entity == "account" else f"custom_{entity}"
        ids = list(db.scalars(text(f"SELECT id FROM {table} ORDER BY id")))
        return list(rows.read(db, app.tools.entities[entity], ids).values())


def test_a_field_of_the_project_is_merged_and_written_like_any_other(folder: Path) -> None:
    """It has a column, a policy, a provenance, and its value travels."""
    app, crm, ma = opened(folder)
    crm.add("companies", {"name": "Aoba", "domain": "aoba.example", "erp": "Oka", "seats": 40})
    ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
    run(app)
    (row,) = stored(app, "account")
    assert (row["erp"], row["seats"], row["renewed_on"]) == ("Oka", 40, None)
    assert row["provenance"]["erp"]["ref"].startswith("crm/companies/")
    with app.store.reading() as db:
        wished = db.execute(text("SELECT fields FROM intent WHERE connection = 'ma'")).scalar()
    assert "Oka" in str(wished)
    app.close()


def test_an_entity_of_the_project_is_joined_and_points_at_others(folder: Path) -> None:
    """Records of two systems become one row, which belongs to an account."""
    app, crm, ma = opened(folder)
    company = crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
    crm.add("installs", {"serial": "sn-1", "model": "X", "company_id": company})
    ma.add("machines", {"serial": "SN-1 "})
    run(app)
    (account,), (machine,) = stored(app, "account"), stored(app, "installation")
    assert (machine["serial"], machine["model"]) == ("SN-1", "X")
    assert machine["account_id"] == account["id"]
    assert run(app)["changed"] == 0
    app.close()


def test_opening_again_changes_nothing_and_a_new_field_adds_a_column(folder: Path) -> None:
    """What is there stays; a field declared later is blank until something says it."""
    app, crm, _ = opened(folder)
    crm.add("companies", {"name": "Aoba", "domain": "aoba.example", "erp": "Oka"})
    run(app)
    app.close()
    file = folder / "catalog/account.yaml"
    file.write_text(file.read_text("utf-8") + "  tier: {type: text}\n", encoding="utf-8")
    again, _, _ = opened(folder)
    (row,) = stored(again, "account")
    assert (row["erp"], row["tier"]) == ("Oka", None)
    again.close()


def test_a_field_does_not_change_its_type(folder: Path) -> None:
    """Values already kept as text are not read as numbers."""
    opened(folder)[0].close()
    file = folder / "catalog/account.yaml"
    file.write_text(file.read_text("utf-8").replace("erp: {type: text", "erp: {type: int"))
    with pytest.raises(ConfigError, match=r"account\.erp"):
        opened(folder)


@pytest.mark.parametrize(
    ("words", "what", "line"),
    [
        ("fields:\n  name: {type: text}", "already has a field `name`", 4),
        ("fields:\n  provenance: {type: text}", "already has a field `provenance`", 4),
        ("fields:\n  boss: {type: ref, to: acount}", "which entity it points at", 4),
        ("fields:\n  boss: {type: ref}", "which entity it points at", 4),
        ("fields:\n  size: {type: texte}", "`fields.size.type` does not fit", 4),
    ],
)
def test_what_is_wrong_with_a_catalog_file_is_found(
    folder: Path, words: str, what: str, line: int
) -> None:
    """With file, line and a fix, before anything runs."""
    text = f"kind: entity\nname: account\n{words}\n"
    (folder / "catalog/account.yaml").write_text(text, encoding="utf-8")
    (folder / "mappings/account.yaml").unlink()
    found = validate(load_project(folder, {}))
    mine = [f for f in found if f.where and f.where.file == "catalog/account.yaml"]
    assert any(what in " ".join(f.lines()) and f.where and f.where.line == line for f in mine)


def test_conditions_may_name_what_the_project_added(folder: Path) -> None:
    """A signal over a field of the project opens for the right account."""
    (folder / "playbook").mkdir()
    (folder / "playbook/signal.yaml").write_text(SIGNAL, encoding="utf-8")
    (folder / "playbook/team.yaml").write_text(TEAM, encoding="utf-8")
    app, crm, _ = opened(folder)
    crm.add("companies", {"name": "Aoba", "domain": "aoba.example", "seats": 40})
    crm.add("companies", {"name": "Midori", "domain": "midori.example", "seats": 4})
    run(app)
    with app.store.reading() as db:
        opened_for = list(db.scalars(text("SELECT entity_id FROM signal")))
    large = next(row["id"] for row in stored(app, "account") if row["seats"] == 40)
    assert opened_for == [large]
    app.close()


SIGNAL = """
kind: signal
name: many_seats
entity: account
why: {en: Many seats, ja: 席数が多い}
when: "account.seats >= 10"
facts: [account.seats]
team: success
"""
TEAM = """
kind: team
name: success
title: {en: Success, ja: サクセス}
position: 1
confidence: [1, 5]
"""
