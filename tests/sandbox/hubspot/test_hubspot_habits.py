"""What HubSpot does by itself, and what an administrator does: automation, rules, merges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import hubspot
from sandbox.hubspot.data.definitions import ready
from sandbox.hubspot.door.limits import Gate
from sandbox.hubspot.settings import settings
from sandbox.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.hubspot.conftest import Account

PRIMARY = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}


def lead(account: Account, contact: str) -> str:
    body = {
        "properties": {"hs_lead_name": "New"},
        "associations": [{"to": {"id": contact}, "types": [PRIMARY]}],
    }
    made = account.call("POST", "/crm/v3/objects/leads", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def control(account: Account, name: str, **asked: Any) -> Any:
    answer = account.call("POST", f"/_sandbox/hubspot/{name}", asked)
    assert answer.status_code in (200, 204), answer.text
    return answer.json() if answer.content else None


def test_a_lead_needs_a_contact(account: Account) -> None:
    """A lead without its primary contact is refused, alone and in a batch."""
    body = {"properties": {"hs_lead_name": "New"}}
    assert account.call("POST", "/crm/v3/objects/leads", body).status_code == 400
    batch = account.call("POST", "/crm/v3/objects/leads/batch/create", {"inputs": [body]})
    assert batch.status_code == 400


@pytest.mark.parametrize("way", ["unlink", "archive"])
def test_a_lead_ends_with_its_last_contact(account: Account, way: str) -> None:
    """Removing the last primary association of a lead deletes the lead."""
    contact = account.create("contacts", email="a@firm.example")
    id = lead(account, contact)
    path = {
        "unlink": f"/crm/v4/objects/leads/{id}/associations/contacts/{contact}",
        "archive": f"/crm/v3/objects/contacts/{contact}",
    }
    assert account.call("DELETE", path[way]).status_code == 204
    assert account.call("GET", f"/crm/v3/objects/leads/{id}").status_code == 404
    assert account.call("GET", f"/crm/v3/objects/leads/{id}?archived=true").status_code == 200


def test_a_lead_survives_a_new_label(account: Account) -> None:
    """Replacing the labels between a lead and its contact keeps it while one is primary."""
    contact = account.create("contacts", email="a@firm.example")
    id = lead(account, contact)
    path = f"/crm/v4/objects/leads/{id}/associations/contacts/{contact}"
    assert account.call("PUT", path, [PRIMARY]).status_code == 201
    assert account.call("GET", f"/crm/v3/objects/leads/{id}").status_code == 200
    plain = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 608}
    assert account.call("PUT", path, [plain]).status_code == 201
    assert account.call("GET", f"/crm/v3/objects/leads/{id}").status_code == 404


def test_a_merge_takes_leads_along(account: Account) -> None:
    """A lead whose contact is merged belongs to the record that came out of it."""
    one = account.create("contacts", email="a@firm.example")
    other = account.create("contacts", email="b@firm.example")
    id = lead(account, other)
    merged = control(account, "merge", object="contacts", primary=one, other=other)["id"]
    linked = account.call("GET", f"/crm/v4/objects/leads/{id}/associations/contacts").json()
    assert [each["toObjectId"] for each in linked["results"]] == [int(merged)]


def test_a_merge_remembers_what_it_absorbed(account: Account) -> None:
    """Merged ids and addresses add up; past 250 of them the merge answers 414."""
    id = account.create("contacts", email="a0@firm.example")
    for number in range(1, 4):
        other = account.create("contacts", email=f"a{number}@firm.example")
        id = control(account, "merge", object="contacts", primary=id, other=other)["id"]
    shown = account.read("contacts", id, "hs_merged_object_ids", "hs_additional_emails")
    assert len(shown["properties"]["hs_merged_object_ids"].split(";")) == 6
    assert shown["properties"]["hs_additional_emails"].count(";") == 2
    found = account.call("GET", "/crm/v3/objects/contacts/a2@firm.example?idProperty=email")
    assert found.json()["id"] == id
    full = ";".join(str(number) for number in range(249))
    account.state.db.execute(
        "UPDATE hs_record SET properties = json_set(properties, '$.hs_merged_object_ids', ?)",
        (full,),
    )
    other = account.create("contacts", email="z@firm.example")
    body = {"primaryObjectId": id, "objectIdToMerge": other}
    assert account.call("POST", "/crm/v3/objects/contacts/merge", body).status_code == 414


def test_a_merge_may_keep_the_id(account: Account) -> None:
    """Accounts of the beta keep the primary's id; the other one leads to it."""
    hubspot.configure(account.state, merge_keeps_id=True)
    one, other = (account.create("companies", name=name) for name in ("A", "B"))
    assert control(account, "merge", object="companies", primary=one, other=other) == {"id": one}
    assert account.read("companies", other)["id"] == one


