"""Records as their systems said them: staged with their history, read back by id."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, null, select, update

from staging.bulk import chunks, insert, upsert
from staging.tables.staged import BASE, CURSOR, RECORD, RECORD_CHANGE
from tasuki.values import Json, digest, same_value


@dataclass(frozen=True, slots=True)
class Seen:
    """One record as a page brought it."""

    id: str
    fields: Mapping[str, Any]
    modified_at: str | None = None
    modified_by: str | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """One record as it stands in the store."""

    id: str
    payload: dict[str, Any]
    modified_at: str | None
    modified_by: str | None
    deleted_at: str | None


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream of an object has been read."""

    value: str | None
    fields_digest: str | None


def stage(  # one call per page
    db: Connection,
    connection: str,
    object: str,
    records: Sequence[Seen],
    *,
    run: str,
    now: str,
) -> list[str]:
    """Keep a page; the ids whose content is new or differs from what was known.

    A page delivered twice changes nothing. Each changed field of a known record is journalled.
    A record in which only our own settled writes show, however the system spells them, is an echo.
    """
    latest = {record.id: record for record in records}
    known = known_digests(db, connection, object, latest)
    fresh = {id_: digest(dict(r.fields)) for id_, r in latest.items()}
    differ = [id_ for id_ in latest if known.get(id_) != fresh[id_]]
    before = read(db, connection, object, [id_ for id_ in differ if known.get(id_)])
    echoes = _echoes(db, connection, object, latest, before)
    _journal(
        db, connection, object, [r for i, r in latest.items() if i in before], before, run, now
    )
    upsert(db, RECORD, (_row(connection, object, latest[i], fresh[i], run) for i in differ))
    return [id_ for id_ in differ if id_ not in echoes]


def _echoes(
    db: Connection,
    connection: str,
    object: str,
    latest: Mapping[str, Seen],
    before: Mapping[str, Staged],
) -> set[str]:
    """The records whose every difference is a value we sent; what was sent is then forgotten."""
    sent = _sent(db, connection, object, before)
    forget_sent(db, connection, object, sent)
    return {
        id_
        for id_, ours in sent.items()
        if all(
            name in ours and same_value(ours[name], value)
            for name, value in latest[id_].fields.items()
            if value != before[id_].payload.get(name)
        )
    }


def _sent(
    db: Connection, connection: str, object: str, ids: Iterable[str]
) -> dict[str, dict[str, Json]]:
    found: dict[str, dict[str, Json]] = {}
    for chunk in chunks(ids):
        rows = db.execute(
            select(BASE.c.id, BASE.c.sent).where(
                *_based(connection, object), BASE.c.id.in_(chunk), BASE.c.sent.is_not(None)
            )
        )
        found |= {id_: sent for id_, sent in rows if sent}
    return found


def forget_sent(db: Connection, connection: str, object: str, ids: Iterable[str]) -> None:
    """What we sent has been seen, or overtaken."""
    for chunk in chunks(ids):
        db.execute(
            update(BASE)
            .where(*_based(connection, object), BASE.c.id.in_(chunk))
            .values(sent=null())
        )


def known_digests(
    db: Connection, connection: str, object: str, ids: Iterable[str]
) -> dict[str, str | None]:
    """The content digest of each known record; None for one that was deleted."""
    found: dict[str, str | None] = {}
    for chunk in chunks(ids):
        rows = db.execute(
            select(RECORD.c.id, RECORD.c.digest, RECORD.c.deleted_at).where(
                *_of(connection, object), RECORD.c.id.in_(chunk)
            )
        )
        found |= {id_: None if gone else known for id_, known, gone in rows}
    return found


def read(db: Connection, connection: str, object: str, ids: Iterable[str]) -> dict[str, Staged]:
    """The named records, by id."""
    found: dict[str, Staged] = {}
    for chunk in chunks(ids):
        rows = db.execute(_select().where(*_of(connection, object), RECORD.c.id.in_(chunk)))
        found |= {row.id: _staged(row) for row in rows}
    return found


def living_ids(db: Connection, connection: str, object: str) -> Iterator[str]:
    """The ids of every record that is not deleted, in id order."""
    yield from db.scalars(
        select(RECORD.c.id)
        .where(*_of(connection, object), RECORD.c.deleted_at.is_(None))
        .order_by(RECORD.c.id)
    )


def count(db: Connection, connection: str, object: str) -> int:
    """How many living records of an object are staged."""
    living = (*_of(connection, object), RECORD.c.deleted_at.is_(None))
    return db.scalar(select(func.count()).select_from(RECORD).where(*living)) or 0


