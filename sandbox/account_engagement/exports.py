"""Exports: jobs that run one at a time and leave CSV files, whose rows have no order."""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import orjson

from sandbox.account_engagement.account.settings import settings
from sandbox.account_engagement.faults import invalid, missing
from sandbox.account_engagement.model import EXPORTED, OBJECTS
from sandbox.account_engagement.query import moment
from sandbox.account_engagement.show import Shown, wanted
from sandbox.account_engagement.store import VIEW, row_of
from sandbox.state import State

_MOST_FIELDS: Final = 150
_YEAR: Final = 365 * 86_400
_KEPT_DAYS: Final = 7
_PROCEDURES: Final = {"filter_by_created_at": "created", "filter_by_updated_at": "updated"}


@dataclass(frozen=True, slots=True)
class Job:
    """One export as it was asked for; `begins` and `ends` are when it runs."""

    object: str
    fields: tuple[str, ...]
    stamp: str
    after: float
    before: float
    begins: float
    ends: float
    file_bytes: int
    mark: bool = False
    outcome: str = "complete"


def begin(state: State, body: Mapping[str, Any]) -> int:
    """Queue an export behind those that still run; its id."""
    now = state.now().timestamp()
    name = EXPORTED.get(str(body.get("object")))
    fields = body.get("fields")
    if name is None or not isinstance(fields, list) or not 0 < len(fields) <= _MOST_FIELDS:
        raise invalid("An export needs an object and 1 to 150 fields")
    wanted(OBJECTS[name], ",".join(fields))
    stamp, after, before = _range(state, body.get("procedure") or {}, now)
    if stamp == "updated" and not OBJECTS[name].is_stamped:
        raise invalid("filter_by_updated_at is not available for this object")
    others = [job.ends for _, job in _jobs(state) if job.outcome == "complete"]
    begins = max([now, *others])
    job = Job(
        name,
        tuple(fields),
        stamp,
        after,
        before,
        begins,
        begins + settings(state).export_seconds,
        int(body.get("maxFileSizeBytes") or 10_000_000),
        bool(body.get("includeByteOrderMark")),
    )
    with state.transaction() as db:
        kept = (now, orjson.dumps(asdict(job)).decode())
        made = db.execute("INSERT INTO ae_export (made, body) VALUES (?, ?)", kept)
    return int(made.lastrowid or 0)


def _range(state: State, procedure: Mapping[str, Any], now: float) -> tuple[str, float, float]:
    stamp = _PROCEDURES.get(str(procedure.get("name")))
    if stamp is None:
        raise invalid("Invalid procedure")
    given = procedure.get("arguments") or {}
    zone = settings(state).zone
    after, before = given.get(f"{stamp}_after"), given.get(f"{stamp}_before")
    if after is None:
        raise invalid(f"Missing argument: {stamp}_after")
    begin = moment(f"{stamp}_after", str(after), zone)
    end = moment(f"{stamp}_before", str(before), zone) if before else now
    return stamp, begin, min(end, begin + _YEAR)


def told(state: State, id: int, origin: str) -> dict[str, Any]:
    """How far a job is; once complete, where its files are."""
    job, zone = _job(state, id), settings(state).zone
    phase = _phase(job, state.now().timestamp())
    files = _files(state, id, job) if phase == "complete" else []
    until = datetime.fromtimestamp(job.ends, zone) + timedelta(days=_KEPT_DAYS)
    return {
        "id": id,
        "state": phase,
        "isExpired": state.now() > until,
        "expirationDate": until.isoformat() if phase == "complete" else None,
        "resultRefs": [f"{origin}/api/v5/exports/{id}/results/{n}" for n in range(len(files))],
    }


def result(state: State, id: int, number: int) -> bytes:
    """One file of a finished job."""
    job = _job(state, id)
    now = state.now().timestamp()
    files = _files(state, id, job) if _phase(job, now) == "complete" else []
    if number >= len(files) or now > job.ends + _KEPT_DAYS * 86_400:
        raise missing(f"export {id} result {number}")
    return files[number]


def end(state: State, id: int, outcome: str) -> None:
    """Cancel a job, or let it fail."""
    job = _job(state, id)
    with state.transaction() as db:
        kept = orjson.dumps({**asdict(job), "outcome": outcome}).decode()
        db.execute("UPDATE ae_export SET body = ? WHERE id = ?", (kept, id))


def _phase(job: Job, now: float) -> str:
    if job.outcome != "complete":
        return job.outcome
    if now < job.begins:
        return "waiting"
    return "processing" if now < job.ends else "complete"


def _jobs(state: State) -> list[tuple[int, Job]]:
    found = state.db.execute("SELECT id, body FROM ae_export ORDER BY id").fetchall()
    return [(id, Job(**orjson.loads(body))) for id, body in found]


def _job(state: State, id: int) -> Job:
    found = state.db.execute("SELECT body FROM ae_export WHERE id = ?", (id,)).fetchone()
    if found is None:
        raise missing(f"export {id}")
    return Job(**orjson.loads(found[0]))


def _files(state: State, id: int, job: Job) -> list[bytes]:
    sql = (
        f"SELECT object, id, created, updated, deleted, fields FROM {VIEW} "
        f"WHERE deleted = 0 AND {job.stamp} >= :after AND {job.stamp} < :before"
    )
    given = {"object": job.object, "at": job.ends, "after": job.after, "before": job.before}
    rows = [row_of(found) for found in state.db.execute(sql, given).fetchall()]
    Random(id).shuffle(rows)
    shown = Shown(state, job.ends, settings(state).zone)
    paths = wanted(OBJECTS[job.object], ",".join(job.fields))
    lines = [_line([shown.value(row, path) for path in paths]) for row in rows]
    return _cut(job, _line(job.fields), lines)


def _cut(job: Job, head: str, lines: list[str]) -> list[bytes]:
    mark = "\ufeff" if job.mark else ""
    files: list[list[str]] = [[]]
    size = 0
    for line in lines:
        if files[-1] and size + len(line) > job.file_bytes:
            files.append([])
            size = 0
        files[-1].append(line)
        size += len(line)
    return [(mark + head + "".join(each)).encode() for each in files]


def _line(values: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([_cell(value) for value in values])
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
