"""Records as they are now: by id, by key, all ids, how many."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.protocol import Ids, Record
from connectors.salesforce import filters
from connectors.salesforce.client import Client, Rest
from connectors.salesforce.ids import full_id, is_id
from connectors.salesforce.read.rows import PAGE_SIZE, query, rows
from tasuki.values import Json, dumps, instant


def read(client: Client, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """The named records as they are now, in the order asked for."""
    wanted = [id for id in dict.fromkeys(map(full_id, ids)) if is_id(id)]
    found: dict[str, Record] = {}
    for start in range(0, len(wanted), PAGE_SIZE):
        part = wanted[start : start + PAGE_SIZE]
        if any("." in name for name in fields):  # collections retrieve knows no parents
            found |= {each.id: each for each in find(client, object, "Id", part, fields)}
        else:
            found |= {each.id: each for each in _retrieve(client, object, part, fields)}
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
    """
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


def count(client: Client, object: str) -> int:
    """How many living records there are, counted and not estimated."""
    answer = query(client, object, f"SELECT count() FROM {object}{filters.where(object)}")  # noqa: S608
    return int(answer["totalSize"])


def records_of(
    object: str, fields: Sequence[str], answered: Iterator[Mapping[str, Any]] | Sequence[Any]
) -> Iterator[Record]:
    """Rows as records: parents flattened to `Owner.Email`, attributes and stamps taken out."""
    marks = filters.stamps(object)
    moving = {marks.at, marks.by, "LastModifiedById"}
    plain = [name for name in fields if "." not in name and name not in moving]
    dotted = [(name, name.split(".")) for name in fields if "." in name]
    for row in answered:
        values = {name: row.get(name) for name in plain}
        values |= {name: _parent(row, steps) for name, steps in dotted}
        changed = row.get(marks.at)
        yield Record(row["Id"], values, _moment(changed), row.get(marks.by) if marks.by else None)


def _parent(row: Any, steps: Sequence[str]) -> Any:
    """A parent's value; a parent that is not there has none."""
    for step in steps:
        if row is None:
            return None
        row = row.get(step)
    return row


def _moment(text: str | None) -> datetime | None:
    return instant(text) if text else None
