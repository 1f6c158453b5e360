"""Benches: one connector of each kind, set up beside a hand that edits its system as a person does.

A new connector joins the conformance suite by adding its name to BENCHES and a fixture
`<name>_bench` that returns a `Bench`.
"""
# ruff: noqa: E402 - the promises are rewritten for readable failures before anything imports them

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.register_assert_rewrite("connectors.conformance")

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse, PoolManager
from urllib3.exceptions import ProtocolError

from connectors.account_engagement.client import open_client as open_unit_client
from connectors.account_engagement.connector import AccountEngagementConnector
from connectors.account_engagement.settings import AccountEngagementSettings
from connectors.conformance import Bench, Purse
from connectors.hubspot.auth import once
from connectors.hubspot.client import open_client as open_hubspot_client
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.settings import HubSpotSettings
from connectors.memory.client import MemoryConnector
from connectors.memory.faults import Mishap
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from connectors.protocol import OpenContext
from connectors.sales_system import SPEC as SALES_SYSTEM
from connectors.salesforce.connector import open_salesforce
from connectors.salesforce.settings import SalesforceSettings
from sandbox import account_engagement as unit_sandbox
from sandbox import hubspot as hubspot_sandbox
from sandbox import salesforce as salesforce_sandbox
from sandbox.account_engagement.store import change as change_in_unit
from sandbox.account_engagement.store import create as create_in_unit
from sandbox.hubspot.data import records as hubspot_records
from sandbox.hubspot.data import writes as hubspot_writes
from sandbox.hubspot.data.kinds import kind_of
from sandbox.salesforce.ids import new_id
from sandbox.salesforce.org import PERSON, org_of
from sandbox.salesforce.rows.write import create, delete
from sandbox.server import in_thread
from tasuki.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connectors.budget import Budget
    from connectors.conformance import Hand
    from connectors.salesforce.connector import SalesforceConnector
    from sandbox.server import Serving
    from sandbox.state import State

BENCHES = ["memory", "hubspot", "salesforce", "account_engagement", "table", "drops"]


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Bench:
    """One bench per connector."""
    made: Bench = request.getfixturevalue(f"{request.param}_bench")
    return made


def purse_of(budget: Budget) -> Purse:
    """The budget a connector was opened with."""
    assert isinstance(budget, Purse)
    return budget


@dataclass
class MemoryHand:
    """The in-process system is its own hand."""

    system: MemorySystem

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        return self.system.add(object, fields)

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        self.system.edit(object, id, fields)

    def delete(self, object: str, id: str) -> None:
        self.system.delete(object, id)

    def values(self, object: str, field: str) -> list[Any]:
        return [row.fields.get(field) for row in self.system.living(object).values()]


@pytest.fixture
def memory_bench() -> Bench:
    """An in-process system with pages of three."""
    clock = FixedClock(datetime(2026, 1, 5, tzinfo=UTC))
    shapes = {"contacts": shape("email lastname", unique="email"), "companies": shape("name")}
    sizes = {"guarded_size": 5, "bulk_from": 20, "bulk_size": 1_000}
    system = MemorySystem(clock, shapes)
    connector = MemoryConnector(system, MemorySettings(page_size=3, history=True, **sizes))

    def pass_time(by: timedelta) -> None:
        clock.at += by

    return Bench(
        connector,
        MemoryHand(system),
        object="contacts",
        text="lastname",
        key="email",
        pass_time=pass_time,
        lose_answer=lambda: connector.faults.writes.append(Mishap.LOSE_ANSWER),
        hide=lambda name: connector.faults.hidden.add(("contacts", name)),
        link_to=lambda: ("companies", system.add("companies", {"name": "c"})),
    )


# ── Salesforce: the real client library against the sandbox over HTTPS ──


class LosesAnswers(HTTPAdapter):
    """A network that can be told to cut the line after the next write has arrived."""

    armed = False
    arrived = 0
    path = "/composite/sobjects"

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.arrived += 1
        answer = super().send(request, *args, **kwargs)
        is_write = request.method != "GET" and self.path in request.url
        if self.armed and is_write:
            self.armed = False
            answer.close()
            raise requests.ConnectionError("the line was cut")
        return answer


@dataclass
class SalesforceHand:
    """The administrator of the sandbox's org."""

    state: State

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        org = org_of(self.state)
        return create(org, org.schema.objects[object], fields, user=PERSON)

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        salesforce_sandbox.edit(self.state, object, id, fields)

    def delete(self, object: str, id: str) -> None:
        org = org_of(self.state)
        delete(org, org.schema.objects[object], id)

    def values(self, object: str, field: str) -> list[Any]:
        table = org_of(self.state).tables[object].name
        sql = f"SELECT {field} FROM {table} WHERE IsDeleted = 0"
        return [row[0] for row in self.state.db.execute(sql).fetchall()]


