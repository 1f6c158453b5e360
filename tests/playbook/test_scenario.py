"""A scenario: who is in, who is out and why, who is left alone, who gets what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest

from connectors.protocol import Record
from playbook.scenario.preview import TREATED, draw, place, preview, treated
from playbook.scenario.push import PUSH, require
from staging.tables.decisions import ASSIGNMENT, SCENARIO_RUN
from sync.write.intent import by_ids
from sync.write.plan.held import held_back
from tasuki.errors import ConfigError, GuardError, UnknownRecordError

RULE = """
kind: scenario
name: renew
title: {en: Renew}
goal: {en: More renew.}
audience: account.next_renewal_on is not null
exclude:
  an opportunity is open: account.open_opportunities > 0
  a complaint is open: account.open_complaints > 0
holdout: {percent: 0, salt: x}
branches:
  - name: visit
    when: account.employees >= 100
    team: field_sales
    do: {sales_task: {subject: {en: "Visit {account.name}: {rule.why}"}, due: 1bd}}
  - name: mail
    when: account.employees >= 10
    do: {ma_list: {hubspot: Renewals, people: "person.role = 'user'"}}
"""


@dataclass
class Lists:
    """A HubSpot that knows lists by name."""

    names: dict[str, str] = field(default_factory=lambda: {"Renewals": "13"})

    def find(self, object, field, values, fields):
        """The lists of these names."""
        assert (object, field) == ("lists", "name")
        return [Record(self.names[v], {"name": v}) for v in values if v in self.names]


@pytest.fixture
def office(desk):
    """Two sellers and a marketing system."""
    desk.file("renew.yaml", RULE)
    desk.user("uma", "field_sales")
    desk.user("vic", "field_sales")
    desk.connectors["hubspot"] = Lists()
    return desk


def customer(desk, id, employees, people=(), **numbers):
    """An account whose contract renews, with people: (id, role, opted out)."""
    desk.add("account", id=id, name=id.title(), employees=employees)
    desk.link("account", id, "salesforce", "Account", f"001{id}")
    renews = {"next_renewal_on": desk.day(-30), "open_opportunities": 0, "open_complaints": 0}
    desk.numbers("account", id=id, **{**renews, **numbers})
    for person, role, opted_out in people:
        desk.add("person", id=person, account_id=id, role=role, opted_out=opted_out)
        desk.link("person", person, "hubspot", "contacts", f"9{person}")


def placed(desk):
    """Account → arm, branch, reason."""
    with desk.store.reading() as db:
        book = desk.book
        found = place(db, desk.tools, book, book.scenario("renew"))
    return {p.entity_id: (p.arm, p.branch, p.reason) for p in found}


def previewed(desk, author="mia"):
    """The id of a fresh preview."""
    with desk.writing() as db:
        book = desk.book
        return preview(db, desk.tools, book, book.scenario("renew"), author)


def approved(desk):
    """The id of an approved preview (the service checks who may)."""
    id_ = previewed(desk)
    with desk.writing() as db:
        db.execute(SCENARIO_RUN.update().where(SCENARIO_RUN.c.id == id_).values(state="approved"))
    return id_


# ── placing ──


def test_everybody_of_the_audience_has_a_place_and_a_reason(office):
    """The first reason that is true is told; who is not in the audience is not listed."""
    customer(office, "big", 500)
    customer(office, "busy", 500, open_opportunities=1, open_complaints=1)
    customer(office, "angry", 500, open_complaints=1)
    customer(office, "tiny", 3)
    customer(office, "other", 500, next_renewal_on=None)
    assert placed(office) == {
        "big": ("treated", "visit", None),
        "busy": ("excluded", None, "an opportunity is open"),
        "angry": ("excluded", None, "a complaint is open"),
        "tiny": ("excluded", None, "no branch applies"),
    }


def test_an_unknown_number_excludes_nobody(office):
    """Only what is known to be true keeps somebody out."""
    customer(office, "big", 500, open_opportunities=None)
    assert placed(office)["big"][0] == TREATED


def test_where_nobody_may_be_mailed_there_is_nobody_to_treat(office):
    """The wrong role, an opt-out and a person HubSpot does not know reach nobody."""
    customer(office, "mail", 50, [("ada", "user", None)])
    customer(office, "chief", 50, [("bob", "decision_maker", None)])
    customer(office, "quiet", 50, [("cy", "user", True)])
    customer(office, "empty", 50)
    office.add("person", id="dee", account_id="empty", role="user")
    found = placed(office)
    assert found.pop("mail") == ("treated", "mail", None)
    assert set(found.values()) == {("excluded", None, "nobody there may be mailed")}


def test_consent_can_be_left_to_the_platform(office):
    """With `consent: none` an opt-out is HubSpot's to honour."""
    office.file("renew.yaml", RULE.replace("holdout:", "consent: none\nholdout:"))
    customer(office, "quiet", 50, [("cy", "user", True)])
    assert placed(office)["quiet"][0] == TREATED


