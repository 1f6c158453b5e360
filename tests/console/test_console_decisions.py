"""Conflicts and reviews in the console: listed a page at a time, decided once, written down."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from console.language import catalogue
from console.render.shown import Shown
from staging.write import conflicts as store
from tasuki.service.deciding import conflicts, reviews
from tests.console.conftest import CONFLICT, LEFT, REVIEW, RIGHT

if TYPE_CHECKING:
    from tests.console.conftest import House


def listed(house: House, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = house.client("viewer").get(f"/decisions.json{query}").json()
    return found


def many(house: House, count: int) -> None:
    """Put in more disputed fields, each of another account."""
    with house.app.store.writing() as db:
        first = store.by_id(db, CONFLICT)
        assert first
        store.keep(
            db,
            (
                replace(first, id=f"account:b{n:02}:city", entity_id=f"b{n:02}")
                for n in range(count)
            ),
        )


def test_the_overview_leads_to_what_waits(house: House) -> None:
    """Both numbers that wait for a word are links to the page that takes it."""
    text = house.client("viewer").get("/overview").text
    assert 'href="/decisions#reviews"' in text
    assert 'href="/decisions#conflicts"' in text
    assert listed(house)["states"] == [["open", 2], ["decided", 0], ["closed", 0]]


def test_two_records_stand_side_by_side(house: House) -> None:
    """A doubt shows both records, what they share and in what they differ."""
    (found,) = listed(house)["reviews"]
    assert (found["left"], found["right"]) == (LEFT, RIGHT)
    assert (found["share"], found["differ"]) == (["name"], ["domain"])
    assert found["fields"][0]["field"] == "name"
    text = house.client("viewer").get("/decisions").text
    assert "Both have the same" in text
    assert 'aria-label="the same"' in text


@pytest.mark.parametrize(("action", "state"), [("accept", "accepted"), ("reject", "rejected")])
def test_a_doubt_is_answered(house: House, action: str, state: str) -> None:
    """A manager's answer is kept with name, reason and audit, and may be turned round later."""
    manager = house.client("manager")
    path = f"/decisions/reviews/{REVIEW}"
    answer = manager.post(f"{path}/{action}?entity=account", data={"reason": "I know them"})
    assert answer.headers["location"] == f"/decisions?entity=account&done={state}"
    view = reviews.show(house.app, REVIEW)
    assert (view.state, view.decided_by) == (state, "manager")
    assert house.audited()[0] == ("manager", f"review.{state}", REVIEW)
    assert listed(house)["reviews"] == []
    assert [r["id"] for r in listed(house, "?state=decided")["reviews"]] == [REVIEW]
    other = {"accept": "reject", "reject": "accept"}[action]
    text = manager.get("/decisions?state=decided").text
    assert f"{path}/{other}?state=decided" in text
    assert f"{path}/{action}" not in text
    assert manager.post(f"{path}/{other}").status_code == 303


def test_a_field_takes_what_a_system_says(house: House) -> None:
    """One press takes a candidate; a record that says nothing is no choice; reopening undoes it."""
    manager = house.client("manager")
    text = manager.get("/decisions").text
    assert "Take Salesforce’s: Osaka" in text
    assert 'value="sales/customers/3"' not in text
    answer = manager.post(f"/decisions/conflicts/{CONFLICT}/resolve", data={"take": RIGHT})
    assert answer.headers["location"] == "/decisions?done=decided"
    view = conflicts.show(house.app, CONFLICT)
    assert (view.state, view.chosen["value"], view.decided_by) == ("decided", "Osaka", "manager")
    assert "Reopen" in manager.get("/decisions?state=decided").text
    answer = manager.post(f"/decisions/conflicts/{CONFLICT}/reopen?state=decided")
    assert answer.headers["location"] == "/decisions?state=decided&done=reopened"
    assert conflicts.show(house.app, CONFLICT).state == "open"
    assert [action for _, action, _ in house.audited()[:2]] == [
        "conflict.reopened",
        "conflict.decided",
    ]


def test_a_field_takes_another_value(house: House) -> None:
    """A value that no system says is taken with its reason; a blank decides nothing."""
    manager, path = house.client("manager"), f"/decisions/conflicts/{CONFLICT}/resolve"
    assert manager.post(path, data={"value": " "}).status_code == 409
    assert conflicts.show(house.app, CONFLICT).state == "open"
    manager.post(path, data={"value": "Kobe", "reason": "moved in May"})
    view = conflicts.show(house.app, CONFLICT)
    assert (view.chosen, view.reason) == ({"ref": None, "value": "Kobe"}, "moved in May")


def test_lists_come_a_page_at_a_time(house: House) -> None:
    """Ten items a page; a page that is no more is the last one, and nonsense is the first."""
    many(house, 24)
    first = listed(house)
    assert first["conflict_pages"] == {"number": 1, "last": 3, "total": 25, "size": 10}
    assert len(first["conflicts"]) == 10
    assert len(listed(house, "?conflicts=3")["conflicts"]) == 5
    assert listed(house, "?conflicts=99")["conflict_pages"]["number"] == 3
    assert listed(house, "?conflicts=-1")["conflict_pages"]["number"] == 1
    assert listed(house, "?conflicts=x")["conflict_pages"]["number"] == 1
    text = house.client("viewer").get("/decisions?entity=account&conflicts=2").text
    assert 'href="/decisions?entity=account&amp;conflicts=3#conflicts"' in text


def test_facets_narrow_both_lists(house: House) -> None:
    """The entity and the state in the address count for reviews and conflicts alike."""
    assert listed(house)["entities"] == [["account", 2]]
    nobody = listed(house, "?entity=person")
    assert (nobody["reviews"], nobody["conflicts"]) == ([], [])
    assert listed(house, "?state=nonsense")["state"] == "open"
    assert listed(house, "?state=closed")["entities"] == []


def test_only_what_exists_is_linked(house: House) -> None:
    """An item leads to its entity's page where the store has the entity, and nowhere else."""
    text = house.client("viewer").get("/decisions").text
    assert 'href="/entities/account/a1"' in text
    assert "/entities/account/a2" not in text


def test_an_entity_tells_where_its_values_come_from(house: House) -> None:
    """Links with evidence for the whole, the story of one field, and 404 for what is not there."""
    client = house.client("viewer")
    shown = client.get("/entities/account/a1.json").json()["it"]
    assert [link["ref"] for link in shown["links"]] == [RIGHT]
    cell = client.get("/entities/account/a1.json?field=city").json()["it"]["cells"]
    assert [(c["field"], c["dispute"]["state"]) for c in cell] == [("city", "open")]
    assert "What a person said" in client.get("/entities/account/a1?field=city").text
    for path in ("/entities/account/none", "/entities/nothing/a1", "/entities/account/a1?field=x"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("salesforce_wins", "Salesforceを優先"),
        ("latest_wins", "新しい方を優先"),
        ("ask", "人が決める"),
        ("", "–"),
    ],
)
def test_policies_read_as_words(house: House, policy: str, said: str) -> None:
    """A policy that names a side is said with the system's name, in the reader's language."""
    zone, words = ZoneInfo("Asia/Tokyo"), catalogue("ja")
    shown = Shown("ja", zone, house.clock, words, house.app.tools.entities)
    assert shown.policy(policy) == said
