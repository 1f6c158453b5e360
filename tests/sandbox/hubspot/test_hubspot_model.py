"""The account's own model: custom objects, labels, property groups, pipelines, permissions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hubspot.crm.associations.v4.schema import PublicAssociationDefinitionCreateRequest
from hubspot.crm.objects import SimplePublicObjectInputForCreate
from hubspot.crm.schemas import ObjectSchemaEgg, ObjectTypeDefinitionPatch

from sandbox import hubspot

if TYPE_CHECKING:
    from tests.sandbox.hubspot.conftest import Account

CAR = {
    "name": "car",
    "labels": {"singular": "Car", "plural": "Cars"},
    "primary_display_property": "model",
    "required_properties": ["model"],
    "searchable_properties": ["model"],
    "associated_objects": ["CONTACT"],
    "properties": [
        {"name": "model", "label": "Model", "type": "string", "fieldType": "text"},
        {
            "name": "vin",
            "label": "VIN",
            "type": "string",
            "fieldType": "text",
            "hasUniqueValue": True,
        },
    ],
}


@pytest.fixture
def garage(account: Account) -> Account:
    """Give an account with a custom object `car`, made through the client."""
    made = account.client.crm.schemas.core_api.create(object_schema_egg=ObjectSchemaEgg(**CAR))
    assert made.object_type_id == "2-1001"
    return account


@pytest.mark.parametrize("name", ["2-1001", "p4812345_car", "p_car", "car"])
def test_a_custom_object_answers_by_all_its_names(garage: Account, name: str) -> None:
    """Records of a custom type are made and read by type id, full, short and bare name."""
    objects = garage.client.crm.objects.basic_api
    sent = SimplePublicObjectInputForCreate(properties={"model": "A", "vin": "v1"}, associations=[])
    made = objects.create(object_type=name, simple_public_object_input_for_create=sent)
    read = objects.get_by_id(object_type=name, object_id="v1", id_property="vin")
    assert read.id == made.id
    assert read.properties.keys() == {"hs_createdate", "hs_lastmodifieddate", "hs_object_id"}


def test_a_custom_object_keeps_its_rules(garage: Account) -> None:
    """Required properties, unique values, search and associations work as for standard types."""
    path = "/crm/objects/2026-03/p_car"
    refused = garage.call("POST", path, {"properties": {"vin": "v1"}})
    assert (refused.status_code, refused.json()["context"]) == (400, {"properties": ["model"]})
    id = garage.create("p_car", model="Swift", vin="v1")
    twin = garage.call("POST", path, {"properties": {"model": "B", "vin": "v1"}})
    assert twin.json()["message"] == f"Car already exists. Existing ID: {id}"
    assert garage.search("p_car", query="swift")["total"] == 1
    contact = garage.create("contacts", email="a@firm.example")
    linked = garage.call(
        "PUT", f"/crm/v4/objects/p_car/{id}/associations/default/contacts/{contact}"
    )
    assert linked.status_code == 200
    shown = garage.call("GET", f"{path}/{id}?associations=contacts").json()["associations"]
    assert shown["contacts"]["results"] == [{"id": contact, "type": "car_to_contact"}]
    back = garage.call("GET", f"/crm/v4/objects/contacts/{contact}/associations/2-1001").json()
    assert [each["toObjectId"] for each in back["results"]] == [int(id)]


def test_a_refused_schema_leaves_nothing(account: Account) -> None:
    """A type with one bad property is refused whole, and its name stays free."""
    path = "/crm-object-schemas/v3/schemas"
    good = {"name": "size", "label": "Size", "type": "number", "fieldType": "number"}
    body = {"name": "boat", "labels": {"singular": "Boat", "plural": "Boats"}}
    bad = {**good, "name": "Not a name"}
    refused = account.call("POST", path, {**body, "properties": [good, bad]})
    assert refused.status_code == 400
    assert account.call("GET", "/crm/v3/objects/boat").status_code == 400
    assert account.call("POST", path, {**body, "properties": [good]}).status_code == 201


def test_a_schema_changes_and_goes_only_empty(garage: Account) -> None:
    """PATCH changes what may change; DELETE needs a type without records, twice for good."""
    schemas = garage.client.crm.schemas.core_api
    changed = schemas.update("car", ObjectTypeDefinitionPatch(description="Sold cars"))
    assert changed.description == "Sold cars"
    id = garage.create("car", model="A")
    assert garage.call("DELETE", "/crm-object-schemas/v3/schemas/car").status_code == 400
    garage.call("DELETE", f"/crm/v3/objects/car/{id}")
    schemas.archive("car")
    assert schemas.get_all().results == []
    assert [each.name for each in schemas.get_all(archived=True).results] == ["car"]
    gone = garage.call("GET", "/crm/v3/objects/car")
    assert (gone.status_code, gone.json()["message"]) == (
        400,
        "Unable to infer object type from: car",
    )
    schemas.archive("p4812345_car", archived=True)
    assert schemas.get_all(archived=True).results == []


def test_labels_are_made_used_and_removed(crowd: Account) -> None:
    """A label of one's own comes in a pair, is replaced by PUT, and takes its links with it."""
    api = crowd.client.crm.associations.v4.schema.definitions_api
    asked = PublicAssociationDefinitionCreateRequest(
        name="advises", label="Adviser", inverse_label="Advised by"
    )
    made = api.create("contacts", "companies", asked).results
    assert [each.label for each in made] == ["Adviser", "Advised by"]
    used = crowd.call("GET", "/crm/limits/2026-03/associations/labels").json()["results"]
    assert [each["allLabels"] for each in used] == [["Adviser"], ["Advised by"]]
    there, back = (each.type_id for each in made)
    path = "/crm/v4/objects/contacts/1/associations/companies/5"
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": there}]
    assert crowd.call("PUT", path, types).json()["labels"] == ["Adviser"]
    shown = crowd.call("GET", "/crm/v4/objects/companies/5/associations/contacts").json()["results"]
    mine = next(each for each in shown if each["toObjectId"] == 1)
    assert {each["typeId"] for each in mine["associationTypes"]} == {back, 280}
    wrong = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": there}]
    assert crowd.call("PUT", path, wrong).status_code == 400
    again = crowd.call("POST", "/crm/v4/associations/contacts/companies/labels", asked.to_dict())
    assert again.status_code == 409
    api.remove("contacts", "companies", there)
    labels = {each.label for each in api.get_all("contacts", "companies").results}
    assert labels == {None, "Primary"}


