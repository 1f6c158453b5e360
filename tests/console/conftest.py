"""A console over a project that is signed in to nothing: its store is filled by hand."""

from __future__ import annotations

import re
import shutil
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import certifi
import pytest
from argon2 import PasswordHasher

from config.starter import SandboxAccess, init
from console.access import accounts
from console.app import create
from jobs.runtime import InProcess
from staging import rows
from staging.bulk import insert, upsert
from staging.identity.reviews import Question, ask, review_id
from staging.runs import end, start
from staging.tables.decisions import HANDOFF, HANDOFF_EVENT, SIGNAL
from staging.tables.identity import LINK
from staging.tables.staged import RECORD
from staging.write import conflicts, parking, plans
from staging.write.conflicts import Conflict
from staging.write.plans import Change, PlanRow
from tasuki.clock import FixedClock
from tasuki.service import accounts as rows_of
from tasuki.wiring import open_app

with warnings.catch_warnings():  # its next client is not among our dependencies
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from tasuki.service.app import App

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
ROLES = ("viewer", "marketer", "manager", "operator", "admin")
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
NASTY = "<script>alert(1)</script><b onclick=x>Kuroda</b>"
RUN = "run-1"
PLAN = "p_000000000001"
PLACE = "playbook/handoffs/marketing_to_inside_sales.yaml:3:1 (name)"


