"""What people did: event occurrences by type, and opens and clicks of marketing e-mails.

Events arrive late. HubSpot attaches the earlier visits of a browser to a contact when somebody
gives an address there, with their original times; so each pull reads again what happened within
`event_overlap` before the newest event seen, and events attached later than that are missed until
a full pull. Ids repeat across pulls; whoever stores events keeps one per id.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Final, Self

from connectors.hubspot.client import Client
from connectors.hubspot.filters import EPOCH, milliseconds
from connectors.hubspot.read.records import next_of
from connectors.protocol import Page, Record
from tasuki.errors import RejectedError
from tasuki.values import Json, dumps, instant, loads, stamp

PREFIX: Final = "events/"
EMAIL_EVENTS: Final = "email_events"
SURE_PAGE: Final = 100
"""HubSpot does not document the largest page; a refused one is asked for again with this many."""
_EMAIL_PATH: Final = "/email/public/v1/events"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a sweep stands; instants in milliseconds since 1970."""

    since: int = 0
    newest: int = 0
    after: str | None = None

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """The cursor behind its text; from the beginning without one."""
        return cls(**loads(text)) if text else cls()

    def onward(self, moments: Sequence[int], after: str | None, overlap: timedelta) -> Self:
        """The next page of the sweep, or the place from which the next sweep begins."""
        newest = max([self.newest, *moments])
        if after:
            return replace(self, newest=newest, after=after)
        since = max(self.since, newest - overlap // timedelta(milliseconds=1))
        return type(self)(since=since, newest=newest)

    def text(self) -> str:
        """The cursor as opaque text."""
        return dumps({name: value for name, value in asdict(self).items() if value})

    def iso(self) -> str:
        """The beginning of the sweep as HubSpot writes instants."""
        return stamp(EPOCH + timedelta(milliseconds=self.since))


def occurrences(client: Client, object: str, fields: Sequence[str], text: str | None) -> Page:
    """One page of the occurrences of an event type, oldest first."""
    cursor = Cursor.parse(text)
    try:
        body = _sweep(client, object, cursor, client.settings.event_page_size)
    except RejectedError:
        if client.settings.event_page_size <= SURE_PAGE:
            raise
        body = _sweep(client, object, cursor, SURE_PAGE)
    rows = [_occurrence(row) for row in body.get("results") or ()]
    return _page(client, cursor, rows, fields, next_of(body))


def _sweep(client: Client, object: str, cursor: Cursor, limit: int) -> Json:
    options: dict[str, Any] = {"after": cursor.after} if cursor.after else {}
    return client.call(
        client.apis.events.get_page,
        event_type=object.removeprefix(PREFIX),
        occurred_after=cursor.iso(),
        limit=limit,
        sort=["occurredAt"],
        about=object,
        **options,
    )


def emails(client: Client, object: str, fields: Sequence[str], text: str | None) -> Page:
    """One page of e-mail events; HubSpot shows the newest first within the sweep."""
    cursor = Cursor.parse(text)
    query = [("startTimestamp", str(cursor.since)), ("limit", str(client.settings.event_page_size))]
    if cursor.after:
        query.append(("offset", cursor.after))
    body = client.call(client.apis.get, _EMAIL_PATH, query, about=object)
    rows = [_email(row) for row in body.get("events") or ()]
    after = str(body["offset"]) if body.get("hasMore") else None
    return _page(client, cursor, rows, fields, after)


def _page(
    client: Client,
    cursor: Cursor,
    rows: Sequence[Mapping[str, Any]],
    fields: Sequence[str],
    after: str | None,
) -> Page:
    unique = {str(row["id"]): row for row in rows}
    found = tuple(_record(id, row, fields) for id, row in unique.items())
    moments = [milliseconds(record.modified_at) for record in found if record.modified_at]
    onward = cursor.onward(moments, after, client.settings.event_overlap)
    return Page(tuple(sorted(found, key=_moment)), onward.text(), after is not None)


def _moment(record: Record) -> str:
    return stamp(record.modified_at) if record.modified_at else ""


def _record(id: str, row: Mapping[str, Any], fields: Sequence[str]) -> Record:
    moment = row.get("occurredAt") or row.get("created")
    values = {name: row.get(name) or None for name in fields}
    return Record(id, values, instant(str(moment)) if moment else None)


def _occurrence(row: Json) -> Mapping[str, Any]:
    """The event's own parts beside its properties, all by name."""
    parts = {name: value for name, value in row.items() if name != "properties"}
    return {**(row.get("properties") or {}), **parts}


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
