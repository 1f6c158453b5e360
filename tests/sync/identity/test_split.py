"""A wrong join and its way back: events, metrics, score and task follow the record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from connectors.memory.client import MemoryConnector
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from jobs.flows import register
from jobs.runtime import InProcess
from staging.tables.columns import METADATA
from sync.context import Order
from tasuki.cli import front
from tasuki.clock import FixedClock
from tasuki.errors import GuardError, UnknownRecordError
from tasuki.service import accounts
from tasuki.service.deciding import reviews
from tasuki.wiring import open_app
from tests.rehearsal import START

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasuki.service.app import App

FILES = {
    "connections/salesforce.yaml": "{kind: connection, name: salesforce, system: memory}",
    "connections/ma.yaml": "{kind: connection, name: ma, system: memory}",
    "mappings/person.yaml": """
kind: mapping
name: person
entity: person
sides:
  salesforce: {object: Contact}
  ma: {object: contacts}
fields:
  email: {salesforce: Email, ma: email, conflict: salesforce_wins, transform: [email]}
  family_name: {salesforce: LastName, ma: last, conflict: salesforce_wins}
identity:
  - {rule: email, field: email}
""",
    "mappings/user_.yaml": """
kind: mapping
name: user_
entity: user_
sides: {salesforce: {object: User}}
fields:
  name: {salesforce: Name}
  team: {salesforce: Department}
  is_active: {salesforce: IsActive}
""",
    "mappings/engagement.yaml": """
kind: mapping
name: engagement
entity: engagement
sides: {ma: {object: events}}
fields:
  kind: {ma: kind}
  occurred_at: {ma: at}
links:
  person_id: {ma: {lookup: contact_id, object: contacts}}
""",
    "playbook/team.yaml": """
kind: team
name: inside_sales
position: 2
confidence: [3, 4]
""",
    "playbook/office.yaml": "{kind: calendar, name: office, country: JP}",
    "playbook/score.yaml": """
kind: score
name: interest
entity: person
engagement:
  read: {when: "engagement.kind = 'page_viewed'", each: 10, cap: 50, half_life: 3650d}
""",
    "playbook/signal.yaml": """
kind: signal
name: reading
entity: person
when: person.page_views_30d >= 3
team: inside_sales
assign: {first: nobody}
task: {subject: {en: "Call {person.family_name}"}, due: 1bd}
""",
}
SALESFORCE = {
    "Contact": shape("Email LastName"),
    "User": shape("Name Department IsActive"),
    "Task": shape("Subject Description Status Priority ActivityDate Tasuki_Key__c OwnerId WhoId"),
}
MA = {"contacts": shape("email last"), "events": shape("kind at contact_id")}
MAIL = "office@aoba.example"


@dataclass
class Stage:
    """An open project, and what is known in it."""

    app: App
    clock: FixedClock

    def run(self) -> None:
        """One run, as a fresh process would do it."""
        runtime = InProcess(self.app.store, self.app.tools)
        register(runtime)
        runtime.wait(runtime.enqueue(Order("run", {})))
        runtime.close()

    def all(self, table: str) -> list[dict[str, Any]]:
        """Every row of a table."""
        with self.app.store.reading() as db:
            return [dict(row._mapping) for row in db.execute(select(METADATA.tables[table]))]

    def links(self) -> dict[str, str]:
        """Record to person, as it is now."""
        return {
            f"{row['connection']}/{row['object']}/{row['id']}": row["entity_id"]
            for row in self.all("link")
            if row["entity"] == "person" and row["valid_to"] is None
        }

    def owners_of_events(self) -> set[str]:
        """Whose the page views are."""
        return {row["person_id"] for row in self.all("engagement")}

    def views(self, person: str) -> int:
        """How many page views a person has, as measured."""
        found = (row["page_views_30d"] for row in self.all("person_metric") if row["id"] == person)
        return next(found, 0) or 0

    def scores(self) -> dict[str, float]:
        """The score of everybody who has one."""
        return {row["entity_id"]: float(row["value"]) for row in self.all("score")}

    def tasks(self) -> dict[str, Any]:
        """Person to the contact whose task is wished for."""
        return {
            row["entity_id"]: row["fields"].get("WhoId")
            for row in self.all("intent")
            if row["state"] == "open" and row["origin"] == "signal:reading"
        }


@pytest.fixture
def stage(tmp_path: Path, store_url: str) -> Iterator[Stage]:
    """Two contacts of Salesforce and one of the MA tool give the same e-mail; one of them reads."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "tasuki.yaml").write_text(
        f"kind: project\nname: split\nstore: '{store_url}'\n", encoding="utf-8"
    )
    clock = FixedClock(START)
    salesforce, ma = MemorySystem(clock, SALESFORCE), MemorySystem(clock, MA)
    memory = MemorySettings(page_size=5, batch_size=5, overlap=1)
    connectors = {
        "salesforce": MemoryConnector(salesforce, memory),
        "ma": MemoryConnector(ma, memory),
    }
    salesforce.add("User", {"Name": "Ida", "Department": "inside_sales", "IsActive": True})
    for name in ("Aoyama", "Aoyama T."):
        salesforce.add("Contact", {"Email": MAIL, "LastName": name})
    ma.add("contacts", {"email": MAIL, "last": "Midori"})
    for day in (2, 3, 4):
        at = f"2026-01-0{day}T09:00:00Z"
        ma.add("events", {"kind": "page_viewed", "at": at, "contact_id": "contacts-000001"})
    app = open_app(tmp_path, clock, {}, connectors)
    stage = Stage(app, clock)
    stage.run()
    yield stage
    app.close()


