"""Signals: open while true, one task each, closed when over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from playbook.decide.signals import plain
from staging.tables.decisions import SIGNAL
from sync.write.intent import fulfil
from tasuki.clock import FixedClock

IDLE = """
kind: signal
name: idle
why: {en: "Take it up again.", ja: 再開してください。}
entity: opportunity
when: opportunity.idle_days > 30 and not coalesce(account.is_partner, false)
facts: [opportunity.idle_days, account.name]
team: field_sales
assign: {first: opportunity_owner}
task:
  subject:
    {en: "{opportunity.name} idle for {opportunity.idle_days} days", ja: "{opportunity.name}"}
  body:
    en: "{rule.why} {account.name}, {opportunity.amount} JPY, last {opportunity.last_activity_at}"
  due: 2bd
"""


@pytest.fixture
def deal(desk):
    """A deal of Acme, idle for 40 days, owned by Uma of field sales."""
    desk.file("idle.yaml", IDLE)
    desk.user("uma", "field_sales")
    desk.user("vic", "field_sales")
    desk.add("account", id="acme", name="Acme")
    desk.link("account", "acme", "salesforce", "Account", "001A")
    desk.add(
        "opportunity",
        id="deal",
        name="Big one",
        amount=1234567.0,
        account_id="acme",
        owner_id="uma",
        is_closed=False,
        created_at=desk.ago(40),
    )
    desk.link("opportunity", "deal", "salesforce", "Opportunity", "006D")
    return desk


def signals(desk):
    """Every opening: about whom, and whether it is open."""
    return [(row.entity_id, row.closed_at is None) for row in desk.all(SIGNAL)]


def act(desk):
    """Somebody did something about the deal."""
    done = {"kind": "task", "is_done": True, "due_at": desk.tools.now()}
    desk.add("activity", opportunity_id="deal", **done)


def test_it_opens_with_what_was_seen_and_one_task(deal):
    """The facts are kept; the task says them to the owner of the deal, due in business time."""
    assert deal.run()["opened"] == 1
    (row,) = deal.all(SIGNAL)
    assert row.facts == {"opportunity.idle_days": 40, "account.name": "Acme"}
    (task,) = deal.intents("signal:idle").values()
    assert task == {
        "Subject": "Big one idle for 40 days",
        "Description": "Take it up again. Acme, 1,234,567 JPY, last –",
        "Status": "Not Started",
        "Priority": "Normal",
        "ActivityDate": "2026-05-22",
        "Tasuki_Key__c": f"signal:{row.id}",
        "OwnerId": "uma",
        "WhatId": "006D",
    }


def test_while_it_is_open_there_is_no_second_task(deal):
    """A day later it is still true: the same signal with today's facts."""
    deal.run()
    deal.later(days=1)
    deal.run()
    assert signals(deal) == [("deal", True)]
    assert deal.all(SIGNAL)[0].facts["opportunity.idle_days"] == 41
    assert len(deal.intents("signal:")) == 1


def test_it_closes_and_takes_an_unwritten_task_back(deal):
    """Somebody acted before the plan was applied: nobody is told any more."""
    deal.run()
    act(deal)
    deal.run()
    assert signals(deal) == [("deal", False)]
    assert not deal.intents("signal:")


def test_a_task_that_was_written_stays_written(deal):
    """Closing a signal deletes nothing in the CRM."""
    deal.run()
    with deal.writing() as db:
        fulfil(db, deal.intents("signal:"))
    act(deal)
    deal.run()
    assert len(deal.intents("signal:", "done")) == 1


def test_when_it_comes_true_again_it_is_another_signal(deal):
    """A new opening has a new task."""
    deal.run()
    act(deal)
    deal.run()
    deal.later(days=31)
    deal.run()
    assert sorted(signals(deal)) == [("deal", False), ("deal", True)]
    assert len(deal.intents("signal:")) == 1


def test_a_rule_sees_the_account_change(deal):
    """The rule is about deals, but the account's becoming a partner ends it."""
    deal.run()
    deal.change("account", "acme", is_partner=True)
    deal.run()
    assert signals(deal) == [("deal", False)]


def test_a_stricter_rule_closes_what_is_no_longer_true(deal):
    """Nothing moved but the file."""
    deal.run()
    deal.file("idle.yaml", IDLE.replace("> 30", "> 50"))
    deal.run()
    assert signals(deal) == [("deal", False)]


def test_somebody_of_the_team_gets_what_an_outsider_owns(deal):
    """The owner has left, so whoever has least of the team gets it."""
    deal.change("user_", "uma", is_active=False)
    deal.run()
    (task,) = deal.intents("signal:").values()
    assert task["OwnerId"] == "vic"


def test_a_task_without_owner_is_a_gap_and_not_a_task(deal):
    """Nobody of the team is active: it is counted, not written into the void."""
    for user in ("uma", "vic"):
        deal.change("user_", user, is_active=False)
    assert deal.run()["without_owner"] == 1
    assert signals(deal) == [("deal", True)]
    assert not deal.intents("signal:")


def test_a_signal_without_task_only_shows(deal):
    """Not everything deserves a task."""
    deal.file("idle.yaml", IDLE.partition("task:")[0])
    assert deal.run()["opened"] == 1
    assert not deal.intents()


def test_the_project_speaks_japanese(deal):
    """Subject, body and reasons are in the project's language."""
    settings = deal.folder / "tasuki.yaml"
    settings.write_text(settings.read_text() + "language: ja\n")
    deal.file("idle.yaml", IDLE.replace("  body:", '  body:\n    ja: "{rule.why}"'))
    deal.run()
    (task,) = deal.intents("signal:").values()
    assert task["Subject"] == "Big one"
    assert task["Description"].startswith("再開してください。")


def test_a_signal_about_a_vanished_entity_closes(deal):
    """The deal was deleted: nothing is left to act on."""
    from staging import queue, rows

    deal.run()
    with deal.writing() as db:
        rows.drop(db, "opportunity", ["deal"])
        queue.mark(db, queue.MEASURE, "opportunity", ["deal"])
    deal.run()
    assert signals(deal) == [("deal", False)]


def test_values_are_plain_json_from_either_engine():
    """A Decimal and a float are the same fact."""
    from decimal import Decimal

    assert plain(Decimal("12.50")) == 12.5
    assert plain("x") == "x"


class Running(FixedClock):
    """A clock that goes on a little whenever somebody looks at it."""

    def now(self):
        """A millisecond later each time."""
        self.at += timedelta(milliseconds=1)
        return self.at


def test_a_task_belongs_to_its_signal_however_long_deciding_takes(deal):
    """The key of the task is the signal's id, also when time passes between the two."""
    deal.clock = Running(deal.clock.at)
    deal.run()
    (row,) = deal.all(SIGNAL)
    (task,) = deal.intents("signal:idle").values()
    assert task["Tasuki_Key__c"] == f"signal:{row.id}"
