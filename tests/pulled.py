"""Two platforms of a sandbox, pulled by the real engine; what each side holds, row for row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from connectors.protocol import LINKED, OpenContext
from jobs.runtime import InProcess, Run
from sandbox import hubspot, salesforce
from sandbox.hubspot.data.kinds import kind_of
from sandbox.salesforce.ids import new_id
from sandbox.server import Serving, in_thread
from sandbox.weather.controls import begin, end
from sandbox.weather.rules import Storm
from staging.tables.staged import ALIAS, RECORD
from sync.complete.due import Ordered
from sync.complete.flow import pull
from sync.context import Order
from sync.reading.stream import streams
from tasuki.wiring import BUILT_IN, open_app

if TYPE_CHECKING:
    from sandbox.state import State
    from tasuki.service.app import App
    from tasuki.values import Json

BORN = datetime(2026, 1, 5, tzinfo=UTC)
FILES = {
    "tasuki.yaml": "{kind: project, name: storms, timezone: Asia/Tokyo}",
    "connections/crm.yaml": """
kind: connection
name: crm
system: salesforce
login_url: ${SALESFORCE_URL}
client_id: ${SALESFORCE_CLIENT_ID}
client_secret: ${SALESFORCE_CLIENT_SECRET}
ca_file: ${SALESFORCE_CA_FILE}
read_timeout: 5s
""",
    "connections/hub.yaml": """
kind: connection
name: hub
system: hubspot
base_url: ${HUBSPOT_URL}
token: ${HUBSPOT_TOKEN}
timeout: 5s
""",
    "mappings/account.yaml": """
kind: mapping
name: account
entity: account
sides:
  crm: {object: Account}
  hub: {object: companies}
fields:
  name: {crm: Name, hub: name, conflict: crm_wins}
  phone: {crm: Phone, hub: phone, conflict: crm_wins}
identity:
  - {rule: name, field: name}
""",
    "mappings/person.yaml": """
kind: mapping
name: person
entity: person
sides:
  crm: {object: Contact}
  lead: {connection: crm, object: Lead}
  hub: {object: contacts}
fields:
  email: {crm: Email, lead: Email, hub: email, conflict: crm_wins}
  family_name: {crm: LastName, lead: LastName, hub: lastname, conflict: crm_wins}
  title: {crm: Title, lead: Title, hub: jobtitle, conflict: crm_wins}
links:
  account_id:
    crm: {lookup: AccountId, object: Account}
    hub: {association: companies}
identity:
  - {rule: stored_id, lead: ConvertedContactId, refers_to: crm}
  - {rule: email, field: email}
""",
}


@dataclass(frozen=True)
class SandboxClock:
    """The sandbox's own time, offset and all."""

    state: State

    def now(self) -> datetime:
        return self.state.now()


@dataclass
class Pulled:
    """A sandbox under weather, and the project that pulls it."""

    serving: Serving
    app: App

    @property
    def state(self) -> State:
        """The sandbox's memory."""
        return self.serving.state

    def storm(self, storm: Storm) -> None:
        """Let a storm begin."""
        begin(self.state, storm)

    def calm(self) -> None:
        """Let the storm end."""
        end(self.state)

    def pass_time(self, by: timedelta) -> None:
        """Move everybody's clock on."""
        self.state.set_clock_offset(self.state.now() + by - datetime.now(UTC))

    def pull(self, **ordered: Json) -> dict[str, Any]:
        """One pull of the real engine: streams, certificates, sweeps that are due."""
        runtime = InProcess(self.app.store, self.app.tools)
        runtime.register("pull", pull_workflow)
        try:
            return runtime.wait(runtime.enqueue(Order("pull", dict(ordered))))
        finally:
            runtime.close()

    def settle(self, most: int = 6, **ordered: Json) -> dict[str, Any]:
        """Pull until one pull is complete, as a schedule would; what all of them changed."""
        changed = 0
        for _ in range(most):
            done = self.pull(**ordered)
            changed += done["changed"]
            if done["complete"]:
                return {**done, "changed": changed}
            self.pass_time(timedelta(minutes=3))
        raise AssertionError(self.differences())

    def staged(self, kind: str) -> dict[str, dict[str, Any]]:
        """The living staged records of `connection/object`, by id."""
        connection, object = kind.split("/")
        which = (RECORD.c.connection == connection, RECORD.c.object == object)
        with self.app.store.reading() as db:
            columns = (RECORD.c.id, RECORD.c.payload, RECORD.c.deleted_at)
            found = db.execute(select(*columns).where(*which))
            return {row.id: _plain(row.payload) for row in found if row.deleted_at is None}

    def there(self, kind: str) -> dict[str, dict[str, Any]]:
        """What the sandbox's own tables hold, in the fields that are pulled."""
        each = next(each for each in streams(self.app.tools) if each.kind == kind)
        read = _contacts_and_companies if each.connection == "hub" else _rows
        return {
            id: _plain({name: fields.get(name) for name in each.fields()})
            for id, fields in read(self.state, each.object)
        }

    def aliases(self, kind: str) -> dict[str, str]:
        """Absorbed id to survivor, as the store knows them."""
        connection, object = kind.split("/")
        which = (ALIAS.c.connection == connection, ALIAS.c.object == object)
        with self.app.store.reading() as db:
            return {row.old_id: row.new_id for row in db.execute(select(ALIAS).where(*which))}

    def kinds(self) -> list[str]:
        """Every stream."""
        return [each.kind for each in streams(self.app.tools)]

    def differences(self) -> dict[str, Any]:
        """By stream whose checksums differ: how many rows, and the first few on both sides."""
        found = {}
        for kind in self.kinds():
            here, there = self.staged(kind), self.there(kind)
            if checksum(here) != checksum(there):
                ids = sorted(id for id in {*here, *there} if here.get(id) != there.get(id))
                shown = {id: (here.get(id), there.get(id)) for id in ids[:3]}
                found[kind] = {"rows": len(ids), "(staged, there)": shown}
        return found


