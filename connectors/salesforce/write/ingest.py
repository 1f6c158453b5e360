"""Bulk API 2.0 ingest: one job for up to 10,000 records, awaited, and read back row by row.

A job does nothing before it is closed: until then a lost answer loses nothing, and the job is given
up. Whether a closing arrived is seen in the job itself. From then on what cannot be read back is
UNKNOWN. Results come in any order: a row is known by its id or its natural key, so a record that
has neither goes out by collections, as does what no file can say (see `sheet`), what was locked,
and everything when the org refuses the job itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from connectors.exchange import told
from connectors.protocol import Receipt, Verb, Write
from connectors.salesforce.client import Client, Rest
from connectors.salesforce.faults import LOCKED, of_row
from connectors.salesforce.ids import full_id
from connectors.salesforce.metadata.describe import described_field
from connectors.salesforce.read import job as jobs
from connectors.salesforce.read.job import Kind, Progress, State
from connectors.salesforce.write.payload import record, values
from connectors.salesforce.write.receipts import Answered, Refusal, Sent, failed, receipt
from connectors.salesforce.write.sheet import fits, written
from connectors.salesforce.write.ways import BATCH_SIZE, Collection
from tasuki.errors import ConfigError, RejectedError, TasukiError, TransientError
from tasuki.values import Json, dumps

BULK_FROM: Final = 2_000
BULK_SIZE: Final = 10_000
_MOST_BYTES: Final = 100_000_000
_ID: Final = "Id"
_DUPLICATES: Final = "DUPLICATES_DETECTED"
_OPERATIONS: Final[Mapping[Verb, str]] = {
    Verb.CREATE: "insert",
    Verb.UPDATE: "update",
    Verb.DELETE: "delete",
}


@dataclass(frozen=True, slots=True)
class Load:
    """The rows of one job."""

    object: str
    operation: str
    key: str
    """The column that names a row."""
    rows: Mapping[str, tuple[Write, Mapping[str, Any]]]
    """What the key column says → the write and its cells."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a job left: receipts, and writes that go out by collections instead."""

    receipts: Mapping[str, Receipt]
    left: Sequence[Write]


def carry_out(client: Client, way: Collection, writes: Sequence[Write]) -> Ended:
    """Write what a job can carry; nothing is waited for when that is no more than one call's worth.

    Errors: those of a call that was not carried out; nothing was written then.
    """
    load, left = _load(client, way, writes)
    if load is None or client.settings.auto_assign:  # a job runs no assignment rule unnamed
        return Ended({}, writes)
    file = written([cells for _, cells in load.rows.values()], load.key)
    if len(file) > _MOST_BYTES:
        half = len(writes) // 2
        first, second = (carry_out(client, way, part) for part in (writes[:half], writes[half:]))
        return Ended({**first.receipts, **second.receipts}, [*first.left, *second.left])
    try:
        id = _start(client, way, load, file)
    except (RejectedError, ConfigError):  # no Bulk API in this org, or not for this object
        return Ended({}, writes)
    ended = _ended(client, load, id)
    jobs.drop(client, load.object, Kind.INGEST, id)
    return Ended(ended.receipts, [*ended.left, *left])


def _load(
    client: Client, way: Collection, writes: Sequence[Write]
) -> tuple[Load | None, list[Write]]:
    """The job's rows and the writes it cannot carry; no job for a few rows."""
    named = way.unique or (writes[0].natural_key or ("",))[0]
    key = named if way.unique or way.method == "POST" else _ID
    rows: dict[str, tuple[Write, Mapping[str, Any]]] = {}
    left: list[Write] = []
    seen: dict[str, bool] = {}
    for each in writes:
        cells = _cells(each, key)
        name = _name(key, cells.get(key) or "")
        known = all(_is_known(client, each.object, column, seen) for column in cells)
        if name and name not in rows and known and fits(cells):
            rows[name] = (each, cells)
        else:
            left.append(each)
    operation = "upsert" if way.unique else _OPERATIONS[_verb(way)]
    made = Load(writes[0].object, operation, key, rows)
    return (made if len(rows) > BATCH_SIZE else None), left


def _verb(way: Collection) -> Verb:
    return {"POST": Verb.CREATE, "DELETE": Verb.DELETE}.get(way.method, Verb.UPDATE)


