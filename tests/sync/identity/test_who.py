"""Who is who through the real flow: departments, families, conversions, merges, likeness."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.memory.system import shape
from staging.identity import reviews
from tasuki.errors import UnknownRecordError
from tasuki.service.app import App
from tasuki.service.deciding import reviews as deciding
from tests import rehearsal as stage
from tests.rehearsal import FILES, Rehearsal, rehearsal

PERSON = """
kind: mapping
name: person
entity: person
sides:
  crm: {object: people}
  lead: {connection: crm, object: leads}
  ma: {object: contacts}
fields:
  email: {crm: email, lead: email, ma: email, conflict: crm_wins, transform: [email]}
  family_name: {crm: last, lead: last, ma: last, conflict: crm_wins}
  department: {crm: department}
links:
  account_id: {crm: {lookup: company_id, object: companies}}
  org_unit_id: {crm: {lookup: $id, object: people}}
identity:
  - {rule: stored_id, ma: crm_id, refers_to: crm}
  - {rule: stored_id, lead: converted_id, refers_to: crm}
  - {rule: email, field: email}
  - {rule: alike, block_on: [account_id], compare: {family_name: 0.8}, confidence: possible}
"""
UNIT = """
kind: mapping
name: org_unit
entity: org_unit
sides:
  crm: {object: people}
fields:
  name: {crm: department}
links:
  account_id: {crm: {lookup: company_id, object: companies}}
identity:
  - {rule: name, fields: [account_id, name]}
"""
ACCOUNT = FILES["mappings/account.yaml"].replace(
    "identity:\n", "links:\n  parent_id: {crm: {lookup: parent, object: companies}}\nidentity:\n"
)
PROJECT = {
    "mappings/person.yaml": PERSON,
    "mappings/org_unit.yaml": UNIT,
    "mappings/account.yaml": ACCOUNT,
}


@pytest.fixture(autouse=True)
def shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leads, departments and parents, which the usual rehearsal has none of."""
    crm = {
        **stage.CRM,
        "companies": shape("name number code domain phone city industry staff score tier parent"),
        "people": shape("email last title company_id department"),
        "leads": shape("email last converted_id"),
    }
    ma = {**stage.MA, "contacts": shape("email last jobtitle crm_id")}
    monkeypatch.setattr(stage, "CRM", crm)
    monkeypatch.setattr(stage, "MA", ma)


@contextmanager
def world() -> Iterator[Rehearsal]:
    """Two systems with people, leads and departments."""
    with rehearsal(PROJECT) as found:
        yield found


def who(at: Rehearsal, entity: str = "person") -> dict[str, str]:
    """Record to entity, as it is now."""
    return {
        f"{row['object']}/{row['id']}": row["entity_id"]
        for row in at.all("link")
        if row["entity"] == entity and row["valid_to"] is None
    }


def asked(at: Rehearsal) -> list[tuple[str, str, str]]:
    """What is in doubt now."""
    with at.store.reading() as db:
        return [(r.entity, r.reason, r.state) for r in reviews.listed(db)[0]]


def test_a_department_is_one_of_its_account() -> None:
    """Contacts of one department share it; the same name at another company is another one."""
    with world() as at:
        one = at.crm.add("companies", {"name": "A", "domain": "a.example"})
        two = at.crm.add("companies", {"name": "B", "domain": "b.example"})
        for company in (one, one, two):
            at.crm.add("people", {"last": "x", "department": "営業部", "company_id": company})
        at.run()
        units = list(who(at, "org_unit").values())
        assert (units[0] == units[1], units[0] == units[2]) == (True, False)
        assert [p["org_unit_id"] for p in at.rows("person").values()].count(units[0]) == 2


def test_a_department_follows_its_account() -> None:
    """When two companies turn out to be one, so do their departments of one name."""
    with world() as at:
        one = at.crm.add("companies", {"name": "A", "domain": "a.example"})
        two = at.crm.add("companies", {"name": "B", "domain": "b.example"})
        for company in (one, two):
            at.crm.add("people", {"last": "x", "department": "営業部", "company_id": company})
        at.run()
        assert len(set(who(at, "org_unit").values())) == 2
        at.crm.edit("companies", two, {"domain": "a.example"})
        at.run()
        assert len(set(who(at, "org_unit").values())) == 1
        at.crm.edit("companies", two, {"domain": "b.example"})
        at.run()
        assert len(set(who(at, "org_unit").values())) == 2


def test_a_large_department_is_no_hub() -> None:
    """Hundreds of contacts may share a department; it still says where they belong."""
    with world() as at:
        company = at.crm.add("companies", {"name": "A", "domain": "a.example"})
        for number in range(70):
            fields = {"last": f"{number:03d}", "department": "本社", "company_id": company}
            at.crm.add("people", fields)
        at.run()
        assert len(set(who(at, "org_unit").values())) == 1


def test_a_parent_and_its_subsidiary_stay_two() -> None:
    """They share a domain, through any company between them; once unrelated, they are joined."""
    with world() as at:
        top = at.crm.add("companies", {"name": "G", "domain": "group.example"})
        between = at.crm.add("companies", {"name": "M", "domain": "m.example", "parent": top})
        below = at.crm.add("companies", {"name": "S", "domain": "group.example", "parent": between})
        at.run()
        assert len(set(who(at, "account").values())) == 3
        assert asked(at) == []
        at.crm.edit("companies", between, {"parent": None})
        at.run()
        assert len(set(who(at, "account").values())) == 2
        at.crm.edit("companies", between, {"parent": top})
        at.run()
        assert len(set(who(at, "account").values())) == 3
        at.crm.edit("companies", top, {"number": "7"})
        at.crm.edit("companies", below, {"number": "7"})
        at.run()
        assert who(at, "account")[f"companies/{top}"] == who(at, "account")[f"companies/{below}"]


