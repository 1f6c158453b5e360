"""What the org's describe says, in our words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.protocol import FieldInfo, ObjectInfo
from connectors.salesforce.client import Client, Rest

STANDARD: Final = (
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "OpportunityLineItem",
    "OpportunityContactRole",
    "OpportunityHistory",
    "Task",
    "Event",
    "Case",
    "Campaign",
    "CampaignMember",
    "Product2",
    "PricebookEntry",
    "User",
    "Asset",
    "Contract",
)
"""What discovery describes when nobody names an object; an org has hundreds more."""

_TYPES: Final[Mapping[str, str]] = {
    "boolean": "bool",
    "int": "int",
    "long": "int",
    "double": "num",
    "currency": "num",
    "percent": "num",
    "date": "date",
    "datetime": "datetime",
    "picklist": "picklist",
    "multipicklist": "multipicklist",
    "reference": "reference",
    "address": "json",
    "location": "json",
    "complexvalue": "json",
    "anyType": "json",
}
"""Every other type is text to us (string, textarea, email, phone, url, id, time, combobox ...)."""

_RIGHTS: Final[Mapping[str, tuple[str, str]]] = {
    "read": ("queryable", "Read"),
    "create": ("createable", "Create"),
    "update": ("updateable", "Edit"),
    "delete": ("deletable", "Delete"),
}
"""What may be done -> the describe's flag for it, and its name in a permission set."""
_NAMES: Final[Mapping[str, Mapping[str, Any]]] = {
    name: {"name": name, "type": "boolean" if name == "IsActive" else "string"}
    for name in "Id Name FirstName LastName Alias Email Phone Title Type Username IsActive".split()
}
"""What a lookup to several objects (`Owner`, `Who`) shows, whatever stands behind it."""


def describe(client: Client, object: str) -> Mapping[str, Any]:
    """The object's describe; asked for once per opened connector."""
    if object not in client.described:
        where = f"{client.connection}/{object}"
        client.described[object] = client.ask(
            lambda rest: rest.restful(f"sobjects/{object}/describe"), where
        )
    return client.described[object]


def discover(client: Client, objects: Sequence[str]) -> list[ObjectInfo]:
    """Live metadata of the named objects, or of the standard ones that we may see."""
    return [_object(_fresh(client, name)) for name in objects or _visible(client)]


def is_unique(client: Client, object: str, field: str) -> bool:
    """Whether the org itself refuses a second record with this value."""
    for info in describe(client, object)["fields"]:
        if info["name"] == field:
            return bool(info.get("externalId") and info.get("unique"))
    return False


def described_field(client: Client, object: str, path: str) -> Mapping[str, Any] | None:
    """What describe says about a field, also through lookups (`Owner.Email`); None: not shown.

    A lookup to several objects shows what any of them has, and the fields that all names have.
    """
    relation, dot, rest = path.partition(".")
    fields = describe(client, object)["fields"]
    if not dot:
        return next((each for each in fields if each["name"].lower() == path.lower()), None)
    lookups = (each for each in fields if (each.get("relationshipName") or "") == relation)
    lookup = next(lookups, None)
    if lookup is None:
        return None
    targets = lookup.get("referenceTo") or ()
    if len(targets) != 1 and rest in _NAMES:
        return _NAMES[rest]
    found = (described_field(client, target, rest) for target in targets)
    return next((each for each in found if each), None)


def _fresh(client: Client, object: str) -> Mapping[str, Any]:
    client.described.pop(object, None)
    return describe(client, object)


def _visible(client: Client) -> list[str]:
    def sobjects(rest: Rest) -> Any:
        return rest.restful("sobjects")

    seen = {each["name"] for each in client.ask(sobjects, client.connection)["sobjects"]}
    return [name for name in STANDARD if name in seen]


def _object(described: Mapping[str, Any]) -> ObjectInfo:
    return ObjectInfo(
        name=described["name"],
        label=described.get("label") or described["name"],
        fields=tuple(_field(info) for info in described["fields"]),
        refused={
            verb: f"{right} on {described['name']} to the integration user"
            for verb, (flag, right) in _RIGHTS.items()
            if described.get(flag) is False
        },
    )


def _field(info: Mapping[str, Any]) -> FieldInfo:
    createable = bool(info.get("createable"))
    options = [each["value"] for each in info.get("picklistValues") or [] if each.get("active")]
    return FieldInfo(
        name=info["name"],
        type=_TYPES.get(info["type"], "text"),
        label=info.get("label") or info["name"],
        length=info.get("length") or None,
        required=createable and not info.get("nillable") and not info.get("defaultedOnCreate"),
        createable=createable,
        updateable=bool(info.get("updateable")),
        unique=bool(info.get("unique")),
        external_id=bool(info.get("externalId")),
        options=tuple(options),
        restricted=bool(info.get("restrictedPicklist")),
        refers_to=tuple(info.get("referenceTo") or ()),
    )
