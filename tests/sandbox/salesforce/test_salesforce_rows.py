"""Single rows: create, read, change, delete, upsert, guards, and what the platform derives."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from simple_salesforce.exceptions import (
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

from sandbox.salesforce.ids import is_id
from sandbox.salesforce.org import INTEGRATION_USER, PERSON


def only_error(caught) -> dict:
    """The single error of a refusal."""
    (error,) = caught.value.content
    return error


def made(salesforce, object: str, **fields) -> str:
    """Create a record; its id."""
    return getattr(salesforce, object).create(fields)["id"]


def test_a_row_lives_from_create_to_delete(salesforce):
    """201 with an id, all fields back, PATCH clears with null, DELETE hides the row."""
    id = made(salesforce, "Account", Name=" Alpha ", Corporate_Number__c="1234567890123")
    assert is_id(id)
    assert len(id) == 18
    row = salesforce.Account.get(id)
    assert (row["Name"], row["Partner__c"], row["OwnerId"]) == ("Alpha", False, INTEGRATION_USER)
    assert (
        salesforce.Account.update(id, {"Corporate_Number__c": None, "Industry": "Anything"}) == 204
    )
    row = salesforce.Account.get(id)
    assert (row["Corporate_Number__c"], row["Industry"]) == (None, "Anything")
    assert salesforce.Account.delete(id) == 204
    with pytest.raises(SalesforceResourceNotFound) as caught:
        salesforce.Account.get(id)
    assert only_error(caught)["errorCode"] == "NOT_FOUND"
    with pytest.raises(SalesforceResourceNotFound) as caught:
        salesforce.Account.update(id, {"Name": "x"})
    assert only_error(caught)["errorCode"] == "ENTITY_IS_DELETED"


@pytest.mark.parametrize(
    ("object", "fields", "code", "names"),
    [
        ("Account", {}, "REQUIRED_FIELD_MISSING", ["Name"]),
        ("Account", {"Name": "a", "Bacon": 1}, "INVALID_FIELD", None),
        ("Account", {"Name": "x" * 256}, "STRING_TOO_LONG", ["Name"]),
        ("Contact", {"LastName": "a", "Email": "bad"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        (
            "Contact",
            {"LastName": "a", "Role_In_Purchase__c": "boss"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            ["Role_In_Purchase__c"],
        ),
        ("Contact", {"LastName": "a", "AccountId": "1"}, "MALFORMED_ID", ["AccountId"]),
        (
            "Contact",
            {"LastName": "a", "AccountId": "0015g00000zzzzz"},
            "INVALID_CROSS_REFERENCE_KEY",
            [],
        ),
        (
            "Account",
            {"Name": "a", "IsDeleted": True},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            ["IsDeleted"],
        ),
        ("Account", {"Name": "a", "AnnualRevenue": "much"}, "JSON_PARSER_ERROR", None),
        ("OpportunityHistory", {}, "INVALID_TYPE_FOR_OPERATION", []),
    ],
)
def test_refusals_name_code_and_fields(salesforce, object, fields, code, names):
    """Each bad record is refused with the platform's code and the fields concerned."""
    with pytest.raises(SalesforceMalformedRequest) as caught:
        made(salesforce, object, **fields)
    error = only_error(caught)
    assert (error["errorCode"], error.get("fields")) == (code, names)


def test_external_id_upsert_creates_then_updates(salesforce):
    """201 with created true, then 200 with created false and the same id."""
    key = "Tasuki_Key__c/" + "run 1|task/7"
    key = key.replace("run 1|task/7", "run%201%7Ctask%2F7")
    first = salesforce.Task.upsert(key, {"Subject": "Call"}, raw_response=True)
    second = salesforce.Task.upsert(key, {"Subject": "Call again"}, raw_response=True)
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)
    assert first.json()["id"] == second.json()["id"]
    row = salesforce.Task.get(first.json()["id"])
    assert (row["Tasuki_Key__c"], row["Subject"]) == ("run 1|task/7", "Call again")


def test_an_external_id_twice_answers_300(salesforce):
    """Activity keys are not unique: an upsert that meets two rows lists both paths."""
    ids = [made(salesforce, "Task", Subject="x", Tasuki_Key__c="twice") for _ in range(2)]
    with pytest.raises(SalesforceMoreThanOneRecord) as caught:
        salesforce.Task.upsert("Tasuki_Key__c/twice", {"Subject": "y"})
    assert [each.rsplit("/", 1)[1] for each in caught.value.content] == sorted(ids)


def test_an_unfit_external_id_field_is_404(salesforce):
    """A field that is no external id cannot serve for upsert."""
    with pytest.raises(SalesforceResourceNotFound) as caught:
        salesforce.Account.upsert("Customer_Code__c/1", {"Name": "a"})
    assert "Provided external ID field does not exist" in only_error(caught)["message"]


