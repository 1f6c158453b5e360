"""Records that a side lacks: made once, by rule, parents first; held back with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from staging import queue
from staging.bulk import insert
from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import RULING
from sync.erasure.erase import erase
from sync.write import intent
from tests.rehearsal import FILES, Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = (
    FILES["mappings/account.yaml"]
    .replace("fields:", "create: {crm: {key: domain, when: account.domain is not null}}\nfields:")
    .replace("ma: domain, direction: pull,", "ma: domain, direction: both, on_create_only: true,")
)  # fmt: skip
PERSON = """
kind: mapping
name: person
entity: person
sides:
  crm: {object: people}
  lead: {connection: crm, object: leads}
  ma: {object: contacts}
create:
  crm: {key: email, when: person.account_id is not null}
  lead: {key: email, when: person.account_id is null}
delete: {crm: {delete_in: [ma]}}
fields:
  email:
    crm: email
    lead: email
    ma: email
    direction: both
    on_create_only: true
    conflict: crm_wins
    transform: [email]
  family_name:
    crm: last
    lead: last
    ma: last
    direction: both
    conflict: latest_wins
    default: unknown
  title: {crm: title, ma: jobtitle, direction: both, conflict: fill_blank_only}
links:
  account_id:
    crm: {lookup: company_id, object: companies}
    ma: {value: email, via: domain, transform: [domain]}
    direction: both
    to: crm
identity:
  - {rule: stored_id, lead: contact_id, refers_to: crm}
  - {rule: email, field: email}
