"""Offers from team to team and their ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from playbook.decide import ledger
from playbook.decide.assignment import Rota
from playbook.decide.ledger import Decision
from playbook.documents import Assign
from staging.tables.decisions import HANDOFF, HANDOFF_EVENT
from staging.tables.entities import ENTITY_TABLES
from sync.write.intent import fulfil
from tasuki.errors import GuardError, UnknownRecordError

LADDER = """
kind: ladder
name: confidence
window: 90d
early_stages: [Early]
late_stages: [Late]
"""
RULE = """
kind: handoff
name: warm
why: {en: Warm now., ja: 今です。}
from_team: marketing
to_team: inside_sales
offer_when: need.confidence >= 3 and not coalesce(account.is_partner, false)
requires: [person.email]
sla: {accept_within: 4h, first_contact_within: 1bd}
return_reasons: [no_need, duplicate]
recycle_after: 30d
task:
  subject: {en: "Call {person.family_name} about {need.product}"}
  body: {en: "{rule.why} Accept by {handoff.accept_due_at}"}
  due: 1bd
"""
SCORE = """
kind: score
name: priority
entity: account
fit: {any: {when: "true", points: 7}}
"""


@pytest.fixture
def acme(desk):
    """Ada of Acme asked about FLOW; Ida and Jon of inside sales are there."""
    desk.file("ladder.yaml", LADDER)
    desk.file("warm.yaml", RULE)
    desk.file("score.yaml", SCORE)
    for user in ("ida", "jon"):
        desk.user(user, "inside_sales")
    asked(desk, "acme", "ada")
    return desk


def asked(desk, account, person, email="ada@acme.example"):
    """A person of an account asked about FLOW."""
    desk.add("account", id=account, name=account.title())
    desk.link("account", account, "salesforce", "Account", f"001{account}")
    desk.add("person", id=person, account_id=account, email=email, family_name=person.title())
    desk.link("person", person, "salesforce", "Contact", f"003{person}")
    desk.event(person, 1, kind="form_submitted", product="FLOW", interest="website")


def offers(desk):
    """State and assignee of every offer."""
    return [(row.state, row.assignee) for row in desk.all(HANDOFF)]


def need(desk):
    """The one need."""
    (row,) = desk.all(ENTITY_TABLES["need"])
    return row


def told(desk):
    """The ledger: what happened, by whom."""
    return [(row.event, row.by) for row in desk.all(HANDOFF_EVENT)]


def decided(desk, how, **more):
    """Decide the one open offer."""
    (offer,) = [row.id for row in desk.all(HANDOFF) if row.state == "offered"]
    with desk.writing() as db:
        how(db, desk.tools, **{"decision": Decision(offer, "ida"), **more})
    return offer


# ── offering ──


def test_an_offer_carries_who_when_and_why(acme):
    """Assignee, due times in business time, facts, a ledger line and one task."""
    assert acme.run()["offered"] == 1
    (row,) = acme.all(HANDOFF)
    assert (row.state, row.from_team, row.to_team) == ("offered", "marketing", "inside_sales")
    assert row.accept_due_at == "2026-05-20T07:00:00.000Z"
    assert row.contact_due_at == "2026-05-21T09:00:00.000Z"
    assert row.facts == {"product": "FLOW", "confidence": 3, "scores": {"priority": 7}}
    assert told(acme) == [("offered", "rule")]
    (task,) = acme.intents("handoff:warm").values()
    assert task["Subject"] == "Call Ada about FLOW"
    assert task["Description"] == "Warm now. Accept by 20 May 2026, 16:00"
    assert (task["WhoId"], task["WhatId"], task["OwnerId"]) == ("003ada", "001acme", row.assignee)
    assert task["Tasuki_Key__c"] == f"handoff:{row.id}"


def test_an_offer_changes_no_hands(acme):
    """Until somebody accepts, the need stays where it was."""
    acme.run()
    assert (need(acme).team, need(acme).owner_id) == ("marketing", None)


def test_the_same_need_is_offered_once(acme):
    """Runs may come and go, the offer stands."""
    acme.run()
    for _ in range(2):
        acme.change("account", "acme", city="Kobe")
        assert acme.run()["offered"] == 0
    assert len(offers(acme)) == 1


def test_incomplete_facts_wait(acme):
    """Without the e-mail the rule requires nobody could act; once it is known, it is offered."""
    acme.change("person", "ada", email=None)
    assert acme.run()["offered"] == 0
    acme.change("person", "ada", email="ada@acme.example")
    assert acme.run()["offered"] == 1


def test_only_the_team_that_holds_it_can_give_it(acme):
    """A need in inside sales' hands is not marketing's to offer."""
    acme.measure()
    acme.decide()
    decided(acme, ledger.accept)
    acme.change("account", "acme", city="Kobe")
    assert acme.run()["offered"] == 0


def test_an_offer_whose_reason_is_over_is_withdrawn(acme):
    """With its task, if that was not written yet; later it may be offered again, as a new round."""
    acme.run()
    acme.change("account", "acme", is_partner=True)
    assert acme.run()["withdrawn"] == 1
    assert [state for state, _ in offers(acme)] == ["withdrawn"]
    assert not acme.intents("handoff:")
    acme.change("account", "acme", is_partner=False)
    assert acme.run()["offered"] == 1
    assert sorted(state for state, _ in offers(acme)) == ["offered", "withdrawn"]
    assert len(acme.intents("handoff:")) == 1


def test_a_lead_has_no_account_beside_it(acme):
    """Salesforce refuses a WhatId next to a Lead."""
    asked(acme, "leadco", "lee")
    acme.link("person", "lee", "salesforce", "Lead", "00Qlee")
    with acme.writing() as db:
        from staging.tables.identity import LINK

        db.execute(LINK.delete().where(LINK.c.id == "003lee"))
    acme.run()
    (task,) = [t for t in acme.intents("handoff:").values() if t["WhoId"] == "00Qlee"]
    assert "WhatId" not in task


def test_an_accepted_need_is_not_withdrawn(acme):
    """What somebody took, no rule takes back."""
    acme.run()
    decided(acme, ledger.accept)
    acme.change("account", "acme", is_partner=True)
    assert acme.run()["withdrawn"] == 0


# ── deciding ──


def test_accepting_moves_the_need(acme):
    """Team and owner are the receiving ones from now on; the ledger says who said yes."""
    acme.run()
    decided(acme, ledger.accept)
    (offer,) = acme.all(HANDOFF)
    assert (need(acme).team, need(acme).owner_id) == ("inside_sales", offer.assignee)
    assert (offer.state, offer.decided_by) == ("accepted", "ida")
    assert told(acme) == [("offered", "rule"), ("accepted", "ida")]


def test_a_decision_is_made_once(acme):
    """The second one is told what was decided."""
    acme.run()
    offer = decided(acme, ledger.accept)
    with acme.writing() as db, pytest.raises(GuardError, match="already accepted"):
        ledger.accept(db, acme.tools, Decision(offer, "jon"))
    with acme.writing() as db, pytest.raises(UnknownRecordError):
        ledger.accept(db, acme.tools, Decision("ho_nothing", "jon"))


def test_a_return_needs_a_reason_of_the_rule(acme):
    """Reasons are counted, so they are chosen from a list."""
    acme.run()
    (offer,) = acme.all(HANDOFF)
    with acme.writing() as db, pytest.raises(GuardError, match="reasons") as refused:
        ledger.return_(db, acme.tools, acme.book, Decision(offer.id, "ida", "meh"))
    assert "no_need, duplicate" in refused.value.why


def test_a_returned_need_rests_before_it_comes_again(acme):
    """It stays with marketing and is not offered again for the rule's recycling time."""
    acme.run()
    decision = Decision(acme.all(HANDOFF)[0].id, "ida", "no_need")
    with acme.writing() as db:
        ledger.return_(db, acme.tools, acme.book, decision)
    acme.change("account", "acme", city="Kobe")
    assert acme.run()["offered"] == 0
    assert (need(acme).team, need(acme).waiting) == ("marketing", True)
    acme.later(days=31)
    done = acme.run()
    assert (done["woken"], done["offered"]) == (1, 1)


