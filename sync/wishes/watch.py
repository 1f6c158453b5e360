"""Whose move can make a record due, and who must be looked at then."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from catalog.expression.tree import names
from mappings.spec import Create, Mapping, OnDelete, Side
from staging import queue
from staging.bulk import chunks
from staging.tables.entities import table_of
from staging.tables.writes import INTENT
from sync.context import Tools
from sync.write.intent import HELD

WAITS: Final = "waits_for_parent"
"""Why a record is held back until the one it points at exists."""


def creating(mapping: Mapping) -> list[Side]:
    """The sides on which a mapping may make records."""
    return [side for side in mapping.sides.values() if side.create and side.create.key]


def deleting(mapping: Mapping) -> list[Side]:
    """The sides whose deleted records are deleted elsewhere."""
    return [s for s in mapping.sides.values() if s.delete is OnDelete.DELETE and s.delete_in]


def note(db: Connection, tools: Tools, entity: str, ids: Iterable[str]) -> None:
    """These entities moved: whoever a create or a delete may be due for is looked at."""
    if entity in watched(tools.mappings):
        queue.mark(db, queue.WISH, entity, ids)


def watched(mappings: Sequence[Mapping]) -> set[str]:
    """The entities whose moves matter: those made or deleted, and those that conditions name."""
    found: set[str] = set()
    for mapping in mappings:
        sides = creating(mapping)
        if sides or deleting(mapping):
            found.add(mapping.entity.name)
        for side in sides:
            found |= asked_of(mapping, side.create)
        found |= {rule.to for rule in mapping.links.values() if rule.writes and sides}
    return found


def asked_of(mapping: Mapping, create: Create | None) -> set[str]:
    """The parents whose values a condition names."""
    tree = create.when if create else None
    named = {relation for relation, _ in names(tree)} if tree is not None else set()
    return named & set(mapping.entity.parents())


def concerned(db: Connection, mapping: Mapping, entity: str, ids: Sequence[str]) -> list[str]:
    """The entities of a mapping that must be looked at when these moved."""
    found = set(ids) if mapping.entity.name == entity else set[str]()
    if any(entity in asked_of(mapping, side.create) for side in creating(mapping)):
        found.update(children(db, mapping, mapping.entity.parents()[entity], ids))
    if creating(mapping):
        for name in written_to(mapping, entity):
            found.update(_waiting(db, mapping, children(db, mapping, name, ids)))
    return sorted(found) if creating(mapping) or deleting(mapping) else []


def written_to(mapping: Mapping, entity: str) -> list[str]:
    """The references to an entity that a mapping writes."""
    return [name for name, rule in mapping.links.items() if rule.to == entity and rule.writes]


def _waiting(db: Connection, mapping: Mapping, ids: Iterable[str]) -> list[str]:
    """Those that wait for a parent."""
    found: list[str] = []
    for chunk in chunks(ids):
        mine = (INTENT.c.entity == mapping.entity.name, INTENT.c.entity_id.in_(chunk))
        waits = INTENT.c.state == f"{HELD}{WAITS}"
        found += [str(id_) for id_ in db.scalars(select(INTENT.c.entity_id).where(*mine, waits))]
    return found


def point_anew(db: Connection, tools: Tools, entity: str, ids: Iterable[str]) -> None:
    """These entities have a record they had not: who points at them may point at it now."""
    ids = list(ids)
    for mapping in tools.mappings if ids else ():
        for name in written_to(mapping, entity):
            queue.mark(db, queue.MERGE, mapping.entity.name, children(db, mapping, name, ids))


def children(db: Connection, mapping: Mapping, reference: str, ids: Iterable[str]) -> list[str]:
    """The entities of a mapping whose reference leads to one of these."""
    table: Any = table_of(mapping.entity)
    found: list[str] = []
    for chunk in chunks(ids):
        found += db.scalars(select(table.c.id).where(table.c[reference].in_(chunk)))
    return found
