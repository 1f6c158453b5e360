"""What waits for whom: dirty rows that a consumer takes, and alarms written ahead of time."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, delete, func, select

from staging.bulk import chunks, upsert
from staging.tables.staged import DIRTY, WAKE

MAP: Final = "map"
"""Changed records of merged entities; kind is `connection/object`."""
COPY: Final = "copy"
"""Changed records of copied entities; kind is `connection/object`."""
IDENTIFY: Final = "identify"
"""Records whose identity keys changed; kind is the entity, id is the ref."""
SCOPE: Final = "scope"
"""Records whose keys hold within another entity (a department of one account), when that entity
may be another; kind is the entity, id is the ref."""
ATTRIBUTE: Final = "attribute"
"""Events to be placed, and browsers and people of whom other things are told now; by kind."""
MERGE: Final = "merge"
"""Entities of which a record or link changed; kind is the entity."""
MEASURE: Final = "measure"
"""Entities whose own fields, events or sales changed; kind is the entity."""
DECIDE: Final = "decide"
"""Entities whose fields, metrics or stage changed; kind is the entity."""
WISH: Final = "wish"
"""Entities for which a record may have to be made or deleted; kind is the entity."""

LISTED: Final = "listed"
"""Ids a system named in a sweep; kind is `connection/object`."""
DOUBTED: Final = "doubted"
"""Ids that only one of the system and the store knows; kind is `connection/object`."""
BROUGHT: Final = "brought"
"""Ids that a walk of the records in scope brought, beside others; kind is `connection/object`."""
WRITTEN: Final = "written"
"""Receipts of updates whose cells' past is still to be looked at; kind is `connection/object`."""
ERASED: Final = "erased"
"""Ids of records whose people a system says it erased; kind is `connection/object`."""
HINTED: Final = "hinted"
"""Ids of records that may have changed, as a webhook said; kind is `connection/object`."""


def mark(db: Connection, consumer: str, kind: str, ids: Iterable[str]) -> None:
    """Leave the ids for a consumer; marking twice is marking once."""
    rows = [{"consumer": consumer, "kind": kind, "id": id_} for id_ in sorted(set(ids))]
    upsert(db, DIRTY, rows, replace=False)


def waiting(db: Connection, consumer: str) -> dict[str, int]:
    """How many ids of each kind wait for a consumer."""
    rows = db.execute(
        select(DIRTY.c.kind, func.count())
        .where(DIRTY.c.consumer == consumer)
        .group_by(DIRTY.c.kind)
    )
    return dict(rows.all())


def peek(db: Connection, consumer: str, kind: str, limit: int | None = None) -> list[str]:
    """The next ids of one kind (all without a limit), in id order."""
    rows = db.scalars(
        select(DIRTY.c.id)
        .where(DIRTY.c.consumer == consumer, DIRTY.c.kind == kind)
        .order_by(DIRTY.c.id)
        .limit(limit)
    )
    return list(rows)


def done(db: Connection, consumer: str, kind: str, ids: Sequence[str]) -> None:
    """The consumer has dealt with these ids."""
    for chunk in chunks(ids):
        db.execute(
            delete(DIRTY).where(
                DIRTY.c.consumer == consumer, DIRTY.c.kind == kind, DIRTY.c.id.in_(chunk)
            )
        )


def clear(db: Connection, consumer: str, kind: str | None = None) -> None:
    """Nothing (of this kind) waits for the consumer any more."""
    of = () if kind is None else (DIRTY.c.kind == kind,)
    db.execute(delete(DIRTY).where(DIRTY.c.consumer == consumer, *of))


def take(db: Connection, consumer: str, kind: str, limit: int) -> list[str]:
    """The next ids of one kind, taken in this transaction."""
    ids = peek(db, consumer, kind, limit)
    done(db, consumer, kind, ids)
    return ids


def wake_at(db: Connection, entity: str, rule: str, alarms: Iterable[tuple[str, str]]) -> None:
    """Set when time alone will move an entity under a rule: (id, instant)."""
    rows = [{"entity": entity, "id": id_, "rule": rule, "at": at} for id_, at in alarms]
    upsert(db, WAKE, rows)


def woken(db: Connection, entity: str, rule: str, now: str) -> list[str]:
    """The entities whose alarm has rung; their alarms are taken down."""
    rung = (WAKE.c.entity == entity, WAKE.c.rule == rule, WAKE.c.at <= now)
    ids = list(db.scalars(select(WAKE.c.id).where(*rung).order_by(WAKE.c.id)))
    db.execute(delete(WAKE).where(*rung))
    return ids
