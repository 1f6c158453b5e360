"""`/jobs/ingest` and `/jobs/query`: what clients may ask of jobs."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sandbox.salesforce.api.call import Answer, Call, json
from sandbox.salesforce.bulk import query
from sandbox.salesforce.bulk.flat import flat
from sandbox.salesforce.bulk.job import (
    ABORTED,
    COMPLETE,
    ENDED,
    OPEN,
    WAITING,
    Job,
    find,
    forget,
    listed,
    moved,
    opened,
    wrong_state,
)
from sandbox.salesforce.bulk.sheet import DELIMITERS, LINE_ENDS, written
from sandbox.salesforce.bulk.work import advance
from sandbox.salesforce.faults import FaultError, not_found, unknown_type

_OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "ingest": ("insert", "update", "upsert", "delete", "hardDelete"),
    "query": ("query", "queryAll"),
}
_PAGE: Final = 1_000
_MOST_RECORDS: Final = 50_000
_LARGEST_BYTES: Final = 100_000_000
_CSV: Final = {"Content-Type": "text/csv"}
_SHUFFLE: Final = "(number * 7919 + 5000) % 10007, number"  # results keep no order


def create_ingest(call: Call) -> Answer:
    """`POST /jobs/ingest`."""
    asked = _asked(call, "ingest")
    object = call.seen.schema.find(str(asked.get("object", "")))
    if object is None:
        raise unknown_type(str(asked.get("object", "")))
    if asked["operation"] == "upsert":
        key = object.by_lower.get(str(asked.get("externalIdFieldName", "")).lower())
        if key is None or key.traits.isdisjoint({"external", "lookup"}):
            text = f"External ID Field {asked.get('externalIdFieldName')} not found"
            raise FaultError("INVALIDJOB", f"InvalidJob : {text}")
    return json(_new(call, "ingest", object.name, asked, OPEN).shown(counted=False))


def create_query(call: Call) -> Answer:
    """`POST /jobs/query`: the statement is checked at once."""
    asked = _asked(call, "query")
    everything = asked["operation"] == "queryAll"
    found = flat(call.seen, str(asked.get("query", "")), call.version, everything=everything)
    return json(_new(call, "query", found.object, asked, WAITING).shown(counted=False))


def upload(call: Call, id: str) -> Answer:
    """`PUT /jobs/ingest/{id}/batches`: once per job."""
    job = find(call.org, "ingest", id)
    if job.state != OPEN:
        raise wrong_state(f"Job {job.id} is in state {job.state}: no data can be added")
    data = call.body if isinstance(call.body, bytes) else b""
    if len(data) > _LARGEST_BYTES:
        raise FaultError("EXCEEDED_MAX_SIZE_REQUEST", "The file is larger than 100 MB")
    with call.org.state.transaction() as db:
        sql = "UPDATE sf_bulk_job SET data = ? WHERE id = ? AND data IS NULL"
        if db.execute(sql, (data, job.id)).rowcount == 0:
            text = f"Found multiple contents for job: {job.id}, only do 'PUT' once on a given Job."
            raise wrong_state(text)
    return Answer(201)


def change(call: Call, kind: str, id: str) -> Answer:
    """`PATCH /jobs/{kind}/{id}`: close it for work, or abort it."""
    job, state = find(call.org, kind, id), call.record().get("state")
    if state == ABORTED and job.state not in ENDED:
        return json(moved(call.org, job, state=ABORTED).shown(counted=False))
    if state == WAITING and kind == "ingest" and job.state == OPEN:
        return json(moved(call.org, job, state=WAITING).shown(counted=False))
    raise wrong_state(f"Job {job.id} is in state {job.state}: it cannot become {state}")


def show(call: Call, kind: str, id: str) -> Answer:
    """`GET /jobs/{kind}/{id}`: looking at a job is what moves it on."""
    before = find(call.org, kind, id)
    job = advance(call.org, before)
    return json(job.shown(counted=True), rows=job.processed - before.processed)


def remove(call: Call, kind: str, id: str) -> Answer:
    """`DELETE /jobs/{kind}/{id}`."""
    job = find(call.org, kind, id)
    if job.state not in ENDED | {WAITING}:
        raise wrong_state(f"Job {job.id} is in state {job.state}: it cannot be deleted")
    forget(call.org, job.id)
    return Answer(204)


def list_jobs(call: Call, kind: str) -> Answer:
    """`GET /jobs/{kind}`: a thousand at a time."""
    start = query.place(call.query.get("queryLocator"))
    found = listed(call.org, kind, start, _PAGE + 1)
    more = len(found) > _PAGE
    following = f"{call.stem}/jobs/{kind}?queryLocator={query.locator(start + _PAGE)}"
    records = [each.shown(counted=False) | {"jobType": _TYPES[kind]} for each in found[:_PAGE]]
    body = {"done": not more, "nextRecordsUrl": following if more else None, "records": records}
    return json(body)


_TYPES: Final = {"ingest": "V2Ingest", "query": "V2Query"}


def rows_of(call: Call, id: str, which: str) -> Answer:
    """`GET /jobs/ingest/{id}/{successfulResults|failedResults|unprocessedrecords}`."""
    job, which = find(call.org, "ingest", id), which.lower()
    heads = {
        "successfulresults": ("sf__Id", "sf__Created"),
        "failedresults": ("sf__Id", "sf__Error"),
        "unprocessedrecords": (),
    }
    if which not in heads:
        raise not_found()
    if job.state not in ENDED:
        raise wrong_state(f"Job {job.id} is in state {job.state}: it has no results yet")
    rows = _result_rows(call, job, which)
    body = written([[*heads[which], *job.header], *rows], job.delimiter, job.line_end)
    return Answer(200, body, _CSV, len(rows))


def _result_rows(call: Call, job: Job, which: str) -> list[list[Any]]:
    conditions = {
        "successfulresults": ("id, created", "error IS NULL AND created IS NOT NULL"),
        "failedresults": ("id, error", "error IS NOT NULL"),
        "unprocessedrecords": ("NULL, NULL", "error IS NULL AND created IS NULL"),
    }
    columns, condition = conditions[which]
    sql = (
        f"SELECT {columns}, cells FROM sf_bulk_row WHERE job = ? AND {condition}"
        f" ORDER BY {_SHUFFLE}"
    )
    with call.org.state.lock:
        found = call.org.state.db.execute(sql, (job.id,)).fetchall()
    words = {0: "false", 1: "true"}
    if which == "unprocessedrecords":
        return [orjson.loads(cells) for _, _, cells in found]
    return [[id, words.get(said, said), *orjson.loads(cells)] for id, said, cells in found]


def results(call: Call, id: str) -> Answer:
    """`GET /jobs/query/{id}/results?maxRecords=&locator=`."""
    job = _finished(call, id)
    start = query.place(call.query.get("locator"))
    body, count = query.result(call.org, job, start, _most(call))
    following = start + count
    more = query.locator(following) if count and following < job.processed else "null"
    headers = {**_CSV, "Sforce-Locator": more, "Sforce-NumberOfRecords": str(count)}
    return Answer(200, body, headers, count)


def result_pages(call: Call, id: str) -> Answer:
    """`GET /jobs/query/{id}/resultPages`: the addresses of all parts, to read side by side."""
    job, most = _finished(call, id), _most(call)
    stem = f"{call.stem}/jobs/query/{job.id}/results?maxRecords={most}"
    starts = range(0, max(job.processed, 1), most)
    pages = [{"resultUrl": f"{stem}&locator={query.locator(start)}"} for start in starts]
    return json({"resultPages": pages, "nextRecordsUrl": None, "done": True})


def _finished(call: Call, id: str) -> Job:
    job = find(call.org, "query", id)
    if job.state != COMPLETE:
        raise wrong_state(f"Job {job.id} is in state {job.state}: it has no results")
    return job


def _most(call: Call) -> int:
    text = call.query.get("maxRecords", "")
    return max(int(text), 1) if text.isdigit() else _MOST_RECORDS


def _asked(call: Call, kind: str) -> dict[str, Any]:
    asked = dict(call.record())
    for name, allowed in (
        ("operation", _OPERATIONS[kind]),
        ("columnDelimiter", (None, *DELIMITERS)),
        ("lineEnding", (None, *LINE_ENDS)),
        ("contentType", (None, "CSV")),
    ):
        if asked.get(name) not in allowed:
            raise FaultError("INVALIDJOB", f"InvalidJob : {name} cannot be {asked.get(name)}")
    return asked


def _new(call: Call, kind: str, object: str, asked: dict[str, Any], state: str) -> Job:
    now = call.org.now()
    id = call.org.next_ids("750", 1)[0]
    job = Job(id, kind, call.version, call.user, object, asked, now, now, state)
    return opened(call.org, job)
