"""Our own people across the systems: who is missing in one, and what the departed still own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Select, and_, exists, func, select

from staging.tables.entities import ENTITY_TABLES
from staging.tables.identity import LINK
from staging.tables.staged import REFERENCE
from sync.context import Tools

_USER: Final = ENTITY_TABLES["user_"]
_OWNED: Final = tuple(
    name for name, table in ENTITY_TABLES.items() if "owner_id" in table.c and name != "user_"
)


@dataclass(frozen=True, slots=True)
class Owners:
    """How the systems' owners fit together."""

    people: int
    lonely: dict[str, int]
    """Connection → active people it does not have, though it keeps owners."""
    departed: dict[str, int]
    """Entity → records whose owner is inactive."""
    unknown: int
    """Records whose owner no system describes."""


def owners(db: Connection, tools: Tools) -> Owners:
    """Count over the whole store, one query per question."""
    sides = {
        side.connection
        for mapping in tools.mappings
        if mapping.entity.name == "user_"
        for side in mapping.sides.values()
    }
    active = db.scalar(_active()) or 0
    return Owners(
        people=db.scalar(select(func.count()).select_from(_USER)) or 0,
        lonely={c: n for c in sorted(sides) if (n := active - _known_in(db, c))},
        departed=dict(_departed(db)),
        unknown=db.scalar(_unknown()) or 0,
    )


def _active() -> Select[int]:
    return select(func.count()).select_from(_USER).where(_USER.c.is_active.is_(True))


def _known_in(db: Connection, connection: str) -> int:
    there = exists().where(
        LINK.c.entity == "user_",
        LINK.c.entity_id == _USER.c.id,
        LINK.c.connection == connection,
        LINK.c.valid_to.is_(None),
    )
    return db.scalar(_active().where(there)) or 0


def _departed(db: Connection) -> Iterator[tuple[str, int]]:
    for name in _OWNED:
        table = ENTITY_TABLES[name]
        owned = and_(_USER.c.id == table.c.owner_id, _USER.c.is_active.is_(False))
        query = select(func.count()).select_from(table.join(_USER, owned))
        if count := db.scalar(query):
            yield name, count


def _unknown() -> Select[int]:
    """References to an owner that no living link answers."""
    answered = exists().where(
        LINK.c.entity == "user_",
        LINK.c.connection == REFERENCE.c.connection,
        LINK.c.valid_to.is_(None),
        REFERENCE.c.target == "ref:" + LINK.c.connection + "/" + LINK.c.object + "/" + LINK.c.id,
    )
    mine = (REFERENCE.c.entity == "user_", REFERENCE.c.target.startswith("ref:"))
    return select(func.count()).select_from(REFERENCE).where(*mine, ~answered)
