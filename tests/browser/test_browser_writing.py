"""What became of writes: looked at in both languages, and acted on, from plan to undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from staging.tables.columns import METADATA
from tasuki.service.writing import parked, planning
from tests.browser.conftest import Site, arriving, sandboxed
from tests.browser.contested import STIRRED, Contest, contested, unfold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def befallen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Contest]]:
    """A console over a project to whose writes everything happened; nobody changes it."""
    with contested(tmp_path_factory.mktemp("contested")) as found:
        yield found


@pytest.fixture
def enter(befallen: tuple[Site, Contest], browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Let somebody into that console."""
    with arriving(befallen[0], browser) as arrive:
        yield arrive


def pages(site: Site) -> list[str]:
    """Every page about writes, with something on it."""
    waiting, *applied = planning.list_plans(site.app)
    first = applied[-1].id
    run = planning.show_plan(site.app, first).run_id
    cause = parked.show(site.app).causes[0]["id"]
    return [
        *("/overview", "/parked", "/parked?waits=dead", "/rivals", "/decisions"),
        *(f"/plans/{waiting.id}", f"/plans/{first}", f"/plans/{first}/cells?page=9"),
        *(f"/runs/{run}", f"/parked/{cause}?state=all", f"/writes/{cause}"),
    ]


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [
        pytest.param("ja", 390, "dark", marks=pytest.mark.slow),
        pytest.param("en", 1280, "light", marks=pytest.mark.slow),
        pytest.param("en", 390, "dark", marks=pytest.mark.slow),
        pytest.param("ja", 1280, "light", marks=pytest.mark.slow),
    ],
)
def test_what_became_of_writes_is_clean_to_look_at(
    befallen: tuple[Site, Contest],
    enter: Callable[..., Visitor],
    language: str,
    width: int,
    theme: str,
) -> None:
    """With everything unfolded: no complaint, no accessibility fault, nothing overflows."""
    visitor = enter("operator", language, width, theme)
    for path in pages(befallen[0]):
        visitor.page.goto(path)
        unfold(visitor.page)
        assert (visitor.complaints, visitor.faults(), visitor.overflow()) == ([], [], 0), path


def test_a_write_opens_beside_the_list(
    befallen: tuple[Site, Contest], enter: Callable[..., Visitor]
) -> None:
    """Request and answer come into a drawer without leaving the page; a key closes it."""
    visitor = enter("viewer", width=390)
    page = visitor.page
    first = planning.list_plans(befallen[0].app)[-1].id
    page.goto(f"/plans/{first}/cells?state=parked")
    page.get_by_role("button", name="Request and answer").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("update companies")).to_be_visible()
    expect(drawer.get_by_text("is none of the options of industry")).to_be_visible()
    assert "Fintech" not in drawer.locator("pre").first.inner_text()
    assert (visitor.complaints, visitor.faults(), visitor.overflow()) == ([], [], 0)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_what_a_write_went_over_is_taken_back_by_a_button(
    befallen: tuple[Site, Contest], enter: Callable[..., Visitor]
) -> None:
    """The card says that our write went over it; the decision takes that value."""
    page = enter("manager").page
    page.goto("/decisions")
    expect(page.get_by_text("our write went over it", exact=True)).to_be_visible()
    page.get_by_role("button", name="Take back what our write went over: 神戸市").click()
    expect(page.get_by_text("The next run takes the value over")).to_be_visible()
    assert STIRRED == 1


def test_a_rival_is_let_go_by_a_manager(enter: Callable[..., Visitor]) -> None:
    """The cycle stands there turn by turn; an operator's superior lets the field be written."""
    page = enter("marketer").page
    page.goto("/rivals")
    expect(page.locator(".t-cycle li")).to_have_count(4)
    assert page.get_by_role("main").get_by_role("button").count() == 0
    page = enter("manager").page
    page.goto("/rivals")
    page.get_by_role("button", name="Write it again").click()
    expect(page.get_by_text("1 cell may be written again")).to_be_visible()
    page.goto("/rivals?state=resumed")
    expect(page.get_by_text("let go by manager")).to_be_visible()


# ── the journey ──

