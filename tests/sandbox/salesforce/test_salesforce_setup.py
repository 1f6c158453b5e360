"""What an administrator sets up: rules, permissions, queues, record types, limits, locks."""

from pathlib import Path

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from sandbox.salesforce import insert
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import INTEGRATION_USER, PERSON, PROFILE, org_of
from sandbox.salesforce.rows.seed import seed
from sandbox.state import State

ALLOW = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=false"}


@pytest.fixture
def ruled(control):
    """Make a rule for one test."""
    made: list[tuple[str, str]] = []

    def rule(kind: str, name: str, **definition) -> None:
        asked = {"kind": kind, "name": name, "definition": definition}
        answer = control("salesforce/rule", asked)
        assert answer.status_code == 204, answer.text
        made.append((kind, name))

    yield rule
    for kind, name in made:
        control("salesforce/rule", {"kind": kind, "name": name, "definition": None})


@pytest.fixture
def permitted(control):
    """Restrict the integration user's profile for one test."""

    def permit(who: str = PROFILE, **permission) -> None:
        asked = {"who": who, "permission": permission}
        assert control("salesforce/permission", asked).status_code == 204

    yield permit
    for who in (PROFILE, INTEGRATION_USER, "*"):
        control("salesforce/permission", {"who": who, "permission": None})


def error(caught) -> dict:
    """The single error of a refusal."""
    (found,) = caught.value.content
    return found


def test_a_validation_rule_refuses_with_its_own_words(salesforce, ruled):
    """Create and update that meet the condition are 400 with the rule's text and field."""
    ruled(
        "validation",
        "Site_needs_phone",
        object="Account",
        when="Site != null AND Phone = null",
        message="A site needs a phone.",
        field="Phone",
    )
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Account.create({"Name": "Ruled", "Site": "Tokyo"})
    assert error(caught) == {
        "message": "A site needs a phone.",
        "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "fields": ["Phone"],
    }
    assert salesforce.query("SELECT Id FROM Account WHERE Name = 'Ruled'")["totalSize"] == 0
    id = salesforce.Account.create({"Name": "Ruled", "Site": "T", "Phone": "1"})["id"]
    with pytest.raises(SalesforceMalformedRequest):
        salesforce.Account.update(id, {"Phone": None})
    assert salesforce.Account.get(id)["Phone"] == "1"


def test_a_validation_rule_may_look_at_the_parent(salesforce, ruled):
    """The condition is SOQL over the saved row, so it reaches its account."""
    ruled(
        "validation",
        "No_partner_deals",
        object="Opportunity",
        when="Account.Partner__c = true",
        message="Partners do not buy.",
    )
    account = salesforce.Account.create({"Name": "P", "Partner__c": True})["id"]
    deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-05-20"}
    salesforce.Opportunity.create(deal)
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Opportunity.create({**deal, "AccountId": account})
    assert error(caught)["message"] == "Partners do not buy."


@pytest.mark.parametrize(
    "definition",
    [
        {"object": "Account", "when": "Bacon = 1", "message": "x"},
        {"object": "Account", "when": "Name LIKE", "message": "x"},
        {"object": "Account", "message": "x"},
        {"object": "Bacon", "when": "Name = 'x'", "message": "x"},
    ],
)
def test_a_rule_that_could_not_run_is_refused(control, definition):
    """Unknown objects and fields, a bad condition or a missing key are 400 at once."""
    asked = {"kind": "validation", "name": "bad", "definition": definition}
    assert control("salesforce/rule", asked).status_code == 400


def test_an_alert_rule_asks_and_the_header_answers(salesforce, ruled):
    """A likely duplicate is refused with its matches; allowSave=true saves it all the same."""
    ruled("duplicate", "Same_mail", object="Contact", fields=["Email"], action="alert")
    contact = {"LastName": "Abe", "Email": "abe@dup.example"}
    first = salesforce.Contact.create(contact)["id"]
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Contact.create({**contact, "Email": "ABE@dup.example"})
    found = error(caught)
    assert (found["errorCode"], found["message"]) == (
        "DUPLICATES_DETECTED",
        "Use one of these records?",
    )
    result = found["duplicateResut"]
    assert (result["allowSave"], result["duplicateRule"]) == (True, "Same_mail")
    (match,) = result["matchResults"]
    assert [each["record"]["Id"] for each in match["matchRecords"]] == [first]
    assert salesforce.Contact.create(contact, headers=ALLOW)["success"] is True


