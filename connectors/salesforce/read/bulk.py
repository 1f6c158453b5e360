"""Bulk API 2.0 queries: a job is made, waited for, read in slices, and deleted.

Driven call by call through our own session, so that every call is budgeted, timed out and repeated
by family like any other. A job lives seven days and its slices may be asked for again: the caller
keeps its id and locator. Cells are text; they become what REST would have answered, so that a
record is the same record whichever way it came.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from io import TextIOWrapper
from typing import IO, Any, Final, cast

import orjson
from requests import Response

from connectors.protocol import Record
from connectors.salesforce import filters
from connectors.salesforce.client import Client, Rest
from connectors.salesforce.metadata.describe import described_field
from tasuki.errors import TasukiError, TransientError
from tasuki.values import Json, dumps, instant

SLICE: Final = 5_000
"""Records per results call: more would not cost fewer calls than memory."""
_UNREADABLE_IN_BULK: Final = frozenset({"address", "location", "complexvalue", "anyType", "base64"})


class State(StrEnum):
    """How far a job is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_STATES: Final[Mapping[str, State]] = {
    "JobComplete": State.DONE,
    "Failed": State.FAILED,
    "Aborted": State.FAILED,
}


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
    asked = {
        "operation": operation,
        "query": soql,
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    made: Json = client.ask(
        lambda rest: rest.restful("jobs/query", method="POST", data=dumps(asked)),
        f"{client.connection}/{object}",
    )
    return str(made["id"])


def state(client: Client, object: str, job: str) -> State:
    """How far the job is."""
    said: Json = client.ask(
        lambda rest: rest.restful(f"jobs/query/{job}"), f"{client.connection}/{object}"
    )
    return _STATES.get(str(said.get("state")), State.RUNNING)


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


def drop(client: Client, object: str, job: str) -> None:
    """Delete the job; one that stays goes by itself after seven days."""
    with suppress(TasukiError):
        client.ask(
            lambda rest: rest.raw("DELETE", f"jobs/query/{job}"), f"{client.connection}/{object}"
        )


def _slice(
    answer: Response, make: Callable[[Iterator[list[str]]], Iterator[Record]], where: str
) -> Slice:
    answer.raw.decode_content = True
    answer.raw.auto_close = False  # the text wrapper asks once more after the end
    body = cast("IO[bytes]", answer.raw)
    rows = csv.reader(TextIOWrapper(body, encoding="utf-8-sig", newline=""))
    try:
        records = tuple(make(rows))
    except (csv.Error, UnicodeDecodeError, LookupError) as error:
        raise _odd(where, f"the answer is not the CSV asked for ({type(error).__name__})") from None
    told = answer.headers.get("Sforce-NumberOfRecords")
    if told is not None and int(told) != len(records):
        raise _odd(where, f"{told} records were announced, {len(records)} arrived")
    locator = answer.headers.get("Sforce-Locator")
    return Slice(records, None if locator in {None, "", "null"} else locator)


def _odd(where: str, why: str) -> TransientError:
    return TransientError("Salesforce's bulk results are incomplete", where=where, why=why)


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
