"""Fields on which records moved apart and no policy may decide: a person does, once."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select, update

from staging.bulk import chunks, upsert
from staging.tables.writes import CONFLICT
from tasuki.values import Json


def keep(
    db: Connection, entity: str, found: Iterable[tuple[str, str, Sequence[Json]]], now: str
) -> None:
    """Leave conflicts open: (entity id, field, candidates)."""
    upsert(
        db,
        CONFLICT,
        (
            {
                "id": f"{entity}:{id_}:{field}",
                "entity": entity,
                "entity_id": id_,
                "field": field,
                "candidates": list(candidates),
                "state": "open",
                "at": now,
            }
            for id_, field, candidates in found
        ),
    )


def close(db: Connection, entity: str, agreed: Iterable[tuple[str, str]]) -> None:
    """Every system says the same again: (entity id, field) no longer waits."""
    for chunk in chunks(f"{entity}:{id_}:{field}" for id_, field in agreed):
        db.execute(update(CONFLICT).where(CONFLICT.c.id.in_(chunk)).values(state="resolved"))


def open_fields(db: Connection, entity: str, ids: Iterable[str]) -> set[tuple[str, str]]:
    """The disputed fields of these entities: (entity id, field)."""
    found: set[tuple[str, str]] = set()
    for chunk in chunks(ids):
        rows = db.execute(
            select(CONFLICT.c.entity_id, CONFLICT.c.field).where(
                CONFLICT.c.state == "open",
                CONFLICT.c.entity == entity,
                CONFLICT.c.entity_id.in_(chunk),
            )
        )
        found.update((id_, field) for id_, field in rows)
    return found