REWRITTEN = (
    ("tasuki.yaml", "kind: project", "kind: project\napproval: {above_records: 0}"),
    ("mappings/account.yaml", "        BANKING:", "        BANKINGG:"),
)


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[Site]:
    """A console over a sandbox whose HubSpot lacks an option that the mapping writes."""
    with sandboxed(tmp_path, 0.1, *REWRITTEN) as site:
        yield site


def linked_account(site: Site) -> str:
    """A Salesforce account that is also one HubSpot company."""
    one, other = METADATA.tables["link"].alias(), METADATA.tables["link"].alias()
    query = (
        select(func.min(one.c.id))
        .join(other, other.c.entity_id == one.c.entity_id)
        .where(one.c.object == "Account", other.c.object == "companies")
        .group_by(one.c.entity_id)
        .having(func.count() == 1)
        .order_by(func.min(one.c.id))
    )
    with site.app.store.reading() as db:
        return str(db.scalars(query).first())


def done(page: Page, word: str = "done") -> None:
    """Wait until the run on this page has ended."""
    page.locator(".t-actions .t-state", has_text=word).wait_for(timeout=120_000)


@pytest.mark.slow
def test_from_a_plan_of_two_people_to_its_undo(refusing: Site, browser: Browser) -> None:
    """Planned by one, approved by another, written; what is refused waits, is mended, undone."""
    refusing.edit("salesforce", "Account", linked_account(refusing), Industry="Banking")
    with arriving(refusing, browser) as arrive:
        operator, manager = arrive("operator"), arrive("manager")
        page = operator.page
        page.goto("/overview")
        page.get_by_role("button", name="Sync and decide now").click()
        done(page)
        page.get_by_role("link", name="Look at the plan").first.click()
        expect(page.get_by_role("button", name="Approve")).to_be_disabled()
        expect(page.get_by_text("You made this plan")).to_contain_text("Manager")
        manager.page.goto(page.url)
        manager.page.get_by_role("button", name="Approve").click()
        expect(manager.page.get_by_text("Approved. It can be written now.")).to_be_visible()

        page.reload()
        page.get_by_role("button", name="Write").click()
        expect(page.get_by_role("heading", name="What became of it")).to_be_visible(timeout=120_000)
        page.get_by_role("link", name="Parked", exact=True).click()
        card = page.locator("article", has_text="mappings/account.yaml")
        expect(card.get_by_text("try 1 of 6")).to_be_visible()
        card.get_by_role("link", name="Its records").click()
        page.get_by_role("button", name="Request and answer").first.click()
        expect(page.get_by_role("dialog").get_by_text("/crm/v3/objects/companies")).to_be_visible()

        add_option(refusing)
        page.goto("/parked")
        page.locator("article", has_text="mappings/account.yaml").get_by_role(
            "button", name="again"
        ).click()
        done(page)
        page.get_by_role("link", name="Look at the plan").first.click()
        manager.page.goto(page.url)
        manager.page.get_by_role("button", name="Approve").click()
        page.reload()
        page.get_by_role("button", name="Write").click()
        expect(page.get_by_role("heading", name="1 record written")).to_be_visible(timeout=120_000)
        written = page.url.partition("?")[0]
        page.goto("/parked")
        assert page.locator("article", has_text="mappings/account.yaml").count() == 0

        page.goto(written)
        page.get_by_role("link", name="The run that wrote it").first.click()
        page.get_by_role("button", name="Plan to take it back").click()
        expect(page.get_by_text("Nothing is written yet: the plan is ready.")).to_be_visible(
            timeout=120_000
        )
        page.get_by_role("main").get_by_role("link", name="Look at the plan").first.click()
        expect(page.get_by_text("Undo of a run")).to_be_visible()
        assert page.request.get(f"{page.url}.json").json()["plan"]["records"] == 1
        assert (operator.complaints, manager.complaints) == ([], [])


def add_option(site: Site) -> None:
    """What the fix says: HubSpot takes the option from now on."""
    path = "/crm/v3/properties/companies/industry"
    known = site.hubspot("GET", path)["options"]
    option = {"label": "Bankingg", "value": "BANKINGG", "displayOrder": len(known)}
    site.hubspot("PATCH", path, json={"options": [*known, option]})
