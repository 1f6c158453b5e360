"""What merged entities held before: updates only, kept in bulk with the merge that made them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from staging.bulk import insert
from staging.tables.entities import ENTITY_CHANGE
from staging.tables.identity import LINK
from tasuki.values import Json

WHOLE: Final = "*"
"""Stands for the field of a change that ended the entity: its last record left it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one entity that changed, with the story of the value before."""

    entity_id: str
    field: str
    before: Json
    after: Json
    trace: Json
    at: str
    run: str | None


def keep(db: Connection, entity: str, found: Iterable[Change]) -> None:
    """Write down what these entities held."""
    insert(
        db,
        ENTITY_CHANGE,
        (
            {
                "entity": entity,
                "entity_id": c.entity_id,
                "field": c.field,
                "before": c.before,
                "after": c.after,
                "trace": c.trace,
                "run_id": c.run,
                "at": c.at,
            }
            for c in found
        ),
    )


def short(trace: Json) -> Json:
    """What of a value's story is kept once it is past: from where, why, in which run."""
    return {k: trace.get(k) for k in ("ref", "at", "why", "run")} if trace else None


def of_entity(db: Connection, entity: str, id: str, field: str = "") -> list[Change]:
    """Everything an entity (or one field of it) held before, oldest first."""
    table = ENTITY_CHANGE.c
    names = ("entity_id", "field", "before", "after", "trace", "at", "run_id")
    query = select(*(table[name] for name in names)).where(
        table.entity == entity, table.entity_id == id
    )
    if field:
        query = query.where(table.field.in_((field, WHOLE)))
    return [Change(*row) for row in db.execute(query.order_by(table.seq))]


def at(now: Mapping[str, Any], changes: Iterable[Change], moment: str) -> dict[str, Any] | None:
    """A row as it stood: today's, with what changed since then taken back, newest first.

    None: it was no entity then.
    """
    row: dict[str, Any] | None = dict(now) or None
    for change in reversed(list(changes)):
        if change.at <= moment:
            break
        if change.field == WHOLE:
            row = dict(change.before) if change.before else None
        elif row is not None:
            row[change.field] = change.before
    return row


@dataclass(frozen=True, slots=True)
class Member:
    """That a record belonged to an entity, from when until when."""

    ref: str
    rule: str
    evidence: str | None
    confidence: float
    valid_from: str
    valid_to: str | None
    decided_by: str
    entity: str
    entity_id: str


def members(db: Connection, entity: str, id: str) -> list[Member]:
    """Every record that ever belonged to an entity, oldest first."""
    return list(_members(db, LINK.c.entity == entity, LINK.c.entity_id == id))


def homes(db: Connection, connection: str, object: str, id: str) -> list[Member]:
    """Every entity that a record ever belonged to, oldest first."""
    of = (LINK.c.connection == connection, LINK.c.object == object, LINK.c.id == id)
    return list(_members(db, *of))


_MEMBER: Final = ("rule", "evidence", "confidence", "valid_from", "valid_to", "decided_by")


def _members(db: Connection, *which: Any) -> Iterator[Member]:
    named = ("connection", "object", "id", *_MEMBER, "entity", "entity_id")
    query = select(*(LINK.c[name] for name in named)).where(*which).order_by(LINK.c.seq)
    for row in db.execute(query):
        connection, object_, id_, *rest = tuple[Any, ...](row)
        yield Member(f"{connection}/{object_}/{id_}", *rest)
