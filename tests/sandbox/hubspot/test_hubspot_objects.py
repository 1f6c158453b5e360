"""Single records through the official client: list, read, create, update, archive, merge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hubspot.crm.contacts import SimplePublicObjectInput, SimplePublicObjectInputForCreate
from hubspot.crm.contacts.exceptions import ApiException

from sandbox import hubspot

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account


def message_problems(text: str) -> list[dict[str, Any]]:
    """The problems HubSpot writes as JSON inside its message."""
    found: list[dict[str, Any]] = json.loads(text.partition("not valid: ")[2])
    return found


def refused(account: Account, kind: str, **properties: Any) -> dict[str, Any]:
    """The 400 a create with these properties gets."""
    answer = account.call("POST", f"/crm/v3/objects/{kind}", {"properties": properties})
    assert answer.status_code == 400, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_list_pages_by_ascending_id(crowd: Account) -> None:
    """The typed client walks all pages in the order of ids and meets every record once."""
    contacts = crowd.client.crm.contacts.basic_api
    seen: list[str] = []
    after = None
    while True:
        page = contacts.get_page(limit=100, after=after, properties=["email", "nonsense"])
        seen += [record.id for record in page.results]
        if page.paging is None:
            break
        after = page.paging.next.after
        assert f"after={after}" in page.paging.next.link
    assert seen == [str(number) for number in range(1, 251)]


def test_after_is_the_next_id(crowd: Account) -> None:
    """`paging.next.after` is the id of the next record, and the last page has no paging."""
    first = crowd.call("GET", "/crm/v3/objects/contacts?limit=3").json()
    assert first["paging"]["next"]["after"] == "4"
    assert "paging" not in crowd.call("GET", "/crm/v3/objects/contacts?after=250").json()


def test_raw_answers_equal_typed_ones(crowd: Account) -> None:
    """The fast path (`_preload_content=False`) carries the same values as the typed one."""
    contacts = crowd.client.crm.contacts.basic_api
    typed = contacts.get_page(limit=5)
    raw = json.loads(contacts.get_page(limit=5, _preload_content=False).data)
    assert [each.properties for each in typed.results] == [
        each["properties"] for each in raw["results"]
    ]


def test_default_properties_are_the_documented_ones(crowd: Account) -> None:
    """Without `properties` a contact shows HubSpot's default set, every value a string."""
    shown = crowd.client.crm.contacts.basic_api.get_by_id("7").properties
    assert shown == {
        "createdate": "2026-03-02T09:07:00.000Z",
        "email": "person7@firm7.example",
        "firstname": "Sora",
        "hs_object_id": "7",
        "lastmodifieddate": "2026-03-03T09:07:00.000Z",
        "lastname": "Name7",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/crm/v3/objects/contacts/7",
        "/crm/v3/objects/contacts/7/",
        "/crm/v3/objects/0-1/7",
        "/crm/v3/objects/CONTACT/7",
        "/crm/objects/2026-03/contacts/7",
        "/crm/objects/2026-09/0-1/7/",
    ],
)
def test_every_spelling_of_a_path_is_the_same_record(crowd: Account, path: str) -> None:
    """v3 and dated paths, names and type ids, with and without slash answer alike."""
    plain = crowd.call("GET", "/crm/v3/objects/contacts/7").json()
    assert crowd.call("GET", path).json() == plain


def test_lists_of_properties_come_in_two_spellings(crowd: Account) -> None:
    """`properties=a,b` and `properties=a&properties=b` ask for the same; unset values are null."""
    path = "/crm/v3/objects/contacts/7"
    comma = crowd.call("GET", f"{path}?properties=tasuki_score,city").json()
    repeated = crowd.call("GET", f"{path}?properties=tasuki_score&properties=city").json()
    assert comma == repeated
    assert comma["properties"]["tasuki_score"] == "7"
    assert comma["properties"]["city"] is None


def test_records_are_found_by_a_unique_property(crowd: Account) -> None:
    """`idProperty=email` finds a contact whatever the case of the address."""
    contacts = crowd.client.crm.contacts.basic_api
    assert contacts.get_by_id("PERSON9@firm9.example", id_property="email").id == "9"


def test_inline_associations_name_their_types(crowd: Account) -> None:
    """A primary company appears once per association type."""
    shown = crowd.client.crm.contacts.basic_api.get_by_id("1", associations=["companies"])
    found = [(each.id, each.type) for each in shown.associations["companies"].results]
    assert found == [("2", "contact_to_company"), ("2", "contact_to_company_unlabeled")]


def test_a_created_record_is_shown_whole(account: Account) -> None:
    """A create answers 201 with system properties, the source and the app's defaults."""
    given = SimplePublicObjectInputForCreate(
        properties={"email": "New@Example.test", "firstname": "Ren"}
    )
    made = account.client.crm.contacts.basic_api.create(given)
    assert made.properties["email"] == "new@example.test"
    assert made.properties["hs_object_source"] == "INTEGRATION"
    assert made.properties["hs_object_id"] == made.id
    assert made.properties["createdate"] == "2026-11-01T12:00:00.000Z"


