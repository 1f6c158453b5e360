"""Tasks as owners have them in the CRM: in their language, one at a time, closed when over."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.project import load_project
from connectors.memory.client import MemoryConnector
from connectors.memory.faults import Mishap
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from jobs.flows import register
from jobs.runtime import InProcess
from mappings.project import load_mappings
from playbook.decide import ledger
from playbook.decide.ledger import Decision
from playbook.decide.tasks.upkeep import is_news
from playbook.template import shown
from staging.tables.decisions import HANDOFF, SIGNAL
from staging.tables.writes import CHANGE, INTENT
from staging.write import plans
from sync.context import Order
from tasuki.errors import GuardError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

TASKS = """
kind: mapping
name: activity
entity: activity
sides:
  salesforce: {object: Task}
fields:
  kind: {salesforce: {value: task}}
  subject: {salesforce: Subject}
  status:
    salesforce:
      field: Status
      value_map: {Not Started: not_started, Completed: completed, "*": other}
  is_done: {salesforce: {field: Status, value_map: {Completed: true, "*": false}}}
  due_at: {salesforce: ActivityDate}
  tasuki_key: {salesforce: Tasuki_Key__c}
links:
  owner_id:
    salesforce: {lookup: OwnerId, object: User}
"""
RULE = """
kind: signal
name: large
why: {en: Large deals are lost by waiting., ja: 大型商談は待つと失注します。}
entity: opportunity
when: opportunity.amount > 100 and not opportunity.is_closed
facts: [opportunity.amount, opportunity.idle_days]
team: field_sales
assign: {first: opportunity_owner}
task:
  subject: {en: "Call about {opportunity.name}", ja: "{opportunity.name}の件で架電"}
  body:
    en: "{rule.why} {opportunity.amount} JPY by {opportunity.close_date}"
    ja: "{rule.why} {opportunity.close_date}までに{opportunity.amount}円"
  due: 2bd
"""
HAND = """
kind: handoff
name: pass_on
why: {en: It is won., ja: 受注しました。}
from_team: field_sales
to_team: customer_success
offer_when: need.confidence >= 4
assign: {first: account_owner}
sla: {accept_within: 1d, first_contact_within: 2d}
task: {subject: {en: "Welcome {account.name}"}, body: {en: "{rule.why}"}, due: 1bd}
"""
COLUMNS = "Subject Description Status Priority ActivityDate Tasuki_Key__c OwnerId WhatId WhoId"


@dataclass
class Floor:
    """A desk whose Salesforce is a system in memory, and the people who work there."""

    desk: Any
    crm: MemorySystem
    late: str | None = None
    """A plan that was made and is carried out later."""

    def walk(self, workflow: str, **arguments: Any) -> dict[str, Any]:
        """One workflow of the real flow."""
        self.desk.later(minutes=5)
        runtime = InProcess(self.desk.store, self.desk.tools, lambda _: None)
        register(runtime)
        try:
            return runtime.wait(runtime.enqueue(Order(workflow, arguments)))
        finally:
            runtime.pool.shutdown(wait=True)

    def sync(self) -> str | None:
        """A run and its plan, approved and carried out; the plan."""
        plan: str | None = self.walk("run")["plan"]
        self.apply(plan)
        return plan

    def apply(self, plan: str | None) -> None:
        """Say yes to a plan and carry it out."""
        if plan is not None:
            with self.desk.writing() as db:
                plans.approve(db, plan, "manager", self.desk.tools.now())
            with suppress(GuardError):
                self.walk("apply", plan=plan)

    def tasks(self) -> list[Mapping[str, Any]]:
        """Every task there is, oldest first."""
        return [row.fields for row in self.crm.living("Task").values()]

    def task(self) -> Mapping[str, Any]:
        """The one task there is."""
        (found,) = self.tasks()
        return found

    def open(self) -> list[Mapping[str, Any]]:
        """The tasks that are still to be done."""
        return [task for task in self.tasks() if task["Status"] != "Completed"]

    def is_last_open(self) -> bool:
        """Whether the newest task is the one that is still to be done."""
        return self.tasks()[-1]["Status"] != "Completed"

    def edit(self, **cells: str) -> None:
        """Somebody changes the newest task by hand."""
        self.crm.edit("Task", list(self.crm.living("Task"))[-1], cells)

    def deal(self, **values: Any) -> None:
        """The deal is another than it was."""
        self.desk.change("opportunity", "deal", **values)


@pytest.fixture
def floor(desk):
    """A large deal of Uma, who reads Japanese; Vic of the same team reads English."""
    return furnished(desk)


def furnished(desk):
    """The desk with a CRM, two people and one deal."""
    desk.file("large.yaml", RULE)
    for path, text in {
        "mappings/activity.yaml": TASKS,
        "connections/salesforce.yaml": "{kind: connection, name: salesforce, system: memory}",
    }.items():
        (desk.folder / path).parent.mkdir(exist_ok=True)
        (desk.folder / path).write_text(text, encoding="utf-8")
    crm = MemorySystem(desk.clock, {"Task": shape(COLUMNS, unique="Tasuki_Key__c")})
    desk.connectors = {"salesforce": MemoryConnector(crm, MemorySettings())}
    desk.mappings = load_mappings(load_project(desk.folder, {}))
    for user, language in (("uma", "ja"), ("vic", "en")):
        desk.user(user, "field_sales")
        desk.change("user_", user, language=language)
    desk.add("account", id="acme", name="Acme", owner_id="uma")
    desk.link("account", "acme", "salesforce", "Account", "001A")
    base = {"id": "deal", "name": "Big", "account_id": "acme", "owner_id": "uma"}
    desk.add(
        "opportunity", **base, amount=1234567.0, close_date="2026-06-30",
        is_closed=False, created_at=desk.ago(40),
    )  # fmt: skip
    return Floor(desk, crm)


# ── the owner's language ──


def test_a_task_speaks_its_owners_language(floor):
    """Subject, reason, days and numbers of Uma's task are Japanese; the project is English."""
    floor.sync()
    task = floor.task()
    assert task["Subject"] == "Bigの件で架電"
    assert task["Description"] == "大型商談は待つと失注します。 2026年6月30日までに1,234,567円"


