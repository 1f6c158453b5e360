"""Bulk API 2.0 queries: a job is made, waited for, read in slices, and deleted.

Driven call by call through our own session, so that every call is budgeted, timed out and repeated
by family like any other. A job lives seven days and its slices may be asked for again: the caller
keeps its id and locator. Cells are text; they become what REST would have answered, so that a
record is the same record whichever way it came.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from requests import Response

from connectors.protocol import Record
from connectors.salesforce import filters
from connectors.salesforce.client import Client, Rest
from connectors.salesforce.metadata.describe import described_field
from connectors.salesforce.read.job import CSV, odd, table
from tasuki.values import Json, dumps, instant

SLICE: Final = 5_000
"""Records per results call: more would not cost fewer calls than memory."""
_UNREADABLE_IN_BULK: Final = frozenset({"address", "location", "complexvalue", "anyType", "base64"})


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of a job's records, and where the next ones are; `locator` None: there are no more."""

    records: tuple[Record, ...]
    locator: str | None


def can_read(client: Client, object: str, fields: Sequence[str]) -> bool:
    """Whether Bulk API can answer these fields, and their cells can be read back."""
    types = [_type(client, object, name) for name in fields]
    return None not in types and _UNREADABLE_IN_BULK.isdisjoint(types)


def start(client: Client, object: str, soql: str) -> str:
    """A job's id; making it twice does no harm."""
    operation = "queryAll" if filters.everything(object) else "query"
    asked = {"operation": operation, "query": soql, **CSV}
    made: Json = client.ask(
        lambda rest: rest.restful("jobs/query", method="POST", data=dumps(asked)),
        f"{client.connection}/{object}",
    )
    return str(made["id"])


def read(client: Client, object: str, fields: Sequence[str], job: str, locator: str) -> Slice:
    """The slice at the locator, the first when it is empty.

    Errors: TransientError when fewer records arrived than Salesforce says it sent.
    """
    make = _reader(client, object, fields)
    where = f"{client.connection}/{object}"
    params = {"maxRecords": SLICE, **({"locator": locator} if locator else {})}

    def results(rest: Rest) -> Slice:
        headers = {"Accept": "text/csv"}
        path = f"jobs/query/{job}/results"
        with rest.raw("GET", path, params=params, headers=headers, stream=True) as answer:
            return _slice(answer, make, where)

    found: Slice = client.ask(results, where)
    return found


def _slice(
    answer: Response, make: Callable[[Iterator[list[str]]], Iterator[Record]], where: str
) -> Slice:
    records = table(answer, lambda rows: tuple(make(rows)), where)
    told = answer.headers.get("Sforce-NumberOfRecords")
    if told is not None and int(told) != len(records):
        raise odd(where, f"{told} records were announced, {len(records)} arrived")
    locator = answer.headers.get("Sforce-Locator")
    return Slice(records, None if locator in {None, "", "null"} else locator)


def _type(client: Client, object: str, path: str) -> str | None:
    found = described_field(client, object, path)
    return str(found["type"]) if found else None


def _truth(cell: str) -> bool:
    return cell == "true"


def _moment(cell: str) -> str:
    """REST ends its moments in `+0000`, Bulk in `Z`."""
    return f"{cell[:-1]}+0000" if cell.endswith("Z") else cell


_CELLS: Final[Mapping[str, Callable[[str], Any]]] = {
    "boolean": _truth,
    "int": orjson.loads,
    "long": orjson.loads,
    "double": orjson.loads,
    "currency": orjson.loads,
    "percent": orjson.loads,
    "datetime": _moment,
}
"""Every other type is text in REST too."""


def _reader(
    client: Client, object: str, fields: Sequence[str]
) -> Callable[[Iterator[list[str]]], Iterator[Record]]:
    """What makes records of CSV rows: the columns are found by name, once per slice."""
    marks = filters.stamps(object)
    plain = filters.values(object, fields)
    typed = {name: _CELLS.get(str(_type(client, object, name))) for name in plain}

    def make(rows: Iterator[list[str]]) -> Iterator[Record]:
        at = {name: index for index, name in enumerate(next(rows))}
        texts = [(name, at[name]) for name, cell in typed.items() if cell is None]
        others = [(name, at[name], cell) for name, cell in typed.items() if cell is not None]
        id, stamped, by = at["Id"], at[marks.at], at[marks.by] if marks.by else None
        for row in rows:
            values: dict[str, Any] = {name: row[index] or None for name, index in texts}
            for name, index, cell in others:
                values[name] = cell(row[index]) if row[index] else None
            changed = instant(row[stamped]) if row[stamped] else None
            yield Record(row[id], values, changed, (row[by] or None) if by is not None else None)

    return make
