"""What a person should know about the account, found by looking at it.

HubSpot's own Salesforce integration may run beside us: it leaves its properties behind, and where
it runs it fills them. What it owns, Tasuki must not write.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from connectors.hubspot.client import Client
from connectors.hubspot.faults import ForbiddenError
from connectors.hubspot.metadata import properties_of
from connectors.hubspot.read import filters
from connectors.hubspot.read.records import search
from connectors.protocol import Notice
from tasuki.values import Json

OBJECTS: Final = ("contacts", "companies", "deals")
TRACES: Final = (
    "salesforcelastsynctime",
    "salesforcecontactid",
    "salesforceleadid",
    "salesforceaccountid",
    "salesforceopportunityid",
)
"""Properties that HubSpot's integration fills with every record it keeps in step."""
_GROUP: Final = "salesforceinformation"
_EVENTS: Final = "events"


def notices(client: Client) -> Sequence[Notice]:
    """Who else writes here, what we may not read, and what became of our grant."""
    found = [notice for object in OBJECTS for notice in _native(client, object)]
    client.account()
    _try_events(client)
    return [*found, *_denied(client), *_grant(client)]


def _native(client: Client, object: str) -> Iterator[Notice]:
    """HubSpot's Salesforce integration, where it fills properties of this object."""
    try:
        names = [str(row["name"]) for row in properties_of(client, object) if _is_native(row)]
        total, trace = _filled(client, object, names)
    except ForbiddenError as error:
        client.denied[object] = ", ".join(error.scopes)
        return
    if total:
        owned = tuple(f"{object}.{name}" for name in names)
        yield Notice(
            "native_integration",
            f"HubSpot's own Salesforce integration keeps {total:,} {object} in step "
            f"(`{trace}` is filled); leave its fields to it.",
            owned,
        )


def _is_native(row: Json) -> bool:
    name = str(row.get("name") or "")
    return row.get("groupName") == _GROUP or name.startswith(("salesforce", "hs_salesforce"))


def _filled(client: Client, object: str, names: Sequence[str]) -> tuple[int, str]:
    """How many records carry the integration's trace, and which."""
    for trace in (name for name in TRACES if name in names):
        filled = [filters.condition(trace, "HAS_PROPERTY")]
        asked = filters.search(filled, (), limit=1, sort=filters.ID)
        total = int(search(client, object, asked).get("total") or 0)
        if total:
            return total, trace
    return 0, ""


def _try_events(client: Client) -> None:
    """Whether web events can be read; the answer is kept among what was denied."""
    work = client.apis.events.get_page
    try:
        client.call(work, event_type="e_visited_page", limit=1, about=_EVENTS)
    except ForbiddenError as error:
        client.denied[_EVENTS] = ", ".join(error.scopes)
    else:
        for name in [each for each in client.denied if each.startswith(_EVENTS)]:
            del client.denied[name]


def _denied(client: Client) -> Iterator[Notice]:
    events = {name: s for name, s in client.denied.items() if name.startswith(_EVENTS)}
    if events:
        scopes = next((each for each in events.values() if each), "a higher subscription")
        yield Notice(
            "events_unreadable",
            "This account does not let us read web events, so contacts have only HubSpot's own "
            f"sums (`hs_analytics_*`); single events need {scopes}.",
            tuple(name for name in events if name != _EVENTS),
        )
    for object, scopes in client.denied.items():
        if object not in events:
            text = f"The token may not read {object}: grant {scopes or 'its read scope'}."
            yield Notice("missing_scope", text, (object,))


def _grant(client: Client) -> Iterator[Notice]:
    if client.grant is not None and client.grant.rotated:
        yield Notice(
            "refresh_token_rotated",
            "HubSpot gave a new refresh token; store it in place of the old one by installing "
            "the app again.",
        )
