"""Records by a key: at once where the key is unique, through the search index elsewhere."""

from collections.abc import Iterator, Mapping, Sequence

from connectors.hubspot import metadata
from connectors.hubspot.client import Client
from connectors.hubspot.read import filters
from connectors.hubspot.read.records import (
    next_of,
    plain,
    read,
    records,
    remembered,
    rows_by,
    search,
)
from connectors.protocol import Record
from tasuki.values import Json


def find(
    client: Client, object: str, key: str, values: Sequence[str], fields: Sequence[str]
) -> tuple[Record, ...]:
    """Records whose property equals one of the values, ignoring case as HubSpot does.

    A unique property is read at once. Any other goes through the search index, which knows a
    change only seconds later: never look there to decide whether to create.
    """
    asked = list(dict.fromkeys(str(value) for value in values if str(value)))
    if key == filters.ID:
        return read(client, object, asked, fields)
    wanted = list(dict.fromkeys([key, *plain(fields)]))
    if key in metadata.unique_properties(client, object):
        rows: list[Json] = rows_by(client, object, asked, wanted, key)
    else:
        rows = [
            row for part in _parts(asked) for row in _matches(client, object, key, part, wanted)
        ]
    matching = {str(row["id"]): row for row in rows if _equals(row, key, asked)}
    if remembered(fields):  # a search tells no history
        return read(client, object, list(matching), fields)
    return records(client, object, list(matching.values()), fields)


def existing(client: Client, object: str, key: str, values: Sequence[str]) -> Mapping[str, str]:
    """Value to the id of the record that holds it, values in lower case."""
    found = find(client, object, key, values, [key])
    return {str(record.fields[key]).lower(): record.id for record in found}


def _parts(values: Sequence[str]) -> list[list[str]]:
    return filters.chunks([value.lower() for value in values], filters.VALUES_PER_SEARCH)


def _equals(row: Json, key: str, values: Sequence[str]) -> bool:
    held = str((row.get("properties") or {}).get(key) or "").lower()
    return held in {value.lower() for value in values}


def _matches(
    client: Client, object: str, key: str, values: Sequence[str], wanted: Sequence[str]
) -> Iterator[Json]:
    """All pages of one search, walked by id."""
    condition = filters.condition(key, "IN", values)
    last = "0"
    while True:
        behind = filters.condition(filters.ID, "GT", last)
        body = filters.search(
            [condition, behind], wanted, limit=client.settings.search_page_size, sort=filters.ID
        )
        answer = search(client, object, body)
        rows = answer.get("results") or []
        yield from rows
        if not rows or next_of(answer) is None:
            return
        last = str(rows[-1]["id"])
