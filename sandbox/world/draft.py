"""The world while it grows: what each room adds, and who is behind every record."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from random import Random
from typing import Final

from sandbox.salesforce.ids import new_id
from sandbox.world.cast.company import Company
from sandbox.world.cast.evidence import Evidence
from sandbox.world.cast.person import Person, User
from sandbox.world.shape import (
    HUBSPOT,
    SALESFORCE,
    Association,
    Case,
    Cell,
    CookieTruth,
    EmailEvent,
    FormSubmission,
    RecordKey,
    RecordTruth,
    Row,
    WebEvent,
)

PREFIXES: Final = {
    "User": "005", "Product2": "01t", "PricebookEntry": "01u", "Account": "001", "Contact": "003",
    "Lead": "00Q", "Campaign": "701", "CampaignMember": "00v", "Opportunity": "006",
    "OpportunityLineItem": "00k", "OpportunityContactRole": "00K", "OpportunityHistory": "008",
    "Task": "00T", "Event": "00U", "Case": "500",
}  # fmt: skip
_FIRST_IDS: Final = {
    "companies": 7_000_000,
    "contacts": 5_000_000,
    "deals": 9_000_000,
    "tasks": 3_000_000,
}

_ACCOUNTS: Final = f"{SALESFORCE}.Account"


class Draft:
    """Collects rows and truths; each topic draws from its own random stream."""

    def __init__(self, seed: int, scale: float, today: date) -> None:
        """Start with empty systems on the morning of that day, UTC."""
        self.seed = seed
        self.scale = scale
        self.today = today
        self.now = datetime.combine(today, time(), UTC)
        self.users: list[User] = []
        self.companies: list[Company] = []
        self.evidence: dict[str, Evidence] = {}
        self.strangers: list[Company] = []
        self.people: list[Person] = []
        self.salesforce: dict[str, list[Row]] = {name: [] for name in PREFIXES}
        self.hubspot: dict[str, list[Row]] = {name: [] for name in _FIRST_IDS}
        self.associations: list[Association] = []
        self.events: list[WebEvent] = []
        self.email_events: list[EmailEvent] = []
        self.submissions: list[FormSubmission] = []
        self.records: list[RecordTruth] = []
        self.cookies: list[CookieTruth] = []
        self.planted: dict[str, list[Case]] = {}
        self.ids: dict[tuple[str, str], list[str]] = {}
        self._at: dict[tuple[str, str], list[str]] = {}

    def rng(self, topic: str) -> Random:
        """The random stream of one topic: the same for the same seed."""
        return Random(f"{self.seed}/{topic}")

    def add_salesforce(
        self, object: str, created: datetime, modified: datetime, **cells: Cell
    ) -> str:
        """One more row of an object; its id."""
        rows = self.salesforce[object]
        id = new_id(PREFIXES[object], len(rows) + 1)
        row: Row = {"Id": id, **cells, "CreatedDate": created, "SystemModstamp": modified}
        if object != "OpportunityHistory":
            row["LastModifiedDate"] = modified
        rows.append(row)
        return id

    def add_hubspot(self, object: str, created: datetime, modified: datetime, **cells: Cell) -> str:
        """One more record of an object type; its id. `created` and `modified` stand in the row."""
        rows = self.hubspot[object]
        id = str(_FIRST_IDS[object] + 17 * (len(rows) + 1))
        rows.append({"id": id, "created": created, "modified": modified, **cells})
        return id

    def own(
        self, system: str, object: str, id: str, company: Company | None, person: str | None = None
    ) -> None:
        """Say whose record this is."""
        owner = company.id if company else None
        self.records.append(RecordTruth(system, object, id, owner, person))
        key = person or owner or ""
        self.ids.setdefault((key, f"{system}.{object}"), []).append(id)
        if person and owner:
            self._at.setdefault((owner, f"{system}.{object}"), []).append(id)

    def ids_of(self, key: str, system: str, object: str) -> list[str]:
        """The ids of a company's or person's records in one object."""
        return self.ids.get((key, f"{system}.{object}"), [])

    def first_id(self, key: str, system: str, object: str) -> str | None:
        """The first of those ids, or None."""
        return next(iter(self.ids_of(key, system, object)), None)

    def link(
        self, from_object: str, from_id: str, to_object: str, to_id: str, type_id: int
    ) -> None:
        """Associate two HubSpot records."""
        self.associations.append(Association(from_object, from_id, to_object, to_id, type_id))

    def plant(self, kind: str, case: str, **facts: object) -> None:
        """Write down one planted truth or trap."""
        self.planted.setdefault(kind, []).append({"case": case, **facts})

    def company_records(self, company: Company) -> list[RecordKey]:
        """Every record of a company, in every system."""
        objects = (
            (SALESFORCE, "Account"),
            (HUBSPOT, "companies"),
            ("sales", "customers"),
            ("sales", "legacy"),
        )
        return [
            (system, object, id)
            for system, object in objects
            for id in self.ids_of(company.id, system, object)
        ]

    def person_records(self, person: str) -> list[RecordKey]:
        """Every record of a person, in both CRMs."""
        objects = ((SALESFORCE, "Contact"), (SALESFORCE, "Lead"), (HUBSPOT, "contacts"))
        return [
            (system, object, id)
            for system, object in objects
            for id in self.ids_of(person, system, object)
        ]

    def contacts_at(self, company: Company) -> list[str]:
        """The Salesforce contacts of a company's people."""
        return self._at.get((company.id, f"{SALESFORCE}.Contact"), [])

    def hubspot_contacts_at(self, company: Company) -> list[str]:
        """The HubSpot contacts of a company's people."""
        return self._at.get((company.id, f"{HUBSPOT}.contacts"), [])

    def team(self, name: str, *, active: bool = True) -> list[User]:
        """The users of one team."""
        return [user for user in self.users if user.team == name and user.is_active == active]

    @cached_property
    def busy(self) -> frozenset[str]:
        """Companies with an open deal, and partners; ask when the CRMs are filled."""
        owner = {
            id: key for (key, where), ids in self.ids.items() if where == _ACCOUNTS for id in ids
        }
        accounts = {row["Id"] for row in self.salesforce["Account"] if row["Partner__c"]}
        for row in self.salesforce["Opportunity"]:
            if not str(row["StageName"]).startswith("Closed"):
                accounts.add(row["AccountId"])
        return frozenset(owner[str(id)] for id in accounts)

    def ago(self, days: float) -> datetime:
        """So many days before the world's end, in whole seconds."""
        return self.now - timedelta(seconds=round(days * 86_400))