def test_if_unmodified_since_guards_an_update(salesforce, control):
    """A PATCH passes when nothing changed since, and answers 412 when something did."""
    id = made(salesforce, "Account", Name="Guarded")
    stamp = salesforce.Account.get(id)["SystemModstamp"]
    since = format_datetime(datetime.fromisoformat(stamp), usegmt=False)
    guard = {"If-Unmodified-Since": since.replace("+0000", "GMT")}
    assert salesforce.Account.update(id, {"Site": "1"}, headers=guard) == 204
    control("clock", {"offset_seconds": 5})
    assert control(
        "edit", {"platform": "salesforce", "object": "Account", "id": id, "fields": {"Site": "2"}}
    ).ok
    with pytest.raises(SalesforceGeneralError) as caught:
        salesforce.Account.update(id, {"Site": "3"}, headers=guard)
    assert caught.value.status == 412
    row = salesforce.Account.get(id)
    assert (row["Site"], row["LastModifiedById"]) == ("2", PERSON)
    control("clock", {"offset_seconds": 0})


def test_if_modified_since_saves_a_read(salesforce):
    """A GET of an unchanged row answers 304 with no body."""
    id = made(salesforce, "Contact", LastName="Still")
    later = datetime.now(UTC) + timedelta(seconds=2)
    with pytest.raises(SalesforceGeneralError) as caught:
        salesforce.Contact.get(
            id, headers={"If-Modified-Since": format_datetime(later, usegmt=True)}
        )
    assert caught.value.status == 304


def test_an_opportunity_follows_its_stage_and_keeps_history(salesforce):
    """Stage sets IsClosed, IsWon, Probability; each stage or amount change leaves a history row."""
    id = made(
        salesforce,
        "Opportunity",
        Name="Deal",
        StageName="Prospecting",
        CloseDate="2026-05-20",
        Amount=1000,
    )
    salesforce.Opportunity.update(id, {"NextStep": "wait"})
    salesforce.Opportunity.update(id, {"StageName": "Closed Won", "CloseDate": "2026-06-20"})
    row = salesforce.Opportunity.get(id)
    assert (row["IsClosed"], row["IsWon"], row["Probability"]) == (True, True, 100.0)
    assert (row["ExpectedRevenue"], row["FiscalQuarter"], row["PushCount"]) == (1000.0, 2, 1)
    history = salesforce.query(
        "SELECT StageName, PrevCloseDate, Amount FROM OpportunityHistory "
        f"WHERE OpportunityId = '{id}' ORDER BY Id"
    )["records"]
    assert [(each["StageName"], each["PrevCloseDate"]) for each in history] == [
        ("Prospecting", None),
        ("Closed Won", "2026-05-20"),
    ]


def test_line_items_roll_up_to_the_amount(salesforce):
    """Once line items exist the amount is their sum and cannot be written."""
    deal = made(
        salesforce, "Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-05-20"
    )
    product = made(salesforce, "Product2", Name="Nagare Flow", ProductCode="FLOW", IsActive=True)
    line = {"OpportunityId": deal, "Product2Id": product, "Quantity": 3, "UnitPrice": 500}
    made(salesforce, "OpportunityLineItem", **line)
    salesforce.Opportunity.update(deal, {"Amount": 1})
    row = salesforce.Opportunity.get(deal)
    assert (row["Amount"], row["HasOpportunityLineItem"]) == (1500.0, True)


def test_deleting_an_account_takes_its_children(salesforce):
    """Contacts, opportunities and their tasks go with the account; queryAll still shows them."""
    account = made(salesforce, "Account", Name="Parent")
    contact = made(salesforce, "Contact", LastName="Child", AccountId=account)
    task = made(salesforce, "Task", Subject="x", WhoId=contact)
    salesforce.Account.delete(account)
    query = f"SELECT IsDeleted FROM Task WHERE Id = '{task}'"
    assert salesforce.query(query)["totalSize"] == 0
    assert salesforce.query(query, include_deleted=True)["records"][0]["IsDeleted"] is True
    assert salesforce.query(f"SELECT Id FROM Contact WHERE Id = '{contact}'")["totalSize"] == 0


def test_a_converted_lead_points_on_and_refuses_updates(salesforce, control):
    """Conversion makes account, contact and opportunity; the lead stays readable, not writable."""
    lead = made(salesforce, "Lead", LastName="Kato", Company="Kato KK", Email="k@kato.example")
    made_of = control("salesforce/convert", {"lead": lead, "opportunity_name": "First deal"}).json()
    row = salesforce.Lead.get(lead)
    assert row["IsConverted"] is True
    assert row["ConvertedContactId"] == made_of["contact"]
    assert salesforce.Contact.get(made_of["contact"])["AccountId"] == made_of["account"]
    with pytest.raises(SalesforceMalformedRequest) as caught:
        salesforce.Lead.update(lead, {"Company": "x"})
    assert only_error(caught) == {
        "message": "cannot reference converted lead",
        "errorCode": "CANNOT_UPDATE_CONVERTED_LEAD",
        "fields": [],
    }