@dataclass(frozen=True)
class SandboxClock:
    """The sandbox's own time, offset and all."""

    state: State

    def now(self) -> datetime:
        return self.state.now()


@pytest.fixture(scope="module")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Both platforms over real HTTP, for all tests of a module."""
    with in_thread(tmp_path_factory.mktemp("sandbox")) as serving:
        yield serving


@pytest.fixture
def salesforce(sandbox_server: Serving) -> Iterator[SalesforceConnector]:
    """A connector on an org without contacts, accounts, leads and tasks."""
    state, info = sandbox_server.state, sandbox_server.info
    for object in ("Account", "Contact", "Lead", "Task", "Opportunity"):
        with state.transaction() as db:
            db.execute(f"DELETE FROM {org_of(state).tables[object].name}")
            db.execute("DELETE FROM sf_deleted")
    settings = SalesforceSettings(
        login_url=info.https_url,
        client_id=info.client_id,
        client_secret=SecretStr(info.client_secret),
        ca_file=Path(info.ca),
        overlap=timedelta(minutes=5),
    )
    context = OpenContext("crm", Path("/"), SandboxClock(state), Purse())
    connector = open_salesforce(settings, context)
    connector.client.sleep = lambda _: None
    yield connector
    connector.close()


@pytest.fixture
def salesforce_bench(sandbox_server: Serving, salesforce: SalesforceConnector) -> Iterator[Bench]:
    """Contacts, found by e-mail: a field the org does not keep unique."""
    state = sandbox_server.state
    network = LosesAnswers()
    salesforce.client.session.mount("https://", network)

    def pass_time(by: timedelta) -> None:
        state.set_clock_offset(state.now() + by - datetime.now(UTC))

    def lose_answer() -> None:
        network.armed = True

    def hide(name: str) -> None:
        org_of(state).restrict("*", {"fields": {f"Contact.{name}": []}})

    yield Bench(
        salesforce,
        SalesforceHand(state),
        object="Contact",
        text="LastName",
        key="Email",
        pass_time=pass_time,
        lose_answer=lose_answer,
        hide=hide,
        purse=purse_of(salesforce.client.budget),
        arrived=lambda: network.arrived,
        missing_id=new_id("003", 999_999),
    )
    org_of(state).restrict("*", None)


# ── Account Engagement: against the sandbox over HTTPS ──


@dataclass
class UnitHand:
    """A marketer in the sandbox's business unit."""

    state: State

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        with self.state.lock:
            return str(create_in_unit(self.state, object, fields))

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        unit_sandbox.edit(self.state, object, id, fields)

    def delete(self, object: str, id: str) -> None:
        with self.state.lock:
            change_in_unit(self.state, object, int(id), {}, deleted=True)

    def values(self, object: str, field: str) -> list[Any]:
        rows = unit_sandbox.records(self.state, object)
        return [row.value(field) for row in rows if not row.deleted]


@dataclass
class Unit:
    """One test's business unit: its truth, its hand, its network, a connector signed in to it."""

    state: State
    hand: UnitHand
    network: LosesAnswers
    connector: AccountEngagementConnector

    def configure(self, **settings: Any) -> None:
        """Set the account."""
        unit_sandbox.configure(self.state, **settings)

    def pass_time(self, by: timedelta) -> None:
        """Move the account's clock on."""
        self.state.set_clock_offset(self.state.now() + by - datetime.now(UTC))

    def lose_answer(self) -> None:
        """The next write arrives, its answer does not."""
        self.network.armed = True


@pytest.fixture
def open_unit(sandbox_server: Serving) -> Iterator[Callable[..., Unit]]:
    """Open connectors, with settings and a budget of the test's own, on one empty account."""
    state, info = sandbox_server.state, sandbox_server.info
    unit_sandbox.configure(state, **asdict(unit_sandbox.Settings(lag_seconds=0)))
    with state.transaction() as db:
        for table in ("ae_row", "ae_past", "ae_token", "ae_export", "ae_usage"):
            db.execute(f"DELETE FROM {table}")
    opened: list[AccountEngagementConnector] = []

    def open_account(budget: Budget | None = None, **options: Any) -> Unit:
        given = {
            "login_url": info.https_url,
            "base_url": info.https_url,
            "client_id": info.client_id,
            "client_secret": info.client_secret,
            "business_unit_id": unit_sandbox.BUSINESS_UNIT,
            "ca_file": info.ca,
            **options,
        }
        settings = AccountEngagementSettings.model_validate(given)
        context = OpenContext("unit", Path("/"), SandboxClock(state), budget or Purse())
        client = open_unit_client(settings, context)
        client.sleep = lambda _: None
        network = LosesAnswers()
        network.path = "/api/v5/objects/"
        client.session.mount("https://", network)
        connector = AccountEngagementConnector(client)
        opened.append(connector)
        return Unit(state, UnitHand(state), network, connector)

    yield open_account
    for connector in opened:
        connector.close()


