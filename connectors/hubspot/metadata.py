"""What HubSpot says about its objects, in the protocol's words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.faults import ForbiddenError, missing_object
from connectors.protocol import LABEL, LINKED, FieldInfo, ObjectInfo
from tasuki.errors import RejectedError
from tasuki.values import Json

STANDARD: Final = ("contacts", "companies", "deals", "tasks")
LINKS: Final[Mapping[str, tuple[str, ...]]] = {
    "contacts": ("companies", "deals", "tasks"),
    "companies": ("contacts", "deals", "tasks"),
    "deals": ("contacts", "companies", "tasks"),
    "tasks": ("contacts", "companies", "deals"),
    "meetings": ("contacts", "companies", "deals"),
    "calls": ("contacts", "companies", "deals"),
    "notes": ("contacts", "companies", "deals"),
    "tickets": ("contacts", "companies", "deals"),
    "line_items": ("deals",),
}
HISTORIES: Final = (
    "lifecyclestage",
    "hs_lead_status",
    "dealstage",
    "amount",
    "closedate",
    "hs_task_status",
    "hubspot_owner_id",
)
"""Properties whose past is offered; that of any other can be asked for by name as well."""
HISTORY: Final = "history."
"""Prefix of the pseudo-fields that list a property's values, e.g. `history.lifecyclestage`.

Each is a list, newest first, of `{value, at, source}` as HubSpot tells them.
"""
REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "deals": frozenset({"dealname", "dealstage"}),
    "tasks": frozenset({"hs_timestamp"}),
    "meetings": frozenset({"hs_timestamp"}),
    "calls": frozenset({"hs_timestamp"}),
    "tickets": frozenset({"subject", "hs_pipeline_stage"}),
}
TYPES: Final[Mapping[str, str]] = {
    "string": "text",
    "phone_number": "text",
    "number": "num",
    "bool": "bool",
    "date": "date",
    "datetime": "datetime",
    "enumeration": "picklist",
    "json": "json",
    "object_coordinates": "json",
}

WRITES: Final = ("create", "update", "delete")
_ACTIVITIES: Final = ("tasks", "meetings", "calls", "notes", "emails")
SCOPED: Final[Mapping[str, tuple[str, str]]] = {
    **{
        name: (f"crm.objects.{name}.read", f"crm.objects.{name}.write")
        for name in ("contacts", "companies", "deals", "leads", "owners")
    },
    **dict.fromkeys(_ACTIVITIES, ("crm.objects.contacts.read", "crm.objects.contacts.write")),
    **dict.fromkeys(("lists", "list_memberships"), ("crm.lists.read", "crm.lists.write")),
    "tickets": ("tickets", "tickets"),
}
"""Object -> the scopes to read and to write it; activities come with contacts.

Source: platforms notes on HubSpot. An object that is not here is believed to be open.
"""
_CUSTOM: Final = re.compile(r"^(2-\d+|p\d*_\w+)$")
_OF_CUSTOM: Final = ("crm.objects.custom.read", "crm.objects.custom.write")
_EVENT: Final = ("id", "eventType", "objectType", "objectId")
_WEB: Final = (
    "hs_url", "hs_title", "hs_referrer", "hs_session_id", "hs_user_agent",
    "utk", "email", "form_name", "recipient", "consent",
)  # fmt: skip
_PSEUDO: Final[Mapping[str, Mapping[str, str]]] = {
    "owners": {
        "id": "text",
        "email": "text",
        "firstName": "text",
        "lastName": "text",
        "userId": "text",
        "type": "text",
        "archived": "bool",
        "createdAt": "datetime",
    },
    "lists": {
        "listId": "text",
        "name": "text",
        "objectTypeId": "text",
        "processingType": "text",
        "size": "int",
    },
    "list_memberships": {"list_id": "text", "record_id": "text"},
    "email_events": {
        "id": "text",
        "created": "datetime",
        "type": "text",
        "recipient": "text",
        "emailCampaignId": "text",
        "appId": "text",
        "url": "text",
        "subject": "text",
        "filteredEvent": "bool",
        "deviceType": "text",
        "userAgent": "text",
        "browser.name": "text",
        "browser.type": "text",
    },
}
_WRITABLE: Final = frozenset({"name", "objectTypeId", "processingType", "list_id", "record_id"})


def discover(client: Client, objects: Sequence[str]) -> list[ObjectInfo]:
    """The named objects; without a name the standard ones, our pseudo-objects and event types."""
    return [describe(client, name) for name in objects or _known(client)]


def describe(client: Client, object: str) -> ObjectInfo:
    """One object with every field that can be asked for."""
    if object in _PSEUDO:
        return _pseudo(object, refused(client, object))
    if object.startswith("events/"):
        return _event(client, object)
    found = [_field(object, row) for row in properties_of(client, object)]
    known = {field.name for field in found}
    found.extend(_history(name) for name in HISTORIES if name in known)
    for other in LINKS.get(object, ()):
        found += [_link(other), *_labelled(client, object, other)]
    label = object.removeprefix("0-").capitalize()
    return ObjectInfo(object, label, tuple(found), refused(client, object))


def refused(client: Client, object: str) -> dict[str, str]:
    """What we may not do with an object's records -> the scope to grant."""
    held = client.scopes()
    if held is None:
        return {} if object in _PSEUDO else _unread(client, object)
    reads, writes = SCOPED.get(object) or (_OF_CUSTOM if _CUSTOM.match(object) else ("", ""))
    needed = {"read": reads, **dict.fromkeys(WRITES, writes)}
    return {
        verb: f"the scope {scope} to the app, and install it again"
        for verb, scope in needed.items()
        if scope and scope not in held
    }


