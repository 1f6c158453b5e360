"""The past of fields: each value with its moment, and who wrote it.

Source: platforms notes on HubSpot, §6: 50 records per call, newest first, an open set of sources.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.metadata import HISTORY
from connectors.hubspot.read.records import plain, rows_by
from connectors.protocol import Past
from tasuki.values import Json, instant

_KINDS: Final[Mapping[str, str]] = {
    "CRM_UI": "user",
    "MOBILE": "user",
    "WORKFLOW": "automation",
    "AUTOMATION_PLATFORM": "automation",
    "CALCULATED": "automation",
    "API": "app",
    "INTEGRATION": "app",
    "SALESFORCE": "app",
}
"""What a source begins with -> who that is; the set is open, e.g. `MOBILE_IOS`, `WORKFLOWS`."""
_USER: Final = "userId:"


def past(
    client: Client, object: str, ids: Sequence[str], fields: Sequence[str], since: datetime
) -> list[Past]:
    """The values these properties were given since the moment, oldest first.

    Links and stamps have no past and are left out; so are records that are gone.
    """
    names = list(dict.fromkeys(plain(fields)))
    asked = [id for id in dict.fromkeys(ids) if id.isdigit()]
    if not names or not asked:
        return []
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)  # as exact as HubSpot's own
    remembered = [f"{HISTORY}{name}" for name in names]
    rows = {str(row["id"]): row for row in rows_by(client, object, asked, remembered, None)}
    return [each for id in asked if id in rows for each in _of(rows[id], names, since)]


def _of(row: Json, names: Sequence[str], since: datetime) -> Iterator[Past]:
    told: Mapping[str, Any] = row.get("propertiesWithHistory") or {}
    for name in names:
        versions = [(instant(each["timestamp"]), each) for each in told.get(name) or ()]
        for at, each in reversed(versions):
            if at >= since:
                value, kind = each.get("value") or None, kind_of(each.get("sourceType"))
                yield Past(str(row["id"]), name, value, at, _author(each, kind), kind)


def kind_of(source: Any) -> str:
    """Who stands behind a source: user, app, automation or unknown."""
    named = str(source or "").upper()
    return next((kind for start, kind in _KINDS.items() if named.startswith(start)), "unknown")


def _author(version: Json, kind: str) -> str | None:
    """A user by number; others by the name HubSpot shows, or the number it gives them."""
    source = str(version.get("sourceId") or "")
    user = version.get("updatedByUserId") or source.partition(_USER)[2]
    if kind == "user" and user:
        return str(user)
    return str(version.get("sourceLabel") or source or user or "") or None