@pytest.fixture
def account_engagement_bench(open_unit: Callable[..., Unit]) -> Bench:
    """Prospects, found by an e-mail that several may share, in pages of three."""
    unit = open_unit(page_size=3)
    return Bench(
        unit.connector,
        unit.hand,
        object="prospects",
        text="lastName",
        key="email",
        pass_time=unit.pass_time,
        lose_answer=unit.lose_answer,
        purse=purse_of(unit.connector.client.budget),
        arrived=lambda: unit.network.arrived,
    )


# ── the sales system: a table, and dropped files ──

UNCOUNTED = {
    "the_count_of_a_window_is_what_a_pull_brings": "pages cover no window, so none is asked for",
}


@dataclass
class TableHand:
    """A clerk at the sales system's database."""

    path: Path
    clock: FixedClock

    def run(self, sql: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as db, db:
            return db.execute(sql, values).fetchall()

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        stamp = self.clock.now().isoformat()
        values = (stamp, fields["name"], fields["email"])
        sql = "INSERT INTO customers (updated_at, name, email) VALUES (?, ?, ?) RETURNING id"
        return str(self.run(sql, *values)[0][0])

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        stamp = self.clock.now().isoformat()
        sql = "UPDATE customers SET name = ?, updated_at = ? WHERE id = ?"
        self.run(sql, fields["name"], stamp, int(id))

    def delete(self, object: str, id: str) -> None:
        self.run("DELETE FROM customers WHERE id = ?", int(id))

    def values(self, object: str, field: str) -> list[Any]:
        return [row[0] for row in self.run(f"SELECT {field} FROM customers")]


def _sales_system(folder: Path, clock: FixedClock, object: Mapping[str, Any], hand: Hand) -> Bench:
    url = "sqlite:///sales.db"
    settings = SALES_SYSTEM.settings.model_validate(
        {"url": url, "objects": {"customers": object}, "page_size": 3, "overlap": 300}
    )
    connector = SALES_SYSTEM.open(settings, OpenContext("sales", folder, clock))

    def pass_time(by: timedelta) -> None:
        clock.at += by

    return Bench(
        connector,
        hand,
        object="customers",
        text="name",
        key="email",
        pass_time=pass_time,
        waivers=UNCOUNTED,
    )


@pytest.fixture
def table_bench(tmp_path: Path) -> Bench:
    """A table with a stamp, in pages of three."""
    clock = FixedClock(datetime(2026, 1, 5, tzinfo=UTC))
    hand = TableHand(tmp_path / "sales.db", clock)
    hand.run("CREATE TABLE customers (id INTEGER PRIMARY KEY, name, email, updated_at)")
    rows = {"query": "select * from customers", "id": "id", "modified": "updated_at"}
    return _sales_system(tmp_path, clock, rows, hand)


@dataclass
class DropsHand:
    """A clerk who exports the whole file anew after each change."""

    path: Path
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def save(self) -> None:
        lines = [f"{id},{row['name']},{row['email']}" for id, row in self.rows.items()]
        self.path.write_text("\n".join(["番号,name,email", *lines, ""]), "cp932")

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        id = str(len(self.rows) + 1)
        self.rows[id] = dict(fields)
        self.save()
        return id

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        self.rows[id] |= fields
        self.save()

    def delete(self, object: str, id: str) -> None:
        del self.rows[id]
        self.save()

    def values(self, object: str, field: str) -> list[Any]:
        return [row[field] for row in self.rows.values()]


@pytest.fixture
def drops_bench(tmp_path: Path) -> Bench:
    """A CP932 file, in pages of three."""
    clock = FixedClock(datetime(2026, 1, 5, tzinfo=UTC))
    hand = DropsHand(tmp_path / "customers.csv")
    hand.save()
    files = {"files": "customers*.csv", "id": "番号"}
    return _sales_system(tmp_path, clock, files, hand)


# ── HubSpot: the real client library against the sandbox over HTTP ──


class Wire(PoolManager):
    """A network that can be told what befalls the next calls whose path ends in some word."""

    def __init__(self) -> None:
        super().__init__(retries=once())
        self.cut: list[str] = []
        """Paths whose next answer is lost after the call arrived."""
        self.answers: list[tuple[str, int, bytes]] = []
        """Path, status and body of answers that come instead of HubSpot's."""
        self.seen: list[tuple[str, str]] = []
        """Method and path of every call that arrived."""

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        path = url.partition("?")[0].rstrip("/")
        for planned in [each for each in self.answers if path.endswith(each[0])][:1]:
            self.answers.remove(planned)
            return HTTPResponse(BytesIO(planned[2]), {}, planned[1], preload_content=False)
        self.seen.append((method, path.partition("//")[2].partition("/")[2]))
        answer = super().request(method, url, *args, **options)
        for lost in [each for each in self.cut if path.endswith(each)][:1]:
            self.cut.remove(lost)
            answer.drain_conn()
            raise ProtocolError("the line was cut")
        return answer


@dataclass
class HubSpotHand:
    """A user of the sandbox's HubSpot account."""

    state: State

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        with self.state.transaction():
            return str(hubspot_writes.create(self.state, kind_of(object), fields)[0])

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        hubspot_sandbox.edit(self.state, object, id, fields)

    def delete(self, object: str, id: str) -> None:
        row = hubspot_records.read(self.state, kind_of(object), id)
        assert row is not None
        with self.state.transaction():
            hubspot_writes.archive(self.state, kind_of(object), row)

    def values(self, object: str, field: str) -> list[Any]:
        sql = "SELECT json_extract(properties, ?) FROM hs_record WHERE type = ? AND archived = 0"
        rows = self.state.db.execute(sql, (f"$.{field}", kind_of(object).id))
        return [row[0] for row in rows.fetchall()]


_HUBSPOT_TABLES = """
    hs_record hs_unique hs_association hs_event hs_email_event hs_owner hs_list hs_member
    hs_history hs_prior
"""


@dataclass
class HubSpotAccount:
    """One test's HubSpot: its truth, its network, its hand, and a connector signed in to it."""

    state: State
    wire: Wire
    hand: HubSpotHand
    connector: HubSpotConnector
    url: str

    def pass_time(self, by: timedelta) -> None:
        """Move the account's clock on."""
        self.state.set_clock_offset(self.state.now() + by - datetime.now(UTC))

    def calls(self, ending: str) -> int:
        """How many calls to paths with this ending arrived."""
        return sum(path.endswith(ending) for _, path in self.wire.seen)


@pytest.fixture
def open_hubspot(sandbox_server: Serving) -> Iterator[Callable[..., HubSpotAccount]]:
    """Open connectors, with settings of the test's own, on one empty account without limits."""
    state, info = sandbox_server.state, sandbox_server.info
    hubspot_sandbox.configure(state, burst=0, search_per_second=0, index_lag_seconds=0)
    hubspot_sandbox.configure(state, tier="enterprise", daily=0, retry_after=False)
    with state.transaction() as db:
        for table in _HUBSPOT_TABLES.split():
            db.execute(f"DELETE FROM {table}")
    opened: list[HubSpotConnector] = []

    def open_account(**options: Any) -> HubSpotAccount:
        given = {"base_url": info.http_url, "token": info.hubspot_token, **options}
        settings = HubSpotSettings.model_validate(given)
        wire = Wire()
        context = OpenContext("hub", Path("/"), SandboxClock(state), Purse())
        client = open_hubspot_client(settings, context, wire)
        client.sleep = lambda _: None
        connector = HubSpotConnector(client)
        opened.append(connector)
        return HubSpotAccount(state, wire, HubSpotHand(state), connector, info.http_url)

    yield open_account
    for connector in opened:
        connector.close()


@pytest.fixture
def hubspot(open_hubspot: Callable[..., HubSpotAccount]) -> HubSpotAccount:
    """An empty account, read in pages of three."""
    return open_hubspot(page_size=3, search_page_size=3)


@pytest.fixture
def hubspot_bench(hubspot: HubSpotAccount) -> Iterator[Bench]:
    """Contacts, named by e-mail."""
    yield Bench(
        hubspot.connector,
        hubspot.hand,
        object="contacts",
        text="lastname",
        key="email",
        pass_time=hubspot.pass_time,
        lose_answer=lambda: hubspot.wire.cut.extend(["batch/create", "batch/upsert"]),
        purse=purse_of(hubspot.connector.client.budget),
        arrived=lambda: len(hubspot.wire.seen),
        link_to=lambda: ("companies", hubspot.hand.add("companies", {"name": "c"})),
    )
    with hubspot.state.transaction() as db:
        db.execute("DELETE FROM hs_property WHERE name LIKE 'conformance_%'")