def test_another_owner_reads_another_language(floor):
    """Vic's is English, from the first word to the last."""
    floor.deal(owner_id="vic")
    floor.sync()
    assert floor.task()["Subject"] == "Call about Big"
    assert floor.task()["Description"] == (
        "Large deals are lost by waiting. 1,234,567 JPY by 30 Jun 2026"
    )


@pytest.mark.parametrize(
    "missing",
    [
        ", ja: 大型商談は待つと失注します。",
        ', ja: "{opportunity.name}の件で架電"',
        '    ja: "{rule.why} {opportunity.close_date}までに{opportunity.amount}円"\n',
    ],
    ids=["the reason", "the subject", "the body"],
)
def test_languages_are_never_mixed(floor, missing):
    """Where the rule lacks a part in Japanese, all of Uma's task is in the project's language."""
    assert missing in RULE
    floor.desk.file("large.yaml", RULE.replace(missing, ""))
    floor.sync()
    assert floor.task()["Subject"] == "Call about Big"
    assert floor.task()["Description"].isascii()


@pytest.mark.parametrize(
    ("value", "en", "ja"),
    [
        ("2026-01-31", "31 Jan 2026", "2026年1月31日"),
        ("2026-01-31T00:30:00.000Z", "31 Jan 2026, 09:30", "2026年1月31日 09:30"),
        ("2026-01-30T15:00:00.000Z", "31 Jan 2026", "2026年1月31日"),
        (1234567.4, "1,234,567", "1,234,567"),
        (12.34, "12.3", "12.3"),
        ("2026-13-31", "2026-13-31", "2026-13-31"),
        (True, "✓", "✓"),
    ],
)
def test_values_read_as_people_write_them(value, en, ja):
    """Days, moments at the office and numbers, in either language; what is none stays."""
    assert shown(value, "Asia/Tokyo", "en") == en
    assert shown(value, "Asia/Tokyo", "ja") == ja


# ── due in business time ──


@pytest.mark.parametrize(
    ("days", "due"),
    [(-22, "2026-05-01"), (-20, "2026-05-07"), (222, "2027-01-05")],
    ids=["before Golden Week", "across Golden Week", "across the turn of the year"],
)
def test_it_is_due_when_people_work(floor, days, due):
    """Two business days go by without weekends, public holidays and the company's closed days."""
    floor.desk.file(
        "office.yaml",
        "kind: calendar\nname: office\ncountry: JP\n"
        "closed: ['2026-12-29', '2026-12-30', '2026-12-31']\n",
    )
    floor.desk.later(days=days)
    floor.sync()
    assert floor.task()["ActivityDate"] == due


