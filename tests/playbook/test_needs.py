"""The confidence ladder of needs, and whose hands they are in."""

from __future__ import annotations

import pytest

from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import LINK

LADDER = """
kind: ladder
name: confidence
window: 90d
evaluation_views: 2
early_stages: [Early]
late_stages: [Late]
settled_after: 60d
"""
NEED = ENTITY_TABLES["need"]


@pytest.fixture
def acme(desk):
    """An account with two people, on a ladder."""
    desk.file("ladder.yaml", LADDER)
    desk.add("account", id="acme")
    desk.add("person", id="ada", account_id="acme")
    desk.add("person", id="bob", account_id="acme")
    return desk


def need(desk):
    """The one need as it stands."""
    (row,) = desk.all(NEED)
    return row


def look(desk, person="ada", days=1.0, stage="awareness", **more):
    """One look at a page about FLOW, tagged already."""
    event = {"product": "FLOW", "interest_stage": stage, "interest": "website", **more}
    desk.event(person, days, **event)


def deal(desk, stage="Early", **more):
    """An opportunity for FLOW."""
    values = {"id": "deal", "product": "FLOW", "stage": stage, "is_closed": False, "is_won": False}
    desk.add("opportunity", account_id="acme", **{**values, **more})


@pytest.mark.parametrize(
    ("looks", "step"),
    [
        ([{}], 1),
        ([{"stage": "evaluation"}], 1),
        ([{"stage": "evaluation"}] * 2, 2),
        ([{"kind": "form_submitted"}], 3),
    ],
)
def test_behaviour_climbs_the_lower_steps(acme, looks, step):
    """Read, evaluated often enough, asked."""
    for one in looks:
        look(acme, **one)
    acme.run()
    assert (need(acme).confidence, need(acme).team, need(acme).state) == (step, "marketing", "open")


@pytest.mark.parametrize(
    ("stage", "step", "team"), [("Early", 4, "inside_sales"), ("Late", 5, "field_sales")]
)
def test_opportunities_climb_the_upper_steps(acme, stage, step, team):
    """The stage decides; a need nobody held begins with the first team of that step."""
    deal(acme, stage)
    acme.run()
    assert (need(acme).confidence, need(acme).team) == (step, team)
    assert need(acme).opportunity_id == "deal"


def test_old_behaviour_shows_no_need(acme):
    """What lies before the window is forgotten."""
    look(acme, days=91)
    acme.run()
    assert not acme.all(NEED)


def test_the_open_deal_furthest_along_counts(acme):
    """Not the one won years ago, and not the one that has just begun."""
    deal(acme, "Late", id="late")
    deal(acme, "Early", id="early")
    deal(acme, "Won", id="won", is_closed=True, is_won=True, close_date=acme.day(5))
    deal(acme, "Late", id="lost", is_closed=True)
    acme.run()
    assert need(acme).opportunity_id == "late"


@pytest.mark.parametrize(("days", "team"), [(10, "field_sales"), (61, "customer_success")])
def test_a_won_need_begins_with_who_hands_it_over(acme, days, team):
    """Lately won it still lies with the sellers; long ago it has arrived."""
    deal(acme, "Won", is_closed=True, is_won=True, close_date=acme.day(days))
    acme.run()
    assert (need(acme).state, need(acme).confidence, need(acme).team) == ("won", 5, team)


def test_the_person_is_who_decides_or_showed_most(acme):
    """Bob asked, Ada only evaluates; once Ada decides about purchases she is the one."""
    for _ in range(3):
        look(acme, "ada", stage="evaluation")
    look(acme, "bob", kind="form_submitted")
    acme.run()
    assert (need(acme).person_id, need(acme).confidence) == ("bob", 3)
    acme.change("person", "ada", role="decision_maker")
    acme.run()
    assert (need(acme).person_id, need(acme).confidence) == ("ada", 3)


def test_a_need_that_moves_stays_in_its_hand(acme):
    """Only an accepted handoff moves it."""
    look(acme)
    acme.run()
    deal(acme, "Late")
    acme.run()
    assert (need(acme).confidence, need(acme).team) == (5, "marketing")


def test_a_lost_deal_gives_the_need_back_to_behaviour(acme):
    """It is in marketing's hands again, on the step its readers are on."""
    look(acme)
    deal(acme, "Late")
    acme.run()
    with acme.writing() as db:
        db.execute(NEED.update().values(team="field_sales", owner_id="u1"))
    acme.change("opportunity", "deal", is_closed=True)
    acme.run()
    assert (need(acme).confidence, need(acme).team, need(acme).owner_id) == (1, "marketing", None)


def test_a_need_nothing_is_left_of_closes_and_may_open_again(acme):
    """Silence ends what nobody accepted; a new visit opens it anew."""
    look(acme, days=80)
    acme.run()
    acme.later(days=20)
    acme.change("account", "acme", city="Kobe")
    acme.run()
    assert (need(acme).state, need(acme).team) == ("closed", None)
    look(acme, days=-19)
    acme.run()
    assert (need(acme).state, need(acme).team) == ("open", "marketing")
    assert need(acme).opened_at == acme.tools.now()


def test_silence_does_not_end_what_somebody_accepted(acme):
    """A person holds it until a person lets go."""
    look(acme, days=80)
    acme.run()
    with acme.writing() as db:
        db.execute(NEED.update().values(owner_id="u1", team="inside_sales"))
    acme.later(days=20)
    acme.change("account", "acme", city="Kobe")
    acme.run()
    assert (need(acme).state, need(acme).team) == ("open", "inside_sales")


def test_needs_of_an_account_that_is_gone_close(acme):
    """Merged into another or deleted: nobody works on it any more."""
    look(acme)
    acme.run()
    with acme.writing() as db:
        db.execute(ENTITY_TABLES["account"].delete())
    acme.change("account", "acme", city="Kobe")
    acme.decide()
    acme.run()
    assert need(acme).state == "closed"


def test_a_need_goes_on_with_the_account_its_own_was_merged_into(acme):
    """Whoever accepted it keeps it: the survivor has the need now, under its old id."""
    acme.add("account", id="heir")
    acme.link("account", "acme", "salesforce", "Account", "001a")
    look(acme)
    acme.run()
    before = need(acme)
    with acme.writing() as db:
        db.execute(NEED.update().values(owner_id="u1", team="inside_sales"))
        db.execute(LINK.update().values(valid_to=acme.tools.now()))
        db.execute(ENTITY_TABLES["account"].delete().where(ENTITY_TABLES["account"].c.id == "acme"))
    acme.link("account", "heir", "salesforce", "Account", "001a")
    for person in ("ada", "bob"):
        acme.change("person", person, account_id="heir")
    acme.change("account", "acme", city="Kobe")
    acme.run()
    after = need(acme)
    assert (after.id, after.account_id) == (before.id, "heir")
    assert (after.state, after.team, after.owner_id) == ("open", "inside_sales", "u1")


def test_each_product_is_a_need_of_its_own(acme):
    """A customer for one product may be a reader of another."""
    look(acme)
    look(acme, product="GRID")
    acme.run()
    assert sorted(row.product for row in acme.all(NEED)) == ["FLOW", "GRID"]
