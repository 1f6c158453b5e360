"""Every page, in both languages, on a phone and a desk, light and dark: no complaint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from staging.tables.columns import METADATA
from tasuki.service import handoffs, running
from tasuki.service.writing import planning
from tests.browser.conftest import READER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Site, Visitor

pytestmark = pytest.mark.browser
UNFOLD = (
    "document.querySelectorAll('main details:nth-of-type(-n+3)').forEach((f) => { f.open = true; })"
)


def pages(site: Site) -> list[str]:
    """Every kind of page with something on it."""
    plan = planning.list_plans(site.app, 1)[0].id
    run = running.list_runs(site.app, 1)[0].id
    board = handoffs.board(site.app)
    cards = [c for b in board.boundaries for column in b.columns for c in column.cards]
    account = METADATA.tables["account"]
    with site.app.store.reading() as db:
        entity = db.scalars(select(account.c.id).limit(1)).one()
    return [
        "/overview",
        "/runs",
        f"/runs/{run}",
        "/plans",
        f"/plans/{plan}",
        f"/plans/{plan}/cells?risk=overwrite",
        "/handoffs",
        f"/handoffs/{cards[0].id}",
        "/scenarios",
        "/scenarios/renewal_90d",
        "/decisions",
        "/decisions?state=decided",
        f"/entities/account/{entity}",
        f"/entities/account/{entity}?field=name",
        "/people",
        "/nowhere",
    ]


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [
        pytest.param("en", 1280, "light", marks=pytest.mark.slow),
        ("ja", 390, "dark"),
        pytest.param("en", 390, "dark", marks=pytest.mark.slow),
        pytest.param("ja", 1280, "light", marks=pytest.mark.slow),
    ],
)
def test_pages_are_clean(
    site: Site, arrive: Callable[..., Visitor], language: str, width: int, theme: str
) -> None:
    """No console message or policy violation, no accessibility fault, nothing overflows."""
    visitor = arrive("admin", language, width, theme)
    faults: dict[str, object] = {}
    for path in pages(site):
        visitor.complaints.clear()
        visitor.page.goto(path)
        visitor.page.evaluate(UNFOLD)
        said = [c for c in visitor.complaints if not (path == "/nowhere" and "404" in c)]
        found = (said, visitor.faults(), visitor.overflow())
        if found != ([], [], 0):
            faults[path] = found
        assert visitor.page.locator("html").get_attribute("lang") == language
        assert visitor.page.locator("html").get_attribute("data-bs-theme") == theme
    assert faults == {}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_door_is_clean(site: Site, arrive: Callable[..., Visitor], language: str) -> None:
    """The same holds before anybody has signed in."""
    visitor = arrive("", language, 390)
    for path in ("/sign-in", "/sign-in?failed=wrong", "/set-up/used-up"):
        visitor.page.goto(path)
        assert (visitor.complaints, visitor.faults(), visitor.overflow()) == ([], [], 0)


def test_language_and_theme_are_remembered(site: Site, arrive: Callable[..., Visitor]) -> None:
    """What a reader chooses in the menu holds on every page."""
    page = arrive(READER).page
    page.goto("/overview")
    page.locator(".t-menu > summary").click()
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_role("heading", name="概要", exact=True)).to_be_visible()
    page.locator(".t-menu > summary").click()
    page.get_by_role("button", name="ダーク").click()
    page.goto("/scenarios")
    assert page.locator("html").get_attribute("lang") == "ja"
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert "Renewal" not in page.get_by_role("main").inner_text()
