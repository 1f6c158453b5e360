"""Jobs as the state keeps them, for seven days."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

import orjson

from sandbox.salesforce.faults import FaultError, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.values import stamp
from sandbox.state import State

OPEN, WAITING, RUNNING = "Open", "UploadComplete", "InProgress"
COMPLETE, FAILED, ABORTED = "JobComplete", "Failed", "Aborted"
ENDED: Final = frozenset({COMPLETE, FAILED, ABORTED})
_LIFE: Final = timedelta(days=7)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sf_bulk_job (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, created_at TEXT NOT NULL, job TEXT NOT NULL,
    data BLOB
);
CREATE TABLE IF NOT EXISTS sf_bulk_row (
    job TEXT NOT NULL, number INTEGER NOT NULL, cells TEXT NOT NULL,
    id TEXT, created INTEGER, error TEXT,
    PRIMARY KEY (job, number)
);
CREATE TABLE IF NOT EXISTS sf_bulk_part (
    job TEXT NOT NULL, first INTEGER NOT NULL, lines BLOB NOT NULL, PRIMARY KEY (job, first)
);
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One job: what was asked (as the client wrote it) and how far it is."""

    id: str
    kind: str
    version: str
    user: str
    object: str
    asked: dict[str, Any]
    created_at: str
    changed_at: str
    state: str
    processed: int = 0
    failed: int = 0
    error: str | None = None
    header: list[str] = field(default_factory=list)

    @property
    def operation(self) -> str:
        """What it does to rows."""
        return str(self.asked["operation"])

    @property
    def delimiter(self) -> str:
        """The name of its column delimiter."""
        return str(self.asked.get("columnDelimiter") or "COMMA")

    @property
    def line_end(self) -> str:
        """The name of its line ending."""
        return str(self.asked.get("lineEnding") or "LF")

    def shown(self, *, counted: bool) -> dict[str, Any]:
        """The job as the API shows it, with its counters or without."""
        ingest = self.kind == "ingest"
        found: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.user,
            "createdDate": self.created_at,
            "systemModstamp": self.changed_at,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version[1:]),
            "lineEnding": self.line_end,
            "columnDelimiter": self.delimiter,
        }
        if self.asked.get("externalIdFieldName"):
            found["externalIdFieldName"] = self.asked["externalIdFieldName"]
        if ingest and self.state == OPEN:
            found["contentUrl"] = f"services/data/{self.version}/jobs/ingest/{self.id}/batches"
        if self.error:
            found["errorMessage"] = self.error
        return {**found, **self._counters()} if counted else found

    def _counters(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "jobType": "V2Ingest" if self.kind == "ingest" else "V2Query",
            "numberRecordsProcessed": self.processed,
            "retries": 0,
            "totalProcessingTime": self.processed // 10 + 1,
        }
        if self.kind == "ingest":
            found["numberRecordsFailed"] = self.failed
            found["apiActiveProcessingTime"] = self.processed // 20 + 1
            found["apexProcessingTime"] = 0
        return found


def install(state: State) -> None:
    """Make the tables."""
    state.install(_SCHEMA)


def opened(org: Org, job: Job) -> Job:
    """Keep a new job; jobs past their seven days are forgotten."""
    oldest = stamp(org.state.now() - _LIFE)
    with org.state.transaction() as db:
        old = db.execute("SELECT id FROM sf_bulk_job WHERE created_at < ?", (oldest,)).fetchall()
        for (id,) in old:
            forget(org, id)
        row = (job.id, job.kind, job.created_at, _text(job))
        db.execute("INSERT INTO sf_bulk_job (id, kind, created_at, job) VALUES (?, ?, ?, ?)", row)
    return job


def find(org: Org, kind: str, id: str) -> Job:
    """The job of this id; 404 for none."""
    sql = "SELECT job FROM sf_bulk_job WHERE kind = ? AND substr(id, 1, 15) = substr(?, 1, 15)"
    with org.state.lock:
        row = org.state.db.execute(sql, (kind, id)).fetchone()
    if row is None:
        raise not_found()
    return Job(**orjson.loads(row[0]))


def listed(org: Org, kind: str, start: int, most: int) -> list[Job]:
    """Jobs of a kind, the newest first."""
    sql = "SELECT job FROM sf_bulk_job WHERE kind = ? ORDER BY id DESC LIMIT ? OFFSET ?"
    with org.state.lock:
        rows = org.state.db.execute(sql, (kind, most, start)).fetchall()
    return [Job(**orjson.loads(text)) for (text,) in rows]


def moved(org: Org, job: Job, **changes: Any) -> Job:
    """The job with these changes, kept."""
    changed = replace(job, changed_at=org.now(), **changes)
    with org.state.transaction() as db:
        db.execute("UPDATE sf_bulk_job SET job = ? WHERE id = ?", (_text(changed), job.id))
    return changed


def forget(org: Org, id: str) -> None:
    """Drop a job with all it holds."""
    with org.state.transaction() as db:
        db.execute("DELETE FROM sf_bulk_job WHERE id = ?", (id,))
        for table in ("sf_bulk_row", "sf_bulk_part"):
            db.execute(f"DELETE FROM {table} WHERE job = ?", (id,))


def wrong_state(text: str) -> FaultError:
    """A call the job's state does not allow."""
    return FaultError("INVALIDJOBSTATE", text)


def _text(job: Job) -> str:
    return orjson.dumps(job).decode()