def test_a_recycled_need_comes_up_on_its_day(acme):
    """Not before, and by itself."""
    acme.run()
    until = acme.clock.now() + timedelta(days=10)
    decided(acme, ledger.recycle, until=until)
    assert need(acme).state == "recycled"
    acme.later(days=9)
    acme.change("account", "acme", city="Kobe")
    assert acme.run()["offered"] == 0
    acme.later(days=1, minutes=1)
    assert acme.run()["offered"] == 1
    assert need(acme).state == "open"


def test_completing_the_task_accepts(acme):
    """Whoever completed it in the CRM has it now, whoever it was meant for."""
    acme.run()
    (offer,) = acme.all(HANDOFF)
    with acme.writing() as db:
        fulfil(db, [f"handoff:{offer.id}"])
    other = "jon" if offer.assignee == "ida" else "ida"
    key = f"handoff:{offer.id}"
    acme.add("activity", kind="task", tasuki_key=key, is_done=False, owner_id=other)
    assert acme.run()["accepted"] == 0
    acme.add("activity", kind="task", tasuki_key=key, is_done=True, owner_id=other)
    assert acme.run()["accepted"] == 1
    assert (need(acme).team, need(acme).owner_id) == ("inside_sales", other)
    assert told(acme)[-1] == ("accepted", "crm")


