"""How many records are staged: what a certificate puts beside the count of a system."""

from sqlalchemy import ColumnElement, Connection, exists, func, select

from staging import queue
from staging.tables.staged import DIRTY, RECORD


def count(
    db: Connection,
    connection: str,
    object: str,
    since: str | None = None,
    until: str | None = None,
) -> int:
    """How many living records of an object are staged, or those last changed within a window."""
    return _count(db, _living(connection, object, since, until))


def brought(db: Connection, connection: str, object: str, until: str | None) -> int:
    """How many of the living ones last changed before a moment a walk of some records brought."""
    kind = f"{connection}/{object}"
    marked = (DIRTY.c.consumer == queue.BROUGHT, DIRTY.c.kind == kind, DIRTY.c.id == RECORD.c.id)
    walked = exists(select(DIRTY.c.id).where(*marked).correlate(RECORD))
    return _count(db, [*_living(connection, object, None, until), walked])


def _count(db: Connection, wanted: list[ColumnElement[bool]]) -> int:
    return db.scalar(select(func.count()).select_from(RECORD).where(*wanted)) or 0


def _living(
    connection: str, object: str, since: str | None, until: str | None
) -> list[ColumnElement[bool]]:
    wanted = [
        RECORD.c.connection == connection,
        RECORD.c.object == object,
        RECORD.c.deleted_at.is_(None),
    ]
    if since is not None:
        wanted.append(RECORD.c.modified_at >= since)
    if until is not None:
        wanted.append(RECORD.c.modified_at < until)
    return wanted