def test_a_taken_email_conflicts_by_text(account: Account) -> None:
    """A second contact with one address is a 409 that hides the id inside its message."""
    id = account.create("contacts", email="one@example.test")
    given = SimplePublicObjectInputForCreate(properties={"email": "ONE@example.test"})
    with pytest.raises(ApiException) as caught:
        account.client.crm.contacts.basic_api.create(given)
    body = json.loads(caught.value.body)
    assert (caught.value.status, body["category"]) == (409, "CONFLICT")
    assert body["message"] == f"Contact already exists. Existing ID: {id}"


def test_two_companies_may_share_a_domain(account: Account) -> None:
    """The API does not enforce the domain of a company."""
    first = account.create("companies", name="A", domain="same.example")
    assert account.create("companies", name="B", domain="same.example") != first


def test_problems_are_json_inside_the_message(account: Account) -> None:
    """Every bad value of a record is listed, with its code, in one 400."""
    body = refused(
        account,
        "contacts",
        email="nobody",
        wrong="x",
        tasuki_score="high",
        role_in_purchase="Decision maker",
        hubspot_owner_id="9001",
        hs_object_id="5",
        closedate="soon",
    )
    assert body["category"] == "VALIDATION_ERROR"
    assert body["correlationId"]
    assert {each["name"]: each["error"] for each in message_problems(body["message"])} == {
        "email": "INVALID_EMAIL",
        "wrong": "PROPERTY_DOESNT_EXIST",
        "tasuki_score": "INVALID_INTEGER",
        "role_in_purchase": "INVALID_OPTION",
        "hubspot_owner_id": "INVALID_OWNER_ID",
        "hs_object_id": "READ_ONLY_VALUE",
        "closedate": "INVALID_DATE",
    }


@pytest.mark.parametrize(
    ("kind", "properties", "absent"),
    [
        ("companies", {"city": "Kobe"}, ["name"]),
        ("deals", {"dealname": "x"}, ["dealstage"]),
        ("tasks", {"hs_task_subject": "x"}, ["hs_timestamp"]),
    ],
)
def test_records_need_what_their_type_needs(
    account: Account, kind: str, properties: dict[str, str], absent: list[str]
) -> None:
    """A record without its type's required properties is refused and names them."""
    assert refused(account, kind, **properties)["context"]["properties"] == absent


def test_empty_clears_and_null_changes_nothing(account: Account) -> None:
    """`""` removes a value; null is accepted and leaves value and modified date as they were."""
    id = account.create("contacts", email="a@example.test", city="Kobe")
    before = account.read("contacts", id, "city")
    account.clock.advance(5)
    path = f"/crm/v3/objects/contacts/{id}"
    assert account.call("PATCH", path, {"properties": {"city": None}}).status_code == 200
    assert account.read("contacts", id, "city") == before
    account.call("PATCH", path, {"properties": {"city": ""}})
    after = account.read("contacts", id, "city")
    assert after["properties"]["city"] is None
    assert after["updatedAt"] == "2026-11-01T12:00:05.000Z"


def test_any_change_moves_the_modified_date(account: Account) -> None:
    """Two changes within one millisecond still leave two different modified dates."""
    id = account.create("companies", name="A")
    moments = []
    for name in ("B", "C"):
        given = SimplePublicObjectInput(properties={"name": name})
        moments.append(account.client.crm.companies.basic_api.update(id, given).updated_at)
    assert moments[0] < moments[1]


def test_a_lifecycle_stage_only_moves_forward(account: Account) -> None:
    """A backward write answers 200 and keeps the old stage; after clearing it is taken."""
    id = account.create("contacts", email="a@example.test", lifecyclestage="customer")
    path = f"/crm/v3/objects/contacts/{id}"
    backward = account.call("PATCH", path, {"properties": {"lifecyclestage": "lead"}})
    assert backward.status_code == 200
    assert backward.json()["properties"]["lifecyclestage"] == "customer"
    account.call("PATCH", path, {"properties": {"lifecyclestage": ""}})
    account.call("PATCH", path, {"properties": {"lifecyclestage": "lead"}})
    assert account.read("contacts", id, "lifecyclestage")["properties"]["lifecyclestage"] == "lead"


def test_a_leading_semicolon_appends(account: Account) -> None:
    """Multi-checkbox values replace, or append when they begin with a semicolon."""
    id = account.create("contacts", email="a@example.test", hs_buying_role="CHAMPION")
    path = f"/crm/v3/objects/contacts/{id}"
    account.call("PATCH", path, {"properties": {"hs_buying_role": ";BLOCKER;CHAMPION"}})
    shown = account.read("contacts", id, "hs_buying_role")
    assert shown["properties"]["hs_buying_role"] == "CHAMPION;BLOCKER"


