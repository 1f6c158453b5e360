"""Query jobs: a statement without what Bulk API forbids, its rows kept as lines of CSV."""

import base64
import binascii
import zlib
from collections.abc import Iterator
from typing import Any, Final

import orjson

from sandbox.salesforce.bulk.flat import Flat, flat
from sandbox.salesforce.bulk.job import COMPLETE, FAILED, Job, moved
from sandbox.salesforce.bulk.sheet import LINE_ENDS, lines
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import Org
from sandbox.salesforce.setup.access import seen_by

_PART: Final = 5_000


def lowered(org: Org, job: Job) -> Flat:
    """The job's statement as its user sees the org; FaultError for one Bulk API refuses."""
    everything = job.operation == "queryAll"
    text = str(job.asked["query"])
    return flat(seen_by(org, job.user), text, job.version, everything=everything)


def execute(org: Org, job: Job) -> Job:
    """Run the statement and keep its rows as they are now."""
    try:
        found = lowered(org, job)
    except FaultError as fault:
        return moved(org, job, state=FAILED, error=f"{fault.code} : {fault.message}")
    with org.state.transaction() as db:
        rows = [row for (row,) in db.execute(found.find, found.values).fetchall()]
        count = 0
        for kept in _parts(org, found, rows, job.delimiter):
            packed = zlib.compress("\0".join(kept).encode(), 1)
            db.execute("INSERT INTO sf_bulk_part VALUES (?, ?, ?)", (job.id, count, packed))
            count += len(kept)
        return moved(org, job, state=COMPLETE, processed=count, header=list(found.names))


def _parts(org: Org, found: Flat, rows: list[int], delimiter: str) -> Iterator[list[str]]:
    for start in range(0, len(rows), _PART):
        page = orjson.dumps(rows[start : start + _PART]).decode()
        values: dict[str, Any] = {**found.values, "page": page}
        yield lines(org.state.db.execute(found.page, values), delimiter)


def result(org: Org, job: Job, start: int, most: int) -> tuple[bytes, int]:
    """A file of at most so many rows from this one on, and how many it holds."""
    sql = (
        "SELECT first, lines FROM sf_bulk_part WHERE job = ? AND first > ? AND first < ?"
        " ORDER BY first"
    )
    with org.state.lock:
        values = (job.id, start - _PART, start + most)
        parts = org.state.db.execute(sql, values).fetchall()
    found: list[str] = []
    for first, packed in parts:
        kept = zlib.decompress(packed).decode().split("\0")
        found += kept[max(start - first, 0) : start + most - first]
    end = LINE_ENDS[job.line_end]
    head = lines([job.header], job.delimiter)
    return "".join(each + end for each in [*head, *found]).encode(), len(found)


def locator(start: int) -> str:
    """The name of a place in the result."""
    return base64.urlsafe_b64encode(str(start).encode()).decode().rstrip("=")


def place(locator: str | None) -> int:
    """The place a locator names; FaultError for none."""
    if not locator:
        return 0
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except (binascii.Error, ValueError):
        raise FaultError("INVALID_QUERY_LOCATOR", "invalid query locator") from None