def test_a_label_may_be_limited(crowd: Account) -> None:
    """The most records per label the account sets is enforced on the next link."""
    limits = "/crm/v4/associations/definitions/configurations/contacts/companies"
    entry = {"category": "HUBSPOT_DEFINED", "typeId": 279, "maxToObjectIds": 1}
    assert crowd.call("POST", f"{limits}/batch/create", {"inputs": [entry]}).status_code == 201
    assert crowd.call("GET", limits).json()["results"][0]["userEnforcedMaxToObjectIds"] == 1
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    refused = crowd.call("PUT", "/crm/v4/objects/contacts/1/associations/companies/7", types)
    assert refused.status_code == 400
    purged = crowd.call("POST", f"{limits}/batch/purge", {"inputs": [entry]})
    assert purged.status_code == 204
    assert crowd.call("GET", limits).json()["results"] == []


def test_groups_keep_their_properties(account: Account) -> None:
    """A group with active properties stays, told as JSON inside the message; an empty one goes."""
    groups = "/crm/v3/properties/contacts/groups"
    made = account.call("POST", groups, {"name": "scores", "label": "Scores"})
    assert made.status_code == 201
    assert account.call("POST", groups, {"name": "scores", "label": "S"}).status_code == 409
    body = {"name": "fit", "label": "Fit", "type": "number", "fieldType": "number"}
    path = "/crm/v3/properties/contacts"
    assert account.call("POST", path, {**body, "groupName": "unknown"}).status_code == 400
    assert account.call("POST", path, {**body, "groupName": "scores"}).status_code == 201
    refused = account.call("DELETE", f"{groups}/scores").json()
    assert refused["subCategory"] == "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"
    assert "1 active" in json.loads(refused["message"])["message"]
    gone = account.call("POST", f"{path}/batch/archive", {"inputs": [{"name": "fit"}]})
    assert gone.status_code == 204
    assert account.call("DELETE", f"{groups}/scores").status_code == 204


