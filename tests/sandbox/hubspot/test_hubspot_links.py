"""Associations v4 and lists through the official client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hubspot.crm.associations.v4 import (
    BatchInputPublicAssociationMultiPost,
    BatchInputPublicDefaultAssociationMultiPost,
    BatchInputPublicFetchAssociationsBatchRequest,
)
from hubspot.crm.lists import ListCreateRequest, ListSearchRequest
from hubspot.crm.lists.exceptions import ApiException

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

SPEC = {"associationCategory": "HUBSPOT_DEFINED"}


def types_between(account: Account, one: str, id: str, other: str) -> dict[str, list[int]]:
    """The association type ids from one record to each linked one."""
    answer = account.call("GET", f"/crm/v4/objects/{one}/{id}/associations/{other}").json()
    return {
        str(each["toObjectId"]): [type["typeId"] for type in each["associationTypes"]]
        for each in answer["results"]
    }


def company_of(account: Account, contact: str) -> str | None:
    shown = account.read("contacts", contact, "associatedcompanyid")
    found: str | None = shown["properties"]["associatedcompanyid"]
    return found


def test_batch_read_shows_all_types(crowd: Account) -> None:
    """A v4 batch read names each linked record once with its types; strangers are in a 207."""
    api = crowd.client.crm.associations.v4.batch_api
    asked = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": "1"}, {"id": "2"}])
    answer = api.get_page("contacts", "companies", asked)
    shown = {each._from.id: each.to for each in answer.results}
    assert [(t.type_id, t.label) for t in shown["1"][0].association_types] == [
        (1, "Primary"),
        (279, None),
    ]
    body = {"inputs": [{"id": "1"}, {"id": "777"}]}
    partial = crowd.call("POST", "/crm/v4/associations/contacts/companies/batch/read", body)
    assert partial.status_code == 207
    assert partial.json()["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"


def test_dated_paths_answer_like_v4(crowd: Account) -> None:
    """`/crm/associations/2026-03/…` is the same endpoint, with type ids as well."""
    body = {"inputs": [{"id": "1"}]}
    v4 = crowd.call("POST", "/crm/v4/associations/contacts/companies/batch/read", body).json()
    dated = crowd.call("POST", "/crm/associations/2026-03/0-1/0-2/batch/read/", body).json()
    assert v4["results"] == dated["results"]


def test_a_record_has_one_primary_company(crowd: Account) -> None:
    """A new primary takes the label from the old one, and moves `associatedcompanyid`."""
    assert company_of(crowd, "1") == "2"
    path = "/crm/v4/objects/contacts/1/associations/companies/9"
    answer = crowd.call("PUT", path, [{**SPEC, "associationTypeId": 1}])
    assert answer.status_code == 201
    assert answer.json()["labels"] == ["Primary"]
    assert types_between(crowd, "contacts", "1", "companies") == {"2": [279], "9": [1, 279]}
    assert types_between(crowd, "companies", "9", "contacts")["1"] == [2, 280]
    assert company_of(crowd, "1") == "9"


def test_default_association_is_unlabelled(crowd: Account) -> None:
    """The default association carries the plain type in both directions."""
    api = crowd.client.crm.associations.v4.basic_api
    api.create_default("contacts", "1", "companies", "5")
    assert types_between(crowd, "contacts", "1", "companies")["5"] == [279]
    assert types_between(crowd, "companies", "5", "contacts")["1"] == [280]


def test_batch_create_and_default(crowd: Account) -> None:
    """Batches create labelled and plain associations and report unknown ends in a 207."""
    api = crowd.client.crm.associations.v4.batch_api
    ends = {"from": {"id": "1"}, "to": {"id": "7"}}
    given = BatchInputPublicAssociationMultiPost(
        inputs=[{**ends, "types": [{**SPEC, "associationTypeId": 279}]}]
    )
    assert api.create("contacts", "companies", given).status == "COMPLETE"
    plain = BatchInputPublicDefaultAssociationMultiPost(
        inputs=[{"from": {"id": "1"}, "to": {"id": "8"}}]
    )
    api.create_default("contacts", "companies", plain)
    assert {"7", "8"} < set(types_between(crowd, "contacts", "1", "companies"))
    body = {"inputs": [{**ends, "to": {"id": "99"}, "types": [{**SPEC, "associationTypeId": 279}]}]}
    partial = crowd.call("POST", "/crm/v4/associations/contacts/companies/batch/create", body)
    assert partial.status_code == 207
    assert partial.json()["errors"][0]["context"]["toObjectId"] == ["99"]


def test_delete_removes_every_type(crowd: Account) -> None:
    """A delete removes all associations between two records and clears the primary company."""
    crowd.client.crm.associations.v4.basic_api.archive("contacts", "1", "companies", "2")
    assert types_between(crowd, "contacts", "1", "companies") == {}
    assert company_of(crowd, "1") is None


def test_removing_the_plain_type_removes_all(crowd: Account) -> None:
    """Of two labels one can go; with the unlabelled type everything goes."""
    path = "/crm/v4/associations/contacts/companies/batch/labels/archive"
    ends = {"from": {"id": "1"}, "to": {"id": "2"}}
    for type_id, left in ((1, {"2": [279]}), (279, {})):
        body = {"inputs": [{**ends, "types": [{**SPEC, "associationTypeId": type_id}]}]}
        assert crowd.call("POST", path, body).status_code == 204
        assert types_between(crowd, "contacts", "1", "companies") == left
        assert company_of(crowd, "1") is None


def test_associations_page(crowd: Account) -> None:
    """The links of one record are paged by the id of the next."""
    path = "/crm/v4/objects/companies/1/associations/contacts"
    first = crowd.call("GET", f"{path}?limit=8").json()
    after = first["paging"]["next"]["after"]
    second = crowd.call("GET", f"{path}?limit=500&after={after}").json()
    seen = [each["toObjectId"] for each in first["results"] + second["results"]]
    assert seen == list(range(12, 251, 12))


def test_wrong_types_and_wrong_ends(crowd: Account) -> None:
    """A type of the other direction is a 400, an unknown record a 404."""
    path = "/crm/v4/objects/contacts/1/associations/companies"
    assert crowd.call("PUT", f"{path}/3", [{**SPEC, "associationTypeId": 2}]).status_code == 400
    assert crowd.call("PUT", f"{path}/99", [{**SPEC, "associationTypeId": 1}]).status_code == 404


def test_a_new_activity_moves_the_modified_date(crowd: Account) -> None:
    """A task on a contact moves the contact's modified date, as HubSpot's counters do."""
    spec = {**SPEC, "associationTypeId": 204}
    body = {
        "properties": {"hs_timestamp": "2026-05-01T00:00:00Z"},
        "associations": [{"to": {"id": "1"}, "types": [spec]}],
    }
    assert crowd.call("POST", "/crm/v3/objects/tasks", body).status_code == 201
    assert crowd.read("contacts", "1")["updatedAt"] == "2026-11-01T12:00:00.000Z"


def test_labels_of_a_pair(account: Account) -> None:
    """The definitions between two types are listed with their labels."""
    answer = account.call("GET", "/crm/v4/associations/deals/companies/labels").json()
    assert [(each["typeId"], each["label"]) for each in answer["results"]] == [
        (341, None),
        (5, "Primary"),
    ]


def made_list(account: Account, name: str, processing: str = "MANUAL") -> str:
    request = ListCreateRequest(name=name, object_type_id="0-1", processing_type=processing)
    made: Any = account.client.crm.lists.lists_api.create(request)
    return str(made.list.list_id)


def test_a_list_is_made_found_and_read(account: Account) -> None:
    """A list is created, found by words of its name and by its exact name."""
    id = made_list(account, "Spring push")
    lists = account.client.crm.lists.lists_api
    found = lists.do_search(ListSearchRequest(query="spring", additional_properties=[]))
    assert [each.list_id for each in found.lists] == [id]
    assert lists.get_by_id(id).list.processing_type == "MANUAL"
    assert lists.get_by_name("Spring push", "0-1").list.list_id == id
    with pytest.raises(ApiException) as caught:
        made_list(account, "Spring push")
    assert caught.value.status == 400


def test_members_are_added_once(crowd: Account) -> None:
    """Adding tells new members from unknown records and forgets those who are in already."""
    id = made_list(crowd, "Push")
    members = crowd.client.crm.lists.memberships_api
    first = members.add(id, ["1", "2", "999"])
    assert (first.records_ids_added, first.record_ids_missing) == (["1", "2"], ["999"])
    assert members.add(id, ["2", "3"]).records_ids_added == ["3"]
    assert members.remove(id, ["1", "50"]).record_ids_removed == ["1"]
    assert [each.record_id for each in members.get_page(id).results] == ["2", "3"]
    change = {"recordIdsToAdd": ["9"], "recordIdsToRemove": ["2"]}
    both = members.add_and_remove(id, change)
    assert (both.records_ids_added, both.record_ids_removed) == (["9"], ["2"])
    assert crowd.call("GET", "/crm/v3/lists/records/0-1/9/memberships").json()["total"] == 1


def test_members_are_paged(crowd: Account) -> None:
    """Memberships come 100 at a time with a cursor, also in order of joining."""
    id = made_list(crowd, "Everyone")
    everyone = [str(number) for number in range(1, 251)]
    crowd.client.crm.lists.memberships_api.add(id, everyone)
    for path in (
        f"/crm/v3/lists/{id}/memberships",
        f"/crm/lists/2026-03/{id}/memberships/join-order",
    ):
        seen: list[str] = []
        after = ""
        while True:
            page = crowd.call("GET", f"{path}?after={after}" if after else path).json()
            seen += [each["recordId"] for each in page["results"]]
            if "paging" not in page:
                break
            after = page["paging"]["next"]["after"]
        assert seen == everyone


def test_dynamic_lists_take_no_writes(account: Account) -> None:
    """Only manual and snapshot lists accept members from outside."""
    id = made_list(account, "Computed", "DYNAMIC")
    with pytest.raises(ApiException) as caught:
        account.client.crm.lists.memberships_api.add(id, ["1"])
    assert caught.value.status == 400
    assert "DYNAMIC" in json.loads(caught.value.body)["message"]


def test_a_deleted_list_is_gone_until_restored(account: Account) -> None:
    """A deleted list is a 404 and comes back by restoring it."""
    id = made_list(account, "Short")
    lists = account.client.crm.lists.lists_api
    lists.remove(id)
    with pytest.raises(ApiException) as caught:
        lists.get_by_id(id)
    assert caught.value.status == 404
    lists.restore(id)
    assert lists.get_by_id(id).list.name == "Short"