def test_a_push_and_an_owner_have_a_most(office):
    """Beyond the cap of the push, and of whoever would get the task, accounts wait."""
    office.file(
        "renew.yaml", RULE.replace("branches:", "cap: {records: 5, per_owner: 2}\nbranches:")
    )
    for number in range(8):
        customer(office, f"c{number}", 500)
    reasons = Counter(reason for _, _, reason in placed(office).values())
    assert reasons == {None: 4, "the owner has enough tasks": 4}
    office.file("renew.yaml", RULE.replace("branches:", "cap: {records: 3}\nbranches:"))
    assert Counter(arm for arm, _, _ in placed(office).values()) == {"treated": 3, "capped": 5}


def test_without_a_seller_there_is_nobody_to_visit(office):
    """An empty team is a reason, not a task for nobody."""
    for user in ("uma", "vic"):
        office.change("user_", user, is_active=False)
    customer(office, "big", 500)
    assert placed(office)["big"] == ("excluded", "visit", "nobody of the team is there to do it")


# ── holdout ──


def test_the_holdout_is_drawn_evenly_and_always_the_same(office):
    """15 percent of 4,000 accounts, give or take two; an account's draw never changes."""
    scenario = office.book.scenario("renew")
    drawn = [draw(scenario, f"account-{n}") for n in range(4_000)]
    assert 0.13 < sum(d < 0.15 for d in drawn) / 4_000 < 0.17
    assert drawn == [draw(scenario, f"account-{n}") for n in range(4_000)]
    assert all(0 <= d < 1 for d in drawn)


def test_another_salt_draws_others(office):
    """Who was left alone once is not left alone for ever."""
    before = office.book.scenario("renew")
    office.file("renew.yaml", RULE.replace("salt: x", "salt: y"))
    assert draw(before, "acme") != draw(office.book.scenario("renew"), "acme")


def test_the_holdout_gets_nothing_but_is_known(office):
    """It keeps the branch it would have had, so that both arms can be compared."""
    office.file("renew.yaml", RULE.replace("percent: 0", "percent: 50"))
    for number in range(30):
        customer(office, f"c{number}", 500)
    id_ = approved(office)
    arms = Counter(arm for arm, branch, _ in placed(office).values() if branch == "visit")
    assert set(arms) == {"treated", "holdout"}
    assert 5 <= arms["holdout"] <= 25
    done = office.step(PUSH, scenario_run=id_)
    assert done["tasks"] == arms["treated"]
    alone = {row.entity_id for row in office.all(ASSIGNMENT) if row.arm == "holdout"}
    assert len(alone) == arms["holdout"]
    assert not {i.split(":")[-1] for i in office.intents("scenario:")} & alone


# ── the run ──


def test_a_preview_is_kept_with_its_counts(office):
    """Who would get what today, by reason and branch."""
    customer(office, "big", 500)
    customer(office, "busy", 500, open_opportunities=1)
    id_ = previewed(office)
    (run,) = office.all(SCENARIO_RUN)
    assert (run.id, run.state, run.author) == (id_, "previewed", "mia")
    assert run.counts == {
        "audience": 2,
        "arms": {"excluded": 1, "treated": 1},
        "reasons": {"an opportunity is open": 1},
        "branches": {"visit": 1},
    }
    assert len(office.all(ASSIGNMENT)) == 2
    with office.store.reading() as db:
        assert treated(db, id_) == {"big": "visit"}