def test_an_archived_record_comes_back(account: Account) -> None:
    """A restored record is live again under its id, and its address is taken again."""
    id = account.create("contacts", email="a@firm.example")
    control(account, "archive", object="contacts", ids=[id])
    listed = account.call("GET", "/crm/v3/objects/contacts?archived=true").json()["results"]
    assert [(each["id"], each["archived"], "archivedAt" in each) for each in listed] == [
        (id, True, True)
    ]
    control(account, "restore", object="contacts", ids=[id])
    assert account.read("contacts", id)["archived"] is False
    twin = {"properties": {"email": "a@firm.example"}}
    assert account.call("POST", "/crm/v3/objects/contacts", twin).status_code == 409


def test_a_recalculation_gives_one_stamp(crowd: Account) -> None:
    """Background recalculation moves thousands of modified dates to the same millisecond."""
    told = control(crowd, "recalculate", object="contacts", most=200)
    assert told == {"records": 200}
    stamp = {"propertyName": "lastmodifieddate", "operator": "EQ", "value": "1793534400000"}
    assert crowd.search("contacts", stamp)["total"] == 200


def test_companies_are_made_from_domains(account: Account) -> None:
    """Switched on, a contact gets the company of its domain a moment after the write."""
    hubspot.configure(account.state, create_companies=True, automation_seconds=5)
    id = account.create("contacts", email="a@firm.example")
    free = account.create("contacts", email="b@gmail.com", website="https://www.shop.example/x")
    assert account.read("contacts", id)["id"] == id
    assert hubspot.counts(account.state)["companies"] == 0
    account.clock.advance(6)
    owned = account.read("contacts", id, "associatedcompanyid")["properties"]
    company = account.read("companies", owned["associatedcompanyid"], "domain", "hs_object_source")
    assert company["properties"]["domain"] == "firm.example"
    assert company["properties"]["hs_object_source"] == "AUTOMATION_PLATFORM"
    shop = account.read("contacts", free, "associatedcompanyid")["properties"]
    assert (
        account.read("companies", shop["associatedcompanyid"], "domain")["properties"]["domain"]
        == "shop.example"
    )


def test_deals_move_the_lifecycle_forward(account: Account) -> None:
    """Switched on, a deal makes its company an opportunity, won a customer, never less."""
    hubspot.configure(account.state, deals_move_lifecycle=True)
    company = account.create("companies", name="Firm", lifecyclestage="lead")
    body = {
        "properties": {"dealname": "D", "dealstage": "contractsent"},
        "associations": [
            {
                "to": {"id": company},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 341}],
            }
        ],
    }
    deal = account.call("POST", "/crm/v3/objects/deals", body).json()["id"]
    assert stage(account, company) == "opportunity"
    for name, expected in (("closedwon", "customer"), ("contractsent", "customer")):
        account.call("PATCH", f"/crm/v3/objects/deals/{deal}", {"properties": {"dealstage": name}})
        assert stage(account, company) == expected


def stage(account: Account, company: str) -> str:
    found = account.read("companies", company, "lifecyclestage")["properties"]["lifecyclestage"]
    return str(found)


def test_rules_bind_from_2026_09_on(account: Account) -> None:
    """An admin's rule refuses a write on the newest path that an older path lets pass."""
    control(account, "rule", object="contacts", required=["phone"], when={"city": "Kobe"})
    control(account, "rule", object="contacts", required=["lastname"])
    body = {"properties": {"email": "a@firm.example", "city": "Kobe", "lastname": "Mori"}}
    refused = account.call("POST", "/crm/objects/2026-09/contacts", body).json()
    assert refused["errors"][0]["code"] == "MISSING_CONDITIONAL_REQUIRED_PROPERTY"
    always = {"properties": {"email": "b@firm.example"}}
    refused = account.call("POST", "/crm/objects/2026-09/contacts", always).json()
    assert refused["errors"][0]["code"] == "MISSING_REQUIRED_PROPERTY"
    assert account.call("POST", "/crm/objects/2026-03/contacts", body).status_code == 201
    assert account.call("POST", "/crm/v3/objects/contacts", always).status_code == 201


