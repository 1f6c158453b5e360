"""What a person calls an entity: its name, in one query per kind."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from staging.bulk import chunks
from staging.tables.entities import ENTITY_TABLES

_PERSON: Final = ENTITY_TABLES["person"]
_NEED: Final = ENTITY_TABLES["need"]
_ACCOUNT: Final = ENTITY_TABLES["account"]


def labels(
    db: Connection, wanted: Iterable[tuple[str | None, str | None]]
) -> dict[tuple[str, str], str]:
    """Name by (entity, id); those without a name are left out."""
    by_entity: dict[str, set[str]] = defaultdict(set)
    for entity, id_ in wanted:
        if entity and id_ and entity in ENTITY_TABLES:
            by_entity[entity].add(id_)
    found: dict[tuple[str, str], str] = {}
    for entity, ids in by_entity.items():
        for chunk in chunks(ids):
            rows: Any = db.execute(_query(entity, chunk))
            found |= {(entity, id_): name for id_, name in rows if name}
    return found


def _query(entity: str, ids: list[str]) -> Any:
    table = ENTITY_TABLES[entity]
    if entity == "need":
        joined = _NEED.outerjoin(_ACCOUNT, _ACCOUNT.c.id == _NEED.c.account_id)
        name = _ACCOUNT.c.name + " · " + func.coalesce(_NEED.c.product, "?")
        return select(_NEED.c.id, name).select_from(joined).where(_NEED.c.id.in_(ids))
    return select(table.c.id, _name(entity)).where(table.c.id.in_(ids))


def _name(entity: str) -> ColumnElement[Any]:
    if entity == "person":
        full = func.trim(
            func.coalesce(_PERSON.c.family_name, "") + " " + func.coalesce(_PERSON.c.given_name, "")
        )
        return func.coalesce(func.nullif(full, ""), _PERSON.c.email)
    table = ENTITY_TABLES[entity]
    told = next((table.c[name] for name in ("name", "subject") if name in table.c), None)
    return table.c.id if told is None else told