def test_a_block_rule_does_not_give_in(salesforce, ruled):
    """allowSave=true does not pass a blocking rule; a collection's error has no details."""
    ruled("duplicate", "One_name", object="Account", fields=["Name", "Phone"], action="block")
    account = {"Name": "Only one", "Phone": "03"}
    salesforce.Account.create(account)
    salesforce.Account.create({"Name": "Only one"})
    with pytest.raises(SalesforceMalformedRequest):
        salesforce.Account.create(account, headers=ALLOW)
    record = {"attributes": {"type": "Account"}, **account}
    (result,) = salesforce.restful(
        "composite/sobjects", method="POST", json={"records": [record]}, headers=ALLOW
    )
    assert result["errors"] == [
        {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    ]


def test_a_rule_compares_across_objects(salesforce, ruled):
    """A lead may be a duplicate of a contact."""
    ruled("duplicate", "Known", object="Lead", fields=["Email"], against="Contact", action="block")
    contact = salesforce.Contact.create({"LastName": "Ito", "Email": "ito@cross.example"})["id"]
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Lead.create({"LastName": "Ito", "Company": "I", "Email": "ito@cross.example"})
    (match,) = error(caught)["duplicateResut"]["matchResults"]
    assert match["matchRecords"][0]["record"]["attributes"]["type"] == "Contact"
    assert match["matchRecords"][0]["record"]["Id"] == contact


def test_assignment_rules_take_the_owner_unless_told_not_to(salesforce, ruled):
    """A lead written without the header gets the rule's owner; FALSE keeps ours."""
    rule = "01Q5g0000000001"
    ruled(
        "assignment",
        "Leads",
        object="Lead",
        id="01Q5g0000000001EAA",
        active=True,
        entries=[{"when": "Country = 'JP'", "owner": PERSON}],
    )
    lead = {"LastName": "A", "Company": "A", "Country": "JP", "OwnerId": INTEGRATION_USER}

    def owner(fields, **headers) -> str:
        id = salesforce.Lead.create(fields, headers=headers)["id"]
        return salesforce.Lead.get(id)["OwnerId"]

    assert owner(lead) == PERSON
    assert owner(lead, **{"Sforce-Auto-Assign": "FALSE"}) == INTEGRATION_USER
    assert owner(lead, **{"Sforce-Auto-Assign": rule}) == PERSON
    assert owner({**lead, "Country": "US"}) == INTEGRATION_USER
    with pytest.raises(SalesforceMalformedRequest):
        owner(lead, **{"Sforce-Auto-Assign": "perhaps"})


def test_a_hidden_field_is_not_there(salesforce, permitted):
    """Absent from describe, INVALID_FIELD when selected, refused by name when written."""
    id = salesforce.Account.create({"Name": "Veiled", "Fax": "1"})["id"]
    permitted(fields={"Account.Fax": [], "Account.Site": ["read"]})
    fields = {each["name"]: each for each in salesforce.Account.describe()["fields"]}
    assert "Fax" not in fields
    assert fields["Site"]["updateable"] is False
    assert "Fax" not in salesforce.Account.get(id)
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.query("SELECT Fax FROM Account")
    assert error(caught)["errorCode"] == "INVALID_FIELD"
    for name in ("Fax", "Site"):
        with pytest.raises(SalesforceMalformedRequest) as caught:
            salesforce.Account.update(id, {name: "2"})
        assert (error(caught)["errorCode"], error(caught)["fields"]) == (
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            [name],
        )


def test_a_hidden_object_is_not_there(salesforce, permitted):
    """No describe, no query, no rows; others go on."""
    permitted(INTEGRATION_USER, objects={"Campaign": []})
    assert "Campaign" not in {each["name"] for each in salesforce.describe()["sobjects"]}
    for call in (salesforce.Campaign.describe, lambda: salesforce.Campaign.create({"Name": "x"})):
        with pytest.raises(SalesforceResourceNotFound):
            call()
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.query("SELECT Id FROM Campaign")
    assert error(caught)["errorCode"] == "INVALID_TYPE"
    assert salesforce.query("SELECT Id FROM User")["totalSize"] >= 1


def test_an_object_may_be_read_only(salesforce, permitted):
    """Writes are 403 INSUFFICIENT_ACCESS_OR_READONLY; the administrator is not bound."""
    id = salesforce.Campaign.create({"Name": "Read"})["id"]
    permitted("*", objects={"Campaign": ["read"]})
    assert salesforce.Campaign.get(id)["Name"] == "Read"
    assert salesforce.Campaign.describe()["updateable"] is False
    with pytest.raises(SalesforceRefusedRequest) as caught:
        salesforce.Campaign.update(id, {"Name": "Write"})
    assert error(caught)["errorCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"


def test_a_locked_row_refuses_so_many_writes(salesforce, control):
    """UNABLE_TO_LOCK_ROW twice, for the row and for a child of it, then the write passes."""
    id = salesforce.Account.create({"Name": "Held"})["id"]
    assert control("salesforce/lock", {"ids": [id], "times": 2}).status_code == 204
    for write in (
        lambda: salesforce.Account.update(id, {"Site": "x"}),
        lambda: salesforce.Contact.create({"LastName": "x", "AccountId": id}),
    ):
        with pytest.raises(SalesforceMalformedRequest) as caught:
            write()
        assert error(caught)["errorCode"] == "UNABLE_TO_LOCK_ROW"
    assert salesforce.Account.update(id, {"Site": "x"}) == 204
    control("salesforce/lock", {"ids": [id]})
    with pytest.raises(SalesforceMalformedRequest):
        salesforce.Account.delete(id)
    control("salesforce/unlock", {})
    assert salesforce.Account.delete(id) == 204


def test_a_queue_owns_what_it_takes_and_nothing_else(salesforce, control):
    """A lead may belong to a lead queue, a case may not, an account to no queue at all."""
    asked = {"name": "Inbound", "objects": ["Lead"]}
    queue = control("salesforce/queue", asked).json()["id"]
    assert queue.startswith("00G")
    lead = salesforce.Lead.create({"LastName": "Q", "Company": "Q", "OwnerId": queue})["id"]
    query = f"SELECT Owner.Name, Owner.Type FROM Lead WHERE Owner.Type = 'Queue' AND Id = '{lead}'"
    owner = salesforce.query(query)["records"][0]["Owner"]
    assert (owner["Name"], owner["Type"]) == ("Inbound", "Queue")
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Case.create({"Subject": "Q", "OwnerId": queue})
    assert error(caught)["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Account.create({"Name": "Q", "OwnerId": queue})
    assert error(caught)["errorCode"] == "MALFORMED_ID"


def test_an_inactive_user_owns_nothing_new(salesforce, served):
    """INACTIVE_OWNER_OR_USER for a deactivated owner."""
    id = "0055g0001000009AAA"
    insert(
        served.state,
        "User",
        [{"Id": id, "LastName": "Gone", "Username": "gone@x.example", "IsActive": False}],
    )
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Account.create({"Name": "O", "OwnerId": id})
    assert error(caught)["errorCode"] == "INACTIVE_OWNER_OR_USER"


def test_record_types_appear_with_the_first(salesforce, control):
    """RecordTypeId and recordTypeInfos exist once an object has one; the default is given."""
    before = salesforce.Event.describe()
    assert "RecordTypeId" not in {each["name"] for each in before["fields"]}
    assert [each["name"] for each in before["recordTypeInfos"]] == ["Master"]
    asked = {"object": "Event", "name": "Site visit", "default": True}
    type = control("salesforce/record-type", asked).json()["id"]
    described = salesforce.Event.describe()
    infos = {each["name"]: each for each in described["recordTypeInfos"]}
    assert (infos["Site visit"]["recordTypeId"], infos["Master"]["recordTypeId"]) == (
        type,
        "012000000000000AAA",
    )
    assert infos["Site visit"]["defaultRecordTypeMapping"] is True
    times = {"StartDateTime": "2026-05-20T01:00:00Z", "DurationInMinutes": 30}
    id = salesforce.Event.create({"Subject": "x", **times})["id"]
    assert salesforce.Event.get(id)["RecordTypeId"] == type
    with pytest.raises(SalesforceMalformedRequest):
        salesforce.Account.create({"Name": "x", "RecordTypeId": type})


def test_a_picklist_can_be_changed_and_restricted(salesforce, control):
    """New values are described; restricting refuses the others, with the label in front."""
    field = {"name": "Industry", "values": ["Steel", "Rice"], "is": "create update null restricted"}
    assert control("salesforce/field", {"object": "Account", "field": field}).status_code == 204
    fields = {each["name"]: each for each in salesforce.Account.describe()["fields"]}
    assert [each["value"] for each in fields["Industry"]["picklistValues"]] == ["Steel", "Rice"]
    assert (fields["Industry"]["type"], fields["Industry"]["length"]) == ("picklist", 40)
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Account.create({"Name": "x", "Industry": "Banking"})
    assert error(caught)["message"] == (
        "Industry: bad value for restricted picklist field: Banking"
    )


def test_a_custom_object_can_be_made(salesforce, control):
    """It has a describe, rows, a lookup that is cleared when its parent goes."""
    asked = {
        "name": "Project__c",
        "label": "Project",
        "plural": "Projects",
        "prefix": "a00",
        "is": "create update delete undelete replicate",
        "fields": [
            {"name": "Name", "type": "string", "length": 80, "is": "create update name"},
            {
                "name": "Account__c",
                "type": "reference",
                "is": "create update null",
                "to": ["Account"],
                "as": "Account__r",
                "children": "Projects__r",
            },
        ],
    }
    assert control("salesforce/object", asked).status_code == 204
    account = salesforce.Account.create({"Name": "With project"})["id"]
    id = salesforce.Project__c.create({"Name": "One", "Account__c": account})["id"]
    assert id.startswith("a00")
    row = salesforce.query("SELECT Account__r.Name FROM Project__c")["records"][0]
    assert row["Account__r"]["Name"] == "With project"
    salesforce.Account.delete(account)
    assert salesforce.Project__c.get(id)["Account__c"] is None


def test_a_campaign_has_its_own_member_statuses(salesforce):
    """Each status is the campaign's own; which one responds is data; others are refused."""
    campaign = salesforce.Campaign.create({"Name": "Own"})["id"]
    status = {"CampaignId": campaign, "Label": "Came", "HasResponded": True, "SortOrder": 3}
    salesforce.CampaignMemberStatus.create(status)
    lead = salesforce.Lead.create({"LastName": "M", "Company": "M"})["id"]
    member = {"CampaignId": campaign, "LeadId": lead}
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.CampaignMember.create({**member, "Status": "Danced"})
    assert error(caught)["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    id = salesforce.CampaignMember.create({**member, "Status": "Came"})["id"]
    assert salesforce.CampaignMember.get(id)["HasResponded"] is True
    salesforce.CampaignMember.update(id, {"Status": "Sent"})
    assert salesforce.CampaignMember.get(id)["HasResponded"] is False


def test_the_daily_allowance_ends_softly(salesforce, control):
    """A short overrun passes, then 403 REQUEST_LIMIT_EXCEEDED without Retry-After."""
    control("salesforce/limit", {"name": "DailyApiRequests", "max": 100, "used": 100})
    assert salesforce.limits()["DailyApiRequests"] == {"Max": 100, "Remaining": 0}
    control("salesforce/limit", {"name": "DailyApiRequests", "used": 105})
    with pytest.raises(SalesforceRefusedRequest) as caught:
        salesforce.query("SELECT Id FROM User")
    assert error(caught) == {
        "message": "TotalRequests Limit exceeded.",
        "errorCode": "REQUEST_LIMIT_EXCEEDED",
    }
    control("salesforce/limit", {"name": "DailyApiRequests", "max": 15_000, "used": 18})
    assert salesforce.limits()["DailyApiRequests"] == {"Max": 15_000, "Remaining": 14_981}


def test_an_org_without_the_api_answers_403(salesforce, control):
    """API_DISABLED_FOR_ORG until it is switched on again."""
    control("salesforce/switch", {"name": "api", "on": False})
    with pytest.raises(SalesforceRefusedRequest) as caught:
        salesforce.query("SELECT Id FROM User")
    control("salesforce/switch", {"name": "api", "on": True})
    assert error(caught)["errorCode"] == "API_DISABLED_FOR_ORG"
    assert salesforce.query("SELECT Id FROM User")["totalSize"] >= 1


def test_a_hidden_external_id_cannot_serve(salesforce, permitted):
    """An upsert by a field the user may not see is 404, as for a field that is not there."""
    permitted(fields={"Task.Tasuki_Key__c": []})
    with pytest.raises(SalesforceResourceNotFound):
        salesforce.Task.upsert("Tasuki_Key__c/1", {"Subject": "x"})


def test_the_usage_header_may_name_the_app(served, http, token, control):
    """The per-app form comes only where it is switched on."""
    url = f"{served.info.https_url}/services/data/v59.0/limits"
    headers = {"Authorization": f"Bearer {token}"}
    control("salesforce/switch", {"name": "per_app_usage", "on": True})
    found = http.get(url, headers=headers).headers["Sforce-Limit-Info"]
    control("salesforce/switch", {"name": "per_app_usage", "on": False})
    assert "; per-app-api-usage=" in found
    assert found.endswith("(appName=Tasuki)")
    assert ";" not in http.get(url, headers=headers).headers["Sforce-Limit-Info"]


def test_what_an_administrator_set_up_survives_a_restart(tmp_path: Path):
    """Fields, objects, rules, permissions, limits, locks and counts are there after reopening."""
    path = tmp_path / "sandbox.db"
    with State(path) as state:
        seed(state)
        org = org_of(state)
        org.add_field("Account", {"name": "Tier__c", "type": "string", "length": 5, "is": "null"})
        org.add_object({"name": "P__c", "label": "P", "plural": "P", "is": "", "fields": []})
        org.restrict("*", {"fields": {"Account.Fax": []}})
        rule = {"object": "Account", "when": "Site = 'x'", "message": "no"}
        org.setup.put("validation", "v", rule)
        org.setup.put("switch", "soap_login", {"on": True})
        org.usage.set("DailyApiRequests", 7, 3)
        org.usage.count("Tasuki", 2)
        org.locks.hold([PERSON], times=2)
    with State(path) as state:
        org = org_of(state)
        assert "Tier__c" in org.schema.objects["Account"].fields
        assert "P__c" in org.schema.objects
        assert org.setup.of("permission") == {"*": {"fields": {"Account.Fax": []}}}
        assert org.setup.rules("validation", "Account") == [("v", rule)]
        assert org.setup.on("soap_login") is True
        assert (org.usage.most("DailyApiRequests"), org.usage.used()) == (7, 5)
        for _ in range(2):
            with pytest.raises(FaultError, match="unable to obtain exclusive access"):
                org.locks.check([PERSON])
        org.locks.check([PERSON])


def test_another_user_of_the_app_writes_in_his_own_name(served, http, control):
    """Records are stamped with the user the session belongs to."""
    assert control("salesforce/app", {"run_as": PERSON}).status_code == 204
    try:
        answer = http.post(
            f"{served.info.https_url}/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(served.info.client_id, served.info.client_secret),
        )
    finally:
        control("salesforce/app", {"run_as": INTEGRATION_USER})
    client = Salesforce(
        session_id=answer.json()["access_token"],
        instance=f"localhost:{served.info.https_port}",
        session=http,
    )
    id = client.Account.create({"Name": "Mine"})["id"]
    assert client.Account.get(id)["CreatedById"] == PERSON


def test_a_fresh_org_tells_of_its_automations(salesforce, control):
    """Flows, assignment and duplicate rules are rows; a rule that goes takes its row along."""
    flows = "SELECT ApiName, TriggerObjectOrEvent.QualifiedApiName FROM FlowDefinitionView"
    (flow,) = salesforce.query(flows)["records"]
    assert flow["TriggerObjectOrEvent"]["QualifiedApiName"] == "Account"
    asked = "SELECT SobjectType FROM AssignmentRule WHERE Active = true"
    assert [row["SobjectType"] for row in salesforce.query(asked)["records"]] == ["Lead"]
    trigger = {"object": "Contact", "on": ["create"]}
    rule = {"kind": "trigger", "name": "Contacts", "definition": trigger}
    assert control("salesforce/rule", rule).status_code == 204
    usage = "SELECT Name FROM ApexTrigger WHERE UsageAfterInsert = true"
    assert [row["Name"] for row in salesforce.query(usage)["records"]] == ["Contacts"]
    control("salesforce/rule", {**rule, "definition": None})
    assert salesforce.query(usage)["totalSize"] == 0


def test_a_flow_writes_after_the_save_in_its_own_name(salesforce, ruled):
    """What a flow sets is a save of its own, and history names the platform's user."""
    ruled(
        "flow",
        "Cool down",
        object="Account",
        on=["update"],
        when="Website = 'a.example'",
        set={"Website": "b.example"},
        **{"as": "automation"},
    )
    id = salesforce.Account.create({"Name": "Hot", "Website": "c.example"})["id"]
    salesforce.Account.update(id, {"Website": "a.example"})
    assert salesforce.Account.get(id)["Website"] == "b.example"
    asked = f"SELECT NewValue, CreatedBy.UserType FROM AccountHistory WHERE AccountId = '{id}'"
    found = salesforce.query(f"{asked} AND Field = 'Website' ORDER BY Id")["records"]
    assert [(each["NewValue"], each["CreatedBy"]["UserType"]) for each in found] == [
        ("a.example", "Standard"),
        ("b.example", "AutomatedProcess"),
    ]
