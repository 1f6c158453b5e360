"""Lead conversion: what a person does in the user interface and REST cannot do."""

from dataclasses import dataclass
from typing import Final

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import PERSON, Org
from sandbox.salesforce.rows.derive import Row
from sandbox.salesforce.rows.member import show_person
from sandbox.salesforce.rows.write import create, live, save

_TO_ACCOUNT: Final = {
    "Company": "Name",
    "Website": "Website",
    "Phone": "Phone",
    "Industry": "Industry",
    "NumberOfEmployees": "NumberOfEmployees",
    "AnnualRevenue": "AnnualRevenue",
    "Corporate_Number__c": "Corporate_Number__c",
    "OwnerId": "OwnerId",
}
_SAME: Final = ("FirstName", "LastName", "Salutation", "Title", "Email", "Phone", "MobilePhone")
_TO_CONTACT: Final = {name: name for name in (*_SAME, "LeadSource", "OwnerId")}


@dataclass(frozen=True, slots=True)
class Converted:
    """What a lead became."""

    account: str
    contact: str
    opportunity: str | None


def convert(
    org: Org,
    lead: str,
    account: str | None = None,
    contact: str | None = None,
    opportunity_name: str | None = None,
) -> Converted:
    """Turn a lead into an account, a contact and, with a name for it, an opportunity."""
    objects = org.schema.objects
    with org.state.transaction():
        row = live(org, objects["Lead"], lead)
        if row["IsConverted"]:
            text = "lead has already been converted"
            raise FaultError("CANNOT_UPDATE_CONVERTED_LEAD", text, [])
        account = account or create(org, objects["Account"], _body(row, _TO_ACCOUNT), PERSON)
        if contact is None:
            body = {**_body(row, _TO_CONTACT), "AccountId": account}
            contact = create(org, objects["Contact"], body, PERSON)
        deal = _opportunity(org, row, account, opportunity_name) if opportunity_name else None
        _close(org, row, Converted(account, contact, deal))
    return Converted(account, contact, deal)


def _body(row: Row, fields: dict[str, str]) -> Row:
    return {target: row[source] for source, target in fields.items() if row.get(source)}


def _opportunity(org: Org, row: Row, account: str, name: str) -> str:
    body = {
        "Name": name,
        "AccountId": account,
        "StageName": "Prospecting",
        "CloseDate": org.now()[:10],
        "LeadSource": row["LeadSource"],
        "OwnerId": row["OwnerId"],
    }
    return create(org, org.schema.objects["Opportunity"], body, PERSON)


def _close(org: Org, row: Row, made: Converted) -> None:
    values = {
        "IsConverted": 1,
        "Status": "Closed - Converted",
        "ConvertedDate": org.now()[:10],
        "ConvertedAccountId": made.account,
        "ConvertedContactId": made.contact,
        "ConvertedOpportunityId": made.opportunity,
    }
    save(org, org.schema.objects["Lead"], row, values, PERSON)
    lead, now, db = row["Id"], org.now(), org.state.db
    moves = {"sf_CampaignMember": "ContactId = ? WHERE LeadId = ?"}
    moves |= dict.fromkeys(("sf_Task", "sf_Event"), "WhoId = ? WHERE WhoId = ?")
    for table, move in moves.items():
        db.execute(f"UPDATE {table} SET SystemModstamp = '{now}', {move}", (made.contact, lead))
    show_person(org, "Contact", live(org, org.schema.objects["Contact"], made.contact))
    account = "UPDATE {} SET AccountId = ? WHERE WhoId = ? AND AccountId IS NULL"
    for table in ("sf_Task", "sf_Event"):
        db.execute(account.format(table), (made.account, made.contact))