def _unread(client: Client, object: str) -> dict[str, str]:
    """Of a fixed token HubSpot tells no scopes: whether it may read is seen by reading."""
    try:
        client.call(client.apis.basic.get_page, object, limit=1, about=object)
    except ForbiddenError as error:
        return {"read": f"the scope {' or '.join(error.scopes) or 'to read it'} to the token"}
    return {}


def unique_properties(client: Client, object: str) -> frozenset[str]:
    """Properties that name one record, as HubSpot says."""
    rows = definitions(client, object).values()
    return frozenset(row["name"] for row in rows if _is_unique(object, row))


def definitions(client: Client, object: str) -> Mapping[str, Json]:
    """The object's properties by name; asked once per opened connector."""
    if object not in client.defined:
        client.defined[object] = {row["name"]: row for row in properties_of(client, object)}
    return client.defined[object]


def _known(client: Client) -> list[str]:
    types = client.call(client.apis.events.get_types, about="events").get("eventTypes") or ()
    custom = sorted(name for name in map(str, types) if name.startswith("pe"))
    return [*STANDARD, *_PSEUDO, *(f"events/{name}" for name in custom)]


def properties_of(client: Client, object: str) -> list[Json]:
    """The object's living properties as HubSpot describes them."""
    try:
        answer = client.call(client.apis.properties.get_all, object, about=object)
    except RejectedError as error:
        raise missing_object(object, client.connection, (*STANDARD, *_PSEUDO)) from error
    return [row for row in answer.get("results") or () if not row.get("archived")]


def _field(object: str, row: Json) -> FieldInfo:
    limits = row.get("modificationMetadata") or {}
    is_open = not (limits.get("readOnlyValue") or row.get("calculated"))
    is_unique = _is_unique(object, row)
    is_owner = row.get("referencedObjectType") == "OWNER"
    options = () if is_owner else tuple(str(o["value"]) for o in row.get("options") or ())
    return FieldInfo(
        name=row["name"],
        type="reference" if is_owner else _type(row),
        label=row.get("label") or row["name"],
        required=row["name"] in REQUIRED.get(object, ()),
        createable=is_open,
        updateable=is_open,
        unique=is_unique,
        external_id=is_unique,
        options=options,
        restricted=bool(options) and row.get("type") == "enumeration",
        refers_to=("owners",) if is_owner else (),
    )


def _is_unique(object: str, row: Json) -> bool:
    return bool(row.get("hasUniqueValue")) or (object == "contacts" and row["name"] == "email")


def _type(row: Json) -> str:
    if row.get("type") == "enumeration" and row.get("fieldType") == "checkbox":
        return "multipicklist"
    return TYPES.get(str(row.get("type")), "text")


def _history(property: str) -> FieldInfo:
    name = f"{HISTORY}{property}"
    return FieldInfo(name, "json", f"Past of {property}", createable=False, updateable=False)


def _link(other: str) -> FieldInfo:
    name = f"{LINKED}{other}"
    return FieldInfo(
        name, "reference", f"Linked {other}", createable=False, updateable=False, refers_to=(other,)
    )


def _labelled(client: Client, object: str, other: str) -> list[FieldInfo]:
    """The links under each label the account has; none where it does not let us ask."""
    try:
        answer = client.call(client.apis.labels.get_all, object, other, about=object)
    except (ForbiddenError, RejectedError):
        return []
    labels = sorted({row["label"] for row in answer.get("results") or () if row.get("label")})
    return [replace(_link(other), name=f"{LINKED}{other}{LABEL}{label}") for label in labels]


def _pseudo(object: str, refused: Mapping[str, str]) -> ObjectInfo:
    rows = _PSEUDO[object].items()
    fields = tuple(
        FieldInfo(name, type, name, createable=name in _WRITABLE, updateable=False)
        for name, type in rows
    )
    return ObjectInfo(object, object.replace("_", " ").capitalize(), fields, refused)


def _event(client: Client, object: str) -> ObjectInfo:
    """An event type: its own parts, the usual web properties, and those of its newest events."""
    body = client.call(
        client.apis.events.get_page,
        event_type=object.removeprefix("events/"),
        limit=20,
        about=object,
    )
    seen: dict[str, Any] = {}
    for row in body.get("results") or ():
        seen.update(row.get("properties") or {})
    names = dict.fromkeys((*_EVENT, *_WEB, *sorted(seen)))
    moment = FieldInfo("occurredAt", "datetime", createable=False, updateable=False)
    others = (FieldInfo(name, "text", createable=False, updateable=False) for name in names)
    return ObjectInfo(object, object, (moment, *others))