@dataclass
class House:
    """A console and everything a test may look at or push."""

    app: App
    runtime: InProcess
    clock: FixedClock
    api: Any

    def client(self, role: str = "") -> TestClient:
        """Give a browser, signed in as somebody of this role."""
        client = TestClient(self.api, headers=SAME_ORIGIN, follow_redirects=False)
        if role:
            client.cookies.set("tasuki_session", accounts.open_session(self.app, role))
        return client

    def audited(self) -> list[tuple[str, str, str | None]]:
        """Give the audit log, newest first, without times."""
        return [(e.who, e.action, e.target) for e in rows_of.audited(self.app)]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Make a project once: one account per role, a run, a plan and a handoff."""
    folder = tmp_path_factory.mktemp("console")
    access = SandboxAccess(
        salesforce_url="https://127.0.0.1:9",
        hubspot_url="http://127.0.0.1:9",
        ca_file=certifi.where(),
        client_id="id",
        client_secret="secret",
        hubspot_token="token",
        sales_url=f"sqlite:///{folder / 'sales.db'}",
        imports_folder=str(folder),
    )
    init(folder / "project", name="Nagare Works", sandbox=access)
    app = open_app(folder / "project", FixedClock(NOW), access.variables())
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    for role in ROLES:
        rows_of.save(app, rows_of.Account(role, role.title(), role, None, is_active=True), hashed)
    fill(app)
    app.close()
    return folder / "project", access.variables()


@pytest.fixture
def house(tmp_path: Path, filled: tuple[Path, dict[str, str]]) -> Iterator[House]:
    """Open a copy of that project behind a console."""
    folder, environment = filled
    shutil.copytree(folder, tmp_path / "project")
    clock = FixedClock(NOW)
    app = open_app(tmp_path / "project", clock, environment)
    runtime = InProcess(app.store, app.tools)
    for name in ("run", "apply", "push", "undo", "retry"):
        runtime.register(name, lambda _run, _arguments: {"read": 3})
    yield House(app, runtime, clock, create(app, runtime))
    runtime.close()
    app.close()


def fill(app: App) -> None:
    """Put in one of each: run, plan with a nasty name, handoff, signal, parked write, doubt."""
    now = app.tools.now()
    people = [{"id": "u1", "name": "Sato Ren", "email": "ren@vendor.example", "is_active": True}]
    with app.store.writing() as db:
        start(db, RUN, "run", trigger="daemon", by="daemon", arguments={}, now=now)
        end(db, RUN, "done", {"read": 12, "plan": PLAN, "records": 2}, now)
        rows.write(db, "account", [{"id": "a1", "name": NASTY, "owner_id": "u1"}])
        rows.write(db, "user_", people)
        rows.write(db, "need", [{"id": "n1", "account_id": "a1", "product": "GRID"}])
        plans.save(db, _plan(now), _changes())
        upsert(db, HANDOFF, [handoff(now)])
        event = {"handoff_id": "h1", "need_id": "n1", "event": "offered", "by": "rule"}
        insert(db, HANDOFF_EVENT, [{**event, "detail": None, "at": now}])
        signal = {"id": "s1", "rule": "renewal_due_90d", "entity": "account", "entity_id": "a1"}
        upsert(db, SIGNAL, [{**signal, "facts": {}, "opened_at": now}])
        doubt(db, now)
        parked = parking.Parked("w9", "salesforce", "Account", "TSK-3000", NASTY, "Mend it.")
        parking.park(db, parked, RUN, now)


LEFT, RIGHT = "hubspot/companies/9", "salesforce/Account/001"
REVIEW = review_id("account", LEFT, RIGHT)
CONFLICT = "account:a1:city"


def doubt(db: Connection, now: str) -> None:
    """Put in two records that may be one, and a field on which they differ."""
    link = {"rule": "itself", "confidence": 1.0, "valid_from": now, "decided_by": "rule"}
    for ref, entity_id in ((RIGHT, "a1"), (LEFT, "a2")):
        connection, object_, id_ = ref.split("/")
        place = {"connection": connection, "object": object_, "id": id_}
        payload = {"Name": NASTY, "name": NASTY}
        insert(db, LINK, [{**link, **place, "entity": "account", "entity_id": entity_id}])
        kept = {**place, "payload": payload, "modified_at": now, "modified_by": NASTY}
        upsert(db, RECORD, [{**kept, "digest": "d", "seen_run": RUN}])
    said = {"share": ["name"], "differ": ["domain"]}
    ask(db, "account", [Question(LEFT, RIGHT, "name", said)], now)
    candidates = [
        {"ref": RIGHT, "side": "salesforce", "value": "Osaka", "at": now},
        {"ref": LEFT, "side": "hubspot", "value": NASTY, "at": now},
        {"ref": "sales/customers/3", "side": "sales", "value": None, "at": None},
    ]
    conflicts.keep(db, [Conflict(CONFLICT, "account", "a1", "city", candidates, "open", now)])


ADDRESSES = {
    "run_id": RUN,
    "plan_id": PLAN,
    "handoff_id": "h1",
    "name": "renewal_90d",
    "login": "viewer",
    "token": "none",
    "review_id": REVIEW,
    "conflict_id": CONFLICT,
    "entity": "account",
    "entity_id": "a1",
    "write_id": f"{PLAN}/w1",
    "parked_id": "w9",
}


def address(path: str) -> str:
    """Give the address of a page about what `fill` put in."""
    return re.sub(r"\{(\w+)(?::path)?\}", lambda hole: ADDRESSES[hole[1]], path)


@pytest.fixture(name="address")
def _address() -> Callable[[str], str]:
    """Hand out `address`."""
    return address


def handoff(now: str, id: str = "h1", due: str = "2026-04-01T02:00:00.000Z") -> dict[str, Any]:
    return {
        "id": id,
        "need_id": "n1",
        "rule": "marketing_to_inside_sales",
        "from_team": "marketing",
        "to_team": "inside_sales",
        "state": "offered",
        "assignee": "u1",
        "assigned_by": "owner",
        "offered_at": now,
        "accept_due_at": due,
        "contact_due_at": due,
        "facts": {"product": "GRID", "confidence": 3, "scores": {"account_priority": 61.0}},
        "version": "v1",
    }


def _plan(now: str) -> PlanRow:
    expires = "2026-04-02T03:00:00.000Z"
    counts = {"changes": 3, "records": 2, "risks": {"overwrite": 1, "create": 2}}
    notes = {"calls": {"salesforce": 2}, "guards": []}
    return PlanRow(
        PLAN, "d", "draft", "daemon", now, expires, run_id=RUN, counts=counts, notes=notes
    )


def _changes() -> list[Change]:
    def change(field: str, verb: str, risk: str, before: Any, after: Any, write: str) -> Change:
        cause = {"rule": "account", "place": PLACE, "why": NASTY, "lane": "mappings"}
        return Change(
            f"{write}#{field}", PLAN, write, None, "salesforce", "Account", "001", verb, field,
            before, after, risk, cause, NASTY,
        )  # fmt: skip

    return [
        change("Phone", "update", "overwrite", NASTY, "03-1234-5678", f"{PLAN}/w1"),
        change("Subject", "create", "create", None, "Call " + NASTY, f"{PLAN}/w2"),
        change("Status", "create", "create", None, "Not Started", f"{PLAN}/w2"),
    ]
