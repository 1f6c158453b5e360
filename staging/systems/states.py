"""What stands between a connection and its next call: a pause, an open breaker, its allowance."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from staging.bulk import upsert
from staging.tables.operating import CONNECTION_STATE


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """One connection as all processes know it. Instants are stamps."""

    connection: str
    paused_at: str | None = None
    paused_by: str | None = None
    pause_reason: str | None = None
    failures: int | None = None
    """Calls that failed in a row, after their retries."""
    open_until: str | None = None
    """The circuit breaker lets nothing through before this moment."""
    last_error: str | None = None
    used: int | None = None
    """Of the daily allowance, by whomever, as the system told."""
    allowed: int | None = None
    resets_at: str | None = None
    told_at: str | None = None
    automations_at: str | None = None
    """When it was last asked what fires by itself."""


def locked(db: Connection, connection: str) -> ConnectionState:
    """The state, held for this transaction: two processes that ask at once come one by one."""
    upsert(db, CONNECTION_STATE, [{"connection": connection}], replace=False)
    row = db.execute(
        select(CONNECTION_STATE)
        .where(CONNECTION_STATE.c.connection == connection)
        .with_for_update()
    ).one()
    return _state(row)


def read(db: Connection, connection: str) -> ConnectionState:
    """The state as it is; an empty one for a connection nobody used yet."""
    row = db.execute(
        select(CONNECTION_STATE).where(CONNECTION_STATE.c.connection == connection)
    ).first()
    return _state(row) if row else ConnectionState(connection)


def change(db: Connection, connection: str, **values: object) -> None:
    """Write some of the state down; the rest stays."""
    upsert(db, CONNECTION_STATE, [{"connection": connection}], replace=False)
    db.execute(
        update(CONNECTION_STATE).where(CONNECTION_STATE.c.connection == connection).values(**values)
    )


def _state(row: Row[Any]) -> ConnectionState:
    return ConnectionState(**row._asdict())
