"""Long transactions: their rows carry the stamp of the write and show only at the commit.

A poll by `SystemModstamp` that ran in between has passed them; `getUpdated` and `getDeleted` hold
`latestDateCovered` back to the start of the oldest open transaction for this reason.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.ids import full_id
from sandbox.salesforce.org import PERSON, Org
from sandbox.salesforce.rows.values import moment, stamp
from sandbox.salesforce.rows.write import create, delete, update
from sandbox.state import State

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sf_late (
    number INTEGER PRIMARY KEY, started_at TEXT NOT NULL, due_at TEXT
);
CREATE TABLE IF NOT EXISTS sf_late_write (
    number INTEGER PRIMARY KEY, late INTEGER NOT NULL, operation TEXT NOT NULL,
    object TEXT NOT NULL, id TEXT, fields TEXT NOT NULL, stamp TEXT NOT NULL
);
"""
_OPERATIONS: Final = frozenset({"create", "update", "delete"})


def install(state: State) -> None:
    """Make the tables."""
    state.install(_SCHEMA)


def begin(org: Org, lasts: timedelta | None = None) -> int:
    """Open a transaction; after `lasts` of the sandbox's time it commits by itself."""
    due = stamp(org.state.now() + lasts) if lasts is not None else None
    with org.state.transaction() as db:
        sql = "INSERT INTO sf_late (started_at, due_at) VALUES (?, ?) RETURNING number"
        return int(db.execute(sql, (org.now(), due)).fetchone()[0])


def write(
    org: Org, late: int, operation: str, object: str, id: str | None, fields: Mapping[str, Any]
) -> None:
    """Create, update or delete a record inside a transaction, stamped now."""
    if operation not in _OPERATIONS or object not in org.schema.objects:
        raise ValueError(f"no such write: {operation} {object}")
    _check_open(org, late)
    text = orjson.dumps(dict(fields)).decode()
    with org.state.transaction() as db:
        row = (late, operation, object, full_id(id) if id else None, text, org.now())
        db.execute("INSERT INTO sf_late_write VALUES (NULL, ?, ?, ?, ?, ?, ?)", row)


def commit(org: Org, late: int) -> list[str]:
    """Show what the transaction wrote, with its own stamps; the ids in the order of the writes.

    Errors: FaultError when a write cannot be; then the transaction is gone and nothing shows.
    """
    _check_open(org, late)
    sql = "SELECT operation, object, id, fields, stamp FROM sf_late_write WHERE late = ?"
    with org.state.lock:
        writes = org.state.db.execute(f"{sql} ORDER BY number", (late,)).fetchall()
        roll_back(org, late)
        try:
            with org.state.transaction():
                return [_carry_out(org, *each) for each in writes]
        finally:
            org.stamped = None


def roll_back(org: Org, late: int) -> None:
    """Forget the transaction."""
    with org.state.transaction() as db:
        db.execute("DELETE FROM sf_late_write WHERE late = ?", (late,))
        db.execute("DELETE FROM sf_late WHERE number = ?", (late,))


def settle(org: Org) -> None:
    """Commit every transaction whose time has come; one that cannot is rolled back."""
    sql = "SELECT number FROM sf_late WHERE due_at <= ? ORDER BY due_at, number"
    with org.state.lock:
        due = org.state.db.execute(sql, (org.now(),)).fetchall()
    for (late,) in due:
        try:
            commit(org, late)
        except FaultError:
            continue  # as the platform would: the long transaction failed at its end


def covered(org: Org, end: datetime) -> datetime:
    """The last moment up to which nothing can still appear."""
    with org.state.lock:
        (started,) = org.state.db.execute("SELECT min(started_at) FROM sf_late").fetchone()
    found = min(end, org.state.now())
    found = min(found, moment(started)) if started else found
    return found.replace(second=0, microsecond=0)


def _carry_out(org: Org, operation: str, name: str, id: str | None, fields: str, stamp: str) -> str:
    object, body = org.schema.objects[name], orjson.loads(fields)
    org.stamped = stamp
    if operation == "create":
        return create(org, object, body, PERSON)
    if operation == "update":
        update(org, object, str(id), body, PERSON)
    else:
        delete(org, object, str(id), PERSON)
    return str(id)


def _check_open(org: Org, late: int) -> None:
    with org.state.lock:
        sql = "SELECT 1 FROM sf_late WHERE number = ?"
        if org.state.db.execute(sql, (late,)).fetchone() is None:
            raise ValueError(f"no open transaction {late}")
