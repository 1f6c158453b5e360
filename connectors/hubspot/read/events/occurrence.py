"""Occurrences of one event type: swept through time, then what was attached to contacts later.

HubSpot attaches the earlier visits of a browser to a contact when somebody gives an address there,
with their original times. A pull reads again what happened within `event_overlap` before the
newest event seen; contacts whose conversions or first visit moved since are read from their first
event on (`attached`). Ids repeat across pulls; whoever stores events keeps one per id.

Below Enterprise the events cannot be read: the page then says that its fields are unreadable, and
the contacts' own `hs_analytics_*` properties are what there is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.faults import ForbiddenError, RefusedError
from connectors.hubspot.read.events import attached
from connectors.hubspot.read.events.cursor import Cursor, records
from connectors.hubspot.read.filters import milliseconds
from connectors.hubspot.read.records import next_of
from connectors.protocol import Page
from tasuki.errors import RejectedError
from tasuki.values import Json

PREFIX: Final = "events/"
SURE_PAGE: Final = 100
"""HubSpot does not document the largest page; a refused one is asked for again with this many."""
HISTORIES_PER_PAGE: Final = 20
_BY_CONTACT_ONLY: Final = "EVENT_TYPE_READS_NOT_ALLOWED"
_DAY: Final = timedelta(days=1) // timedelta(milliseconds=1)


def occurrences(client: Client, object: str, fields: Sequence[str], text: str | None) -> Page:
    """One page of the occurrences of an event type, oldest first."""
    cursor = Cursor.parse(text)
    try:
        if cursor.left is not None:
            return _histories(client, object, fields, cursor)
        if cursor.by_contact:
            return _by_contact(client, object, fields, cursor)
        return _swept(client, object, fields, cursor)
    except ForbiddenError as error:
        client.denied[object] = ", ".join(error.scopes)
        return Page((), text or "{}", more=False, unreadable=tuple(fields))


# ── the sweep ──


def _swept(client: Client, object: str, fields: Sequence[str], cursor: Cursor) -> Page:
    cursor = cursor if cursor.base is not None else replace(cursor, base=cursor.newest)
    try:
        body = _sweep(client, object, cursor, client.settings.event_page_size)
    except RejectedError as error:
        if isinstance(error, RefusedError) and _BY_CONTACT_ONLY in error.refusal.sub_category:
            return _by_contact(client, object, fields, replace(cursor, by_contact=True))
        if client.settings.event_page_size <= SURE_PAGE:
            raise
        body = _sweep(client, object, cursor, SURE_PAGE)
    found = records([occurrence(row) for row in body.get("results") or ()], fields)
    after = next_of(body)
    onward = _timed(client, cursor).onward(found, after, client.settings.event_overlap)
    if after is None:
        onward = _checked(client, onward)
    return Page(found, onward.text(), more=after is not None or onward.left is not None)


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


def _timed(client: Client, cursor: Cursor) -> Cursor:
    """When the pull began on HubSpot's clock, after its first answer."""
    if cursor.server is not None:
        return cursor
    return replace(cursor, server=milliseconds(client.server_time() or client.clock.now()))


def _checked(client: Client, cursor: Cursor) -> Cursor:
    """After a sweep: rest, or go on with contacts that had older events attached.

    An attachment comes with a new event, so a sweep without news looks at most once a day; the
    first pull has read everything.
    """
    began, before = cursor.server or 0, cursor.checked
    checked = began - client.settings.overlap // timedelta(milliseconds=1)
    owed = list(cursor.owed)
    if before is not None and cursor.newest == cursor.base and checked - before < _DAY:
        checked = before
    elif before is not None:
        owed = attached.contacts(client, before, owed)
    rest = replace(cursor, base=None, server=None, checked=checked, owed=owed)
    return replace(rest, left=client.settings.event_histories) if owed else rest


# ── single contacts ──


def _histories(client: Client, object: str, fields: Sequence[str], cursor: Cursor) -> Page:
    """Whole histories of the most urgent contacts; who is over the limit waits."""
    left = cursor.left or 0
    turn = cursor.owed[: min(left, HISTORIES_PER_PAGE)]
    rows = [row for id in turn for row in attached.history(client, object, PREFIX, id)]
    owed, left = cursor.owed[len(turn) :], left - len(turn)
    is_last = not owed or left <= 0 or not turn
    onward = replace(cursor, owed=owed, left=None if is_last else left)
    return Page(records([occurrence(row) for row in rows], fields), onward.text(), not is_last)


def _by_contact(client: Client, object: str, fields: Sequence[str], cursor: Cursor) -> Page:
    """Where no sweep is allowed: contacts seen on the web since, one history each."""
    owed, newest = attached.lately_seen(client, cursor.newest, client.settings.event_histories)
    at = replace(cursor, owed=owed, newest=newest, left=len(owed), base=None, after=None)
    if not owed:
        return Page((), replace(at, left=None).text(), more=False)
    return _histories(client, object, fields, at)


def occurrence(row: Json) -> Mapping[str, Any]:
    """The event's own parts beside its properties, all by name."""
    parts = {name: value for name, value in row.items() if name != "properties"}
    return {**(row.get("properties") or {}), **parts}