def test_a_campaign_takes_a_member_once(salesforce):
    """The same lead cannot join a campaign twice."""
    campaign = made(salesforce, "Campaign", Name="Spring")
    lead = made(salesforce, "Lead", LastName="Abe", Company="Abe KK")
    made(salesforce, "CampaignMember", CampaignId=campaign, LeadId=lead, Status="Responded")
    with pytest.raises(SalesforceMalformedRequest) as caught:
        made(salesforce, "CampaignMember", CampaignId=campaign, LeadId=lead)
    assert only_error(caught)["errorCode"] == "DUPLICATE_VALUE"
    assert only_error(caught)["message"] == "Already a campaign member."


def test_an_unknown_path_is_404(salesforce):
    """No resource, no object: NOT_FOUND with errorCode first."""
    for path in ("bacon", "sobjects/Bacon", "sobjects/Account/0015g00000zzzzz"):
        with pytest.raises(SalesforceResourceNotFound) as caught:
            salesforce.restful(path)
        assert list(only_error(caught)) == ["errorCode", "message"]


def test_a_merge_leaves_a_forwarding_address(salesforce, control):
    """The loser is deleted and names its master; its contacts hang on the survivor."""
    kept, lost = made(salesforce, "Account", Name="Kept"), made(salesforce, "Account", Name="Lost")
    contact = made(salesforce, "Contact", LastName="Moved", AccountId=lost)
    merge = {"object": "Account", "survivor": kept, "losers": [lost]}
    assert control("salesforce/merge", merge).status_code == 204
    assert salesforce.Contact.get(contact)["AccountId"] == kept
    row = salesforce.query(
        f"SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '{lost}'", include_deleted=True
    )["records"][0]
    assert (row["IsDeleted"], row["MasterRecordId"]) == (True, kept)


def test_an_undeleted_row_returns_with_its_id(salesforce, control):
    """Undelete brings the same id back."""
    id = made(salesforce, "Account", Name="Back")
    salesforce.Account.delete(id)
    assert control("salesforce/undelete", {"object": "Account", "id": id}).status_code == 204
    assert salesforce.Account.get(id)["Name"] == "Back"


def test_an_undelete_mends_what_the_delete_tore(salesforce, control):
    """Children come back with their parent, lookups that nobody has set since point to it again."""
    account = made(salesforce, "Account", Name="Torn")
    daughter = made(salesforce, "Account", Name="Daughter", ParentId=account)
    moved = made(salesforce, "Account", Name="Moved", ParentId=account)
    contact = made(salesforce, "Contact", LastName="Child", AccountId=account)
    campaign = made(salesforce, "Campaign", Name="Fair")
    member = made(salesforce, "CampaignMember", CampaignId=campaign, ContactId=contact)
    salesforce.Account.delete(account)
    for object, id in (("Contact", contact), ("CampaignMember", member)):
        with pytest.raises(SalesforceResourceNotFound):
            getattr(salesforce, object).get(id)
    assert salesforce.Account.get(daughter)["ParentId"] is None
    salesforce.Account.update(moved, {"ParentId": daughter})

    assert control("salesforce/undelete", {"object": "Account", "id": account}).status_code == 204
    assert salesforce.Contact.get(contact)["AccountId"] == account
    assert salesforce.CampaignMember.get(member)["ContactId"] == contact
    assert salesforce.Account.get(daughter)["ParentId"] == account
    assert salesforce.Account.get(moved)["ParentId"] == daughter


def test_a_member_shows_what_its_person_says_now(salesforce, control):
    """A member copies its lead, follows its changes, and its contact after the conversion."""
    lead = made(salesforce, "Lead", LastName="Ito", FirstName="Aoi", Company="Nagare", City="Osaka")
    campaign = made(salesforce, "Campaign", Name="Fair")
    member = made(salesforce, "CampaignMember", CampaignId=campaign, LeadId=lead)
    found = salesforce.CampaignMember.get(member)
    shown = (found["Name"], found["CompanyOrAccount"], found["City"], found["LeadOrContactId"])
    assert (*shown, found["Type"]) == ("Aoi Ito", "Nagare", "Osaka", lead, "Lead")

    salesforce.Lead.update(lead, {"Email": "aoi@nagare.example"})
    after = salesforce.CampaignMember.get(member)
    assert after["Email"] == "aoi@nagare.example"
    assert after["SystemModstamp"] == found["SystemModstamp"]

    contact = control("salesforce/convert", {"lead": lead}).json()["contact"]
    last = salesforce.CampaignMember.get(member)
    assert (last["Type"], last["LeadOrContactId"], last["LeadId"]) == ("Contact", contact, lead)
