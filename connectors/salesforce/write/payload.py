"""A write as Salesforce's JSON: values, the lookups its links mean, the type it needs."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import orjson

from connectors.protocol import LinkTo, Verb, Write

_ACTIVITIES: Final = frozenset({"Task", "Event"})
_PARENTS: Final = ("AccountId", "OpportunityId", "CampaignId", "WhatId", "WhoId", "ParentId")
_ACTIVITY_LOOKUPS: Final[Mapping[str, str]] = {
    "Contact": "WhoId",
    "Lead": "WhoId",
    "User": "OwnerId",
}


def record(write: Write) -> dict[str, Any]:
    """One entry of a collections call."""
    body: dict[str, Any] = {"attributes": {"type": write.object}}
    if write.id:
        body["id"] = write.id
    return body | values(write)


def values(write: Write) -> dict[str, Any]:
    """The fields a write sets; a link is its lookup, one taken away an empty lookup."""
    body = {name: _plain(value) for name, value in write.fields.items()}
    body |= {_lookup(write.object, link): None for link in write.unlinks}
    body |= {_lookup(write.object, link): link.id for link in write.links}
    if write.natural_key and write.verb is not Verb.UPDATE:
        body.setdefault(*write.natural_key)
    return body


def parent(write: Write) -> str:
    """The id of the record that the write locks besides its own; empty when none is known."""
    named = (str(write.fields[name]) for name in _PARENTS if write.fields.get(name))
    return next(named, min((link.id for link in write.links), default=""))


def encode(body: object) -> bytes:
    """The body as JSON; an amount goes out as a number."""
    return orjson.dumps(body, default=_number)


def _lookup(object: str, link: LinkTo) -> str:
    """The lookup field behind a link: `WhoId` and `WhatId` on activities, else `AccountId` etc."""
    if object in _ACTIVITIES:
        return _ACTIVITY_LOOKUPS.get(link.object, "WhatId")
    return link.object if link.object.endswith("__c") else f"{link.object}Id"


def _plain(value: Any) -> Any:
    """Multi-select picklists are one text, joined by semicolons."""
    return ";".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
