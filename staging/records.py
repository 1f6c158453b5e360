"""Records as their systems said them: staged with their history, read back by id."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from orjson import Fragment
from sqlalchemy import Connection, Row, bindparam, literal, or_, select, update

from staging.bulk import chunks, insert, upsert
from staging.history import echoes
from staging.tables.staged import BASE, CURSOR, ERASED, RECORD, RECORD_CHANGE
from tasuki.values import Json, digest_of, packed

_KNOWN: Final = select(
    RECORD.c.id, RECORD.c.digest, RECORD.c.modified_at, RECORD.c.deleted_at
).where(
    RECORD.c.connection == bindparam("connection"),
    RECORD.c.object == bindparam("object"),
    RECORD.c.id.in_(bindparam("ids", expanding=True)),
)
_POSITIONS: Final = select(
    CURSOR.c.stream, CURSOR.c.value, CURSOR.c.fields_digest, CURSOR.c.run_id
).where(CURSOR.c.connection == bindparam("connection"), CURSOR.c.object == bindparam("object"))
"""Asked for every page: built once, since building them costs more than running them."""


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
    digest: str
    """Of its payload as it was read."""
    is_told: bool = False
    """Of a deleted one: its system said so; else it is only not shown any more."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream of an object has been read."""

    value: str | None
    fields_digest: str | None = None
    """What an older version asked for; newer ones keep it as a stream of its own."""
    run_id: str | None = field(default=None, compare=False)
    """The run that moved it last."""


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

    A page delivered twice changes nothing. Each changed field of a known record is journalled; one
    that was not asked for this time stays as it was last seen.
    A record in which only our own settled writes show, however the system spells them, is an echo.
    One of which only the stamp moved is no change, but has the stamp its system counts it by.
    A large page is kept in parts: each is packed, and a page of them all would double its memory.
    """
    latest = {record.id: record for record in records}
    parts = ({id_: latest[id_] for id_ in ids} for ids in chunks(latest))
    return [id_ for part in parts for id_ in _stage(db, connection, object, part, run, now)]


def _stage(
    db: Connection,
    connection: str,
    object: str,
    latest: Mapping[str, Seen],
    run: str,
    now: str,
) -> list[str]:
    known = _known(db, connection, object, latest)
    texts = {id_: packed(dict(r.fields)) for id_, r in latest.items()}
    fresh = {id_: digest_of(text) for id_, text in texts.items()}
    differ = [id_ for id_ in latest if id_ not in known or known[id_][0] != fresh[id_]]
    old = read(db, connection, object, [id_ for id_ in differ if id_ in known])
    sent = echoes.sent(db, connection, object, old)
    late = _as_known(db, (connection, object), latest, old, sent)
    latest = {**latest, **late}
    whole = {id_: packed(full) for id_, full in _wider(latest, old, late)}
    texts, fresh = texts | whole, fresh | {id_: digest_of(text) for id_, text in whole.items()}
    differ = [id_ for id_ in differ if id_ not in known or known[id_][0] != fresh[id_]]
    living = (id_ for id_ in differ if id_ in known and known[id_][0])
    before = {id_: _heard(latest[id_], old[id_], sent.get(id_)) for id_ in living}
    ours = {i for i in before.keys() & sent.keys() if _is_as_before(latest[i], before[i])}
    echoes.forget(db, connection, object, before.keys() & sent.keys() - late.keys())
    _journal(
        db, connection, object, [r for i, r in latest.items() if i in before], before, run, now
    )
    of = {"connection": connection, "object": object, "deleted_at": None, "seen_run": run}
    upsert(db, RECORD, (of | _row(latest[i], texts[i], fresh[i]) for i in differ))
    _restamp(db, connection, object, latest, known, fresh)
    return [id_ for id_ in differ if id_ not in ours]


def _wider(
    latest: Mapping[str, Seen], old: Mapping[str, Staged], late: Collection[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Records of which more is known than was asked for now, with that; not of erased ones."""
    for id_, row in old.items():
        fields = latest[id_].fields
        full = row.payload | dict(fields)
        if (len(full) > len(fields) or id_ in late) and ERASED not in full:
            yield id_, full


def _as_known(
    db: Connection,
    at: tuple[str, str],
    latest: Mapping[str, Seen],
    old: Mapping[str, Staged],
    sent: Mapping[str, Mapping[str, Json]],
) -> dict[str, Seen]:
    """Late records, which show what we wrote over, with what we wrote."""
    shown = {id_: (latest[id_].fields, latest[id_].modified_at) for id_ in old}
    known = {id_: (row.payload, row.modified_at) for id_, row in old.items()}
    ours = echoes.covered(db, at, shown, known, sent)
    return {
        id_: replace(latest[id_], fields={**latest[id_].fields, **cells})
        for id_, cells in ours.items()
    }


def _heard(seen: Seen, row: Staged, sent: Mapping[str, Json] | None) -> Staged:
    """A record as it was known, with our own writes spelled as its system shows them."""
    ours = echoes.spelled(sent, seen.fields) if sent else {}
    return replace(row, payload=row.payload | ours) if ours else row


def _is_as_before(seen: Seen, before: Staged) -> bool:
    return all(value == before.payload.get(name) for name, value in seen.fields.items())