def test_a_rule_whose_file_is_gone_still_lets_go(acme):
    """Its offers can be returned for the usual reasons."""
    acme.run()
    (acme.folder / "playbook" / "warm.yaml").unlink()
    decided(
        acme,
        ledger.return_,
        book=acme.book,
        decision=Decision(acme.all(HANDOFF)[0].id, "ida", "cannot_reach"),
    )
    assert offers(acme)[0][0] == "returned"


# ── assignment ──


def test_the_owner_goes_first(acme):
    """The account is Jon's, so the offer is."""
    acme.change("account", "acme", owner_id="jon")
    acme.run()
    assert offers(acme) == [("offered", "jon")]
    assert acme.all(HANDOFF)[0].assigned_by == "owner"


@pytest.mark.parametrize("owner", ["zoe", "mia"])
def test_an_owner_who_left_or_is_of_another_team_does_not(acme, owner):
    """Zoe is inactive, Mia is marketing's: somebody of the team gets it."""
    acme.user("zoe", "inside_sales", is_active=False)
    acme.user("mia", "marketing")
    acme.change("account", "acme", owner_id=owner)
    acme.run()
    assert offers(acme)[0][1] in ("ida", "jon")


def test_offers_fall_evenly(acme):
    """Eight more accounts: the two of the team differ by one at most, also over several runs."""
    for number in range(8):
        asked(acme, f"co{number}", f"p{number}")
        acme.run()
    given = [assignee for _, assignee in offers(acme)]
    assert abs(given.count("ida") - given.count("jon")) <= 1


def test_without_active_people_it_is_offered_to_nobody_and_no_task_is_made(acme):
    """The board shows it; the gap is counted."""
    for user in ("ida", "jon"):
        acme.change("user_", user, is_active=False)
    done = acme.run()
    assert (done["offered"], done["without_owner"]) == (1, 1)
    assert offers(acme) == [("offered", None)]
    assert not acme.intents("handoff:")


def test_a_rota_counts_as_it_gives():
    """The least busy first; equals in the order of their ids."""
    rota = Rota({"team": ("a", "b")}, {"a": 1})
    given = [rota.assign("team", None, Assign()).user for _ in range(4)]
    assert given == ["b", "a", "b", "a"]
    assert rota.assign("team", "a", Assign(first="nobody")).by == "round_robin"
    assert rota.assign("nowhere", "a", Assign()).user is None