# ── one task at a time ──


def test_no_second_task_while_one_is_open(floor):
    """The reason came back before anybody acted: the open task is told anew, with a new due day."""
    floor.sync()
    floor.desk.file("large.yaml", RULE.replace("  due: 2bd", "  due: 2bd\n  when_over: leave"))
    floor.deal(amount=1.0)
    floor.sync()
    floor.desk.later(days=7)
    floor.deal(amount=500.0)
    floor.sync()
    task = floor.task()
    assert task["Description"].endswith("500円")
    assert task["ActivityDate"] == "2026-05-29"
    assert len(floor.desk.all(SIGNAL)) == 2
    (held,) = [row for row in floor.desk.all(INTENT) if row.state == "held:open_task"]
    assert held.cause["task"] == task["Tasuki_Key__c"]


def test_a_task_somebody_works_on_is_left_and_stays_the_only_one(floor):
    """In progress means it is theirs: neither written to nor doubled."""
    floor.sync()
    floor.edit(Status="In Progress", Subject="mine")
    floor.deal(amount=1.0)
    floor.sync()
    floor.deal(amount=500.0)
    floor.sync()
    assert (floor.task()["Subject"], floor.task()["Status"]) == ("mine", "In Progress")


def test_a_completed_task_makes_room_for_the_next(floor):
    """It was done, and later the reason came again: that is a new task."""
    floor.sync()
    floor.edit(Status="Completed")
    floor.deal(amount=1.0)
    floor.sync()
    floor.deal(amount=500.0)
    floor.sync()
    assert [task["Status"] for task in floor.tasks()] == ["Completed", "Not Started"]


def test_a_completed_task_stays_completed(floor):
    """Somebody did it while the reason still holds: nothing is made, nothing is written."""
    floor.sync()
    floor.edit(Status="Completed")
    floor.deal(amount=9_999_999.0)
    floor.desk.later(days=2)
    assert floor.sync() is None
    assert floor.task()["Status"] == "Completed"


# ── its reason vanishes ──


def test_a_task_without_reason_is_closed(floor):
    """Nobody touched it: completed, and the first line says since when and why, as planned."""
    floor.sync()
    floor.deal(amount=1.0)
    plan = floor.sync()
    task = floor.task()
    assert task["Status"] == "Completed"
    assert task["Description"].splitlines()[0] == (
        "2026年5月20日以降、対応不要です：条件に当てはまらなくなりました"
    )
    assert "大型商談" in task["Description"]
    changes = [row for row in floor.desk.all(CHANGE) if row.plan_id == plan]
    assert {row.field for row in changes} == {"Status", "Description"}
    assert {row.cause["rule"] for row in changes} == {"large"}
    assert all(row.cause["place"].startswith("playbook/large.yaml:3") for row in changes)
    assert floor.sync() is None


def test_it_closes_before_any_pull_has_shown_it(floor):
    """The receipt knows the record's id: a task the CRM does not show yet is closed as well."""
    floor.sync()
    (id_,) = floor.crm.living("Task")
    floor.crm.hold("Task", id_, None)
    floor.deal(amount=1.0)
    plan = floor.walk("run")["plan"]
    floor.crm.release()
    floor.apply(plan)
    assert floor.task()["Status"] == "Completed"


def test_an_edit_at_the_last_moment_keeps_the_whole_task(floor):
    """Somebody changed its body after the plan was made: its status is not written either."""
    floor.sync()
    floor.deal(amount=1.0)
    plan = floor.walk("run")["plan"]
    floor.edit(Description="I called them.")
    floor.apply(plan)
    assert (floor.task()["Status"], floor.task()["Description"]) == (
        "Not Started",
        "I called them.",
    )
    assert floor.sync() is None, "it is theirs now; nobody tries again"


def test_a_rule_may_leave_its_tasks_open(floor):
    """`when_over: leave` closes nothing."""
    floor.desk.file("large.yaml", RULE.replace("  due: 2bd", "  due: 2bd\n  when_over: leave"))
    floor.sync()
    floor.deal(amount=1.0)
    assert floor.sync() is None
    assert floor.task()["Status"] == "Not Started"


def test_closing_many_of_ones_own_tasks_trips_no_guard(floor):
    """What only writes over our own words is no overwrite; it would hold new tasks up."""
    floor.sync()
    floor.deal(amount=1.0)
    plan = floor.walk("run")["plan"]
    (row,) = [row for row in floor.desk.all(plans.PLAN) if row.id == plan]
    assert row.notes["guards"] == []