def test_the_newest_batches_tell_failures_in_a_plain_answer(account: Account) -> None:
    """From 2026-09 on a partial failure is a 200 with errors; before, a 207."""
    id = account.create("contacts", email="a@firm.example")
    body = {"inputs": [{"id": id}, {"id": "99"}]}
    for version, status in (("2026-03", 207), ("2026-09", 200)):
        answer = account.call("POST", f"/crm/objects/{version}/contacts/batch/read", body)
        assert (answer.status_code, answer.json()["numErrors"]) == (status, 1)


def test_activities_overlook_what_they_cannot_take(account: Account) -> None:
    """Unknown and read-only properties are ignored on activities, refused on other types."""
    made = account.create("notes", hs_timestamp="1793534400000", nonsense="x", hs_object_source="y")
    shown = account.read("notes", made, "hs_object_source")["properties"]
    assert shown["hs_object_source"] == "INTEGRATION"


def test_short_pages_keep_a_live_cursor(crowd: Account) -> None:
    """In bad weather pages are short or empty, by the seed, and the walk still meets everyone."""
    sizes: set[int] = set()
    for seed in (0, 1, 2):
        hubspot.configure(crowd.state, short_pages=True, seed=seed)
        path, seen = "/crm/v3/objects/contacts?limit=30", []
        while path:
            page = crowd.call("GET", path).json()
            sizes.add(len(page["results"]))
            seen += [each["id"] for each in page["results"]]
            path = page.get("paging", {}).get("next", {}).get("link", "")
        assert seen == [str(number) for number in range(1, 251)]
    assert {0, 10, 30} <= sizes


def test_ids_may_sort_as_text(crowd: Account) -> None:
    """An account may sort record ids as text in search: 10 comes before 2."""
    hubspot.configure(crowd.state, sort_ids="text")
    sort = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    found = crowd.search("contacts", sorts=sort, limit=3)["results"]
    assert [each["id"] for each in found] == ["1", "10", "100"]


def test_the_day_survives_a_restart(tmp_path: Path) -> None:
    """Calls of the day are counted in the account's zone and kept over a restart."""
    for expected in (0, 2):
        with State(tmp_path / "sandbox.db") as state:
            gate, now = Gate(ready(state)), settings(state)
            assert gate.used_today(now) == expected
            gate.admit(now, search=False, app=1)
            gate.admit(now, search=False, app=2)
            gate.admit(now, search=True, app=2)
            assert gate.headers(now, 1)["X-HubSpot-RateLimit-Remaining"] == "189"


def test_custom_stages_have_an_order(account: Account) -> None:
    """A lifecycle stage of the account's own stands where its option stands."""
    path = "/crm/v3/properties/contacts/lifecyclestage"
    options = account.call("GET", path).json()["options"]
    options.insert(1, {"label": "Trial", "value": "812345", "displayOrder": 1})
    control(
        account,
        "property",
        object="contacts",
        definition={
            **account.call("GET", path).json(),
            "options": options,
        },
    )
    id = account.create("contacts", email="a@firm.example", lifecyclestage="812345")
    for value, kept in (("subscriber", "812345"), ("customer", "customer")):
        account.call(
            "PATCH", f"/crm/v3/objects/contacts/{id}", {"properties": {"lifecyclestage": value}}
        )
        shown = account.read("contacts", id, "lifecyclestage")["properties"]
        assert shown["lifecyclestage"] == kept


def test_too_many_names_make_too_long_an_address(account: Account) -> None:
    """A GET that lists properties past what an address holds is a 414; a batch read is not."""
    hubspot.configure(account.state, longest_address=200)
    names = ",".join(f"property_{number}" for number in range(30))
    asked = account.call("GET", f"/crm/v3/objects/contacts?properties={names}")
    assert asked.status_code == 414
