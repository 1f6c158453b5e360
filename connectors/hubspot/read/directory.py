"""Owners, lists and list members: small enough to be read whole on every pull."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.read.records import next_of
from connectors.protocol import Page, Record
from tasuki.values import Json, dumps, instant, loads

OWNERS: Final = "owners"
LISTS: Final = "lists"
MEMBERSHIPS: Final = "list_memberships"
_OWNERS_AT_ONCE: Final = 100
_LISTS_AT_ONCE: Final = 500
_MEMBERS_AT_ONCE: Final = 250


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the reading stands; empty between pulls, since everything is read again."""

    archived: bool = False
    after: str | None = None

    def text(self) -> str:
        """The cursor as opaque text."""
        return dumps({name: value for name, value in asdict(self).items() if value})


def owners(client: Client, fields: Sequence[str], text: str | None) -> Page:
    """A page of owners, those who left last: records keep pointing at them."""
    cursor = Cursor(**loads(text)) if text else Cursor()
    options: dict[str, Any] = {"after": cursor.after} if cursor.after else {}
    body = client.call(
        client.apis.owners.get_page,
        limit=_OWNERS_AT_ONCE,
        archived=cursor.archived,
        about=OWNERS,
        **options,
    )
    found = tuple(_owner(row, fields) for row in body.get("results") or ())
    after = next_of(body)
    if after:
        return Page(found, Cursor(cursor.archived, after).text(), more=True)
    following = Cursor() if cursor.archived else Cursor(archived=True)
    return Page(found, following.text(), more=not cursor.archived)


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
    more = bool(body.get("hasMore"))
    return Page(found, Cursor(after=str(body["offset"]) if more else None).text(), more)


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


def memberships(client: Client, list_ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """The memberships of the named lists."""
    return [
        membership(list_id, record_id, fields)
        for list_id in dict.fromkeys(list_ids)
        for record_id in members(client, list_id)
    ]


def membership(list_id: str, record_id: str, fields: Sequence[str]) -> Record:
    """One record on one list."""
    known = {"list_id": list_id, "record_id": record_id}
    return Record(f"{list_id}/{record_id}", {name: known.get(name) for name in fields})


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value or None
