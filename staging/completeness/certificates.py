"""Completeness certificates: the count of a system beside ours, with the stamps they are about."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from staging.bulk import upsert
from staging.tables.operating import CERTIFICATE

ANSWER: Final = "answer"
"""One page held everything the system said it would hold: no call was needed."""
WINDOW: Final = "window"
"""The records stamped within a window were counted on both sides."""
WHOLE: Final = "whole"
"""All living records were counted on both sides."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One certificate of one object."""

    connection: str
    object: str
    there: int
    here: int
    method: str
    since: str | None = None
    until: str | None = None
    at: str = ""

    @property
    def complete(self) -> bool:
        """Both sides count the same."""
        return self.there == self.here


def keep(db: Connection, proof: Proof, run: str, now: str) -> None:
    """Keep a run's certificate; a second look of the same run replaces the first."""
    row = {
        "run_id": run,
        "connection": proof.connection,
        "object": proof.object,
        "platform_count": proof.there,
        "staged_count": proof.here,
        "complete": proof.complete,
        "at": now,
        "method": proof.method,
        "window_since": proof.since,
        "window_until": proof.until,
    }
    upsert(db, CERTIFICATE, [row])


def latest(db: Connection) -> dict[tuple[str, str], Proof]:
    """The newest certificate of each connection and object."""
    keys = (CERTIFICATE.c.connection, CERTIFICATE.c.object)
    newest = select(*keys, func.max(CERTIFICATE.c.at).label("at")).group_by(*keys)
    last = newest.subquery()
    rows = db.execute(
        select(CERTIFICATE).join(
            last,
            (CERTIFICATE.c.connection == last.c.connection)
            & (CERTIFICATE.c.object == last.c.object)
            & (CERTIFICATE.c.at == last.c.at),
        )
    )
    return {(row.connection, row.object): _proof(row) for row in rows}


def of_run(db: Connection, run: str) -> list[Proof]:
    """The certificates of one run, by connection and object."""
    order = (CERTIFICATE.c.connection, CERTIFICATE.c.object)
    rows = db.execute(select(CERTIFICATE).where(CERTIFICATE.c.run_id == run).order_by(*order))
    return [_proof(row) for row in rows]


def _proof(row: Row[Any]) -> Proof:
    return Proof(
        connection=row.connection,
        object=row.object,
        there=row.platform_count,
        here=row.staged_count,
        method=row.method or WHOLE,
        since=row.window_since,
        until=row.window_until,
        at=row.at,
    )
