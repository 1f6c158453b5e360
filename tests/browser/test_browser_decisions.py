"""The journey of a doubt: shown to all, decided by a manager, carried out by the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from connectors.memory.client import MemoryConnector
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from jobs.flows import register
from jobs.runtime import InProcess
from staging.tables.columns import METADATA
from sync.context import Order
from tasuki.clock import SystemClock
from tasuki.wiring import open_app
from tests.browser.conftest import Site, arriving, let_in, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from playwright.sync_api import Browser

    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
FILES = {
    "tasuki.yaml": "{kind: project, name: Nagare Works, timezone: Asia/Tokyo}",
    "connections/salesforce.yaml": "{kind: connection, name: salesforce, system: memory}",
    "connections/hubspot.yaml": "{kind: connection, name: hubspot, system: memory}",
    "mappings/person.yaml": """
kind: mapping
name: person
entity: person
sides:
  salesforce: {object: Contact}
  hubspot: {object: contacts}
fields:
  family_name: {salesforce: LastName, hubspot: lastname, conflict: salesforce_wins}
  email: {salesforce: Email, hubspot: email, conflict: salesforce_wins, transform: [email]}
  phone: {salesforce: Phone, hubspot: phone, conflict: salesforce_wins}
  title: {salesforce: Title, hubspot: jobtitle, conflict: salesforce_wins}
identity:
  - {rule: email, field: email}
  - {rule: phone, field: phone, confidence: possible}
""",
    "mappings/account.yaml": """
kind: mapping
name: account
entity: account
sides:
  salesforce: {object: Account}
  hubspot: {object: companies}
fields:
  name: {salesforce: Name, hubspot: name, conflict: salesforce_wins}
  domain: {salesforce: Website, hubspot: domain, conflict: salesforce_wins, transform: [domain]}
  city: {salesforce: City, hubspot: city, direction: both, conflict: ask}
identity:
  - {rule: domain, field: domain}
""",
}
SALESFORCE = {"Account": shape("Name Website City"), "Contact": shape("LastName Email Phone Title")}
HUBSPOT = {
    "companies": shape("name domain city"),
    "contacts": shape("lastname email phone jobtitle"),
}
PEOPLE = tuple((role, role) for role in ("marketer", "manager", "operator"))
COMPANIES = tuple(f"青葉製作所 第{n}工場" for n in range(12))


@pytest.fixture
def doubtful(tmp_path: Path) -> Iterator[Site]:
    """A console over two systems that may hold one woman twice and disagree on twelve cities."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    clock = SystemClock()
    salesforce, hubspot = MemorySystem(clock, SALESFORCE), MemorySystem(clock, HUBSPOT)
    memory = MemorySettings(page_size=50, batch_size=50, overlap=1)
    connectors = {
        "salesforce": MemoryConnector(salesforce, memory),
        "hubspot": MemoryConnector(hubspot, memory),
    }
    contact = {"LastName": "青山 みどり", "Email": "m.aoyama@aoba.example", "Title": "部長"}
    salesforce.add("Contact", {**contact, "Phone": "03-1234-5678"})
    other = {"lastname": "Aoyama Midori", "email": "midori@mail.example", "jobtitle": "Director"}
    hubspot.add("contacts", {**other, "phone": "03-1234-5678"})
    for n, name in enumerate(COMPANIES):
        site = f"aoba{n}.example"
        salesforce.add("Account", {"Name": name, "Website": site, "City": "千代田区"})
        hubspot.add("companies", {"name": name, "domain": site, "city": "大阪市"})
    app = open_app(tmp_path, clock, {}, connectors)
    runtime = InProcess(app.store, app.tools)
    register(runtime)
    runtime.wait(runtime.enqueue(Order("run", {"by": "daemon"}, "daemon", "daemon")))
    let_in(app, PEOPLE)
    with served(app, runtime) as url:
        yield Site(url, app, "", "")
    runtime.close()
    app.close()


@pytest.fixture
def enter(doubtful: Site, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Let somebody into that console."""
    with arriving(doubtful, browser) as arrive:
        yield arrive


def people(site: Site) -> list[str]:
    """Give the persons there are, by living links."""
    link = METADATA.tables["link"]
    query = select(link.c.entity_id).distinct()
    with site.app.store.reading() as db:
        found = db.execute(query.where(link.c.entity == "person", link.c.valid_to.is_(None)))
        return [row[0] for row in found]


def cities(site: Site) -> dict[str, Any]:
    """Give name → city of every account."""
    account = METADATA.tables["account"]
    with site.app.store.reading() as db:
        return {row.name: row.city for row in db.execute(select(account))}


@pytest.mark.slow
def test_a_manager_decides_and_the_next_run_obeys(
    doubtful: Site, enter: Callable[..., Visitor]
) -> None:
    """A marketer only sees; a manager joins two records and settles a field; the run does it."""
    assert len(people(doubtful)) == 2
    marketer, manager = enter("marketer").page, enter("manager")
    marketer.goto("/decisions")
    expect(marketer.get_by_text("m.aoyama@aoba.example")).to_be_visible()
    assert marketer.get_by_role("main").get_by_role("button").count() == 0

    page = manager.page
    page.goto("/overview")
    page.get_by_role("link", name="1 possible match to review").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Written down: they are the same.")).to_be_visible()
    page.goto("/decisions?entity=account")
    card = page.locator("article", has_text=COMPANIES[0])
    card.get_by_role("button", name="Take HubSpot’s: 大阪市").click()
    expect(page.get_by_text("The next run takes the value over")).to_be_visible()
    assert page.url.startswith(f"{doubtful.url}/decisions?entity=account")
    card = page.locator("article", has_text=COMPANIES[1])
    card.get_by_text("Another value").click()
    card.get_by_role("textbox", name="city").fill("港区")
    card.get_by_label("What others should know").last.fill("moved in May")
    card.get_by_role("button", name="Decide this value").click()
    expect(page.get_by_text("The next run takes the value over")).to_be_visible()

    operator = enter("operator").page
    operator.goto("/overview")
    operator.get_by_role("button", name="Sync and decide now").click()
    operator.locator(".t-actions").get_by_text("done").wait_for(timeout=120_000)
    assert len(people(doubtful)) == 1
    assert cities(doubtful)[COMPANIES[0]] == "大阪市"
    assert cities(doubtful)[COMPANIES[1]] == "港区"
    page.goto("/decisions?state=decided")
    page.get_by_role("link", name=COMPANIES[1]).click()
    page.get_by_role("link", name="city").click()
    expect(page.get_by_text("moved in May")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_text("moved in May")).to_be_visible()
    page.get_by_role("button", name="Reopen").first.click()
    expect(page.get_by_text("It waits for a person again")).to_be_visible()
    assert manager.complaints == []


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [
        pytest.param("en", 390, "dark", marks=pytest.mark.slow),
        ("ja", 1280, "light"),
        pytest.param("ja", 390, "light", marks=pytest.mark.slow),
        pytest.param("en", 1280, "dark", marks=pytest.mark.slow),
    ],
)
def test_what_waits_is_clean_to_look_at(
    enter: Callable[..., Visitor], language: str, width: int, theme: str
) -> None:
    """With everything unfolded: no complaint, no accessibility fault, nothing overflows."""
    visitor = enter("manager", language, width, theme)
    visitor.page.goto("/decisions")
    entity = visitor.page.locator("article h3 a").first.get_attribute("href")
    for path in ("/decisions", "/decisions?conflicts=2", str(entity), f"{entity}?field=city"):
        visitor.page.goto(path)
        visitor.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert (visitor.complaints, visitor.faults(), visitor.overflow()) == ([], [], 0), path
