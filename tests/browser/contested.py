"""A console over two systems in which everything happened that may happen to a write."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from connectors.memory.client import MemoryConnector
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from connectors.metadata import Automation
from jobs.flows import register
from jobs.runtime import InProcess
from sync.context import Order
from tasuki.clock import SystemClock
from tasuki.errors import RejectedError
from tasuki.service.writing import planning
from tasuki.wiring import open_app
from tests.browser.conftest import Site, let_in, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.protocol import Write
    from tasuki.service.app import App

FILES = {
    "tasuki.yaml": """
kind: project
name: Nagare Works
timezone: Asia/Tokyo
approval: {second_person: [overwrite]}
guards: {max_creates: 10, max_overwrite_percent: 100}
""",
    "connections/salesforce.yaml": "{kind: connection, name: salesforce, system: memory}",
    "connections/hubspot.yaml": "{kind: connection, name: hubspot, system: memory}",
    "mappings/account.yaml": """
kind: mapping
name: account
entity: account
sides:
  salesforce: {object: Account}
  hubspot: {object: companies}
create: {hubspot: {key: domain}}
fields:
  name: {salesforce: Name, hubspot: name, direction: both, conflict: salesforce_wins}
  domain: {salesforce: Website, hubspot: domain, direction: both,
           conflict: salesforce_wins, transform: [domain]}
  industry: {salesforce: Industry, hubspot: industry, direction: push, to: hubspot,
             conflict: salesforce_wins}
  city: {salesforce: City, hubspot: city, direction: both, conflict: salesforce_wins}
identity:
  - {rule: domain, field: domain}
""",
    "mappings/person.yaml": """
kind: mapping
name: person
entity: person
sides:
  salesforce: {object: Contact}
  hubspot: {object: contacts}
create: {hubspot: {key: email}}
guards: {max_creates: 1}
fields:
  family_name: {salesforce: LastName, hubspot: lastname, direction: both, conflict: salesforce_wins}
  email: {salesforce: Email, hubspot: email, direction: both, conflict: salesforce_wins,
          transform: [email]}
identity:
  - {rule: email, field: email}
""",
}
SHAPES = {
    "salesforce": {
        "Account": shape("Name Website Industry City"),
        "Contact": shape("LastName Email"),
    },
    "hubspot": {
        "companies": shape("name domain industry city"),
        "contacts": shape("lastname email", unique="email"),
    },
}
PEOPLE = (*((role, role) for role in ("viewer", "marketer", "manager", "operator", "admin")),)
NAMES = tuple(f"青葉製作所 第{n}工場" for n in range(8))
REFUSED, STIRRED, MOVED, SET_BACK = range(4)
"""Whose write is refused, written over an edit, left since it moved, and set back."""


class Contest:
    """The project, its two systems, and hands on all of them."""

    def __init__(self, folder: Path) -> None:
        """Companies in both systems that differ in their industry."""
        for name, text in FILES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        clock = SystemClock()
        self.systems = {name: MemorySystem(clock, shapes) for name, shapes in SHAPES.items()}
        settings = MemorySettings(overlap=1, history=True)
        connectors = {n: MemoryConnector(each, settings) for n, each in self.systems.items()}
        self.hubspot, self.faults = self.systems["hubspot"], connectors["hubspot"].faults
        self.hubspot.rules.append(_no_fintech)
        self.hubspot.automations.append(
            Automation("companies", "workflow", "Normalize industry", ("update",), ("industry",))
        )
        self.companies = [self._company(n, name) for n, name in enumerate(NAMES)]
        self.app: App = open_app(folder, clock, {}, connectors)
        self.runtime = InProcess(self.app.store, self.app.tools)
        register(self.runtime)
        let_in(self.app, PEOPLE)

    def _company(self, n: int, name: str) -> str:
        industry = "Fintech" if n == REFUSED else "Steel"
        said = {"Name": name, "Website": f"aoba{n}.example", "Industry": industry, "City": "大阪市"}
        self.systems["salesforce"].add("Account", said)
        city = "京都市" if n == STIRRED else "大阪市"
        other = {"name": name, "domain": f"aoba{n}.example", "industry": "Retail", "city": city}
        return self.hubspot.add("companies", other)

    def run(self, by: str = "operator") -> str | None:
        """Sync and decide; the plan it made."""
        said = Order("run", {"by": by}, "console", by)
        return self.runtime.wait(self.runtime.enqueue(said)).get("plan")

    def write(self, plan: str | None) -> None:
        """A manager approves a plan, and it is applied."""
        assert plan
        planning.approve(self.app, plan, "manager")
        self.runtime.wait(self.runtime.enqueue(Order("apply", {"plan": plan}, "cli", "operator")))

    def set_back(self) -> None:
        """A workflow sets the industry of one company to what it was."""
        id_ = self.companies[SET_BACK]
        self.hubspot.edit("companies", id_, {"industry": "Retail"}, by="Normalize industry")

    def befall(self) -> None:
        """Let everything happen once; in the end a plan waits for its second person."""
        plan = self.run()
        stirred, moved = self.companies[STIRRED], self.companies[MOVED]
        self.hubspot.edit("companies", moved, {"industry": "Trade"}, by="anna")
        self.faults.edits.append(
            lambda: self.hubspot.edit("companies", stirred, {"city": "神戸市"}, by="anna")
        )
        self.write(plan)
        for _ in range(2):
            self.set_back()
            again = self.run()
            if again:
                self.write(again)
        for n in (10, 11):
            said = {"Name": f"若葉商事 {n}", "Website": f"wakaba{n}.example", "Industry": "Trade"}
            self.systems["salesforce"].add("Account", said)
            person = {"LastName": f"若葉 {n}", "Email": f"p{n}@wakaba.example"}
            self.systems["salesforce"].add("Contact", person)
        self.systems["salesforce"].edit("Account", self._known(4), {"Industry": "Banking"})
        assert self.run()

    def _known(self, n: int) -> str:
        rows = self.systems["salesforce"].living("Account").values()
        return next(row.id for row in rows if row.fields["Website"] == f"aoba{n}.example")


def _no_fintech(write: Write) -> RejectedError | None:
    if write.fields.get("industry") != "Fintech":
        return None
    return RejectedError(
        "HubSpot does not take this value of industry",
        where="hubspot/companies",
        why="it is none of the options of industry",
        remedy="Add the option in HubSpot, or translate it with `value_map` in the mapping.",
    )


@contextmanager
def contested(folder: Path) -> Iterator[tuple[Site, Contest]]:
    """Serve a console over such a project."""
    contest = Contest(folder)
    contest.befall()
    with served(contest.app, contest.runtime) as url:
        yield Site(url, contest.app, "", ""), contest
    contest.runtime.close()
    contest.app.close()


def unfold(page: Any) -> None:
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
