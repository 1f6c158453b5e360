"""Records as HubSpot answers them: listed, searched, read by id; with links and history."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from connectors.hubspot.client import Client, Kind
from connectors.hubspot.metadata import HISTORY
from connectors.hubspot.read import filters, links
from connectors.protocol import LINKED, Fields, Ids, Record
from tasuki.errors import RejectedError
from tasuki.values import Json, instant

READ_AT_ONCE: Final = 100
WITH_HISTORY_AT_ONCE: Final = 50
STAMPS: Final = frozenset({"lastmodifieddate", "hs_lastmodifieddate", "updatedAt"})
"""They move by themselves; they are told as `Record.modified_at` and nowhere else."""
MERGED_IDS: Final = "hs_merged_object_ids"
MERGEABLE: Final = frozenset({"contacts", "companies", "deals", "tickets"})


def plain(fields: Sequence[str]) -> list[str]:
    """The fields that are properties, without links, history and stamps."""
    return [n for n in fields if not n.startswith((LINKED, HISTORY)) and n not in STAMPS]


def linked(fields: Sequence[str]) -> list[str]:
    """The objects whose links are asked for."""
    return [name.removeprefix(LINKED) for name in fields if name.startswith(LINKED)]


def inlined(fields: Sequence[str]) -> list[str]:
    """The objects whose links a listing tells; it tells no labels."""
    return [other for other in linked(fields) if links.parted(other)[1] is None]


def remembered(fields: Sequence[str]) -> list[str]:
    """The properties whose history is asked for."""
    return [name.removeprefix(HISTORY) for name in fields if name.startswith(HISTORY)]


def with_merges(object: str, properties: Sequence[str]) -> list[str]:
    """The properties, and the one that names what a record absorbed."""
    more = [MERGED_IDS] if object in MERGEABLE and MERGED_IDS not in properties else []
    return [*properties, *more]


def absorbed(rows: Sequence[Json]) -> dict[str, str]:
    """Absorbed ids to their survivors, of the rows that tell any."""
    merged: dict[str, str] = {}
    for row in rows:
        told = (row.get("properties") or {}).get(MERGED_IDS)
        if told:
            id = str(row["id"])
            olds = (old.strip() for old in str(told).split(";"))
            merged.update({old: id for old in olds if old and old != id})
    return merged


def stamp_of(row: Json) -> datetime | None:
    """When the record last moved."""
    text = row.get("updatedAt") or next(
        (v for k, v in row.get("properties", {}).items() if k in STAMPS and v), None
    )
    return instant(text) if text else None


def maker(
    fields: Sequence[str], ends: Mapping[str, links.Ends] | None = None
) -> Callable[[Json], Record]:
    """What makes records of rows, with the fields asked for; an empty text is no value."""
    names = plain(fields)
    others = [(f"{LINKED}{other}", (ends or {}).get(other, {})) for other in linked(fields)]
    histories = [(f"{HISTORY}{name}", name) for name in remembered(fields)]

    def record(row: Json) -> Record:
        id = str(row["id"])
        told = row.get("properties") or {}
        cells = list(map(told.get, names))
        values: dict[str, Any] = dict(zip(names, cells, strict=True))
        if "" in cells:
            values = {name: value or None for name, value in values.items()}
        for name, found in others:
            values[name] = found.get(id, [])
        if histories:
            past = row.get("propertiesWithHistory") or {}
            values.update({name: _history(past.get(of) or ()) for name, of in histories})
        return Record(id, values, stamp_of(row))

    return record


def _history(versions: Sequence[Json]) -> list[dict[str, Any]]:
    return [
        {
            "value": version.get("value") or None,
            "at": version.get("timestamp"),
            "source": version.get("sourceType"),
        }
        for version in versions
    ]


def records(
    client: Client, object: str, rows: Sequence[Json], fields: Sequence[str]
) -> tuple[Record, ...]:
    """Rows with their links, which cost one call per linked object and thousand rows."""
    ids = [str(row["id"]) for row in rows]
    ends = links.read(client, object, linked(fields), ids)
    return tuple(map(maker(fields, ends), rows))


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
    others, past = inlined(fields), remembered(fields)
    limit = client.settings.page_size
    if others:
        options["associations"] = others
    if past:
        options["properties_with_history"] = past
        limit = min(limit, WITH_HISTORY_AT_ONCE)
    # An empty list of properties would bring the default set; the id alone is the least.
    options["properties"] = plain(fields) or [filters.ID]
    work = client.apis.basic.get_page
    body = client.call(work, object, limit=limit, archived=archived, about=object, **options)
    return body.get("results") or [], next_of(body)


def next_of(body: Json) -> str | None:
    """Where the next page begins, None on the last one."""
    following = ((body.get("paging") or {}).get("next") or {}).get("after")
    return str(following) if following else None


def search(client: Client, object: str, body: Fields) -> Json:
    """One searched page."""
    work = client.apis.search.do_search
    return client.call(work, object, dict(body), kind=Kind.SEARCH, about=object)


def rows_by(
    client: Client, object: str, values: Sequence[str], fields: Sequence[str], key: str | None
) -> list[Json]:
    """Rows by id, or by a unique property; those that do not exist are left out."""
    found: list[Json] = []
    past = remembered(fields)
    size = WITH_HISTORY_AT_ONCE if past else READ_AT_ONCE
    for part in filters.chunks(values, size, characters=50_000):
        body: dict[str, Any] = {
            "inputs": [{"id": value} for value in part],
            "properties": plain(fields),
            "propertiesWithHistory": past,
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
    """The named records, each once, in the order asked for.

    Where only links are asked for, the records themselves are not read: one call per linked
    object and thousand records, and no stamps.
    """
    asked = [id for id in dict.fromkeys(ids) if id.isdigit()]
    if fields and len(linked(fields)) == len(fields):
        return _links_alone(client, object, asked, fields)
    rows = rows_by(client, object, asked, fields, None)
    by_id = {str(row["id"]): row for row in rows if not row.get("archived")}
    shown = [by_id[id] for id in asked if id in by_id]
    # A merged record answers under its new id: whoever asked for the old one gets nothing.
    return records(client, object, shown, fields)


def _links_alone(
    client: Client, object: str, ids: Sequence[str], fields: Sequence[str]
) -> tuple[Record, ...]:
    missing: set[str] = set()
    ends = links.read(client, object, linked(fields), ids, missing)
    make = maker(fields, ends)
    return tuple(make({"id": id}) for id in ids if id not in missing)


def ids(client: Client, object: str, after: str | None) -> Ids:
    """A page of living ids."""
    rows, following = listing(client, object, (), after)
    return Ids(tuple(str(row["id"]) for row in rows), following)