def _known(
    db: Connection, connection: str, object: str, ids: Iterable[str]
) -> dict[str, tuple[str | None, str | None]]:
    """The content digest (None: it was deleted) and the stamp of each known record."""
    found: dict[str, tuple[str | None, str | None]] = {}
    for chunk in chunks(ids):
        asked = {"connection": connection, "object": object, "ids": chunk}
        rows = db.execute(_KNOWN, asked)
        found |= {id_: (None if gone else known, at) for id_, known, at, gone in rows}
    return found


def _restamp(
    db: Connection,
    connection: str,
    object: str,
    latest: Mapping[str, Seen],
    known: Mapping[str, tuple[str | None, str | None]],
    fresh: Mapping[str, str],
) -> None:
    """Move the stamps of records whose content is as it was."""
    moved = [
        record
        for id_, record in latest.items()
        if id_ in known and known[id_][0] == fresh[id_] and known[id_][1] != record.modified_at
    ]
    of = {"connection": connection, "object": object}
    rows = ({**of, "id": r.id, "digest": fresh[r.id], **_stamps(r)} for r in moved)
    upsert(db, RECORD, rows)
    newer = (r.id for r in moved if (r.modified_at or "") > (known[r.id][1] or ""))
    echoes.forget(db, connection, object, newer)


def _stamps(record: Seen) -> dict[str, str | None]:
    return {"modified_at": record.modified_at, "modified_by": record.modified_by}


def read(db: Connection, connection: str, object: str, ids: Iterable[str]) -> dict[str, Staged]:
    """The named records, by id."""
    columns = RECORD.c[
        "id", "payload", "modified_at", "modified_by", "deleted_at", "digest", "gone"
    ]
    found: dict[str, Staged] = {}
    for chunk in chunks(ids):
        rows = db.execute(select(*columns).where(*_of(connection, object), RECORD.c.id.in_(chunk)))
        found |= {row.id: _staged(row) for row in rows}
    return found


def living_ids(
    db: Connection,
    connection: str,
    object: str,
    after: str | None = None,
    most: int | None = None,
) -> Iterator[str]:
    """The ids of records that are not deleted, in id order: all, or the next after one."""
    beyond = () if after is None else (RECORD.c.id > after,)
    yield from db.scalars(
        select(RECORD.c.id)
        .where(*_of(connection, object), RECORD.c.deleted_at.is_(None), *beyond)
        .order_by(RECORD.c.id)
        .limit(most)
    )


def mark_deleted(
    db: Connection,
    connection: str,
    object: str,
    ids: Collection[str],
    now: str,
    *,
    told: bool = True,
) -> list[str]:
    """Mark records as deleted; the ids that were alive until now, or of which nobody had told.

    Those that no system told of may only be hidden from us: nothing is deleted for their sake.
    """
    gone: list[str] = []
    news = or_(RECORD.c.deleted_at.is_(None), (RECORD.c.gone == "missing") & literal(told))
    for chunk in chunks(sorted(set(ids))):
        there = (*_of(connection, object), RECORD.c.id.in_(chunk), news)
        gone += db.scalars(select(RECORD.c.id).where(*there).order_by(RECORD.c.id))
        state = "told" if told else "missing"
        db.execute(update(RECORD).where(*there).values(deleted_at=now, gone=state))
    return gone


def overlay(
    db: Connection, connection: str, object: str, cells: Mapping[str, Mapping[str, Json]]
) -> dict[str, dict[str, Any]]:
    """Take our own settled writes into the known content, so that their echo is no change.

    The content of the records that are known, as it is now.
    """
    known = read(db, connection, object, cells)
    sent = echoes.sent(db, connection, object, known)
    payloads = {
        id_: record.payload | {k: v for k, v in cells[id_].items() if k in record.payload}
        for id_, record in known.items()
    }
    keys = {"connection": connection, "object": object}
    texts = ((id_, packed(payload)) for id_, payload in payloads.items())
    rows = ({"id": i, "payload": Fragment(text), "digest": digest_of(text)} for i, text in texts)
    upsert(db, RECORD, (keys | row for row in rows))
    upsert(
        db,
        BASE,
        ({**keys, "id": i, "sent": {**sent.get(i, {}), **cells[i]}} for i in known),
    )
    return payloads


def position(db: Connection, connection: str, object: str, stream: str) -> Position:
    """How far a stream has been read; nowhere for a new one."""
    return positions(db, connection, object).get(stream, Position(None, None))


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


def positions(db: Connection, connection: str, object: str) -> dict[str, Position]:
    """How far every stream of an object has been read."""
    rows = db.execute(_POSITIONS, {"connection": connection, "object": object})
    return {row.stream: Position(row.value, row.fields_digest, row.run_id) for row in rows}


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


def _row(record: Seen, text: bytes, content: str) -> dict[str, Any]:
    """A record's own columns; its fields were packed once, for the digest."""
    return {"id": record.id, "payload": Fragment(text), "digest": content, **_stamps(record)}


def _of(connection: str, object: str) -> tuple[Any, Any]:
    return RECORD.c.connection == connection, RECORD.c.object == object


def _staged(row: Row[Any]) -> Staged:
    told = row.gone == "told"
    payload, stamps = row.payload or {}, (row.modified_at, row.modified_by, row.deleted_at)
    return Staged(row.id, payload, *stamps, row.digest, told)
