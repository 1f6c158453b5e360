"""Records as they are now: by id, by key, all ids, how many."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from connectors.protocol import Filter, Ids, Record, Window
from connectors.salesforce import filters
from connectors.salesforce.client import Client, Rest
from connectors.salesforce.ids import full_id, is_id
from connectors.salesforce.read.rows import PAGE_SIZE, query, rows
from connectors.salesforce.read.scope import condition, names
from connectors.salesforce.read.visible import asking
from tasuki.values import Json, dumps, instant


def read(client: Client, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """The named records as they are now, in the order asked for; fields we may not see lack."""
    wanted = [id for id in dict.fromkeys(map(full_id, ids)) if is_id(id)]
    found: dict[str, Record] = {}
    for start in range(0, len(wanted), PAGE_SIZE):
        part = wanted[start : start + PAGE_SIZE]

        def ask(seen: Sequence[str], part: Sequence[str] = part) -> list[Record]:
            if any("." in name for name in seen):  # collections retrieve knows no parents
                return _find(client, object, "Id", part, seen)
            return list(_retrieve(client, object, part, seen))

        found |= {each.id: each for each in asking(client, object, fields, ask)}
    return [found[id] for id in wanted if id in found]


def _retrieve(
    client: Client, object: str, ids: Sequence[str], fields: Sequence[str]
) -> Iterator[Record]:
    marks = filters.stamps(object)
    wanted = ["Id", marks.at, *([marks.by] if marks.by else []), *fields]
    body = {"ids": list(ids), "fields": list(dict.fromkeys(wanted))}

    def retrieve(rest: Rest) -> Json:
        path = f"composite/sobjects/{object}"
        return rest.restful(path, method="POST", data=dumps(body)) or []

    answer = client.ask(retrieve, f"{client.connection}/{object}")
    return records_of(object, fields, [row for row in answer if row])


def find(
    client: Client, object: str, key: str, values: Sequence[str], fields: Sequence[str]
) -> list[Record]:
    """Records whose field `key` equals one of the values, straight from the database.

    SOQL compares text without case; the answer keeps to that, as Salesforce's own unique keys do.
    Fields we may not see lack; a key we may not see is a ConfigError.
    """
    return asking(client, object, fields, lambda seen: _find(client, object, key, values, seen))


def _find(
    client: Client, object: str, key: str, values: Sequence[str], fields: Sequence[str]
) -> list[Record]:
    head = filters.select(object, fields)
    found: dict[str, Record] = {}
    for chunk in filters.chunks(head + filters.where(object, key), [v for v in values if v]):
        soql = head + filters.where(object, f"{key} IN {chunk}")
        found |= {each.id: each for each in records_of(object, fields, rows(client, object, soql))}
    return list(found.values())


def ids(client: Client, object: str, after: str | None) -> Ids:
    """A page of living ids in id order."""
    condition = f"Id > {filters.text(after)}" if after else ""
    soql = f"SELECT Id FROM {object}{filters.where(object, condition)}"  # noqa: S608
    found = [row["Id"] for row in rows(client, object, f"{soql} ORDER BY Id LIMIT {PAGE_SIZE}")]
    return Ids(tuple(found), found[-1] if len(found) == PAGE_SIZE else None)


def count(
    client: Client, object: str, window: Window | None = None, filter: Filter | None = None
) -> int:
    """How many living records there are, counted and not estimated."""
    bounds = filters.within(object, window) if window else ()

    def ask(_seen: Sequence[str]) -> Json:
        where = filters.where(object, *bounds, condition(client, object, filter))
        return query(client, object, f"SELECT count() FROM {object}{where}")  # noqa: S608

    return int(asking(client, object, names(filter), ask)["totalSize"])


def records_of(
    object: str, fields: Sequence[str], answered: Iterable[dict[str, Any]]
) -> Iterator[Record]:
    """Rows as records: parents flattened to `Owner.Email`, attributes and stamps taken out.

    The rows become the records' fields themselves: copying 40 fields costs more than parsing them.
    """
    marks = filters.stamps(object)
    wanted = filters.values(object, fields)
    dotted = [(name, name.split(".")) for name in wanted if "." in name]
    beside = {"attributes", "Id", marks.at, str(marks.by), *(steps[0] for _, steps in dotted)}
    taken_out = sorted(beside - set(wanted))
    for row in answered:
        id, changed, by = row["Id"], row.get(marks.at), row.get(marks.by or "")
        parents = [(name, _parent(row, steps)) for name, steps in dotted]
        for name in taken_out:
            row.pop(name, None)
        row.update(parents)
        yield Record(id, row, _moment(changed), by)


def _parent(row: Any, steps: Sequence[str]) -> Any:
    """A parent's value; a parent that is not there has none."""
    for step in steps:
        if row is None:
            return None
        row = row.get(step)
    return row


def _moment(text: str | None) -> datetime | None:
    return instant(text) if text else None
