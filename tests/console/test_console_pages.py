"""What the pages show and what their buttons do, over the same functions as the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from console.render.shown import plain
from tasuki.service import handoffs, scenarios
from tests.console.conftest import NASTY, PLAN, handoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.conftest import House

DONE = "/handoffs/h1?done="


def test_no_page_shows_markup_of_a_crm(house: House, address: Callable[[str], str]) -> None:
    """Names, values and reasons from the systems never become markup of ours."""
    client = house.client("admin")
    paths = ["/overview", f"/plans/{PLAN}", f"/plans/{PLAN}/cells", "/handoffs", "/handoffs/h1"]
    paths += ["/decisions", "/entities/account/a1"]
    for path in paths:
        text = client.get(path).text
        assert "Kuroda" in text, path
        assert "<script>alert" not in text
        assert "<b onclick" not in text


def test_rich_text_loses_its_markup() -> None:
    """A rich-text value is cleaned, put on one line and shortened."""
    assert plain(NASTY) == "Kuroda"
    assert plain("<p>One</p>\n<style>x</style> <a href='javascript:1'>two</a> & 3") == "One two & 3"
    assert plain("5 < 6 and 7 > 2") == "5 < 6 and 7 > 2"
    assert len(plain("x" * 999)) == 300


def test_health_is_one_word_without_sign_in(house: House) -> None:
    """`/healthz` tells a machine one word and nothing else."""
    answer = house.client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "unknown")


def test_an_unknown_address_is_a_page_of_ours(house: House) -> None:
    """404 is a page for people and JSON for machines."""
    client = house.client("viewer")
    assert "There is no such page" in client.get("/nowhere").text
    assert client.get("/plans/none.json").status_code == 404
    assert client.get("/plans/none.json").json()["error"]["fix"]


def test_the_overview_tells_what_waits(house: House) -> None:
    """Plans to approve, handoffs past their time and parked records are counted."""
    shown = house.client("viewer").get("/overview.json").json()
    assert [plan["id"] for plan in shown["waiting"]["plans"]] == [PLAN]
    assert shown["waiting"]["handoffs_overdue"] == 1
    assert shown["waiting"]["parked"][0]["count"] == 1
    assert {c["band"]["name"] for c in shown["connections"]} >= {"salesforce", "hubspot"}


def test_a_plan_is_approved_then_applied(house: House) -> None:
    """The manager's yes is written down; only then does the operator's button start the run."""
    operator, manager = house.client("operator"), house.client("manager")
    assert operator.post(f"/plans/{PLAN}/apply").status_code == 409
    assert manager.post(f"/plans/{PLAN}/approve").headers["location"].endswith("done=approved")
    assert "Write 2 records to Salesforce (sandbox)" in operator.get(f"/plans/{PLAN}").text
    onward = operator.post(f"/plans/{PLAN}/apply").headers["location"]
    run_id = onward.partition("run=")[2]
    assert house.runtime.wait(run_id) == {"read": 3}
    assert house.audited()[:2] == [
        ("operator", "plan.applied", PLAN),
        ("manager", "plan.approved", PLAN),
    ]
    assert operator.get(f"/runs/{run_id}.json").json()["state"] == "done"


def test_a_plan_is_grouped_by_risk(house: House) -> None:
    """The riskiest group comes first, each fold with count, rule and where the rule stands."""
    groups = house.client("viewer").get(f"/plans/{PLAN}.json").json()["groups"]
    assert [group["risk"] for group in groups] == ["overwrite", "create"]
    fold = groups[0]["folds"][0]
    assert (fold["field"], fold["records"], fold["rule"]) == ("Phone", 1, "account")
    assert fold["place"].startswith("playbook/")


@pytest.mark.parametrize(
    ("action", "data", "state"),
    [
        ("accept", {}, "accepted"),
        ("return", {"reason": "duplicate"}, "returned"),
        ("recycle", {"on": "2026-07-01"}, "recycled"),
    ],
)
def test_a_handoff_is_decided_once(
    house: House, action: str, data: dict[str, str], state: str
) -> None:
    """Each decision is written to the ledger and the audit log, and cannot be made again."""
    client = house.client("marketer")
    answer = client.post(f"/handoffs/h1/{action}", data=data)
    assert answer.headers["location"] == f"{DONE}{state}"
    view = handoffs.show(house.app, "h1")
    assert (view.card.state, view.events[-1].by) == (state, "marketer")
    assert house.audited()[0] == ("marketer", f"handoff.{state}", "h1")
    assert client.post(f"/handoffs/h1/{action}", data=data).status_code == 409


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("return", {}),
        ("return", {"reason": "I do not want it"}),
        ("recycle", {}),
        ("recycle", {"on": "2020-01-01"}),
    ],
)
def test_a_decision_needs_its_reason_or_day(
    house: House, action: str, data: dict[str, str]
) -> None:
    """A return without one of the rule's reasons, or a recycle into the past, changes nothing."""
    answer = house.client("marketer").post(f"/handoffs/h1/{action}", data=data)
    assert answer.status_code == 409
    assert handoffs.show(house.app, "h1").card.state == "offered"


def test_the_board_shows_who_is_late(house: House) -> None:
    """Offers past their time are marked and can be asked for alone."""
    later = "2026-04-03T00:00:00.000Z"
    with house.app.store.writing() as db:
        from staging.bulk import upsert
        from staging.tables.decisions import HANDOFF

        upsert(db, HANDOFF, [handoff(house.app.tools.now(), "h2", later)])
    text = house.client("viewer").get("/handoffs").text
    assert text.count("overdue:") == 1
    late = handoffs.board(house.app, overdue_only=True).boundaries[0].columns[0]
    assert [card.id for card in late.cards] == ["h1"]
    assert late.cards[0].assignee == "Sato Ren"


def test_a_scenario_is_approved_by_another_person(house: House) -> None:
    """Neither its author nor a role the file does not name approves a preview."""
    path = "/scenarios/renewal_90d"
    assert house.client("manager").post(f"{path}/preview").status_code == 303
    run = scenarios.show(house.app, "renewal_90d").run
    assert run
    assert (run.audience, run.author) == (1, "manager")
    of = {"of": run.id}
    assert house.client("manager").post(f"{path}/approve", data=of).status_code == 409
    assert house.client("operator").post(f"{path}/approve", data=of).status_code == 409
    assert house.client("marketer").post(f"{path}/push", data=of).status_code == 409
    assert house.client("admin").post(f"{path}/approve", data=of).status_code == 303
    view = scenarios.show(house.app, "renewal_90d").run
    assert view
    assert (view.state, view.approved_by) == ("approved", "admin")
    assert house.client("marketer").post(f"{path}/push", data=of).status_code == 303


def test_a_new_preview_drops_the_approval(house: House) -> None:
    """What is pushed is what was looked at: an older approval does not carry over."""
    path = "/scenarios/renewal_90d"
    house.client("manager").post(f"{path}/preview")
    first = scenarios.show(house.app, "renewal_90d").run
    assert first
    house.client("admin").post(f"{path}/approve", data={"of": first.id})
    house.client("marketer").post(f"{path}/preview")
    assert house.client("marketer").post(f"{path}/push", data={"of": first.id}).status_code == 409
