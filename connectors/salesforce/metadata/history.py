"""Past values of tracked fields, and who wrote them: the org's own field history.

An administrator chooses which fields are tracked (20 of an object), and Salesforce keeps them for
18 to 24 months; fields that are not tracked have no rows, and are so left out. Of long texts and
multi-select picklists only that they changed is kept: they are left out too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from simple_salesforce.format import format_soql

from connectors.protocol import Past
from connectors.salesforce import filters
from connectors.salesforce.client import Client
from connectors.salesforce.ids import full_id
from connectors.salesforce.metadata.describe import described_field
from connectors.salesforce.read.rows import rows
from tasuki.errors import ConfigError
from tasuki.values import instant

_KINDS: Final[Mapping[str, str]] = {
    "AutomatedProcess": "automation",
    "CloudIntegrationUser": "app",
}
"""What kind of user writes in nobody's name; everybody else is a person, or we ourselves."""
_ID: Final = "EntityId"
"""A change of a lookup is told twice: by names, and by ids."""
_NO_OBJECT: Final = "INVALID_TYPE"


@dataclass(frozen=True, slots=True)
class _Trail:
    """Where an object's past is kept."""

    object: str
    parent: str


def history(
    client: Client, object: str, ids: Sequence[str], fields: Sequence[str], since: datetime
) -> list[Past]:
    """The values that tracked fields were given since a moment, oldest first."""
    trail = _trail(object)
    told = _told_as(client, object, fields)
    if not ids or not told:
        return []
    head = (
        f"SELECT {trail.parent}, Field, DataType, NewValue, OldValue, CreatedDate, CreatedById, "  # noqa: S608
        f"CreatedBy.Name, CreatedBy.UserType FROM {trail.object} "
        f"WHERE Field IN ({', '.join(map(filters.text, told))}) AND {_since(since)} "
        f"AND {trail.parent} IN "
    )
    order = " ORDER BY CreatedDate, Id"
    found: list[Past] = []
    try:
        for chunk in filters.chunks(head + order, [full_id(id) for id in ids]):
            asked = rows(client, trail.object, f"{head}{chunk}{order}")
            found += _values(client, trail, told, asked)
    except ConfigError as error:
        if _NO_OBJECT not in error.what:
            raise
        return []  # this object's past is not kept, or not shown to us
    return found


def _trail(object: str) -> _Trail:
    if object.endswith("__c"):
        return _Trail(f"{object.removesuffix('__c')}__History", "ParentId")
    if object == "Opportunity":  # OpportunityHistory is the funnel's, row by stage
        return _Trail("OpportunityFieldHistory", "OpportunityId")
    return _Trail(f"{object}History", f"{object}Id")


def _since(moment: datetime) -> str:
    return format_soql("CreatedDate >= {}", moment).replace("+00:00", "Z")


def _told_as(client: Client, object: str, fields: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """How history names a field (`Owner` for `OwnerId`) -> the field, and whether ids tell it."""
    found: dict[str, tuple[str, bool]] = {}
    for name in fields:
        info = described_field(client, object, name)
        if info is not None:
            is_lookup = info["type"] == "reference"
            short = name.removesuffix("Id") if is_lookup else name
            found |= dict.fromkeys((name, short), (name, is_lookup))
    return found


def _values(
    client: Client,
    trail: _Trail,
    told: Mapping[str, tuple[str, bool]],
    answered: Iterator[dict[str, Any]],
) -> Iterator[Past]:
    for row in answered:
        field, is_lookup = told[row["Field"]]
        if is_lookup != (row.get("DataType") == _ID):
            continue
        if row["NewValue"] is None and row["OldValue"] is None:
            continue
        who = row.get("CreatedBy") or {}
        yield Past(
            row[trail.parent],
            field,
            row["NewValue"],
            instant(row["CreatedDate"]),
            who.get("Name") or row.get("CreatedById"),
            _kind(client, row.get("CreatedById"), who.get("UserType")),
        )


def _kind(client: Client, user: str | None, kind: str | None) -> str:
    if user is None:
        return "unknown"
    own = client.user()
    if own and full_id(own) == full_id(user):
        return "app"
    return _KINDS.get(kind or "", "user")
