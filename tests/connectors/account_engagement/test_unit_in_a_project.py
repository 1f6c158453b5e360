"""A project that takes a business unit: pulled, certified, and pages find their person late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from jobs.flows import understand
from jobs.runtime import InProcess
from sandbox import account_engagement as sandbox
from staging.tables.entities import ENTITY_TABLES
from sync.complete.due import Ordered
from sync.complete.flow import pull
from sync.context import Order
from sync.reading.stream import streams
from tasuki.wiring import open_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Unit

    from sandbox.server import Serving
    from tasuki.service.app import App

BORN = datetime(2026, 3, 2, tzinfo=UTC)
TOP = Path(__file__).parents[3]
PERSON = """
kind: mapping
name: person
entity: person
sides: {account_engagement: {object: prospects}}
fields:
  email: {account_engagement: email, transform: [email]}
  family_name: {account_engagement: lastName}
identity: [{rule: email, field: email}]
"""
CONNECTION = """
kind: connection
name: account_engagement
system: account_engagement
login_url: ${UNIT_URL}
base_url: ${UNIT_URL}
business_unit_id: ${UNIT_ID}
client_id: ${UNIT_CLIENT}
client_secret: ${UNIT_SECRET}
ca_file: ${UNIT_CA}
"""


class Clock:
    """The sandbox's own time."""

    def __init__(self, unit: Unit) -> None:
        self._state = unit.state

    def now(self) -> datetime:
        return self._state.now()


@pytest.fixture
def app(
    tmp_path: Path, open_unit: Callable[..., Unit], sandbox_server: Serving
) -> Iterator[tuple[App, Unit]]:
    """A project of one connection and two mappings, on an empty account."""
    unit, info = open_unit(), sandbox_server.info
    optional = TOP / "mappings" / "optional" / "account_engagement.yaml"
    files = {
        "tasuki.yaml": "{kind: project, name: unit, timezone: Asia/Tokyo}",
        "connections/account_engagement.yaml": CONNECTION,
        "mappings/person.yaml": PERSON,
        "mappings/account_engagement.yaml": optional.read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = {
        "UNIT_URL": info.https_url,
        "UNIT_ID": sandbox.BUSINESS_UNIT,
        "UNIT_CLIENT": info.client_id,
        "UNIT_SECRET": info.client_secret,
        "UNIT_CA": info.ca,
    }
    opened = open_app(tmp_path, Clock(unit), environment)
    yield opened, unit
    opened.close()


def run(app: App) -> dict[str, Any]:
    """Pull and understand; no plan."""
    runtime = InProcess(app.store, app.tools)
    runtime.register("pull", lambda run, given: {**pull(run, Ordered.of(given)), **understand(run)})
    try:
        return runtime.wait(runtime.enqueue(Order("pull", {})))
    finally:
        runtime.close()


def people(app: App) -> dict[str, str | None]:
    """Address of a page to the family name of whoever saw it."""
    event, person = ENTITY_TABLES["engagement"], ENTITY_TABLES["person"]
    joined = event.outerjoin(person, person.c.id == event.c.person_id)
    seen = select(event.c.url, person.c.family_name).select_from(joined).where(event.c.url != None)  # noqa: E711
    with app.store.reading() as db:
        return {row.url: row.family_name for row in db.execute(seen)}


def test_pages_find_their_person_when_the_visitor_is_known(app: tuple[App, Unit]) -> None:
    """Seen by nobody at first; once the visitor is identified, old pages are that person's."""
    opened, unit = app
    born = {"createdAt": BORN}
    sandbox.insert(unit.state, "prospects", [{"id": 7, "email": "ito@aoba.example", **born}])
    sandbox.edit(unit.state, "prospects", "7", {"lastName": "Ito"})
    sandbox.insert(unit.state, "visitors", [{"id": 1, **born}])
    sandbox.insert(unit.state, "visits", [{"id": 10, "visitorId": 1, **born}])
    page = {"id": 20, "visitId": 10, "visitorId": 1, "url": "/pricing", **born}
    sandbox.insert(unit.state, "visitor-page-views", [page])
    unit.pass_time(timedelta(minutes=10))
    assert run(opened)["complete"]
    assert people(opened) == {"/pricing": None}
    unit.pass_time(timedelta(minutes=10))
    sandbox.identify(unit.state, 1, 7)
    unit.pass_time(timedelta(minutes=10))
    assert run(opened)["complete"]
    assert people(opened) == {"/pricing": "Ito"}


def test_the_ready_mapping_fits_what_is_there(app: tuple[App, Unit]) -> None:
    """`validate --live` finds every field of it, those of related records too."""
    opened, _ = app
    connector = opened.tools.connectors["account_engagement"]
    for each in streams(opened.tools):
        (info,) = connector.discover([each.object])
        assert {*each.fields()} <= {field.name for field in info.fields}


def test_a_quiet_run_is_cheap_and_certified(app: tuple[App, Unit]) -> None:
    """A run without news is a call per object and one where deletes are told; all is proven."""
    opened, unit = app
    sandbox.insert(
        unit.state,
        "prospects",
        [{"id": n, "email": f"n{n}@aoba.example", "createdAt": BORN} for n in range(1, 30)],
    )
    unit.pass_time(timedelta(minutes=10))
    run(opened)
    unit.pass_time(timedelta(minutes=10))
    connector = opened.tools.connectors["account_engagement"]
    calls = connector.limits().calls
    assert run(opened)["complete"]
    assert connector.limits().calls - calls <= 5