def test_a_newer_preview_overtakes_the_older(office):
    """Nobody approves what is no longer true."""
    old, new = previewed(office), previewed(office)
    states = {row.id: row.state for row in office.all(SCENARIO_RUN)}
    assert states == {old: "discarded", new: "previewed"}


def test_only_an_approved_preview_is_pushed_and_only_once(office):
    """Previewed → approved → pushed; everything else is refused with what to do."""
    id_ = previewed(office)
    with pytest.raises(GuardError, match="previewed, not approved") as early:
        office.step(PUSH, scenario_run=id_)
    assert early.value.remedy == "Approve it first."
    id_ = approved(office)
    office.step(PUSH, scenario_run=id_)
    with pytest.raises(GuardError, match="pushed, not approved") as late:
        office.step(PUSH, scenario_run=id_)
    assert late.value.remedy == "Preview it again."
    with office.writing() as db, pytest.raises(UnknownRecordError):
        require(db, "sr_nothing", "approved")


def test_a_push_wishes_for_tasks_and_places(office):
    """One task per visited account, one place per person that may be mailed."""
    customer(office, "big", 500, [("bea", "user", None)])
    customer(office, "mail", 50, [("ada", "user", None), ("cy", "user", True)])
    id_ = approved(office)
    done = office.step(PUSH, scenario_run=id_)
    assert done == {"tasks": 1, "list_places": 1, "without_owner": 0, "without_consent": 1}
    wishes = office.intents(f"scenario:{id_}")
    task = wishes[f"scenario:{id_}:big"]
    assert task["Subject"] == "Visit Big: More renew."
    assert (task["WhatId"], task["OwnerId"]) == ("001big", "uma")
    assert wishes[f"scenario:{id_}:13:9ada"] == {"list_id": "13", "record_id": "9ada"}


def test_who_opted_out_is_written_down_as_held_back(office):
    """The branch would mail them: no place is sent, and the plan can say of how many, and why."""
    customer(office, "mail", 50, [("ada", "user", None), ("cy", "user", True)])
    id_ = approved(office)
    office.step(PUSH, scenario_run=id_)
    with office.store.reading() as db:
        kept = by_ids(db, [f"scenario:{id_}:13:9cy"])[f"scenario:{id_}:13:9cy"]
        told = held_back(db, f"scenario:{id_}")
        elsewhere = held_back(db, "")
    assert (kept.state, kept.fields, kept.entity_id) == ("held:no_consent", {}, "cy")
    to = "hubspot/list_memberships"
    assert told == [{"rule": id_, "to": to, "why": "no_consent", "n": 1}]
    assert elsewhere == []


def test_a_person_with_two_contacts_goes_on_the_list_once(office):
    """The older contact of the two."""
    customer(office, "mail", 50, [("ada", "user", None)])
    office.link("person", "ada", "hubspot", "contacts", "88")
    id_ = approved(office)
    assert office.step(PUSH, scenario_run=id_)["list_places"] == 1
    assert f"scenario:{id_}:13:88" in office.intents("scenario:")


def test_a_list_that_does_not_exist_stops_the_push_before_it_begins(office):
    """Nothing is wished, the preview stays approved, and the error says what to create."""
    office.connectors["hubspot"] = Lists({})
    customer(office, "mail", 50, [("ada", "user", None)])
    id_ = approved(office)
    with pytest.raises(ConfigError, match="Renewals") as refused:
        office.step(PUSH, scenario_run=id_)
    assert str(refused.value.where).startswith("playbook/renew.yaml:3")
    assert not office.intents("scenario:")
    assert office.all(SCENARIO_RUN)[0].state == "approved"


def test_without_the_system_there_is_no_list(office):
    """A project without HubSpot is told so in four lines."""
    office.connectors.clear()
    id_ = approved(office)
    with pytest.raises(ConfigError, match="no connection `hubspot`"):
        office.step(PUSH, scenario_run=id_)
