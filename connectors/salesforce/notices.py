"""What a person should know about the org, found by a few cheap looks at it."""

import re
from collections.abc import Iterator
from typing import Final

from connectors.budget import Limits
from connectors.protocol import Notice
from connectors.salesforce.client import Client
from connectors.salesforce.metadata.describe import describe
from tasuki.errors import RejectedError
from tasuki.values import Json

_PACKAGE: Final = re.compile(r"^(?:HubSpot\w*?|hs_\w*?)__\w+__c$", re.IGNORECASE)
"""Fields that HubSpot's managed package put there: a namespace, two underscores, the field."""
_LOOKED_AT: Final = ("Lead", "Contact", "Account", "Opportunity")
_NEARLY_ALL: Final = 0.8


def notices(client: Client) -> list[Notice]:
    """Another integration beside us, and a day's calls that run out."""
    return [*_native_integration(client), *_usage(client)]


def _native_integration(client: Client) -> Iterator[Notice]:
    found = tuple(
        f"{object}.{field['name']}"
        for object in _LOOKED_AT
        for field in _fields(client, object)
        if _PACKAGE.match(field["name"])
    )
    if found:
        text = (
            "HubSpot's own Salesforce integration is installed in this org: it may write the same "
            "records as Tasuki."
        )
        yield Notice("native_integration", text, found)


def _fields(client: Client, object: str) -> list[Json]:
    try:
        found: list[Json] = describe(client, object)["fields"]
    except RejectedError:  # not shown to us
        return []
    return found


def _usage(client: Client) -> Iterator[Notice]:
    """The exact counters behind the gauge; they lag by minutes and cover a rolling day."""
    said: Json = client.ask(lambda rest: rest.restful("limits"), client.connection)
    calls = said.get("DailyApiRequests") or {}
    allowed, left = calls.get("Max"), calls.get("Remaining")
    if not allowed or left is None:
        return
    used = allowed - left
    client.budget.told(Limits(used, allowed, client.tally.calls))
    if used > allowed * _NEARLY_ALL:
        text = f"The org has made {used} of its {allowed} API calls of the last 24 hours."
        yield Notice("calls_nearly_used", text)