def mark_deleted(
    db: Connection, connection: str, object: str, ids: Collection[str], now: str
) -> list[str]:
    """Mark records as deleted; the ids that were alive until now."""
    gone = [id_ for id_, known in known_digests(db, connection, object, ids).items() if known]
    for chunk in chunks(gone):
        db.execute(
            update(RECORD)
            .where(*_of(connection, object), RECORD.c.id.in_(chunk))
            .values(deleted_at=now)
        )
    return gone


def overlay(
    db: Connection, connection: str, object: str, cells: Mapping[str, Mapping[str, Json]]
) -> None:
    """Take our own settled writes into the known content, so that their echo is no change."""
    known = read(db, connection, object, cells)
    sent = _sent(db, connection, object, known)
    payloads = {
        id_: record.payload | {k: v for k, v in cells[id_].items() if k in record.payload}
        for id_, record in known.items()
    }
    keys = {"connection": connection, "object": object}
    upsert(
        db,
        RECORD,
        ({**keys, "id": i, "payload": p, "digest": digest(p)} for i, p in payloads.items()),
    )
    upsert(
        db,
        BASE,
        ({**keys, "id": i, "sent": {**sent.get(i, {}), **cells[i]}} for i in known),
    )


def bases(
    db: Connection, connection: str, object: str, ids: Iterable[str]
) -> dict[str, dict[str, Json]]:
    """What both sides last agreed on, by record id: entity field -> normalized value."""
    found: dict[str, dict[str, Json]] = {}
    for chunk in chunks(ids):
        rows = db.execute(
            select(BASE.c.id, BASE.c.normalized).where(
                *_based(connection, object), BASE.c.id.in_(chunk), BASE.c.normalized.is_not(None)
            )
        )
        found |= {id_: values or {} for id_, values in rows}
    return found


def keep_bases(
    db: Connection, rows: Iterable[tuple[str, str, str, Mapping[str, Json], str]]
) -> None:
    """Keep agreed values: (connection, object, id, normalized values, mapping version)."""
    upsert(
        db,
        BASE,
        (
            {
                "connection": connection,
                "object": object_,
                "id": id_,
                "normalized": dict(values),
                "mapping_version": version,
            }
            for connection, object_, id_, values, version in rows
        ),
    )


def position(db: Connection, connection: str, object: str, stream: str) -> Position:
    """How far a stream has been read; nowhere for a new one."""
    row = db.execute(
        select(CURSOR.c.value, CURSOR.c.fields_digest).where(
            CURSOR.c.connection == connection, CURSOR.c.object == object, CURSOR.c.stream == stream
        )
    ).first()
    return Position(row.value, row.fields_digest) if row else Position(None, None)


def move(  # the cursor commits with its page, in the caller's transaction
    db: Connection, connection: str, object: str, stream: str, to: Position, run: str, now: str
) -> None:
    """Move a cursor."""
    upsert(
        db,
        CURSOR,
        [
            {
                "connection": connection,
                "object": object,
                "stream": stream,
                "value": to.value,
                "fields_digest": to.fields_digest,
                "run_id": run,
                "at": now,
            }
        ],
    )


def note_version(
    db: Connection, of: tuple[str, str, str], version: str, run: str, now: str
) -> bool:
    """Keep which version of written rules was read last; whether another one was known before."""
    known = position(db, *of).value
    if known == version:
        return False
    move(db, *of, Position(version, None), run, now)
    return known is not None


def _journal(
    db: Connection,
    connection: str,
    object: str,
    records: Sequence[Seen],
    before: Mapping[str, Staged],
    run: str,
    now: str,
) -> None:
    insert(
        db,
        RECORD_CHANGE,
        (
            {
                "connection": connection,
                "object": object,
                "id": record.id,
                "field": name,
                "before": before[record.id].payload.get(name),
                "after": value,
                "modified_at": record.modified_at,
                "modified_by": record.modified_by,
                "run_id": run,
                "at": now,
            }
            for record in records
            for name, value in record.fields.items()
            if before[record.id].payload.get(name) != value
        ),
    )


def _row(connection: str, object: str, record: Seen, content: str, run: str) -> dict[str, Any]:
    return {
        "connection": connection,
        "object": object,
        "id": record.id,
        "payload": dict(record.fields),
        "digest": content,
        "modified_at": record.modified_at,
        "modified_by": record.modified_by,
        "deleted_at": None,
        "seen_run": run,
    }


def _of(connection: str, object: str) -> tuple[Any, Any]:
    return RECORD.c.connection == connection, RECORD.c.object == object


def _based(connection: str, object: str) -> tuple[Any, Any]:
    return BASE.c.connection == connection, BASE.c.object == object


def _select() -> Any:
    return select(
        RECORD.c.id,
        RECORD.c.payload,
        RECORD.c.modified_at,
        RECORD.c.modified_by,
        RECORD.c.deleted_at,
    )


def _staged(row: Row[Any]) -> Staged:
    return Staged(row.id, row.payload or {}, row.modified_at, row.modified_by, row.deleted_at)
