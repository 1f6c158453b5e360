"""Describes and metadata."""

import pytest
from simple_salesforce.exceptions import SalesforceGeneralError

from sandbox.salesforce.org import org_of
from sandbox.salesforce.schema import MetadataError, parse_field, standard


def test_the_global_describe_lists_every_object(salesforce):
    """Names, prefixes and abilities as the platform has them."""
    found = {each["name"]: each for each in salesforce.describe()["sobjects"]}
    assert found["Task"]["keyPrefix"] == "00T"
    assert found["OpportunityHistory"]["createable"] is False
    assert found["OpportunityContactRole"]["undeletable"] is False
    assert found["User"]["deletable"] is False


def test_a_describe_tells_what_a_mapper_needs(salesforce):
    """Types, lengths, flags, picklists and references of standard and custom fields."""
    fields = {each["name"]: each for each in salesforce.Contact.describe()["fields"]}
    assert (fields["LastName"]["length"], fields["LastName"]["nillable"]) == (80, False)
    assert fields["Name"]["createable"] is False
    assert fields["AccountId"]["referenceTo"] == ["Account"]
    role = fields["Role_In_Purchase__c"]
    assert (role["restrictedPicklist"], role["custom"]) == (True, True)
    assert role["picklistValues"][0]["value"] == "decision_maker"
    key = {each["name"]: each for each in salesforce.Task.describe()["fields"]}["Tasuki_Key__c"]
    assert (key["externalId"], key["unique"]) == (True, False)


def test_every_object_describes_itself(salesforce):
    """Each object of the global describe has a full describe with an Id and a stamp."""
    for each in salesforce.describe()["sobjects"]:
        described = salesforce.restful(f"sobjects/{each['name']}/describe")
        names = {field["name"] for field in described["fields"]}
        assert "Id" in names
        if each["name"] not in {"EntityDefinition", "FlowDefinitionView"}:  # views of metadata
            assert not names.isdisjoint({"SystemModstamp", "CreatedDate"})


def test_an_unchanged_describe_is_304(salesforce, served):
    """If-Modified-Since with the schema's own date saves the body."""
    changed = org_of(served.state).schema_changed.strftime("%a, %d %b %Y %H:%M:%S GMT")
    with pytest.raises(SalesforceGeneralError) as caught:
        salesforce.Account.describe(headers={"If-Modified-Since": changed})
    assert caught.value.status == 304


def test_a_custom_field_can_be_installed(salesforce, control):
    """A field added by an admin is described, writable and kept."""
    field = {"name": "Tier__c", "type": "string", "length": 5, "is": "create update null"}
    assert control("salesforce/field", {"object": "Account", "field": field}).status_code == 204
    id = salesforce.Account.create({"Name": "A", "Tier__c": "gold"})["id"]
    assert salesforce.Account.get(id)["Tier__c"] == "gold"


def test_activity_fields_cannot_be_unique(control):
    """Task and Event refuse a unique field: search before create stays necessary."""
    field = {"name": "Key__c", "type": "string", "length": 5, "is": "create null external unique"}
    answer = control("salesforce/field", {"object": "Task", "field": field})
    assert (answer.status_code, answer.json()["error"]) == (400, "MetadataError")
    with pytest.raises(MetadataError):
        standard().extended("Event", parse_field(field))