"""


@pytest.fixture
def world() -> Iterator[Rehearsal]:
    """Companies and people that the CRM may be given."""
    files = {"mappings/account.yaml": ACCOUNT, "mappings/person.yaml": PERSON}
    with rehearsal(files) as found:
        yield found


def held(world: Rehearsal) -> dict[str, int]:
    """How many are held back, by reason."""
    with world.store.reading() as db:
        return {reason: n for (_, _, _, reason), n in intent.held(db).items()}


def test_a_parent_is_made_first_and_its_people_after(world: Rehearsal) -> None:
    """The account is made by one plan; its contact waits, says so, and is made by the next."""
    world.ma.add("orgs", {"name": "Aoba", "domain": "aoba.example"})
    world.ma.add("contacts", {"email": "a@aoba.example", "last": "A", "jobtitle": "CEO"})
    plan = world.run()["plan"]
    assert {(c.object, c.verb) for c in world.changes(plan)} == {("companies", "create")}
    assert held(world) == {"waits_for_parent": 1}
    world.apply(plan)
    assert [row.fields for row in world.crm.living("companies").values()] == [
        {"name": "Aoba", "domain": "aoba.example"}
    ]
    assert world.crm.living("people") == {}
    world.settle()
    [company] = world.crm.living("companies")
    [made] = [row.fields for row in world.crm.living("people").values()]
    assert made == {"email": "a@aoba.example", "last": "A", "title": "CEO", "company_id": company}
    assert world.crm.living("leads") == {}
    assert held(world) == {}


def test_the_second_run_is_silent(world: Rehearsal) -> None:
    """What was made belongs to its entity at once: nothing more is wished for, pulled or not."""
    world.ma.add("contacts", {"email": "b@nowhere.example"})
    world.apply(world.run()["plan"])
    assert [r.fields["last"] for r in world.crm.living("leads").values()] == ["unknown"]
    assert world.walk("replan")["plan"] is None
    assert world.settle() <= 1
    assert len(world.crm.living("leads")) == 1
    assert len(world.rows("person")) == 1


def test_lead_or_contact_and_never_both(world: Rehearsal) -> None:
    """A lead whose account becomes known stays a lead: the CRM converts it, not we."""
    world.ma.add("contacts", {"email": "c@later.example"})
    world.settle()
    assert len(world.crm.living("leads")) == 1
    world.crm.add("companies", {"name": "Later", "domain": "later.example"})
    world.settle()
    assert (len(world.crm.living("leads")), len(world.crm.living("people"))) == (1, 0)


def test_a_converted_lead_is_not_made_again(world: Rehearsal) -> None:
    """The contact that a lead became is the same person."""
    world.ma.add("contacts", {"email": "d@nowhere.example"})
    world.settle()
    [lead] = world.crm.living("leads")
    contact = world.crm.add("people", {"email": "d@nowhere.example", "last": "D"})
    world.crm.edit("leads", lead, {"contact_id": contact})
    world.settle()
    assert (len(world.crm.living("leads")), len(world.crm.living("people"))) == (1, 1)


def test_who_was_deleted_by_a_person_is_not_made_again(world: Rehearsal) -> None:
    """The plan counts it and leaves it."""
    world.ma.add("contacts", {"email": "e@nowhere.example"})
    world.settle()
    [lead] = world.crm.living("leads")
    world.crm.delete("leads", lead)
    world.ma.edit("contacts", next(iter(world.ma.living("contacts"))), {"last": "E"})
    world.settle()
    assert world.crm.living("leads") == {}
    assert held(world) == {"deleted_there": 1}


def test_a_blank_key_makes_nothing(world: Rehearsal) -> None:
    """Without a value to find it by, a record could be made twice."""
    world.ma.add("contacts", {"last": "F"})
    assert world.run()["plan"] is None
    assert held(world) == {"blank_key": 1}


def test_a_record_made_under_another_spelling_is_still_ours(world: Rehearsal) -> None:
    """The link stands though a person gives the new record another e-mail at once."""
    world.ma.add("contacts", {"email": "g@nowhere.example"})
    world.apply(world.run()["plan"])
    [lead] = world.crm.living("leads")
    world.crm.edit("leads", lead, {"email": "other@elsewhere.example"})
    world.settle()
    assert len(world.crm.living("leads")) == 1
    assert len(world.rows("person")) == 1


def test_an_undone_create_is_not_made_again(world: Rehearsal) -> None:
    """Undo takes the record away, and nobody asks for it again."""
    world.ma.add("contacts", {"email": "h@nowhere.example"})
    done = world.apply(world.run()["plan"])
    assert done["written"] > 0
    run = next(r["id"] for r in world.all("run") if r["kind"] == "apply")
    world.apply(world.walk("undo", of=run)["plan"])
    assert world.crm.living("leads") == {}
    assert world.settle() == 0


def test_a_deleted_record_is_deleted_where_the_mapping_says(world: Rehearsal) -> None:
    """A person deletes the contact; its twin in the other system goes, as a delete in the plan."""
    world.crm.add("people", {"email": "i@x.example", "last": "I"})
    world.ma.add("contacts", {"email": "i@x.example", "last": "I"})
    world.settle()
    world.crm.delete("people", next(iter(world.crm.living("people"))))
    plan = world.run()["plan"]
    [change] = world.changes(plan)
    assert (change.object, change.verb, change.risk) == ("contacts", "delete", "delete")
    world.apply(plan)
    assert world.ma.living("contacts") == {}
    assert world.settle() == 0


def test_what_a_platform_merged_is_not_deleted_elsewhere(world: Rehearsal) -> None:
    """A record absorbed by another is no delete."""
    kept = world.crm.add("people", {"email": "j@x.example", "last": "J"})
    other = world.crm.add("people", {"email": "k@x.example", "last": "K"})
    world.ma.add("contacts", {"email": "k@x.example", "last": "K"})
    world.settle()
    world.crm.merge("people", kept, other)
    world.settle()
    assert len(world.ma.living("contacts")) == 1


def test_our_own_undo_deletes_nothing_else(world: Rehearsal) -> None:
    """The record we made and took back was deleted by us, not by a person."""
    world.crm.add("companies", {"name": "L", "domain": "l.example"})
    world.ma.add("contacts", {"email": "l@l.example"})
    world.apply(world.run()["plan"])
    assert len(world.crm.living("people")) == 1
    world.run()
    run = next(r["id"] for r in world.all("run") if r["kind"] == "apply")
    world.apply(world.walk("undo", of=run)["plan"])
    assert world.crm.living("people") == {}
    world.settle()
    assert len(world.ma.living("contacts")) == 1


def test_who_would_be_out_of_scope_is_not_made(world: Rehearsal) -> None:
    """A new record that its side would at once not take is held back, and counted."""
    scoped = PERSON.replace("object: leads}", "object: leads, scope: \"last <> 'Spam'\"}")
    files = {"mappings/account.yaml": ACCOUNT, "mappings/person.yaml": scoped}
    with rehearsal(files) as other:
        other.ma.add("contacts", {"email": "m@nowhere.example", "last": "Spam"})
        other.ma.add("contacts", {"email": "n@nowhere.example", "last": "N"})
        other.settle()
        assert [row.fields["last"] for row in other.crm.living("leads").values()] == ["N"]
        assert held(other) == {"out_of_scope": 1}


def test_who_was_erased_is_not_made(world: Rehearsal, tmp_path: Path) -> None:
    """An entity that comes to bear an erased person's address gets no record anywhere."""
    project = replace(world.tools.project, erasure_folder=tmp_path)
    world.tools = replace(world.tools, project=project)
    for name in ("o", "p"):
        world.ma.add("contacts", {"email": f"{name}@nowhere.example"})
    world.run()
    ids = {row["email"]: row["id"] for row in world.all("person")}
    with world.store.writing() as db:
        erase(db, world.tools, ids["o@nowhere.example"])
    with world.store.writing() as db:
        person = ENTITY_TABLES["person"]
        db.execute(update(person).values(email="o@nowhere.example"))
        queue.mark(db, queue.WISH, "person", [ids["p@nowhere.example"]])
    assert world.walk("replan")["plan"] is None
    assert held(world) == {"erased": 1}


