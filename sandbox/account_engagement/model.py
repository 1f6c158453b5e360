"""What the objects of API v5 look like: the fields an integration uses, as data.

Source: API notes, section 11.3. A line reads `name:type`; `*` can be written, `!` must be given on
create, `>object` names what an id points at (and so what dot notation reaches).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object."""

    name: str
    type: str
    """int | num | text | bool | datetime"""
    writable: bool = False
    required: bool = False
    refers_to: str | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """One collection: its fields, what it is filtered by, what can be done to it."""

    name: str
    fields: Mapping[str, Field]
    filters: frozenset[str] = frozenset()
    """Fields that a query may ask to be equal to a value."""
    does: frozenset[str] = frozenset()
    """create update delete undelete"""
    relations: Mapping[str, Field] = field(default_factory=dict)
    """`prospect` of `prospect.email`, with the field that holds the id."""

    @property
    def is_stamped(self) -> bool:
        """Whether its records tell when they last changed."""
        return "updatedAt" in self.fields

    @property
    def is_deletable(self) -> bool:
        """Whether a deleted record can still be asked for."""
        return "isDeleted" in self.fields


_BORN: Final = "id:int createdAt:datetime"
_KEPT: Final = f"{_BORN} updatedAt:datetime"
_UTM: Final = (
    "campaignParameter:text mediumParameter:text sourceParameter:text contentParameter:text "
    "termParameter:text"
)
_LINES: Final[Mapping[str, str]] = {
    "visitors": f"{_KEPT} prospectId:int>prospects campaignId:int>campaigns {_UTM} "
    "pageViewCount:int hostname:text ipAddress:text isIdentified:bool doNotSell:bool "
    "companyName:text",
    "visits": f"{_KEPT} visitorId:int>visitors prospectId:int>prospects "
    "visitorPageViewCount:int firstVisitorPageViewAt:datetime lastVisitorPageViewAt:datetime "
    f"durationInSeconds:int {_UTM}",
    "visitor-page-views": f"{_BORN} url:text title:text visitorId:int>visitors visitId:int>visits "
    "campaignId:int>campaigns durationInSeconds:int salesforceId:text",
    "visitor-activities": f"{_KEPT} type:int typeName:text details:text prospectId:int>prospects "
    "visitorId:int>visitors visitId:int>visits visitorPageViewId:int>visitor-page-views "
    "campaignId:int>campaigns emailId:int>emails formId:int>forms "
    "customRedirectId:int>custom-redirects listEmailId:int emailTemplateId:int formHandlerId:int "
    "landingPageId:int fileId:int opportunityId:int",
    "prospects": f"{_KEPT} email:text! firstName:text* lastName:text* company:text* jobTitle:text* "
    "phone:text* website:text* country:text* city:text* industry:text* source:text* notes:text* "
    "score:int* grade:text campaignId:int*>campaigns assignedToId:int>users "
    "lastActivityAt:datetime optedOut:bool* isDoNotEmail:bool* isDoNotCall:bool* "
    "salesforceId:text salesforceContactId:text salesforceLeadId:text salesforceAccountId:text "
    "salesforceCampaignId:text salesforceOwnerId:text isDeleted:bool",
    "campaigns": f"{_KEPT} name:text! cost:int* salesforceId:text isDeleted:bool",
    "lists": f"{_KEPT} name:text! title:text* description:text* isPublic:bool* isDynamic:bool "
    "campaignId:int*>campaigns isDeleted:bool",
    "list-memberships": f"{_KEPT} listId:int!>lists prospectId:int!>prospects optedOut:bool* "
    "isDeleted:bool",
    "users": f"{_KEPT} email:text firstName:text lastName:text username:text jobTitle:text "
    "role:text salesforceId:text timezone:text isDeleted:bool",
    "forms": f"{_KEPT} name:text campaignId:int>campaigns isDeleted:bool",
    "custom-redirects": f"{_KEPT} name:text url:text destinationUrl:text "
    "campaignId:int>campaigns isDeleted:bool",
    "emails": f"{_BORN} name:text subject:text prospectId:int>prospects listId:int>lists "
    "campaignId:int>campaigns sentAt:datetime",
}
_FILTERS: Final[Mapping[str, str]] = {
    "visitors": "prospectId isIdentified",
    "visits": "prospectId visitorId",
    "visitor-page-views": "visitorId visitId",
    "visitor-activities": "prospectId visitorId type",
    "prospects": "email",
    "list-memberships": "listId prospectId",
    "emails": "prospectId",
}
_ALL: Final = frozenset({"create", "update", "delete", "undelete"})
_DOES: Final[Mapping[str, frozenset[str]]] = {
    "prospects": _ALL,
    "lists": _ALL,
    "campaigns": frozenset({"create", "update", "delete"}),
    "list-memberships": frozenset({"create", "update", "delete"}),
}


def _field(line: str) -> Field:
    name, _, rest = line.partition(":")
    kind, _, to = rest.partition(">")
    flags = kind.removeprefix(kind.rstrip("*!"))
    return Field(name, kind.rstrip("*!"), bool(flags), "!" in flags, to or None)


def _object(name: str, lines: str) -> Object:
    fields = {each.name: each for each in map(_field, lines.split())}
    relations = {n.removesuffix("Id"): each for n, each in fields.items() if each.refers_to}
    filters = frozenset(_FILTERS.get(name, "").split())
    return Object(name, fields, filters, _DOES.get(name, frozenset()), relations)


OBJECTS: Final[Mapping[str, Object]] = {
    name: _object(name, lines) for name, lines in _LINES.items()
}
EXPORTED: Final[Mapping[str, str]] = {
    "visitor": "visitors",
    "visit": "visits",
    "visitorPageView": "visitor-page-views",
    "visitorActivity": "visitor-activities",
    "prospect": "prospects",
    "listMembership": "list-memberships",
}
"""What exports call the collections."""
ACTIVITY_TYPES: Final[Mapping[int, str]] = {
    1: "Click",
    2: "View",
    3: "Error",
    4: "Success",
    6: "Sent",
    11: "Open",
    12: "Unsubscribe Page",
    13: "Bounced",
    20: "Visit",
    21: "Custom URL Click",
}