READER = "ma/contacts/contacts-000001"
CONTACT = "salesforce/Contact/Contact-000001"


def test_a_split_takes_along_what_the_record_did(stage: Stage) -> None:
    """Events, metrics, score and task leave the person they were wrongly given to; then return."""
    (person,) = set(stage.links().values())
    assert (stage.owners_of_events(), stage.views(person)) == ({person}, 3)
    assert stage.scores()[person] == pytest.approx(30, abs=0.1)
    assert stage.tasks() == {person: "Contact-000001"}

    done = reviews.split(stage.app, READER, "ada", "another Midori")
    assert (done.entity, done.entity_id) == ("person", person)
    stage.run()
    reader = stage.links()[READER]
    assert reader != person
    assert {stage.links()[CONTACT], stage.links()["salesforce/Contact/Contact-000002"]} == {person}
    assert stage.owners_of_events() == {reader}
    assert (stage.views(person), stage.views(reader)) == (0, 3)
    assert stage.scores().get(person, 0) == 0
    assert stage.scores()[reader] == pytest.approx(30, abs=0.1)
    assert stage.tasks() == {reader: None}
    assert [row["state"] for row in stage.all("review")] == ["rejected"]

    stage.run()
    assert stage.links()[READER] == reader
    reviews.accept(stage.app, done.review, "bob", "it was Midori after all")
    stage.run()
    assert set(stage.links().values()) == {person}
    assert (stage.owners_of_events(), stage.views(person)) == ({person}, 3)
    assert stage.scores() == {person: pytest.approx(30, abs=0.1)}
    assert stage.tasks() == {person: "Contact-000001"}


def test_a_split_is_taken_back_though_a_platform_merged_meanwhile(stage: Stage) -> None:
    """What was ruled of a record merged away is about its survivor, also when taken back."""
    (person,) = set(stage.links().values())
    done = reviews.split(stage.app, READER, "ada", "another Midori")
    stage.run()
    connector: Any = stage.app.tools.connectors["salesforce"]
    connector.system.merge("Contact", "Contact-000001", "Contact-000002")
    stage.run()
    assert stage.links()[READER] != person
    reviews.accept(stage.app, done.review, "bob", "it was Midori after all")
    stage.run()
    assert stage.links() == {READER: person, CONTACT: person}


def test_a_split_is_taken_back_for_all_who_were_merged(stage: Stage) -> None:
    """A ruling about a record merged away parts nobody once the split is taken back."""
    connector: Any = stage.app.tools.connectors["salesforce"]
    connector.system.add("Contact", {"Email": MAIL, "LastName": "Aoyama Taro"})
    stage.run()
    (person,) = set(stage.links().values())
    done = reviews.split(stage.app, READER, "ada", "another Midori")
    stage.run()
    connector.system.merge("Contact", "Contact-000002", "Contact-000001")
    stage.run()
    reviews.accept(stage.app, done.review, "bob", "it was Midori after all")
    stage.run()
    assert set(stage.links().values()) == {person}
    assert stage.all("review")[0]["state"] == "accepted"


