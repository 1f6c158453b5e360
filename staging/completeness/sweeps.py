"""When something was last compared as a whole, and the ids on which both sides differ."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, insert, literal, select

from staging import queue
from staging.bulk import upsert
from staging.tables.operating import SWEEP
from staging.tables.staged import CURSOR, DIRTY, RECORD
from tasuki.values import Json

DELETES: Final = "deletes"
LINKS: Final = "links"
IDS: Final = "ids"


def note(db: Connection, of: tuple[str, str], kind: str, result: Json, run: str, now: str) -> None:
    """A sweep of a connection's object has come to its end."""
    connection, object_ = of
    row = {"connection": connection, "object": object_, "sweep_kind": kind}
    upsert(db, SWEEP, [{**row, "at": now, "run_id": run, "result": result}])


def last(db: Connection) -> dict[tuple[str, str], dict[str, str]]:
    """When each sweep of each connection and object last ended."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in db.execute(
        select(SWEEP.c.connection, SWEEP.c.object, SWEEP.c.sweep_kind, SWEEP.c.at)
    ):
        found.setdefault((row.connection, row.object), {})[row.sweep_kind] = row.at
    return found


def doubt(
    db: Connection,
    kind: str,
    of: tuple[str, str],
    after: str | None,
    most: int,
    *,
    news: bool = True,
) -> tuple[int, str | None]:
    """Doubt the ids that only one side knows, among the next listed ones.

    Without `news`, ids that the store does not know are nobody's loss: only what is gone is sought.

    Returns how many listed ids were compared, and the last of them (None when it was the last of
    all). What the store knows between two listed ids, and beyond the last, is compared as well.
    """
    listed = (DIRTY.c.consumer == queue.LISTED, DIRTY.c.kind == kind)
    rest = () if after is None else (DIRTY.c.id > after,)
    ids = select(DIRTY.c.id).where(*listed, *rest).order_by(DIRTY.c.id).limit(most)
    chunk = list(db.scalars(ids))
    bound = chunk[-1] if len(chunk) == most else None
    living = (
        RECORD.c.connection == of[0],
        RECORD.c.object == of[1],
        RECORD.c.deleted_at.is_(None),
    )
    here, there = _between(RECORD.c.id, after, bound), _between(DIRTY.c.id, after, bound)
    unlisted = ~exists(
        select(DIRTY.c.id).where(*listed, DIRTY.c.id == RECORD.c.id).correlate(RECORD)
    )
    unknown = ~exists(
        select(RECORD.c.id).where(*living, RECORD.c.id == DIRTY.c.id).correlate(DIRTY)
    )
    named = (literal(queue.DOUBTED), literal(kind))
    gone = select(*named, RECORD.c.id).where(*living, *here, unlisted)
    new = select(*named, DIRTY.c.id).where(*listed, *there, unknown)
    for query in (gone, new) if news else (gone,):
        db.execute(insert(DIRTY).from_select(["consumer", "kind", "id"], query))
    return len(chunk), bound


def _between(
    column: ColumnElement[str], after: str | None, bound: str | None
) -> list[ColumnElement[bool]]:
    beyond = [] if after is None else [column > after]
    return beyond if bound is None else [*beyond, column <= bound]


def every_position(db: Connection) -> dict[tuple[str, str], set[str]]:
    """Of every connection and object, the streams that have been read somewhere."""
    rows = db.execute(
        select(CURSOR.c.connection, CURSOR.c.object, CURSOR.c.stream).where(
            CURSOR.c.value.is_not(None)
        )
    )
    found: dict[tuple[str, str], set[str]] = {}
    for connection, object_, stream in rows:
        found.setdefault((connection, object_), set()).add(stream)
    return found
