"""What a subscriber is sent of a change: one object per notification."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.hubspot.data.kinds import find_kind
from sandbox.hubspot.faults import PORTAL

GENERIC: Final = "object"
SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "CREATE": ("creation",),
    "UPDATE": (),
    "DELETE": ("deletion",),
    "GDPR_DELETE": ("privacyDeletion", "deletion"),
    "MERGE": ("merge",),
    "RESTORE": ("restore",),
    "ASSOCIATION_ADDED": ("associationChange",),
    "ASSOCIATION_REMOVED": ("associationChange",),
}
_PROPERTY: Final = "propertyChange"
_FLAGS: Final = {"creation": "NEW"}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the log; `document` holds its properties, author and particulars."""

    number: int
    at: int
    action: str
    type: str
    object: int
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an app wants to hear: `contact.creation`, or `object.creation` of one type id."""

    id: int
    app: int
    event: str
    type: str | None
    property: str | None

    def concerns(self, type: str) -> bool:
        """Whether records of this type id are meant."""
        name = self.event.partition(".")[0]
        if name == GENERIC:
            return self.type == type
        kind = find_kind(type)
        return kind is not None and kind.singular == name


def notifications(change: Change, hook: Subscription) -> Iterator[dict[str, Any]]:
    """What this subscription is told of this change; an association has two sides."""
    suffix = hook.event.partition(".")[2]
    if not any(hook.concerns(each) for each in _sides(change)):
        return
    if suffix == _PROPERTY:
        yield from _properties(change, hook)
    elif suffix in SUFFIXES.get(change.action, ()):
        yield _frame(change, hook) | _particulars(change, suffix)


def _sides(change: Change) -> tuple[str, ...]:
    other = change.document.get("toType")
    return (change.type,) if other is None else (change.type, other)


def _properties(change: Change, hook: Subscription) -> Iterator[dict[str, Any]]:
    if change.action not in ("CREATE", "UPDATE"):
        return
    value = change.document["properties"].get(hook.property)
    if value is not None:
        frame = _frame(change, hook) | {"objectId": change.object}
        yield frame | {"propertyName": hook.property, "propertyValue": value}


def _particulars(change: Change, suffix: str) -> dict[str, Any]:
    given = change.document
    if suffix == "merge":
        names = ("primaryObjectId", "mergedObjectIds", "newObjectId", "numberOfPropertiesMoved")
        return {name: given[name] for name in names}
    if suffix == "associationChange":
        return {
            "associationType": given["associationType"],
            "fromObjectId": change.object,
            "toObjectId": given["toObjectId"],
            "associationRemoved": change.action == "ASSOCIATION_REMOVED",
            "isPrimaryAssociation": given["isPrimaryAssociation"],
        }
    flag = {"changeFlag": _FLAGS[suffix]} if suffix in _FLAGS else {}
    return {"objectId": change.object, **flag}


def _frame(change: Change, hook: Subscription) -> dict[str, Any]:
    """All notifications of one change share its `eventId`."""
    source, source_id = change.document["author"]
    frame: dict[str, Any] = {
        "eventId": 4_100_000_000 + change.number,
        "subscriptionId": hook.id,
        "portalId": PORTAL,
        "appId": hook.app,
        "occurredAt": change.at,
        "subscriptionType": hook.event,
        "attemptNumber": 0,
        "changeSource": source,
        "sourceId": source_id,
    }
    return frame | ({"objectTypeId": change.type} if hook.event.startswith(GENERIC) else {})
