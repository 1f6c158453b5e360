"""The generated world as plain data, before any sandbox, file or database sees it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

Cell: TypeAlias = str | int | float | bool | datetime | date | None
Row: TypeAlias = dict[str, Cell]
RecordKey: TypeAlias = tuple[str, str, str]
Case: TypeAlias = dict[str, object]

SALESFORCE = "salesforce"
HUBSPOT = "hubspot"
SALES = "sales"


@dataclass(frozen=True, slots=True)
class Association:
    """One HubSpot association; the type id counts in the direction from -> to."""

    from_object: str
    from_id: str
    to_object: str
    to_id: str
    type_id: int


@dataclass(frozen=True, slots=True)
class Owner:
    """One HubSpot owner; the same e-mail as a Salesforce user."""

    id: str
    user_id: int
    email: str
    first_name: str
    last_name: str
    archived: bool


@dataclass(frozen=True, slots=True)
class WebEvent:
    """One custom event as HubSpot stores it: on the contact its cookie was first tied to."""

    id: str
    event_type: str
    contact_id: str
    occurred_at: datetime
    properties: dict[str, str]


@dataclass(frozen=True, slots=True)
class EmailEvent:
    """One opened or clicked marketing e-mail."""

    id: str
    type: str
    recipient: str
    created: datetime
    campaign_id: int
    url: str | None


@dataclass(frozen=True, slots=True)
class FormSubmission:
    """One form as it was sent, cookie included."""

    form_id: str
    form_name: str
    submitted_at: datetime
    page_url: str
    email: str
    utk: str


@dataclass(frozen=True, slots=True)
class ContactList:
    """One static HubSpot contact list with its members."""

    id: str
    name: str
    processing_type: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HubSpotSide:
    """Everything the HubSpot account holds."""

    objects: dict[str, list[Row]]
    associations: list[Association]
    owners: list[Owner]
    lists: list[ContactList]
    events: list[WebEvent]
    email_events: list[EmailEvent]
    submissions: list[FormSubmission]
    forms: dict[str, str]


@dataclass(frozen=True, slots=True)
class SalesSide:
    """The sales system: two tables and two files, one Row per line, columns in file order."""

    customers: list[Row]
    lines: list[Row]
    contracts: list[Row]
    legacy: list[Row]


@dataclass(frozen=True, slots=True)
class RecordTruth:
    """Whose record this really is; None where it is nobody's."""

    system: str
    object: str
    id: str
    company: str | None
    person: str | None


@dataclass(frozen=True, slots=True)
class CookieTruth:
    """Who used a cookie from which moment on; the first owner also had it before."""

    utk: str
    kind: str
    hubspot_contact: str
    spans: tuple[tuple[str, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a perfect Tasuki would find in this world."""

    rules: dict[str, dict[str, Cell]]
    settings: dict[str, list[str]]
    teams: list[Row]
    companies: list[Row]
    people: list[Row]
    records: list[RecordTruth]
    cookies: list[CookieTruth]
    planted: dict[str, list[Case]]


@dataclass(frozen=True, slots=True)
class World:
    """One company's data in every system on one day; equal arguments give equal worlds."""

    seed: int
    scale: float
    today: date
    salesforce: dict[str, list[Row]]
    hubspot: HubSpotSide
    sales: SalesSide
    truth: Truth