ACTIVITY = """
kind: mapping
name: activity
entity: activity
sides:
  crm: {object: tasks}
  ma: {object: events}
create: {crm: {key: tasuki_key}}
fields:
  subject: {crm: subject, ma: url, direction: both, to: crm, conflict: ma_wins}
  tasuki_key: {crm: tasuki_key, ma: site, direction: both, to: crm, conflict: crm_wins}
links:
  person_id:
    crm: {lookup: person_id, by_prefix: {people: people, leads: leads}}
    ma: {lookup: contact_id, object: contacts}
    direction: both
    to: crm
  account_id:
    crm: {lookup: company_id, object: companies, not_beside: {person_id: leads}}
    ma: {value: email, via: domain, transform: [domain]}
    direction: both
    to: crm
"""


def test_a_pointer_is_left_out_beside_one_that_forbids_it() -> None:
    """As WhatId beside a Lead in Salesforce: the task is made without it, and the plan says so."""
    files = {
        "mappings/account.yaml": ACCOUNT,
        "mappings/person.yaml": PERSON,
        "mappings/activity.yaml": ACTIVITY,
    }
    with rehearsal(files) as world:
        company = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
        lead = world.ma.add("contacts", {"email": "q@nowhere.example", "last": "Q"})
        known = world.ma.add("contacts", {"email": "r@aoba.example", "last": "R"})
        world.settle()
        for contact, url in ((lead, "of the lead"), (known, "of the contact")):
            event = {"url": url, "contact_id": contact, "email": "any@aoba.example"}
            world.ma.add("events", event)
        plan = str(world.run()["plan"])
        why = {c.cause["why"] for c in world.changes(plan) if c.after == "of the lead"}
        assert why == {
            "no record there; without company_id, which the system refuses beside its other link"
        }
        world.apply(plan)
        made = {row.fields["subject"]: row.fields for row in world.crm.living("tasks").values()}
        assert made["of the lead"]["person_id"].startswith("leads")
        assert "company_id" not in made["of the lead"]
        assert made["of the contact"]["person_id"].startswith("people")
        assert made["of the contact"]["company_id"] == company
        assert world.settle() <= 1


def test_a_key_that_another_record_has_makes_nothing(world: Rehearsal) -> None:
    """Two companies that a person ruled apart: the one without a record there is told, not made."""
    company = world.crm.add("companies", {"name": "Aoba", "domain": "aoba.example"})
    org = world.ma.add("orgs", {"name": "Aoba West", "domain": "aoba.example"})
    with world.store.writing() as db:
        ruling = {
            "entity": "account", "left_ref": f"crm/companies/{company}",
            "right_ref": f"ma/orgs/{org}", "verdict": "different", "by": "manager",
            "at": world.tools.now(),
        }  # fmt: skip
        insert(db, RULING, [ruling])
    world.settle()
    assert held(world) == {"key_taken": 1}
    assert [row.fields["name"] for row in world.crm.living("companies").values()] == ["Aoba"]
