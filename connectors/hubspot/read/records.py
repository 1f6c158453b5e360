"""Records as HubSpot answers them: listed, read by id, found by key, counted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from connectors.hubspot import filters
from connectors.hubspot.client import Client, Lane
from connectors.hubspot.read import links
from connectors.protocol import LINKED, Fields, Ids, Record
from tasuki.errors import RejectedError
from tasuki.values import Json, instant

READ_AT_ONCE: Final = 100
STAMPS: Final = frozenset({"lastmodifieddate", "hs_lastmodifieddate", "updatedAt"})
"""They move by themselves; they are told as `Record.modified_at` and nowhere else."""


def plain(fields: Sequence[str]) -> list[str]:
    """The fields that are properties, without links and stamps."""
    return [name for name in fields if not name.startswith(LINKED) and name not in STAMPS]


def linked(fields: Sequence[str]) -> list[str]:
    """The objects whose links are asked for."""
    return [name.removeprefix(LINKED) for name in fields if name.startswith(LINKED)]


def stamp_of(row: Json) -> datetime | None:
    """When the record last moved."""
    text = row.get("updatedAt") or next(
        (v for k, v in row.get("properties", {}).items() if k in STAMPS and v), None
    )
    return instant(text) if text else None


def record(row: Json, fields: Sequence[str], ends: Mapping[str, links.Ends]) -> Record:
    """One row with the fields asked for; an empty text is no value."""
    properties = row.get("properties") or {}
    id = str(row["id"])
    values: dict[str, Any] = {
        name: ends[name.removeprefix(LINKED)].get(id, [])
        if name.startswith(LINKED)
        else properties.get(name) or None
        for name in fields
        if name not in STAMPS
    }
    return Record(id, values, stamp_of(row))


def records(
    client: Client, object: str, rows: Sequence[Json], fields: Sequence[str]
) -> tuple[Record, ...]:
    """Rows with their links, which cost one call per linked object."""
    ids = [str(row["id"]) for row in rows]
    ends = {other: links.read(client, object, other, ids) for other in linked(fields)}
    return tuple(record(row, fields, ends) for row in rows)


def listing(
    client: Client,
    object: str,
    fields: Sequence[str],
    after: str | None = None,
    *,
    archived: bool = False,
) -> tuple[list[Json], str | None]:
    """One listed page in id order and where the next begins; a page may be short, even empty."""
    options: dict[str, Any] = {"after": after} if after else {}
    wanted, others = plain(fields), linked(fields)
    if others:
        options["associations"] = others
    # An empty list of properties would bring the default set; the id alone is the least.
    options["properties"] = wanted or [filters.ID]
    body = client.call(
        client.apis.basic.get_page,
        object,
        limit=client.settings.page_size,
        archived=archived,
        about=object,
        **options,
    )
    return body.get("results") or [], next_of(body)


def next_of(body: Json) -> str | None:
    """Where the next page begins, None on the last one."""
    following = ((body.get("paging") or {}).get("next") or {}).get("after")
    return str(following) if following else None


def search(client: Client, object: str, body: Fields) -> Json:
    """One searched page."""
    return client.call(
        client.apis.search.do_search, object, dict(body), lane=Lane.SEARCH, about=object
    )


def rows_by(
    client: Client, object: str, values: Sequence[str], properties: Sequence[str], key: str | None
) -> list[Json]:
    """Rows by id, or by a unique property; those that do not exist are left out."""
    found: list[Json] = []
    for part in filters.chunks(values, READ_AT_ONCE, characters=50_000):
        body: dict[str, Any] = {
            "inputs": [{"id": value} for value in part],
            "properties": list(properties),
            "propertiesWithHistory": [],
        }
        if key:
            body["idProperty"] = key
        found.extend(_batch(client, object, body))
    return found


def _batch(client: Client, object: str, body: dict[str, Any]) -> list[Json]:
    try:
        answer = client.call(client.apis.batch.read, object, body, about=object)
    except RejectedError as error:
        if _nothing_found(error):
            return []
        raise
    return list(answer.get("results") or [])


def _nothing_found(error: RejectedError) -> bool:
    """A batch of which no record exists is answered 404, not with an empty list."""
    refusal = getattr(error, "refusal", None)
    return refusal is not None and refusal.status == 404 and not refusal.concerns_all


def read(
    client: Client, object: str, ids: Sequence[str], fields: Sequence[str]
) -> tuple[Record, ...]:
    """The named records, each once, in the order asked for."""
    asked = [id for id in dict.fromkeys(ids) if id.isdigit()]
    rows = rows_by(client, object, asked, plain(fields), None)
    by_id = {str(row["id"]): row for row in rows if not row.get("archived")}
    shown = [by_id[id] for id in asked if id in by_id]
    # A merged record answers under its new id: whoever asked for the old one gets nothing.
    return records(client, object, shown, fields)


def ids(client: Client, object: str, after: str | None) -> Ids:
    """A page of living ids."""
    rows, following = listing(client, object, (), after)
    return Ids(tuple(str(row["id"]) for row in rows), following)


def count(client: Client, object: str) -> int:
    """How many living records the search index knows; it lags by seconds."""
    body = search(client, object, filters.search((), (), limit=1, sort=filters.ID))
    return int(body["total"])
