"""Departments and sites, by the library's own mappings over a small Salesforce."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from connectors.memory.client import MemoryConnector
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, Shape, shape
from mappings.apply import fields_to_read
from staging.tables.entities import ENTITY_TABLES
from tasuki.clock import FixedClock
from tasuki.wiring import open_app
from tests.folder import run, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasuki.service.app import App

TODAY = datetime(2026, 6, 1, tzinfo=UTC)
LIBRARY = Path(__file__).parents[2] / "mappings" / "library"
MAPPINGS = ("account", "org_unit", "person", "user_")
SYSTEMS = ("salesforce", "hubspot", "sales")
NUMBER = "1010012345678"


def _company(app: App, systems: dict[str, MemorySystem]) -> None:
    """A parent with a site of its own number, a subsidiary, and people in departments."""
    crm = systems["salesforce"]
    parent = crm.add("Account", {"Name": "株式会社青葉製作所", "Corporate_Number__c": NUMBER})
    site = crm.add(
        "Account",
        {
            "Name": "株式会社青葉製作所 大阪支店",
            "Corporate_Number__c": NUMBER,
            "ParentId": parent,
            "Site": "大阪支店",
            "BillingCity": "大阪市",
        },
    )
    daughter = crm.add("Account", {"Name": "青葉販売株式会社", "ParentId": parent})
    for name, account, department in (
        ("青山", parent, "購買部"),
        ("白井", parent, "購買部 "),
        ("黒田", site, None),
        ("緑川", daughter, "購買部"),
        ("赤木", parent, None),
    ):
        crm.add("Contact", {"LastName": name, "AccountId": account, "Department": department})
    run(app)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Give the company after one run."""
    files = {f"mappings/{name}.yaml": (LIBRARY / f"{name}.yaml").read_bytes() for name in MAPPINGS}
    known = {
        f"connections/{name}.yaml": f"{{kind: connection, name: {name}, system: memory}}".encode()
        for name in SYSTEMS
    }
    project = b"{kind: project, name: units, store: 'sqlite:///store.db'}"
    write(tmp_path, {"tasuki.yaml": project, **files, **known})
    clock = FixedClock(TODAY)
    shapes: dict[str, dict[str, Shape]] = {name: {} for name in SYSTEMS}
    systems = {name: MemorySystem(clock, shapes[name]) for name in SYSTEMS}
    connectors = {name: MemoryConnector(s, MemorySettings()) for name, s in systems.items()}
    with closing(open_app(tmp_path, clock, {}, connectors)) as found:
        needed: dict[tuple[str, str], set[str]] = defaultdict(set)
        for mapping in found.tools.mappings:
            for side in mapping.sides.values():
                needed[side.connection, side.object] |= set(fields_to_read(mapping, side.name))
        for (connection, object_), names in needed.items():
            shapes[connection][object_] = shape(" ".join(sorted(names)))
        _company(found, systems)
        yield found


def _rows(app: App, entity: str, by: str) -> dict[str, Any]:
    table = ENTITY_TABLES[entity]
    with app.store.reading() as db:
        return {str(getattr(row, by)): row for row in db.execute(select(table))}


def test_a_department_is_its_accounts_own(app: App) -> None:
    """Two contacts share the purchasing department; the subsidiary has one of its own."""
    people, units = _rows(app, "person", "family_name"), _rows(app, "org_unit", "id")
    assert people["青山"].org_unit_id == people["白井"].org_unit_id
    assert people["青山"].org_unit_id != people["緑川"].org_unit_id
    assert people["青山"].department == "購買部"
    for name in ("青山", "緑川"):
        unit = units[people[name].org_unit_id]
        assert (unit.name, unit.kind, unit.account_id) == (
            "購買部", "department", people[name].account_id,
        )  # fmt: skip
    assert people["赤木"].org_unit_id is None
    assert len(units) == 3


def test_a_site_belongs_to_its_company(app: App) -> None:
    """A site with its parent's number is that company; its people stand at the site."""
    people, accounts = _rows(app, "person", "family_name"), _rows(app, "account", "name")
    assert people["黒田"].account_id == people["青山"].account_id
    unit = _rows(app, "org_unit", "id")[people["黒田"].org_unit_id]
    assert (unit.kind, unit.name, unit.city) == ("site", "大阪支店", "大阪市")
    assert len(accounts) == 2


def test_a_subsidiary_stays_an_account(app: App) -> None:
    """It is another company that names its parent."""
    accounts = _rows(app, "account", "name")
    daughter = accounts["青葉販売株式会社"]
    assert daughter.parent_id is not None
    assert daughter.parent_id != daughter.id
    assert accounts["株式会社青葉製作所"].parent_id is None
