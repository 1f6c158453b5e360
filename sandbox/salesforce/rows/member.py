"""Campaign members: their campaign's statuses, and what they show of their lead or contact."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.salesforce.org import Org

FIRST_STATUSES: Final[tuple[Mapping[str, Any], ...]] = (
    {"Label": "Sent", "SortOrder": 1, "IsDefault": True, "HasResponded": False},
    {"Label": "Responded", "SortOrder": 2, "IsDefault": False, "HasResponded": True},
)
_ADDRESS: Final = ("Street", "City", "State", "PostalCode", "Country")
_SAME: Final = (
    "Salutation", "Name", "FirstName", "LastName", "Title", "Email", "Phone", "Fax",
    "MobilePhone", "Description", "LeadSource",
)  # fmt: skip
_SHOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "Lead": {
        **{name: name for name in (*_SAME, *_ADDRESS)},
        "CompanyOrAccount": "Company",
        "LeadOrContactId": "Id",
        "LeadOrContactOwnerId": "OwnerId",
    },
    "Contact": {
        **{name: name for name in _SAME},
        **{name: f"Mailing{name}" for name in _ADDRESS},
        "LeadOrContactId": "Id",
        "LeadOrContactOwnerId": "OwnerId",
    },
}
_MEMBERS: Final = {"Lead": "LeadId = ? AND ContactId IS NULL", "Contact": "ContactId = ?"}


def member_statuses(org: Org, campaign: str | None) -> dict[str, bool]:
    """A campaign's statuses, each with whether it is a response; none for one that was loaded."""
    sql = (
        "SELECT Label, HasResponded FROM sf_CampaignMemberStatus"
        " WHERE CampaignId = ? AND IsDeleted = 0"
    )
    return {label: bool(one) for label, one in org.state.db.execute(sql, (campaign,)).fetchall()}


def shown_of_person(org: Org, member: Mapping[str, Any]) -> dict[str, Any]:
    """What a member shows of its contact or, without one, of its lead."""
    name = "Contact" if member["ContactId"] else "Lead"
    person = org.row(name, member[f"{name}Id"]) if member[f"{name}Id"] else None
    return {} if person is None else _shown(org, name, person)


def show_person(org: Org, name: str, person: Mapping[str, Any]) -> None:
    """Let the members of a saved lead or contact show what it says now; their stamps stay."""
    values = _shown(org, name, person)
    sets = ", ".join(f"{each} = ?" for each in values)
    sql = f"UPDATE sf_CampaignMember SET {sets} WHERE {_MEMBERS[name]}"
    org.state.db.execute(sql, (*values.values(), person["Id"]))


def _shown(org: Org, name: str, person: Mapping[str, Any]) -> dict[str, Any]:
    found = {target: person.get(source) for target, source in _SHOWN[name].items()}
    found["Type"] = name
    if name == "Contact":
        found["CompanyOrAccount"] = org.value("Account", person["AccountId"], "Name")
    known = org.tables["CampaignMember"].columns
    return {each: value for each, value in found.items() if each in known}
