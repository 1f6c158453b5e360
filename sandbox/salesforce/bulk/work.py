"""The worker: each look at a job takes it one step further, ten thousand rows at most.

An internal batch is cut into chunks of 200 rows that run two by two: with the option `locks`, rows
of the second chunk that need a parent of the first find it locked.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

import orjson

from sandbox.salesforce.bulk import query
from sandbox.salesforce.bulk.job import (
    COMPLETE,
    FAILED,
    RUNNING,
    WAITING,
    Job,
    moved,
)
from sandbox.salesforce.bulk.row import Task, carry_out, column, message, parents
from sandbox.salesforce.bulk.sheet import SheetError, parsed
from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import Org
from sandbox.salesforce.setup.option import SaveOptions

_BATCH: Final = 10_000
_CHUNK: Final = 200
_NO_OPTIONS: Final[dict[str, Any]] = {}


def options(org: Org) -> dict[str, Any]:
    """What an administrator's control set: `locks`, `rows` (of a step)."""
    return dict(org.setup.of("bulk").get("options", _NO_OPTIONS))


def advance(org: Org, job: Job) -> Job:
    """The job one step further."""
    if job.state == WAITING and job.kind == "ingest":
        return _begin(org, job)
    if job.state == WAITING:
        return moved(org, job, state=RUNNING)
    if job.state == RUNNING and job.kind == "ingest":
        return _go_on(org, job)
    if job.state == RUNNING:
        return query.execute(org, job)
    return job


def _begin(org: Org, job: Job) -> Job:
    """Read the file: rows of their own, or a failed job."""
    sql = "SELECT data FROM sf_bulk_job WHERE id = ?"
    (data,) = org.state.db.execute(sql, (job.id,)).fetchone()
    try:
        header, rows = parsed(data or b"", job.delimiter, job.line_end)
        object = org.schema.objects[job.object]
        for name in header:
            if column(org, object, name) is None:
                raise SheetError(f"InvalidBatch : Field name not found : {name}")
    except SheetError as error:
        return moved(org, job, state=FAILED, error=str(error))
    with org.state.transaction() as db:
        kept = ((job.id, n, orjson.dumps(row).decode()) for n, row in enumerate(rows))
        db.executemany("INSERT INTO sf_bulk_row (job, number, cells) VALUES (?, ?, ?)", kept)
        db.execute("UPDATE sf_bulk_job SET data = NULL WHERE id = ?", (job.id,))
        return moved(org, job, state=RUNNING, header=header)


def _go_on(org: Org, job: Job) -> Job:
    asked = options(org)
    sql = "SELECT number, cells FROM sf_bulk_row WHERE job = ? AND number >= ? ORDER BY number"
    size = int(asked.get("rows", _BATCH))
    found = org.state.db.execute(f"{sql} LIMIT ?", (job.id, job.processed, size)).fetchall()
    rows = [(number, orjson.loads(cells)) for number, cells in found]
    with org.state.transaction():
        failed = _batch(org, job, rows, locks=bool(asked.get("locks")))
        state = COMPLETE if len(rows) < size else RUNNING
        processed = job.processed + len(rows)
        return moved(org, job, state=state, processed=processed, failed=job.failed + failed)


def _batch(org: Org, job: Job, rows: Sequence[tuple[int, list[str]]], *, locks: bool) -> int:
    """Write the rows; how many failed."""
    task, failed = _task(org, job), 0
    upcoming, number = iter(rows), 0
    before: set[str] = set()
    while chunk := list(islice(upcoming, _CHUNK)):
        beside = before if locks and number % 2 else set()
        before = set()
        for place, values in chunk:
            cells = dict(zip(job.header, values, strict=True))
            needed = parents(task, cells)
            before |= needed
            failed += _one(task, job.id, place, cells, needed & beside)
        number += 1
    return failed


def _one(task: Task, job: str, place: int, cells: dict[str, str], locked: set[str]) -> bool:
    """Write one row and note how it went; whether it failed."""
    db = task.org.state.db
    sql = "UPDATE sf_bulk_row SET id = ?, created = ?, error = ? WHERE job = ? AND number = ?"
    try:
        if locked:
            text = "unable to obtain exclusive access to this record or 1 records: "
            raise FaultError("UNABLE_TO_LOCK_ROW", text + min(locked)[:15], [])
        id, created = carry_out(task, cells)
    except FaultError as fault:
        given = next((text for name, text in cells.items() if name.lower() == "id"), "")
        db.execute(sql, (given, None, message(fault), job, place))
        return True
    db.execute(sql, (id, int(created), None, job, place))
    return False


def _task(org: Org, job: Job) -> Task:
    object = org.schema.objects[job.object]
    name = str(job.asked.get("externalIdFieldName") or "Id")
    rule = job.asked.get("assignmentRuleId") or False
    return Task(
        org=org,
        object=object,
        operation=job.operation,
        key=object.by_lower.get(name.lower()),
        user=job.user,
        options=SaveOptions(assign=rule),
    )
