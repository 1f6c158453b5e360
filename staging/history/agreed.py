"""What a record and its entity last agreed on: the base of every three-way merge."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from staging.bulk import chunks, upsert
from staging.tables.staged import BASE
from tasuki.values import Json


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a record and its entity last agreed on, and in which mapping's words."""

    values: dict[str, Json]
    version: str
    digest: str | None = None
    """Of the record that said all of this; None when it said something else beside."""


def of(db: Connection, connection: str, object: str, ids: Iterable[str]) -> dict[str, Agreed]:
    """What was last agreed, by record id; records that were never merged have nothing."""
    columns = BASE.c["id", "normalized", "mapping_version", "digest"]
    here = (BASE.c.connection == connection, BASE.c.object == object)
    found: dict[str, Agreed] = {}
    for chunk in chunks(ids):
        which = (*here, BASE.c.id.in_(chunk), BASE.c.normalized.is_not(None))
        rows = db.execute(select(*columns).where(*which))
        found |= {r.id: Agreed(r.normalized or {}, r.mapping_version or "", r.digest) for r in rows}
    return found


def keep(db: Connection, rows: Iterable[tuple[str, str, str, Agreed]]) -> None:
    """Keep what was agreed: (connection, object, id, base)."""
    upsert(
        db,
        BASE,
        (
            {
                "connection": connection,
                "object": object_,
                "id": id_,
                "normalized": base.values,
                "mapping_version": base.version,
                "digest": base.digest,
            }
            for connection, object_, id_, base in rows
        ),
    )
