"""What people changed in the systems, as pulls saw it: the journal of records, read by record."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, select

from staging.bulk import chunks
from staging.tables.staged import RECORD, RECORD_CHANGE
from tasuki.values import Json

_JOURNAL = RECORD_CHANGE.c


@dataclass(frozen=True, slots=True)
class Edit:
    """One cell that changed; our own writes are none."""

    id: str
    field: str
    before: Json
    after: Json
    modified_at: str | None
    modified_by: str | None
    at: str
    run: str | None


def since(
    db: Connection,
    connection: str,
    object: str,
    ids: Iterable[str],
    fields: Collection[str],
    moment: str,
) -> Iterator[Edit]:
    """The edits of these fields of these records after a moment, oldest first."""
    late = and_(_JOURNAL.field.in_(sorted(fields)), _JOURNAL.modified_at > moment)
    yield from _edits(db, connection, object, ids, late)


def in_run(
    db: Connection, connection: str, object: str, ids: Iterable[str], run: str
) -> Iterator[Edit]:
    """The edits of these records that a run saw, oldest first."""
    yield from _edits(db, connection, object, ids, _JOURNAL.run_id == run)


def of_record(db: Connection, connection: str, object: str, id: str) -> list[Edit]:
    """Every edit of one record, oldest first."""
    return list(_edits(db, connection, object, [id], _JOURNAL.id == id))


def overtaken(
    db: Connection, connection: str, object: str, ids: Iterable[str]
) -> Iterator[tuple[str, str, Json]]:
    """What records held before a change newer than they are now: (id, field, older value).

    Only a page that came late leaves a record older than its own journal.
    """
    same = and_(
        RECORD.c.connection == _JOURNAL.connection,
        RECORD.c.object == _JOURNAL.object,
        RECORD.c.id == _JOURNAL.id,
    )
    columns = (_JOURNAL.id, _JOURNAL.field, _JOURNAL.before)
    for chunk in chunks(ids):
        rows = db.execute(
            select(*columns)
            .select_from(RECORD_CHANGE.join(RECORD, same))
            .where(
                *_of(connection, object),
                _JOURNAL.id.in_(chunk),
                _JOURNAL.modified_at > RECORD.c.modified_at,
            )
        )
        yield from ((id_, field, before) for id_, field, before in rows)


def _edits(
    db: Connection, connection: str, object: str, ids: Iterable[str], which: ColumnElement[bool]
) -> Iterator[Edit]:
    names = ("id", "field", "before", "after", "modified_at", "modified_by", "at", "run_id")
    columns = [_JOURNAL[name] for name in names]
    for chunk in chunks(ids):
        query = select(*columns).where(*_of(connection, object), _JOURNAL.id.in_(chunk), which)
        yield from (Edit(*row) for row in db.execute(query.order_by(_JOURNAL.seq)))


def _of(connection: str, object: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _JOURNAL.connection == connection, _JOURNAL.object == object
