"""What every org has from its first day: its own row, two users, the stages, a price book."""

from collections.abc import Mapping
from typing import Any

from sandbox.salesforce.org import (
    INTEGRATION_USER,
    ORGANIZATION,
    PERSON,
    PROFILE,
    STANDARD_PRICEBOOK,
    org_of,
)
from sandbox.salesforce.rows.derive import STAGES
from sandbox.salesforce.rows.load import insert
from sandbox.state import State


def seed(state: State) -> None:
    """Insert what is not there yet."""
    org = org_of(state)
    stages = None if org.state.db.execute("SELECT 1 FROM sf_OpportunityStage").fetchone() else 1
    if org.row("Organization", ORGANIZATION) is None:
        insert(state, "Organization", [_organization()])
    for id, last, username in (
        (INTEGRATION_USER, "Integration", "integration"),
        (PERSON, "Administrator", "admin"),
    ):
        if org.row("User", id) is None:
            insert(state, "User", [_user(id, last, username)])
    if stages:
        insert(state, "OpportunityStage", _stages())
    if org.row("Pricebook2", STANDARD_PRICEBOOK) is None:
        book = {"Id": STANDARD_PRICEBOOK, "Name": "Standard Price Book", "IsActive": True}
        insert(state, "Pricebook2", [{**book, "IsStandard": True}])


def _organization() -> Mapping[str, Any]:
    return {
        "Id": ORGANIZATION,
        "Name": "Tasuki Sandbox",
        "Country": "JP",
        "DefaultLocaleSidKey": "ja_JP",
        "LanguageLocaleKey": "ja",
        "TimeZoneSidKey": "Asia/Tokyo",
        "FiscalYearStartMonth": 1,
        "OrganizationType": "Enterprise Edition",
        "InstanceName": "TSK1S",
        "IsSandbox": True,
    }


def _user(id: str, last: str, username: str) -> Mapping[str, Any]:
    return {
        "Id": id,
        "FirstName": "Sandbox",
        "LastName": last,
        "Username": f"{username}@sandbox.example",
        "Email": f"{username}@sandbox.example",
        "Alias": username[:8],
        "CommunityNickname": username,
        "IsActive": True,
        "UserType": "Standard",
        "ProfileId": PROFILE,
        "TimeZoneSidKey": "Asia/Tokyo",
        "LocaleSidKey": "ja_JP",
        "LanguageLocaleKey": "ja",
        "EmailEncodingKey": "UTF-8",
    }


def _stages() -> list[Mapping[str, Any]]:
    return [
        {
            "MasterLabel": name,
            "ApiName": name,
            "IsActive": True,
            "SortOrder": place,
            "IsClosed": stage.closed,
            "IsWon": stage.won,
            "ForecastCategory": stage.category,
            "ForecastCategoryName": stage.category_name,
            "DefaultProbability": stage.probability,
        }
        for place, (name, stage) in enumerate(STAGES.items(), start=1)
    ]
