"""Rows of entities that were one per record and are merged now: made anew from what is staged.

Kept apart from the revision, which is drafted from the tables.
"""

from typing import Final

from sqlalchemy import Connection, delete, update

from catalog.entities import ENTITIES
from catalog.shape import Grain
from staging.tables.entities import ENTITY_TABLES
from staging.tables.staged import CURSOR

_READ: Final = "read"
"""The stream under which the version of each mapping that was read last is kept."""


def regrain(db: Connection) -> None:
    """Drop rows that no record is linked to; the next run reads every mapping as if it were new."""
    for name, entity in ENTITIES.items():
        if entity.grain is Grain.MERGED and name != "need":
            table = ENTITY_TABLES[name]
            db.execute(delete(table).where(table.c.provenance.is_(None)))
    mappings = (CURSOR.c.connection == "mappings", CURSOR.c.stream == _READ)
    db.execute(update(CURSOR).where(*mappings, CURSOR.c.value.is_not(None)).values(value="before"))
