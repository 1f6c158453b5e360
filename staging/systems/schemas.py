"""What the systems said of themselves: the newest description of each object, and what drifted."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from staging.bulk import insert, upsert
from staging.tables.operating import DRIFT
from staging.tables.staged import PLATFORM_SCHEMA
from tasuki.values import Json


def keep(db: Connection, connection: str, objects: Iterable[Mapping[str, Json]], now: str) -> None:
    """Keep the newest description of each object; its `name` says which."""
    rows = [
        {"connection": connection, "object": each["name"], "info": dict(each), "fetched_at": now}
        for each in objects
    ]
    if rows:
        upsert(db, PLATFORM_SCHEMA, rows)


def kept(db: Connection, connection: str) -> dict[str, Json]:
    """Object → its last description."""
    query = select(PLATFORM_SCHEMA.c.object, PLATFORM_SCHEMA.c.info).where(
        PLATFORM_SCHEMA.c.connection == connection
    )
    return {row.object: row.info for row in db.execute(query)}


def kept_of(db: Connection, connection: str, object: str) -> Json:
    """The last description of one object, None when there is none."""
    key = (PLATFORM_SCHEMA.c.connection == connection, PLATFORM_SCHEMA.c.object == object)
    return db.scalar(select(PLATFORM_SCHEMA.c.info).where(*key))


def fetched_at(db: Connection) -> dict[str, str]:
    """Connection → when the oldest of its descriptions was fetched."""
    query = select(PLATFORM_SCHEMA.c.connection, PLATFORM_SCHEMA.c.fetched_at)
    found: dict[str, str] = {}
    for row in db.execute(query):
        found[row.connection] = min(row.fetched_at, found.get(row.connection, row.fetched_at))
    return found


def note_drift(db: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write down what drifted; it is told until somebody looks at a newer description."""
    if noted := list(rows):
        insert(db, DRIFT, noted)


def drifted_since(db: Connection, moment: str) -> list[dict[str, Any]]:
    """What drifted at the moment or later, oldest first."""
    query = select(DRIFT).where(DRIFT.c.at >= moment).order_by(DRIFT.c.seq)
    return [row._asdict() for row in db.execute(query)]
