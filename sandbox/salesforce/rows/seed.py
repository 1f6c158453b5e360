"""What every org has from its first day: its row, two users, stages, a price book, a few rules."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.salesforce.org import (
    INTEGRATION_USER,
    ORGANIZATION,
    PERSON,
    PROFILE,
    STANDARD_PRICEBOOK,
    Org,
    org_of,
)
from sandbox.salesforce.rows.derive import STAGES
from sandbox.salesforce.rows.load import insert
from sandbox.salesforce.setup.automation import seed_automations
from sandbox.state import State


def seed(state: State) -> None:
    """Insert what is not there yet."""
    org = org_of(state)
    if org.row("Profile", PROFILE) is None:
        insert(state, "Profile", [{"Id": PROFILE, "Name": "System Administrator"}])
    if org.row("Organization", ORGANIZATION) is None:
        insert(state, "Organization", [_organization()])
    for id, last, username in (
        (INTEGRATION_USER, "Integration", "integration"),
        (PERSON, "Administrator", "admin"),
    ):
        if org.row("User", id) is None:
            insert(state, "User", [_user(id, last, username)])
    for object, rows in (("OpportunityStage", _stages()), *_statuses(org)):
        if not org.state.db.execute(f"SELECT 1 FROM sf_{object}").fetchone():
            insert(state, object, rows)
    if org.row("Pricebook2", STANDARD_PRICEBOOK) is None:
        book = {"Id": STANDARD_PRICEBOOK, "Name": "Standard Price Book", "IsActive": True}
        insert(state, "Pricebook2", [{**book, "IsStandard": True}])
    seed_automations(org)


def _statuses(org: Org) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The values of each status picklist, with what the platform makes of them."""
    ends = {"Lead": ("IsConverted", "Converted"), "Case": ("IsClosed", "Closed")}
    ends["Task"] = ("IsClosed", "Completed")
    for object, (flag, word) in ends.items():
        status = org.schema.objects[object].fields["Status"]
        yield (
            f"{object}Status",
            [
                {
                    "MasterLabel": value,
                    "ApiName": value,
                    "SortOrder": place,
                    "IsDefault": value == (status.default or status.values[0]),
                    flag: value.endswith(word),
                }
                for place, value in enumerate(status.values, start=1)
            ],
        )


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