def test_a_property_in_use_stays(account: Account) -> None:
    """A property that a list filters by cannot be archived."""
    path = "/crm/v3/properties/contacts"
    body = {"name": "fit", "label": "Fit", "type": "number", "fieldType": "number"}
    account.call("POST", path, {**body, "groupName": "contactinformation"})
    made = dynamic(account, "fit", "IS_GREATER_THAN", 5)
    refused = account.call("DELETE", f"{path}/fit").json()
    assert refused["subCategory"] == "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE"
    assert refused["context"]["usages"] == [f"LIST:{made}"]


def test_sensitive_properties_are_listed_apart(account: Account) -> None:
    """The property list shows sensitive definitions only to who asks for them."""
    path = "/crm/v3/properties/contacts"
    body = {"name": "illness", "label": "I", "type": "string", "fieldType": "text"}
    body |= {"groupName": "contactinformation", "dataSensitivity": "sensitive"}
    assert account.call("POST", path, body).status_code == 201
    assert "illness" not in [each["name"] for each in account.call("GET", path).json()["results"]]
    asked = account.call("GET", f"{path}?dataSensitivity=sensitive").json()["results"]
    assert [each["name"] for each in asked] == ["illness"]


def test_a_second_pipeline_must_be_named(account: Account) -> None:
    """With several pipelines a deal says which; its stages are values, others are refused."""
    stages = [{"label": "Start", "displayOrder": 0, "metadata": {"probability": "0.1"}}]
    body = {"label": "Renewals", "displayOrder": 1, "stages": stages}
    made = account.call("POST", "/crm/v3/pipelines/deals", body).json()
    stage = made["stages"][0]["id"]
    assert (stage.isdigit(), made["stages"][0]["metadata"]["isClosed"]) == (True, "false")
    path = "/crm/v3/objects/deals"
    deal = {"dealname": "D", "dealstage": stage}
    refused = account.call("POST", path, {"properties": deal})
    assert refused.json()["context"] == {"properties": ["pipeline"]}
    wrong = account.call("POST", path, {"properties": {**deal, "pipeline": "default"}})
    assert "INVALID_OPTION" in wrong.json()["message"]
    id = account.create("deals", **deal, pipeline=made["id"])
    dated = account.read("deals", id, f"hs_date_entered_{stage}", "hs_deal_stage_probability")
    assert dated["properties"]["hs_deal_stage_probability"] == "0.1"
    assert dated["properties"][f"hs_date_entered_{stage}"] == dated["createdAt"]
    used = account.call(
        "DELETE", f"/crm/v3/pipelines/deals/{made['id']}?validateReferencesBeforeDelete=true"
    )
    assert used.status_code == 400
    assert account.call("DELETE", f"/crm/v3/pipelines/deals/{made['id']}").status_code == 204


def test_editing_a_pipeline_touches_its_deals(account: Account) -> None:
    """A pipeline edit moves the modified date of every deal in it, and is audited."""
    ids = [account.create("deals", dealname=str(n), dealstage="contractsent") for n in range(3)]
    account.clock.advance(60)
    path = "/crm/v3/pipelines/deals/default/stages/contractsent"
    assert account.call("PATCH", path, {"label": "Sent"}).status_code == 200
    assert {account.read("deals", id)["updatedAt"] for id in ids} == {"2026-11-01T12:01:00.000Z"}
    audit = account.client.crm.pipelines.pipeline_audits_api.get_audit("deals", "default")
    assert [each.action for each in audit.results] == ["UPDATE_STAGE"]