def checksum(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """One hash of all rows, by id."""
    told = sha256()
    for id in sorted(rows):
        told.update(json.dumps([id, rows[id]], sort_keys=True, ensure_ascii=False).encode())
    return told.hexdigest()


@contextmanager
def pulled(
    folder: Path, people: int, companies: int = 40, files: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Pulled]:
    """A sandbox with so many people on each side, and an empty project that is signed in to it.

    `files` replaces files of the project.
    """
    with in_thread(folder / "sandbox", network_log=folder / "network.jsonl") as serving:
        _populate(serving.state, people, companies)
        hubspot.configure(serving.state, burst=0, search_per_second=0, daily=0)
        app = _open(folder / "project", serving, files)
        try:
            yield Pulled(serving, app)
        finally:
            app.close()


def pull_workflow(run: Run, arguments: dict[str, Json]) -> dict[str, Json]:
    """The pull alone, as a workflow."""
    return pull(run, Ordered.of(arguments))


def _open(folder: Path, serving: Serving, files: Mapping[str, str]) -> App:
    for name, text in {**FILES, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    info, clock = serving.info, SandboxClock(serving.state)
    environment = {
        "SALESFORCE_URL": info.https_url,
        "SALESFORCE_CLIENT_ID": info.client_id,
        "SALESFORCE_CLIENT_SECRET": info.client_secret,
        "SALESFORCE_CA_FILE": info.ca,
        "HUBSPOT_URL": info.http_url,
        "HUBSPOT_TOKEN": info.hubspot_token,
    }
    first = open_app(folder, clock, environment)
    project = first.tools.project
    connectors = {}
    for name, config in project.connections.items():
        spec = BUILT_IN[config.system]()
        settings = project.connection_settings(name, spec.settings)
        made: Any = spec.open(settings, OpenContext(name, folder, clock))
        made.client.sleep = lambda _: None  # nothing waits: the weather is not a matter of time
        connectors[name] = made
    first.close()
    return open_app(folder, clock, environment, connectors)


def _populate(state: State, people: int, companies: int) -> None:
    """Accounts and companies, contacts on both sides, a tenth as many leads; stamps apart."""
    ids = [new_id("001", n + 1) for n in range(companies)]
    accounts = [{"Id": id, "Name": f"社 {n}", "Phone": f"03-{n}"} for n, id in enumerate(ids)]
    salesforce.insert(state, "Account", [_born(row, n) for n, row in enumerate(accounts)])
    salesforce.insert(state, "Contact", [_contact(n, ids[n % companies]) for n in range(people)])
    leads = [
        {"Id": new_id("00Q", n + 1), "LastName": f"見込 {n}", "Company": f"社 {n}"}
        for n in range(people // 10)
    ]
    salesforce.insert(state, "Lead", [_born(row, n) for n, row in enumerate(leads)])
    named = [(n + 1, {"name": f"社 {n}", "phone": f"03-{n}"}) for n in range(companies)]
    hubspot.insert(state, "companies", [_record(id, values) for id, values in named])
    known = [
        (n + 1, {"email": f"n{n}@people.example", "lastname": f"姓 {n}", "jobtitle": "部長"})
        for n in range(people)
    ]
    hubspot.insert(state, "contacts", [_record(id, values) for id, values in known])
    links = [(n + 1, n % companies + 1, 279) for n in range(people)]
    hubspot.insert_associations(state, "contacts", "companies", links)


def _contact(number: int, account: str) -> dict[str, Any]:
    row = {"Id": new_id("003", number + 1), "LastName": f"姓 {number}", "AccountId": account}
    return _born({**row, "Email": f"n{number}@people.example", "Title": "部長"}, number)


def _born(row: dict[str, Any], number: int) -> dict[str, Any]:
    return {**row, "CreatedDate": BORN + timedelta(seconds=number)}


def _record(id: int, values: dict[str, str]) -> dict[str, Any]:
    born = BORN + timedelta(seconds=id)
    return {"id": id, "properties": values, "created": born, "modified": born}


def _rows(state: State, object: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in salesforce.records(state, object):
        if not row["IsDeleted"]:
            yield row["Id"], row


def _contacts_and_companies(state: State, object: str) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = kind_of(object)
    linked: dict[str, set[str]] = {}
    with state.lock:
        links = "SELECT DISTINCT from_id, to_id FROM hs_association WHERE from_type = ?"
        for one, other in state.db.execute(f"{links} AND to_type = '0-2'", (kind.id,)).fetchall():
            linked.setdefault(str(one), set()).add(str(other))
        rows = "SELECT id, properties FROM hs_record WHERE type = ? AND archived = 0"
        found = state.db.execute(rows, (kind.id,)).fetchall()
    for id, properties in found:
        companies = sorted(linked.get(str(id), ()))
        yield str(id), {**json.loads(properties), f"{LINKED}companies": companies}


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as both sides can say them: nothing is None, links in one order."""
    return {
        name: sorted(map(str, value)) if isinstance(value, list) else value or None
        for name, value in fields.items()
    }
