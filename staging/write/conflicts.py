"""Fields on which records moved apart and no policy may decide: a person does, once."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, func, select, update

from staging.bulk import chunks, upsert
from staging.tables.writes import CONFLICT
from tasuki.values import Json

OVERWRITTEN: Final = "overwritten"
"""The side that a value stands under which we wrote over unseen; it can be taken back."""
STATES: Final = ("open", "decided", "resolved", "overtaken")
"""Waits for a person; a person decided; the records say the same again; they moved on since."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field of one entity, what its records say, and what a person made of it."""

    id: str
    entity: str
    entity_id: str
    field: str
    candidates: Sequence[Json]
    """[{ref, side, value, at}]"""
    state: str
    at: str
    chosen: Json = None
    """{value, ref}; ref is None for a value that no record says."""
    decided_at: str | None = None
    decided_by: str | None = None
    reason: str | None = None


def conflict_id(entity: str, id: str, field: str) -> str:
    """The id of the conflict about one field: there is at most one."""
    return f"{entity}:{id}:{field}"


def keep(db: Connection, found: Iterable[Conflict]) -> None:
    """Write conflicts down as they are now."""
    upsert(db, CONFLICT, (asdict(each) for each in found))


def of_entities(db: Connection, entity: str, ids: Iterable[str]) -> dict[tuple[str, str], Conflict]:
    """The conflicts of these entities that count: (entity id, field) → open or decided."""
    found: dict[tuple[str, str], Conflict] = {}
    for chunk in chunks(ids):
        query = _QUERY.where(
            CONFLICT.c.state.in_(("open", "decided")),
            CONFLICT.c.entity == entity,
            CONFLICT.c.entity_id.in_(chunk),
        )
        found |= {(c.entity_id, c.field): c for c in map(_conflict, db.execute(query))}
    return found


def by_id(db: Connection, id: str) -> Conflict | None:
    """One conflict."""
    row = db.execute(_QUERY.where(CONFLICT.c.id == id)).first()
    return _conflict(row) if row else None


def listed(
    db: Connection, state: str = "open", entity: str = "", field: str = "", limit: int = 200
) -> list[Conflict]:
    """Conflicts in a state (of an entity, of a field), oldest first."""
    query = _QUERY.where(CONFLICT.c.state == state)
    if entity:
        query = query.where(CONFLICT.c.entity == entity)
    if field:
        query = query.where(CONFLICT.c.field == field)
    rows = db.execute(query.order_by(CONFLICT.c.at, CONFLICT.c.id).limit(limit))
    return list(map(_conflict, rows))


def part(
    db: Connection, states: Sequence[str], entity: str = "", *, limit: int, skip: int = 0
) -> list[Conflict]:
    """Some of the conflicts in these states: open ones oldest first, others by the last answer."""
    query = _QUERY.where(CONFLICT.c.state.in_(states))
    if entity:
        query = query.where(CONFLICT.c.entity == entity)
    last = func.coalesce(CONFLICT.c.decided_at, CONFLICT.c.at).desc()
    query = query.order_by(CONFLICT.c.at if "open" in states else last, CONFLICT.c.id)
    return list(map(_conflict, db.execute(query.limit(limit).offset(skip))))


def tally(db: Connection) -> dict[tuple[str, str], int]:
    """How many conflicts there are: (entity, state) → count."""
    by = (CONFLICT.c.entity, CONFLICT.c.state)
    rows = db.execute(select(*by, func.count()).group_by(*by))
    return {(entity, state): many for entity, state, many in rows}


def decided(conflict: Conflict, chosen: Json, by: str, reason: str, now: str) -> Conflict:
    """A conflict as a person decides it."""
    return replace(
        conflict,
        state="decided",
        chosen=chosen,
        decided_at=now,
        decided_by=by,
        reason=reason or None,
    )


def reopened(conflict: Conflict) -> Conflict:
    """A conflict whose decision is taken back."""
    return replace(
        conflict, state="open", chosen=None, decided_at=None, decided_by=None, reason=None
    )


def close(db: Connection, ids: Iterable[str], state: str) -> None:
    """These wait no more."""
    for chunk in chunks(ids):
        db.execute(update(CONFLICT).where(CONFLICT.c.id.in_(chunk)).values(state=state))


def open_fields(db: Connection, entity: str, ids: Iterable[str]) -> set[tuple[str, str]]:
    """The disputed fields of these entities: (entity id, field)."""
    return {at for at, c in of_entities(db, entity, ids).items() if c.state == "open"}


_QUERY: Final = select(*(CONFLICT.c[name] for name in Conflict.__slots__))


def _conflict(row: Any) -> Conflict:
    return Conflict(*row)