def test_a_task_does_not_name_somebody_else(stage: Stage) -> None:
    """The contact leaves, the reader keeps the person: the wished task no longer names it."""
    (person,) = set(stage.links().values())
    for contact in (CONTACT, "salesforce/Contact/Contact-000002"):
        reviews.split(stage.app, contact, "ada", "another")
        stage.run()
    reader = stage.links()[READER]
    assert stage.links()[CONTACT] != reader
    assert stage.tasks() == {reader: None}
    assert person in set(stage.links().values())


def test_history_and_words_stay_visible(stage: Stage) -> None:
    """Every link is dated; who ruled, and why, is in link, ruling and audit."""
    done = reviews.split(stage.app, READER, "ada", "another Midori")
    stage.run()
    reviews.accept(stage.app, done.review, "bob", "the same")
    stage.run()
    told = [
        (row["valid_to"] is None, row["rule"], row["decided_by"])
        for row in stage.all("link")
        if row["entity"] == "person" and row["object"] == "contacts"
    ]
    assert told == [
        (False, "email", "rule"),
        (False, "first_seen", "rule"),
        (True, "ruling", "bob"),
    ]
    assert [(entry.who, entry.action) for entry in accounts.audited(stage.app)] == [
        ("bob", "review.accepted"),
        ("ada", "record.split"),
    ]
    assert {(row["verdict"], row["by"]) for row in stage.all("ruling")} == {("same", "bob")}


def test_a_split_needs_somebody_to_leave(stage: Stage) -> None:
    """A record that is alone, unknown or no ref at all is refused with the fix."""
    reviews.split(stage.app, READER, "ada", "another")
    stage.run()
    with pytest.raises(GuardError, match="alone"):
        reviews.split(stage.app, READER, "ada", "again")
    with pytest.raises(UnknownRecordError, match="belongs to no entity"):
        reviews.split(stage.app, "ma/contacts/nobody", "ada", "why")
    with pytest.raises(UnknownRecordError, match="names no record"):
        reviews.split(stage.app, "Midori", "ada", "why")


# ── through the command line ──


def say(stage: Stage, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """One command of the stage's project; its JSON document."""
    capsys.readouterr()
    code = front.run(["--project-dir", str(stage.app.project.folder), "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_reviews_and_splits_by_command(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """A record is split off, the review lists it, and accepting it takes the split back."""
    code, told = say(stage, capsys, "split", READER, "--reason", "another Midori")
    assert (code, told["split"]["entity"], len(told["split"]["stay"])) == (0, "person", 2)
    assert say(stage, capsys, "reviews")[1] == {
        "schema": "tasuki.reviews/1",
        "reviews": [],
        "total": 0,
    }
    _, told = say(stage, capsys, "reviews", "--state", "rejected", "--entity", "person")
    (review,) = told["reviews"]
    assert (review["reason"], review["share"], review["state"]) == ("split", ["email"], "rejected")
    assert {"field": "email", "left": MAIL, "right": MAIL} in review["fields"]
    stage.run()
    code, told = say(stage, capsys, "reviews", "accept", review["id"], "--reason", "the same")
    assert (code, told["review"]["state"]) == (0, "accepted")
    code, told = say(stage, capsys, "reviews", "reject", "rev_nothing")
    assert (code, told["code"]) == (2, UnknownRecordError.code)
    assert say(stage, capsys, "reviews", "--state", "opn")[0] == 2


def test_what_a_person_reads(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal a review shows both records side by side, and the next command."""
    project = ["--project-dir", str(stage.app.project.folder)]
    assert front.run([*project, "split", READER, "--reason", "another Midori"]) == 0
    assert front.run([*project, "reviews", "--state", "all"]) == 0
    said = capsys.readouterr().out
    for words in (f"{READER} leaves person/", "Next: tasuki run", "kept apart", MAIL, "Midori"):
        assert words in said