# ── facts and owners move ──


def test_news_are_told_once_a_day(floor):
    """The amount doubled: told, but not on the day the task was written; its due day stays."""
    floor.sync()
    due = floor.task()["ActivityDate"]
    floor.deal(amount=3_000_000.0)
    assert floor.sync() is None
    floor.desk.later(days=1)
    floor.sync()
    assert floor.task()["Description"].endswith("3,000,000円")
    assert floor.task()["ActivityDate"] == due


def test_small_moves_and_counted_days_are_no_news(floor):
    """A hundredth more, and a week without activity: nobody's task changes."""
    floor.sync()
    floor.desk.later(days=7)
    floor.deal(amount=1_240_000.0)
    assert floor.sync() is None


@pytest.mark.parametrize(
    ("before", "now", "news"),
    [
        ({"a": 100}, {"a": 109}, False),
        ({"a": 100}, {"a": 120}, True),
        ({"a": None}, {"a": 1}, True),
        ({"a": "x"}, {"a": "y"}, True),
        ({"a": 0.0}, {"a": 0}, False),
        (None, {"a": 1}, False),
    ],
)
def test_what_is_news(before, now, news):
    """A number by more than a tenth, anything else that differs; unknown before is none."""
    assert is_news(before, now) is news


def test_a_new_owner_gets_the_task_in_their_language(floor):
    """Nobody worked on it: it is Vic's now, and Vic reads English."""
    floor.sync()
    floor.deal(owner_id="vic")
    floor.sync()
    assert (floor.task()["OwnerId"], floor.task()["Subject"]) == ("vic", "Call about Big")
    assert floor.sync() is None


def test_a_task_of_somebody_who_left_goes_to_the_team(floor):
    """Uma is active no more, though nothing moved about the deal."""
    floor.sync()
    floor.desk.change("user_", "uma", is_active=False)
    floor.sync()
    assert floor.task()["OwnerId"] == "vic"


def test_what_somebody_works_on_stays_theirs(floor):
    """The deal changed hands, the task does not."""
    floor.sync()
    floor.edit(Status="In Progress")
    floor.deal(owner_id="vic")
    assert floor.sync() is None
    assert floor.task()["OwnerId"] == "uma"


# ── undo ──


def test_an_undone_update_is_not_repeated(floor):
    """A person took the new owner back: it is not given to Vic again."""
    floor.sync()
    floor.deal(owner_id="vic")
    plan = floor.sync()
    floor.apply(floor.walk("undo", of=plan)["plan"])
    assert floor.task()["OwnerId"] == "uma"
    floor.deal(name="Big")
    assert floor.sync() is None


def test_an_undone_task_is_not_made_again_while_the_opening_lasts(floor):
    """A person took it back; the next opening gives another."""
    plan = floor.sync()
    floor.apply(floor.walk("undo", of=plan)["plan"])
    assert not floor.tasks()
    floor.deal(amount=9_000_000.0)
    floor.desk.later(days=2)
    assert floor.sync() is None
    floor.deal(amount=1.0)
    floor.sync()
    floor.deal(amount=500.0)
    floor.sync()
    assert len(floor.tasks()) == 1


# ── handoffs ──


@pytest.fixture
def passing(floor):
    """A need of field sales that goes to Cleo of customer success."""
    desk = floor.desk
    desk.file("large.yaml", RULE.partition("task:")[0])
    desk.file("pass_on.yaml", HAND)
    desk.user("cleo", "customer_success")
    desk.add("need", id="need", account_id="acme", product="FLOW", confidence=4, team="field_sales")
    return floor


def offers(floor):
    """State and assignee of every offer, oldest first."""
    rows = sorted(floor.desk.all(HANDOFF), key=lambda row: row.offered_at)
    return [(row.state, row.assignee) for row in rows]


def test_a_returned_handoffs_task_is_closed(passing):
    """Nobody has to look at it again."""
    passing.sync()
    (offer,) = passing.desk.all(HANDOFF)
    with passing.desk.writing() as db:
        decision = Decision(offer.id, "cleo", "no_need")
        ledger.return_(db, passing.desk.tools, passing.desk.book, decision)
    passing.sync()
    assert passing.task()["Status"] == "Completed"
    assert passing.task()["Description"].startswith(
        "No longer needed since 20 May 2026: it was returned"
    )
    assert offers(passing) == [("returned", "cleo")]


