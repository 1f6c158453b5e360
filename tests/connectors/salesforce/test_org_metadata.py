"""What an org tells of its automations and of the past, asked through the real client library."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.protocol import Automation, Verb, Write
from sandbox.salesforce.org import PERSON, org_of
from sandbox.salesforce.rows.write import create, update
from sandbox.salesforce.setup.access import TWIN
from sandbox.salesforce.setup.control import controls

if TYPE_CHECKING:
    from connectors.salesforce.connector import SalesforceConnector
    from sandbox.salesforce.org import Org
    from sandbox.server import Serving


@pytest.fixture
def org(sandbox_server: Serving) -> Org:
    """The org behind the connector, for what only an administrator does."""
    return org_of(sandbox_server.state)


def rule(org: Org, kind: str, name: str, **definition: Any) -> None:
    """What an administrator sets up."""
    controls(org)["rule"]({"kind": kind, "name": name, "definition": definition})


def test_automations_of_the_named_objects_are_told_in_one_call(
    salesforce: SalesforceConnector, org: Org
) -> None:
    """A fresh org's flow, assignment and duplicate rule, each with what Tasuki does about it."""
    salesforce.count("Account")  # signs in
    before = salesforce.limits().calls
    found = salesforce.automations(["Account", "Contact", "Lead"])
    assert salesforce.limits().calls == before + 1
    assert [(each.object, each.kind, each.name) for each in found] == [
        ("Account", "flow", "Tell the owner"),
        ("Lead", "assignment_rule", "Web leads"),
        ("Contact", "duplicate_rule", "Standard Contact Duplicate Rule"),
    ]
    assert "Sforce-Auto-Assign: FALSE" in found[1].note
    assert "allow_duplicates" in found[2].note
    assert salesforce.automations(["Task"]) == []
    assert salesforce.automations([]) == []


def test_the_notes_follow_the_connections_settings(
    salesforce: SalesforceConnector, org: Org
) -> None:
    """Where rules may assign and alerts are passed, the notes say so."""
    client = salesforce.client
    client.settings = client.settings.model_copy(
        update={"auto_assign": True, "allow_duplicates": True}
    )
    notes = {each.kind: each.note for each in salesforce.automations(["Contact", "Lead"])}
    assert "auto_assign" in notes["assignment_rule"]
    assert "passes its alerts" in notes["duplicate_rule"]


def test_triggers_and_flows_say_on_what_they_fire(
    salesforce: SalesforceConnector, org: Org
) -> None:
    """A custom object's trigger is named by an id and found all the same; inactive ones are not."""
    org.add_object(
        {
            "name": "Site__c",
            "label": "Site",
            "plural": "Sites",
            "prefix": "a0S",
            "is": "create update delete",
            "fields": [{"name": "Name", "type": "string", "length": 80, "is": "create update"}],
        }
    )
    rule(org, "trigger", "Sites", object="Site__c", on=["create", "update"])
    rule(org, "flow", "Old", object="Site__c", on=["create"], active=False)
    rule(org, "flow", "Bye", object="Site__c", on=["delete"], label="Say goodbye")
    found = salesforce.automations(["Site__c"])
    assert [replace(each, note="") for each in found] == [
        Automation("Site__c", "flow", "Say goodbye", ("delete",)),
        Automation("Site__c", "trigger", "Sites", ("create", "update")),
    ]


def test_a_kind_that_is_refused_is_left_out(salesforce: SalesforceConnector, org: Org) -> None:
    """Without a right to see flows the other kinds are told, and nothing fails."""
    org.restrict(TWIN, {"objects": {"FlowDefinitionView": [], "DuplicateRule": []}, "fields": {}})
    found = salesforce.automations(["Account", "Contact", "Lead"])
    assert [each.kind for each in found] == ["assignment_rule"]


def test_the_past_of_tracked_fields_names_who_wrote_it(
    salesforce: SalesforceConnector, org: Org
) -> None:
    """A person, Tasuki itself and the platform are told apart; a lookup is told by its ids."""
    accounts = org.schema.objects["Account"]
    id = create(org, accounts, {"Name": "Nagare", "Website": "one.example"})
    other = create(org, accounts, {"Name": "Other"}, PERSON)
    start = datetime.now(UTC) - timedelta(hours=1)
    rule(org, "flow", "Back", object="Account", on=["update"], when="Website = 'three.example'",
         set={"Website": "two.example"}, **{"as": "automation"})  # fmt: skip
    update(org, accounts, id, {"Website": "two.example", "OwnerId": PERSON, "Phone": "1"}, PERSON)
    salesforce.write([Write("w", Verb.UPDATE, "Account", {"Website": "three.example"}, id)])
    assert salesforce.can.history
    found = salesforce.history("Account", [id, other], ["Website", "OwnerId", "Phone"], start)
    told = [(each.field, each.value, each.by, each.by_kind) for each in found]
    assert sorted(told[:2]) + told[2:] == [
        ("OwnerId", PERSON, "Sandbox Administrator", "user"),
        ("Website", "two.example", "Sandbox Administrator", "user"),
        ("Website", "three.example", "Sandbox Integration", "app"),
        ("Website", "two.example", "Automated Process", "automation"),
    ]
    assert {each.id for each in found} == {id}
    later = max(each.at for each in found) + timedelta(minutes=1)
    assert salesforce.history("Account", [id], ["Website"], later) == []


def test_an_object_without_a_past_has_none(salesforce: SalesforceConnector, org: Org) -> None:
    """Tasks keep no field history, and deals are asked for theirs by its own name."""
    deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-01-31", "Amount": 5}
    id = create(org, org.schema.objects["Opportunity"], deal, PERSON)
    update(org, org.schema.objects["Opportunity"], id, {"Amount": 7.5}, PERSON)
    start = datetime.now(UTC) - timedelta(hours=1)
    assert salesforce.history("Task", [id], ["Subject"], start) == []
    (past,) = salesforce.history("Opportunity", [id], ["Amount"], start)
    assert (past.value, past.by_kind) == (7.5, "user")