def _cells(write: Write, key: str) -> dict[str, Any]:
    if write.verb is Verb.DELETE:
        return {_ID: write.id}
    return {**values(write), _ID: write.id} if key == _ID else values(write)


def _name(key: str, text: Any) -> str:
    """What the key column says, as it is compared."""
    return full_id(str(text)) if key == _ID else str(text).strip()


def _is_known(client: Client, object: str, column: str, seen: dict[str, bool]) -> bool:
    """Whether the org shows this field: one column it does not know fails a whole job."""
    if column not in seen:
        seen[column] = described_field(client, object, column) is not None
    return seen[column]


def _start(client: Client, way: Collection, load: Load, file: bytes) -> str:
    """A closed job's id.

    Errors: those of a job that was not closed; it is given up.
    """
    where = f"{client.connection}/{load.object}"
    asked = {"object": load.object, "operation": load.operation, **jobs.CSV}
    if way.unique:
        asked["externalIdFieldName"] = way.unique
    made: Json = client.ask(
        lambda rest: rest.restful("jobs/ingest", method="POST", data=dumps(asked)), where
    )
    id = str(made["id"])
    said = {"Content-Type": "text/csv; charset=UTF-8"}
    try:
        client.ask(
            lambda rest: rest.raw("PUT", f"jobs/ingest/{id}/batches", data=file, headers=said),
            where,
            sends=True,
        )
    except TasukiError as error:
        _give_up(client, load, id)
        raise _not_sent(error, where) from None
    _close(client, load, id, where)
    return id


def _close(client: Client, load: Load, id: str, where: str) -> None:
    """Let the job begin; when nobody said whether it did, the job does."""
    try:
        _change(client, id, "UploadComplete", where)
    except TasukiError as error:
        try:
            begun = jobs.progress(client, load.object, Kind.INGEST, id).state is not State.OPEN
        except TasukiError:
            begun = isinstance(error, TransientError) and error.outcome_unknown
        if not begun:
            _give_up(client, load, id)
            raise _not_sent(error, where) from None


def _change(client: Client, id: str, state: str, where: str) -> None:
    body = dumps({"state": state})
    client.ask(
        lambda rest: rest.restful(f"jobs/ingest/{id}", method="PATCH", data=body),
        where,
        sends=True,
    )


def _give_up(client: Client, load: Load, id: str) -> None:
    with suppress(TasukiError):
        _change(client, id, "Aborted", f"{client.connection}/{load.object}")
    jobs.drop(client, load.object, Kind.INGEST, id)


def _not_sent(error: TasukiError, where: str) -> TasukiError:
    """The same error about a job that never began: whatever was lost, nothing was written."""
    if isinstance(error, TransientError) and error.outcome_unknown:
        why = f"the bulk job was not closed, so nothing was written ({error.why})"
        return TransientError(error.what, where=where, why=why)
    return error


def _ended(client: Client, load: Load, id: str) -> Ended:
    """Wait for the job and read it back; what cannot be read back is unknown."""
    sent = Sent(f"PUT /jobs/ingest/{id}/batches", 200, id)
    answered: dict[str, Answered] = {}
    try:
        end = _await(client, load, id)
        for each in _lists(end, load):
            answered |= _listed(client, load, id, each)
        if end.state is State.FAILED and not end.processed and not answered:
            return Ended({}, [write for write, _ in load.rows.values()])
        answered |= dict(_unlisted(end, load, answered))
    except TasukiError as error:
        return Ended(_receipts(client, load, answered, sent, error), [])
    return _again(client, load, answered, sent, end)


def _await(client: Client, load: Load, id: str) -> Progress:
    """How the job ended; one that never does is stopped."""
    for polls in range(jobs.PATIENCE):
        jobs.wait(client, polls)
        said = jobs.progress(client, load.object, Kind.INGEST, id)
        if said.state in {State.DONE, State.FAILED, State.ABORTED}:
            return said
    _change(client, id, "Aborted", f"{client.connection}/{load.object}")
    return jobs.progress(client, load.object, Kind.INGEST, id)


def _lists(end: Progress, load: Load) -> Iterator[str]:
    """The results to read: those that a whole job's counters do not tell already."""
    whole = end.state is State.DONE and end.processed == len(load.rows)
    if end.failed or not whole:
        yield "failedResults"
    if load.operation in {"insert", "upsert"} or not whole:
        yield "successfulResults"
    if not whole:
        yield "unprocessedrecords"


