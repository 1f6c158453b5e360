"""Owners, lists and list members: small enough to be read whole on every pull."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.faults import RefusedError
from connectors.hubspot.read.filters import milliseconds, moment
from connectors.hubspot.read.records import next_of
from connectors.protocol import Page, Record, Window
from tasuki.values import Json, digest, dumps, instant, loads

OWNERS: Final = "owners"
LISTS: Final = "lists"
MEMBERSHIPS: Final = "list_memberships"
_OWNERS_AT_ONCE: Final = 100
_LISTS_AT_ONCE: Final = 500
_MEMBERS_AT_ONCE: Final = 250


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the reading stands; between pulls, only who was there."""

    archived: bool = False
    after: str | None = None
    known: str = ""
    """A fingerprint of the owners who were there when those who left were last read."""
    seen: str = ""
    """The same, of the pages of this pull."""
    since: int = 0
    """When the last pull began, on HubSpot's clock, in milliseconds since 1970."""
    began: int = 0
    """The same of this pull."""

    def text(self) -> str:
        """The cursor as opaque text."""
        return dumps({name: value for name, value in asdict(self).items() if value})

    def timed(self, client: Client) -> "Cursor":
        """When this pull began, after its first answer."""
        if self.began:
            return self
        return replace(self, began=milliseconds(client.server_time() or client.clock.now()))

    def ended(self, found: tuple[Record, ...], total: int | None) -> Page:
        """The last page: whatever changed since the last pull was read."""
        covered = Window(moment(self.since) if self.since else None, moment(self.began))
        rest = Cursor(known=self.seen, since=self.began)
        return Page(found, rest.text(), more=False, total=total, covered=covered)


def owners(client: Client, fields: Sequence[str], text: str | None) -> Page:
    """A page of owners, those who left last: records keep pointing at them.

    Whoever leaves is missing among those who are there; only then are the others listed again.
    """
    cursor = Cursor(**loads(text)) if text else Cursor()
    options: dict[str, Any] = {"after": cursor.after} if cursor.after else {}
    work = client.apis.owners.get_page
    body = client.call(
        work, limit=_OWNERS_AT_ONCE, archived=cursor.archived, about=OWNERS, **options
    )
    rows = body.get("results") or ()
    found = tuple(_owner(row, fields) for row in rows)
    cursor = cursor.timed(client)
    if not cursor.archived:
        cursor = replace(cursor, seen=digest([cursor.seen, *(str(row["id"]) for row in rows)]))
    after = next_of(body)
    if after:
        onward = replace(cursor, after=after)
    elif cursor.archived or cursor.seen == cursor.known:
        return cursor.ended(found, len(found))
    else:
        onward = replace(cursor, archived=True, after=None)
    return Page(found, onward.text(), more=True)


def _owner(row: Json, fields: Sequence[str]) -> Record:
    changed = row.get("updatedAt")
    values = {name: _text(row.get(name)) for name in fields}
    if "userId" in values:  # who left keeps the number under another name
        values["userId"] = _text(row.get("userId") or row.get("userIdIncludingInactive"))
    return Record(str(row["id"]), values, instant(changed) if changed else None)


def lists(client: Client, fields: Sequence[str], text: str | None) -> Page:
    """A page of lists."""
    cursor = Cursor(**loads(text)) if text else Cursor()
    asked = {"offset": int(cursor.after or 0), "count": _LISTS_AT_ONCE, "query": ""}
    body = client.call(client.apis.lists.do_search, asked, about=LISTS)
    found = tuple(list_record(row, fields) for row in body.get("lists") or ())
    cursor = cursor.timed(client)
    if body.get("hasMore"):
        return Page(found, replace(cursor, after=str(body["offset"])).text(), more=True)
    return cursor.ended(found, int(body.get("total", len(found))))


def list_record(row: Json, fields: Sequence[str]) -> Record:
    """A list as a record; `size` is how many members it has."""
    changed = row.get("updatedAt")
    size = row.get("size", (row.get("additionalProperties") or {}).get("hs_list_size"))
    known: Mapping[str, Any] = {**row, "size": size}
    values = {name: _text(known.get(name)) for name in fields}
    return Record(str(row["listId"]), values, instant(changed) if changed else None)


def members(client: Client, list_id: str) -> Iterator[str]:
    """The record ids on a list."""
    after: str | None = None
    while True:
        options: dict[str, Any] = {"after": after} if after else {}
        body = client.call(
            client.apis.memberships.get_page,
            list_id,
            limit=_MEMBERS_AT_ONCE,
            about=MEMBERSHIPS,
            **options,
        )
        yield from (str(row["recordId"]) for row in body.get("results") or ())
        after = next_of(body)
        if after is None:
            return


def whole(client: Client, object: str, fields: Sequence[str]) -> list[Record]:
    """Every owner or list, for those who look for a few of them."""
    turn = owners if object == OWNERS else lists
    found: list[Record] = []
    text: str | None = None
    more = True
    while more:
        page = turn(client, fields, text)
        found.extend(page.records)
        text, more = page.next_cursor, page.more
    return found


def count(client: Client, object: str, window: Window | None) -> int:
    """How many owners or lists there are, or changed last within the window."""
    found = whole(client, object, ())
    if window is None:
        return len(found)
    stamps = [record.modified_at for record in found if record.modified_at]
    return sum((not window.since or at >= window.since) and at < window.until for at in stamps)


def memberships(client: Client, list_ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """The memberships of the named lists."""
    return [
        membership(list_id, record_id, fields)
        for list_id in dict.fromkeys(list_ids)
        for record_id in members(client, list_id)
    ]


def standing(client: Client, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """Those of the memberships `list/record` that stand; asked whichever way costs fewer calls."""
    asked: dict[str, list[str]] = {}
    pairs = [(id.partition("/")[0], id.partition("/")[2]) for id in dict.fromkeys(ids)]
    for list_id, record_id in pairs:
        asked.setdefault(list_id, []).append(record_id)
    standing = {
        (list_id, record_id)
        for list_id, record_ids in asked.items()
        for record_id in _standing(client, list_id, record_ids)
    }
    return [membership(*pair, fields) for pair in pairs if pair in standing]


def _standing(client: Client, list_id: str, record_ids: Sequence[str]) -> set[str]:
    """Which of these records are on a list; on none that is gone."""
    try:
        told = client.call(client.apis.lists.get_by_id, list_id, about=LISTS).get("list") or {}
    except RefusedError as error:
        if error.refusal.status == 404:
            return set()
        raise
    size = told.get("size", (told.get("additionalProperties") or {}).get("hs_list_size"))
    if size is None or len(record_ids) > ceil(int(size) / _MEMBERS_AT_ONCE):
        return {*members(client, list_id)}.intersection(record_ids)
    type_id = str(told.get("objectTypeId"))
    return {each for each in record_ids if list_id in _lists_of(client, type_id, each)}


def _lists_of(client: Client, type_id: str, record_id: str) -> set[str]:
    """The lists a record is on; none when there is no such record."""
    try:
        work = client.apis.memberships.get_lists
        body = client.call(work, type_id, record_id, about=MEMBERSHIPS)
    except RefusedError as error:
        if error.refusal.status == 404:
            return set()
        raise
    return {str(row["listId"]) for row in body.get("results") or ()}


def membership(list_id: str, record_id: str, fields: Sequence[str]) -> Record:
    """One record on one list."""
    known = {"list_id": list_id, "record_id": record_id}
    return Record(f"{list_id}/{record_id}", {name: known.get(name) for name in fields})


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value or None
