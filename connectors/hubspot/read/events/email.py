"""Opens, clicks and bounces of marketing e-mails."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from connectors.hubspot import paths
from connectors.hubspot.client import Client
from connectors.hubspot.faults import ForbiddenError
from connectors.hubspot.read.events.cursor import Cursor, records
from connectors.hubspot.read.filters import EPOCH
from connectors.protocol import Page
from tasuki.values import Json, stamp

EMAIL_EVENTS: Final = "email_events"


def emails(client: Client, object: str, fields: Sequence[str], text: str | None) -> Page:
    """One page of e-mail events; HubSpot shows the newest first within the sweep.

    Without Marketing Hub nothing can be read: the page then says that its fields are unreadable.
    """
    cursor = Cursor.parse(text)
    query = [("startTimestamp", str(cursor.since)), ("limit", str(client.settings.event_page_size))]
    if cursor.after:
        query.append(("offset", cursor.after))
    try:
        body = client.call(client.apis.get, paths.EMAIL_EVENTS, query, about=object)
    except ForbiddenError as error:
        client.denied[object] = ", ".join(error.scopes)
        return Page((), text or "{}", more=False, unreadable=tuple(fields))
    found = records([_email(row) for row in body.get("events") or ()], fields)
    after = str(body["offset"]) if body.get("hasMore") else None
    onward = cursor.onward(found, after, client.settings.event_overlap)
    return Page(found, onward.text(), after is not None)


def _email(row: Json) -> Mapping[str, Any]:
    """The event as text; `created` becomes an ISO instant, nested parts `browser.name`."""
    flat = dict(_flat(row))
    if row.get("created"):
        flat["created"] = stamp(EPOCH + timedelta(milliseconds=int(row["created"])))
    return flat


def _flat(row: Json, before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, bool):
            yield f"{before}{name}", "true" if value else "false"
        elif value not in (None, ""):
            yield f"{before}{name}", str(value)