def _listed(client: Client, load: Load, id: str, which: str) -> dict[str, Answered]:
    """Row → what one list says of it; rows that are not ours are passed over."""
    where = f"{client.connection}/{load.object}"

    def read(rows: Iterator[list[str]]) -> dict[str, Answered]:
        at = {name.lower(): index for index, name in enumerate(next(rows))}
        key = at.get(load.key.lower())
        if key is None:  # a job that failed early forgot its columns
            return {}
        named = ((_name(load.key, row[key]), row) for row in rows)
        return {name: _answered(row, at, which) for name, row in named if name in load.rows}

    def ask(rest: Rest) -> dict[str, Answered]:
        path, said = f"jobs/ingest/{id}/{which}", {"Accept": "text/csv"}
        with rest.raw("GET", path, headers=said, stream=True) as answer:
            return jobs.table(answer, read, where)

    found: dict[str, Answered] = client.ask(ask, where)
    return found


def _answered(row: Sequence[str], at: Mapping[str, int], which: str) -> Answered:
    if which == "unprocessedrecords":
        return _UNPROCESSED
    id = row[at["sf__id"]]
    if which == "failedResults":
        text = row[at["sf__error"]]
        return Answered({"sf__Id": id, "sf__Error": text}, refusal=Refusal(*of_row(text)))
    created = row[at["sf__created"]] == "true"
    return Answered({"sf__Id": id, "sf__Created": created}, id, created)


_UNPROCESSED: Final = Answered({"status": "unprocessed"})


def _unlisted(
    end: Progress, load: Load, answered: Mapping[str, Answered]
) -> Iterator[tuple[str, Answered]]:
    """What follows for rows that no list names, where that is sure."""
    refused = sum(each.refusal is not None for each in answered.values())
    whole = end.state is State.DONE and end.processed == len(load.rows) and refused == end.failed
    for name, (write, _) in load.rows.items():
        if name in answered:
            continue
        if whole and write.id:
            yield name, Answered({"sf__Id": write.id, "sf__Created": False}, write.id)
        elif end.state is State.ABORTED and not end.processed:
            yield name, _UNPROCESSED


def _again(
    client: Client, load: Load, answered: Mapping[str, Answered], sent: Sent, end: Progress
) -> Ended:
    """The receipts; locked rows, and duplicates that we may save, go out by collections."""
    left = [
        write
        for name, (write, _) in load.rows.items()
        if name in answered and _may_pass(client, answered[name].refusal)
    ]
    error = TransientError(
        f"Salesforce's bulk job ended {end.state}",
        where=f"{client.connection}/{load.object}",
        why=f"job {sent.request_id} does not say what became of this record",
        outcome_unknown=True,
    )
    receipts = _receipts(client, load, answered, sent, error)
    names = {write.key for write in left}
    return Ended({key: each for key, each in receipts.items() if key not in names}, left)


def _may_pass(client: Client, refusal: Refusal | None) -> bool:
    if refusal is None:
        return False
    allowed = client.settings.allow_duplicates and refusal.code == _DUPLICATES
    return allowed or refusal.code == LOCKED or LOCKED in refusal.message


def _receipts(
    client: Client,
    load: Load,
    answered: Mapping[str, Answered],
    sent: Sent,
    error: TasukiError,
) -> dict[str, Receipt]:
    """One receipt per row; what nobody answered for ends with this error, its outcome unknown."""
    where = f"{client.connection}/{load.object}"
    lost = TransientError(error.what, where=where, why=error.why, outcome_unknown=True)
    later = TransientError(
        "Salesforce ended the bulk job before this record",
        where=where,
        why=f"job {sent.request_id} was stopped; this record was not written",
        remedy="Plan anew: the next plan has the record again.",
    )
    found: dict[str, Receipt] = {}
    for name, (write, _) in load.rows.items():
        said = answered.get(name)
        if said is None:
            exchange = told(sent.call, None, record(write), None, sent.request_id)
            found[write.key] = failed(write, lost, exchange)
        elif said is _UNPROCESSED:
            exchange = told(sent.call, sent.status, record(write), said.part, sent.request_id)
            found[write.key] = failed(write, later, exchange)
        else:
            found[write.key] = receipt(client, write, said, sent)
    return found