def test_dates_take_one_form(account: Account) -> None:
    """Epoch milliseconds and ISO moments are kept as the same ISO text."""
    first = account.create("tasks", hs_timestamp="1777600800000")
    second = account.create("tasks", hs_timestamp="2026-05-01T11:00:00+09:00")
    shown = [account.read("tasks", id, "hs_timestamp")["properties"] for id in (first, second)]
    assert {each["hs_timestamp"] for each in shown} == {"2026-05-01T02:00:00.000Z"}


def test_completing_a_task_dates_it(account: Account) -> None:
    """HubSpot itself sets when a task was completed."""
    id = account.create("tasks", hs_timestamp="2026-05-01T00:00:00Z")
    account.call(
        "PATCH", f"/crm/v3/objects/tasks/{id}", {"properties": {"hs_task_status": "COMPLETED"}}
    )
    shown = account.read("tasks", id, "hs_task_completion_date")
    assert shown["properties"]["hs_task_completion_date"] == "2026-11-01T12:00:00.000Z"


def test_a_task_key_is_unique(account: Account) -> None:
    """The custom unique property makes task creation idempotent."""
    account.create("tasks", hs_timestamp="2026-05-01T00:00:00Z", tasuki_key="k1")
    properties = {"hs_timestamp": "2026-05-01T00:00:00Z", "tasuki_key": "k1"}
    answer = account.call("POST", "/crm/v3/objects/tasks", {"properties": properties})
    assert answer.status_code == 409


def test_archived_records_have_their_own_listing(account: Account) -> None:
    """An archived record is a 404, absent from the listing, and shown with `archived=true`."""
    id = account.create("contacts", email="a@example.test")
    contacts = account.client.crm.contacts.basic_api
    contacts.archive(id)
    with pytest.raises(ApiException) as caught:
        contacts.get_by_id(id)
    assert caught.value.status == 404
    assert contacts.get_page().results == []
    assert [each.id for each in contacts.get_page(archived=True).results] == [id]
    assert contacts.get_by_id(id, archived=True).archived_at is not None
    assert account.create("contacts", email="a@example.test") != id


def test_merged_ids_lead_to_the_new_record(account: Account) -> None:
    """A merge makes a record with a new id; both old ids answer with it."""
    one = account.create("contacts", email="one@example.test", city="Kobe")
    two = account.create("contacts", email="two@example.test", city="Oita", jobtitle="Buyer")
    body = {"primaryObjectId": one, "objectIdToMerge": two}
    new = account.call("POST", "/crm/v3/objects/contacts/merge", body).json()["id"]
    assert new not in (one, two)
    for old in (one, two):
        shown = account.read("contacts", old, "city", "jobtitle", "hs_merged_object_ids")
        assert shown["id"] == new
        assert shown["properties"]["city"] == "Kobe"
        assert shown["properties"]["jobtitle"] == "Buyer"
    assert (
        account.call("GET", "/crm/v3/objects/contacts/two@example.test?idProperty=email").json()[
            "id"
        ]
        == new
    )


def test_history_tells_who_wrote_what_and_when(account: Account) -> None:
    """Every value of a property is kept with its moment and source, newest first."""
    id = account.create("contacts", email="a@example.test", city="Kobe")
    account.clock.advance(60)
    hubspot.edit(account.state, "contacts", id, {"city": "Oita"}, user="9001")
    path = f"/crm/v3/objects/contacts/{id}?propertiesWithHistory=city"
    entries = account.call("GET", path).json()["propertiesWithHistory"]["city"]
    assert [(each["value"], each["sourceType"]) for each in entries] == [
        ("Oita", "CRM_UI"),
        ("Kobe", "INTEGRATION"),
    ]
    assert entries[0]["timestamp"] == "2026-11-01T12:01:00.000Z"
    assert entries[0]["updatedByUserId"] == 9001


def test_history_begins_with_the_loaded_value(crowd: Account) -> None:
    """A value the world was born with is the oldest entry of its history."""
    hubspot.edit(crowd.state, "contacts", "7", {"lastname": "Changed"})
    path = "/crm/v3/objects/contacts/7?propertiesWithHistory=lastname,firstname"
    history = crowd.call("GET", path).json()["propertiesWithHistory"]
    assert [each["value"] for each in history["lastname"]] == ["Changed", "Name7"]
    assert [each["value"] for each in history["firstname"]] == ["Sora"]


def test_privacy_deletion_leaves_nothing(account: Account) -> None:
    """A GDPR delete removes the record from the archived listing as well."""
    account.create("contacts", email="a@example.test")
    body = {"objectId": "a@example.test", "idProperty": "email"}
    assert account.call("POST", "/crm/v3/objects/contacts/gdpr-delete", body).status_code == 204
    for archived in ("false", "true"):
        path = f"/crm/v3/objects/contacts?archived={archived}"
        assert account.call("GET", path).json()["results"] == []
