"""The journey: a marketer previews, a manager approves, the push arrives in the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Site, Visitor

pytestmark = pytest.mark.browser
LIST = "Renewal 90d"


def members(site: Site) -> set[str]:
    """Who is on the marketing list, by HubSpot's own answer."""
    found = site.hubspot("GET", f"/crm/v3/lists/object-type-id/0-1/name/{LIST}")
    id_ = found["list"]["listId"]
    page = site.hubspot("GET", f"/crm/v3/lists/{id_}/memberships", params={"limit": 250})
    return {row["recordId"] for row in page["results"]}


@pytest.mark.slow
def test_a_scenario_goes_from_preview_to_the_sandbox(
    site: Site, arrive: Callable[..., Visitor]
) -> None:
    """A marketer previews, a manager approves, the marketer pushes; HubSpot's list grows."""
    before = members(site)
    marketer, manager = arrive().page, arrive("manager").page
    marketer.goto("/scenarios/renewal_90d")
    marketer.get_by_label("Login").fill("marketer")
    marketer.get_by_label("Password").fill(PASSWORD)
    marketer.get_by_role("button", name="Sign in").click()
    assert marketer.url.endswith("/scenarios/renewal_90d")
    marketer.get_by_role("button", name="Preview").click()
    expect(marketer.get_by_text("Waits for another person to approve it")).to_be_visible()
    assert marketer.get_by_role("button", name="Approve").count() == 0

    manager.goto("/overview")
    manager.get_by_role("link", name="renewal 90d").click()
    approve = manager.get_by_role("button", name="Approve: treat")
    treated = int("".join(c for c in approve.inner_text() if c.isdigit()))
    assert treated > 0
    approve.click()
    expect(manager.get_by_text("Approved. It can be pushed now.")).to_be_visible()

    marketer.reload()
    push = marketer.get_by_role("button", name="Push")
    assert "(sandbox)" in push.inner_text()
    push.click()
    marketer.get_by_role("heading", name="Result").wait_for(timeout=60_000)
    shown = marketer.request.get("/scenarios/renewal_90d.json").json()["scenario"]
    written = {each["object"]: each["states"] for each in shown["result"]}
    assert shown["run"]["state"] == "pushed"
    assert shown["run"]["approved_by"] == "manager"
    assert all(set(states) == {"written"} for states in written.values()), written
    new = members(site) - before
    assert len(new) == written["list_memberships"]["written"] > 0
    audit = arrive("admin").page.request.get(f"{site.url}/people.json").json()["entries"]
    done = [(e["who"], e["action"]) for e in audit if e["action"].startswith("scenario.")]
    assert done[::-1] == [
        ("marketer", "scenario.previewed"),
        ("manager", "scenario.approved"),
        ("marketer", "scenario.pushed"),
    ]


def test_a_handoff_is_taken_and_returned_with_buttons(
    site: Site, arrive: Callable[..., Visitor]
) -> None:
    """Accept takes one press; a return asks for one of the rule's reasons."""
    page = arrive("marketer").page
    page.goto("/handoffs")
    page.get_by_role("button", name="Accept").first.click()
    expect(page.get_by_text("Written down: accepted.")).to_be_visible()
    expect(page.get_by_role("heading", name="Ledger")).to_be_visible()
    page.goto("/handoffs")
    offered = page.locator(".t-card", has=page.get_by_role("button", name="Accept")).first
    offered.locator("summary", has_text="Return").click()
    offered.get_by_label("Reason").select_option(label="Duplicate")
    offered.get_by_role("button", name="Return with this reason").click()
    expect(page.get_by_text("Written down: returned.")).to_be_visible()
    expect(page.locator(".t-list").get_by_text("Duplicate")).to_be_visible()


def test_a_plan_is_approved_and_written_while_somebody_watches(
    site: Site, arrive: Callable[..., Visitor]
) -> None:
    """The manager approves, the operator's button states the target, the page follows."""
    manager, operator = arrive("manager"), arrive("operator")
    manager.page.goto("/plans?state=draft")
    manager.page.locator("table a").first.click()
    manager.page.get_by_role("button", name="Approve").click()
    operator.page.goto(manager.page.url)
    button = operator.page.get_by_role("button", name="Write")
    assert "HubSpot (sandbox)" in button.inner_text()
    assert "Salesforce (sandbox)" in button.inner_text()
    button.click()
    operator.page.get_by_text("records have their answer").wait_for(timeout=60_000)
    operator.page.locator(".t-actions").get_by_text("written").wait_for(timeout=120_000)
    plan = operator.page.request.get(operator.page.url.replace("?", ".json?")).json()
    assert plan["standing"]["states"].get("planned", 0) == 0
    assert plan["standing"]["states"]["written"] > 0
    assert operator.complaints == []


def test_a_run_is_started_and_followed(site: Site, arrive: Callable[..., Visitor]) -> None:
    """The operator's run shows its steps as they happen and ends without a reload."""
    visitor = arrive("operator")
    page = visitor.page
    page.goto("/overview")
    page.get_by_role("button", name="Sync and decide now").click()
    page.locator(".t-actions").get_by_text("done").wait_for(timeout=120_000)
    expect(page.get_by_text("rows read")).to_be_visible()
    assert page.locator("#live").get_attribute("hx-get") is None
    assert visitor.complaints == []
