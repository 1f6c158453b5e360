"""The objects of API v5 and their fields, as data: the platform has no describe.

Source: API notes, section 11.3. `name:type`; `*` can be written, `!` must be given on create,
`>object` is what an id points at. A custom field of a prospect is asked for by its own name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.protocol import FieldInfo, ObjectInfo
from tasuki.errors import ConfigError

DELETED: Final = "isDeleted"
MOVED: Final = "updatedAt"
BORN: Final = "createdAt"
_UTM: Final = (
    "campaignParameter:text mediumParameter:text sourceParameter:text contentParameter:text "
    "termParameter:text"
)
_KEPT: Final = "id:int createdAt:datetime updatedAt:datetime"
_LINES: Final[Mapping[str, str]] = {
    "prospects": f"{_KEPT} email:text! firstName:text* lastName:text* company:text* jobTitle:text* "
    "phone:text* website:text* country:text* city:text* industry:text* source:text* notes:text* "
    "score:int* grade:text campaignId:int*>campaigns assignedToId:int>users "
    "lastActivityAt:datetime optedOut:bool* isDoNotEmail:bool* isDoNotCall:bool* "
    "salesforceId:text salesforceContactId:text salesforceLeadId:text salesforceAccountId:text "
    "salesforceCampaignId:text salesforceOwnerId:text isDeleted:bool",
    "visitors": f"{_KEPT} prospectId:int*>prospects campaignId:int>campaigns {_UTM} "
    "pageViewCount:int hostname:text ipAddress:text isIdentified:bool doNotSell:bool "
    "companyName:text*",
    "visits": f"{_KEPT} visitorId:int>visitors prospectId:int>prospects visitorPageViewCount:int "
    "firstVisitorPageViewAt:datetime lastVisitorPageViewAt:datetime durationInSeconds:int "
    f"{_UTM}",
    "visitor-page-views": "id:int createdAt:datetime url:text title:text visitorId:int>visitors "
    "visitId:int>visits campaignId:int>campaigns durationInSeconds:int salesforceId:text",
    "visitor-activities": "id:int createdAt:datetime updatedAt:datetime type:int typeName:text "
    "details:text prospectId:int>prospects visitorId:int>visitors visitId:int>visits "
    "visitorPageViewId:int>visitor-page-views campaignId:int>campaigns emailId:int>emails "
    "emailTemplateId:int listEmailId:int formId:int>forms formHandlerId:int landingPageId:int "
    "fileId:int customRedirectId:int>custom-redirects opportunityId:int",
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
    "emails": "id:int createdAt:datetime name:text subject:text prospectId:int>prospects "
    "listId:int>lists campaignId:int>campaigns sentAt:datetime",
}
_BY_ID: Final = frozenset({"visitor-page-views", "visitor-activities", "emails"})
"""Walked by id: nothing in them moves, or its stamp does not tell."""
_FILTERS: Final[Mapping[str, frozenset[str]]] = {
    "prospects": frozenset({"email"}),
    "visitors": frozenset({"prospectId"}),
    "visits": frozenset({"prospectId", "visitorId"}),
    "visitor-page-views": frozenset({"visitorId", "visitId"}),
    "visitor-activities": frozenset({"prospectId", "visitorId", "type"}),
    "list-memberships": frozenset({"listId", "prospectId"}),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One object: its fields, which stamp a walk goes by, whether its deletes are told."""

    name: str
    fields: Mapping[str, FieldInfo]
    filters: frozenset[str]
    is_stamped: bool

    @property
    def stamp(self) -> str:
        """The field that is told as `Record.modified_at`."""
        return MOVED if self.is_stamped else BORN

    @property
    def tells_deletes(self) -> bool:
        """Whether deleted records can be asked for."""
        return DELETED in self.fields


def _field(line: str) -> FieldInfo:
    name, _, rest = line.partition(":")
    kind, _, to = rest.partition(">")
    plain = kind.rstrip("*!")
    required = kind.endswith("!")
    return FieldInfo(
        name,
        "reference" if to else plain,
        required=required,
        createable=kind != plain,
        updateable=kind != plain and not (required and to),
        refers_to=(to,) if to else (),
    )


def _kind(name: str, lines: str) -> Kind:
    fields = {each.name: each for each in map(_field, lines.split())}
    return Kind(name, fields, _FILTERS.get(name, frozenset()), name not in _BY_ID)


KINDS: Final[Mapping[str, Kind]] = {name: _kind(name, lines) for name, lines in _LINES.items()}


def kind_of(object: str, connection: str) -> Kind:
    """The object of that name. Errors: ConfigError when this connector knows none."""
    found = KINDS.get(object)
    if found is None:
        raise ConfigError(
            f"Account Engagement has no object {object!r} here",
            where=connection,
            why=f"the connector reads: {', '.join(KINDS)}",
            remedy="Correct the object in the mapping.",
        )
    return found


def discover(objects: Sequence[str], connection: str) -> list[ObjectInfo]:
    """The named objects, or all: from the documentation, since nobody can be asked."""
    kinds = [kind_of(name, connection) for name in objects] if objects else [*KINDS.values()]
    return [
        ObjectInfo(kind.name, _label(kind.name), (*kind.fields.values(), *_through(kind)))
        for kind in kinds
    ]


def _through(kind: Kind) -> Iterator[FieldInfo]:
    """What related records say in words, one dot away: `prospect.email`."""
    for field in kind.fields.values():
        for target in field.refers_to:
            for each in KINDS[target].fields.values():
                if each.type == "text":
                    name = f"{field.name.removesuffix('Id')}.{each.name}"
                    yield FieldInfo(name, "text", createable=False, updateable=False)


def _label(name: str) -> str:
    return name.replace("-", " ").capitalize()