def test_a_converted_lead_is_its_contact() -> None:
    """Lead, contact and the MA tool's contact are one person after the conversion."""
    with world() as at:
        lead = at.crm.add("leads", {"email": "old@a.example", "last": "Aoyama"})
        at.ma.add("contacts", {"email": "old@a.example", "last": "Aoyama"})
        contact = at.crm.add("people", {"email": "new@a.example", "last": "Aoyama"})
        at.run()
        assert len(set(who(at).values())) == 2
        at.crm.edit("leads", lead, {"converted_id": contact})
        at.run()
        assert len(set(who(at).values())) == 1


def test_a_merge_on_a_platform_brings_two_people_together() -> None:
    """Whoever stored the id of the absorbed record, of another person until now, follows it."""
    for system, object_ in (("crm", "people"), ("ma", "contacts")):
        with world() as at:
            kept = at.system(system).add(object_, {"email": "kept@a.example", "last": "Kept"})
            lost = at.system(system).add(object_, {"email": "lost@a.example", "last": "Lost"})
            beside = "contacts" if system == "crm" else "people"
            other = at.system("ma" if system == "crm" else "crm")
            friend = other.add(beside, {"email": "lost@a.example", "last": "Lost"})
            if system == "crm":
                other.edit(beside, friend, {"crm_id": lost, "email": None})
            at.run()
            assert len(set(who(at).values())) == 2
            at.system(system).merge(object_, kept, lost)
            at.run()
            found = who(at)
            assert f"{object_}/{lost}" not in found
            if system == "crm":
                assert found[f"{beside}/{friend}"] == found[f"{object_}/{kept}"]


def test_a_ruling_on_a_merged_record_is_about_its_survivor() -> None:
    """What was ruled to be somebody else stays so after its platform merged it away."""
    with world() as at:
        one = at.crm.add("people", {"email": "x@a.example", "last": "One"})
        two = at.crm.add("people", {"email": "x@a.example", "last": "Two"})
        at.run()
        app = App(at.tools.project, at.store, at.tools)
        deciding.split(app, f"crm/people/{two}", "ada", "another")
        at.run()
        assert len(set(who(at).values())) == 2
        three = at.crm.add("people", {"last": "Three"})
        at.crm.merge("people", three, two)
        at.crm.edit("people", three, {"email": "x@a.example"})
        at.run()
        found = who(at)
        assert found[f"people/{one}"] != found[f"people/{three}"]
        with pytest.raises(UnknownRecordError, match="no record of its own"):
            deciding.split(app, f"crm/people/{two}", "ada", "again")


def test_likeness_only_asks() -> None:
    """Two spellings at one company are shown to a person; an answer is final, or data gives it."""
    with world() as at:
        company = at.crm.add("companies", {"name": "A", "domain": "a.example"})
        for last in ("Schneider", "Schnieder", "Aoyama"):
            at.crm.add("people", {"last": last, "company_id": company})
        at.run()
        assert asked(at) == [("person", "alike", "open")]
        assert len(set(who(at).values())) == 3
        app = App(at.tools.project, at.store, at.tools)
        (view,) = deciding.inbox(app).reviews
        assert view.share == ("alike",)
        assert view.likeness["family_name"] > 0.8
        at.crm.edit("people", "people-000002", {"last": "Brandt"})
        at.run()
        assert asked(at) == []
        at.crm.edit("people", "people-000002", {"last": "Schnieder"})
        at.run()
        (view,) = deciding.inbox(app).reviews
        deciding.accept(app, view.id, "ada", "one person")
        at.run()
        assert len(set(who(at).values())) == 2
        assert asked(at) == []


def test_a_rejected_pair_is_never_asked_again() -> None:
    """After a no, the same two records are no question, whatever they come to share."""
    with world() as at:
        company = at.crm.add("companies", {"name": "A", "domain": "a.example"})
        for last in ("Schneider", "Schnieder"):
            at.crm.add("people", {"last": last, "company_id": company})
        at.run()
        app = App(at.tools.project, at.store, at.tools)
        deciding.reject(app, deciding.inbox(app).reviews[0].id, "ada")
        for number in (1, 2):
            at.crm.edit("people", f"people-00000{number}", {"email": "same@a.example"})
        at.run()
        assert len(set(who(at).values())) == 2
        assert asked(at) == []


def test_the_flow_is_silent_after_it_all() -> None:
    """Scoped keys, families and likeness leave nothing dirty behind."""
    with world() as at:
        company = at.crm.add("companies", {"name": "A", "domain": "a.example"})
        at.crm.add("companies", {"name": "S", "domain": "a.example", "parent": company})
        for last in ("Schneider", "Schnieder"):
            fields = {"last": last, "company_id": company, "department": "営業部"}
            at.crm.add("people", fields)
        at.run()
        before = {table: at.all(table) for table in ("link", "review", "identity_key")}
        at.run()
        assert {table: at.all(table) for table in before} == before
        left = {row["consumer"] for row in at.all("dirty")}
        assert not left & {"identify", "scope"}