def test_a_closing_stage_closes(account: Account) -> None:
    """Stages date a deal in and out; the closing stage says closed, won by its probability."""
    id = account.create("deals", dealname="D", dealstage="contractsent")
    account.clock.advance(60)
    account.call("PATCH", f"/crm/v3/objects/deals/{id}", {"properties": {"dealstage": "closedwon"}})
    names = ("hs_is_closed_won", "hs_date_exited_contractsent", "hs_date_entered_closedwon")
    shown = account.read("deals", id, *names)["properties"]
    assert [shown[name] for name in names] == ["true", *["2026-11-01T12:01:00.000Z"] * 2]


def test_the_account_tells_its_limits(garage: Account) -> None:
    """The limits-tracking endpoints count records, properties, types and pipelines."""
    garage.create("contacts", email="a@firm.example")
    records = garage.call("GET", "/crm/limits/2026-03/records").json()
    used = {each["objectTypeId"]: each["usage"] for each in records["hubspotDefinedObjectTypes"]}
    assert used["0-1"] == 1
    assert garage.call("GET", "/crm/v3/limits/custom-object-types").json()["usage"] == 1
    formula = {"name": "total", "label": "Sum", "type": "number", "fieldType": "number"}
    formula |= {"calculated": True, "custom": True}
    asked = {"object": "contacts", "definition": formula}
    assert garage.call("POST", "/_sandbox/hubspot/property", asked).status_code < 300
    found = garage.call("GET", "/crm/limits/2026-03/calculated-properties").json()["byObjectType"]
    assert {each["objectTypeId"]: each["usage"] for each in found}["0-1"] == 1


def dynamic(account: Account, name: str, operator: str, value: Any, **more: Any) -> str:
    """A dynamic list of contacts by one filter; its id."""
    operation = {"operationType": "ANY", "operator": operator, "value": value}
    filters = [{"filterType": "PROPERTY", "property": name, "operation": operation}]
    branch = {"filterBranchType": "AND", "filters": filters, "filterBranches": []}
    body = {
        "name": f"{name} {operator}",
        "objectTypeId": "0-1",
        "processingType": "DYNAMIC",
        "filterBranch": {"filterBranchType": "OR", "filters": [], "filterBranches": [branch]},
        **more,
    }
    made = account.call("POST", "/crm/v3/lists", body)
    assert made.status_code == 200, made.text
    return str(made.json()["list"]["listId"])


def test_a_dynamic_list_follows_its_filter(crowd: Account) -> None:
    """Members come and go by the filter as records change, after the account's lag."""
    id = dynamic(crowd, "tasuki_score", "IS_GREATER_THAN", 240)
    assert members(crowd, id) == [str(number) for number in range(241, 251)]
    crowd.call("PATCH", "/crm/v3/objects/contacts/250", {"properties": {"tasuki_score": "1"}})
    assert "250" not in members(crowd, id)
    of_one = crowd.call("GET", "/crm/v3/lists/records/0-1/249/memberships").json()["results"]
    assert [each["listId"] for each in of_one] == [id]


def test_a_dynamic_list_runs_behind(crowd: Account) -> None:
    """With a lag the old members stay until the background evaluation comes round."""
    hubspot.configure(crowd.state, list_lag_seconds=30)
    id = dynamic(crowd, "tasuki_score", "IS_GREATER_THAN", 249)
    crowd.call("PATCH", "/crm/v3/objects/contacts/250", {"properties": {"tasuki_score": "1"}})
    assert members(crowd, id) == ["250"]
    crowd.clock.advance(31)
    assert members(crowd, id) == []


def test_a_snapshot_is_filled_once(crowd: Account) -> None:
    """A SNAPSHOT list takes the records its filter finds when made, then only by hand."""
    id = dynamic(crowd, "email", "CONTAINS", "firm7", processingType="SNAPSHOT")
    before = members(crowd, id)
    crowd.create("contacts", email="new@firm7.example")
    assert members(crowd, id) == before != []
    added = crowd.call("PUT", f"/crm/v3/lists/{id}/memberships/add", ["1"]).json()
    assert added["recordsIdsAdded"] == ["1"]


def members(account: Account, id: str) -> list[str]:
    found = account.call("GET", f"/crm/v3/lists/{id}/memberships?limit=250").json()["results"]
    return [each["recordId"] for each in found]