def test_completing_the_task_of_an_earlier_round_accepts_the_offer(passing):
    """It stood for the new round as well, since it was still open."""
    passing.desk.file("pass_on.yaml", HAND.replace("due: 1bd", "due: 1bd, when_over: leave"))
    passing.sync()
    for confidence in (3, 5):
        passing.desk.change("need", "need", confidence=confidence)
        passing.sync()
    assert offers(passing) == [("withdrawn", "cleo"), ("offered", "cleo")]
    passing.edit(Status="Completed")
    passing.sync()
    assert offers(passing) == [("withdrawn", "cleo"), ("accepted", "cleo")]
    assert len(passing.tasks()) == 1


def test_what_tasuki_closed_accepts_nothing(passing):
    """A plan that closes was already approved when the offer came again: it gets its own task."""
    passing.sync()
    passing.desk.change("need", "need", confidence=3)
    closing = passing.walk("run")["plan"]
    passing.desk.change("need", "need", confidence=5)
    passing.desk.measure()
    passing.desk.decide()
    passing.apply(closing)
    passing.sync()
    passing.sync()
    assert offers(passing)[-1][0] == "offered"
    assert [task["Status"] for task in passing.tasks()] == ["Completed", "Not Started"]


# ── any sequence ──


def lose_an_answer(floor):
    """A write is carried out and its answer lost; nobody can be asked about it for now."""
    faults = floor.desk.connectors["salesforce"].faults
    faults.writes.append(Mishap.LOSE_ANSWER)
    faults.asked["find", "Task"] = TransientError("No answer.")
    floor.sync()


def plan_for_later(floor):
    """A plan is made and nobody says yes yet."""
    floor.late = floor.walk("run")["plan"]


def say_yes_late(floor):
    """It is carried out after whatever happened meanwhile."""
    with suppress(GuardError):
        floor.apply(floor.late)
    floor.late = None


def change_owner(floor):
    """The deal goes to the other of the two."""
    is_umas = floor.desk.entity("opportunity", "deal")["owner_id"] == "uma"
    floor.deal(owner_id="vic" if is_umas else "uma")


def set_status(status):
    """Somebody moves the newest task; one that is done comes back only while no other is open."""

    def move(floor):
        if floor.tasks() and (status == "Completed" or not floor.open() or floor.is_last_open()):
            floor.edit(Status=status)

    return move


def come_again(floor):
    """The reason vanishes, and is back after the next run."""
    for amount in (1.0, 500.0):
        floor.deal(amount=amount)
        floor.sync()


MOVES = {
    "again": come_again,
    "true": lambda floor: floor.deal(amount=500.0),
    "false": lambda floor: floor.deal(amount=1.0),
    "decide": lambda floor: floor.desk.run(),
    "sync": Floor.sync,
    "plan": plan_for_later,
    "late": say_yes_late,
    "lose": lose_an_answer,
    "complete": set_status("Completed"),
    "work": set_status("In Progress"),
    "reopen": set_status("Not Started"),
    "owner": change_owner,
    "day": lambda floor: floor.desk.later(days=1),
}


@pytest.mark.slow
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    over=st.sampled_from(["close", "leave"]),
    moves=st.lists(st.sampled_from(sorted(MOVES)), min_size=4, max_size=10),
)
def test_there_is_never_a_second_open_task(make_desk, tmp_path_factory, over, moves):
    """Whatever opens, closes and is done by people: one open task per rule and deal, at most."""
    folder = tmp_path_factory.mktemp("any")
    with make_desk(folder / "project", f"sqlite:///{folder}/store.db") as desk:
        desk.file("office.yaml", "kind: calendar\nname: office\n")
        desk.file("teams/field_sales.yaml",
                  "kind: team\nname: field_sales\nposition: 1\nconfidence: [4, 5]\n")  # fmt: skip
        floor = furnished(desk)
        desk.file("large.yaml", f"{RULE}  when_over: {over}\n")
        for move in ("sync", *moves, "sync", "sync"):
            if move in ("sync", "plan"):  # by then every system answers again
                floor.desk.connectors["salesforce"].faults.asked.clear()
                floor.desk.connectors["salesforce"].faults.writes.clear()
            MOVES[move](floor)
            assert len(floor.open()) <= 1, move
        keys = [task["Tasuki_Key__c"] for task in floor.tasks()]
        assert len(keys) == len(set(keys))
