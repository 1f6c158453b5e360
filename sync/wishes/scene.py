"""All that is read to decide what many entities of one mapping lack, once for all of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from catalog.expression.evaluate import Values
from connectors.protocol import Verb
from mappings.spec import Mapping as RecordMapping
from mappings.spec import Side
from mappings.values import to_json
from staging import aliases, identities, records, rows
from staging.bulk import chunks
from staging.identities import Link
from staging.tables.entities import METRIC_TABLES
from staging.tables.identity import LINK
from staging.tables.writes import RECEIPT
from staging.write import conflicts
from sync.context import Tools
from sync.wishes.ends import Ends, ends_of
from tasuki.values import Ref


@dataclass(frozen=True, slots=True)
class Left:
    """A record that was an entity's and is no longer anybody's."""

    ref: Ref
    entity_id: str
    is_deleted: bool
    """Deleted there; else it left the scope, or our sight."""
    is_told: bool
    """The system itself said so, and the delete was not ours."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands where, for the entities of one mapping."""

    rows: Mapping[str, dict[str, Any]]
    """As they may be written: a disputed value waits for its person."""
    facts: Mapping[str, Values]
    """What conditions see: the entity, its parents, their metrics."""
    members: Mapping[str, Sequence[Link]]
    left: Mapping[str, Sequence[Left]]
    ends: Ends


def look(db: Connection, tools: Tools, mapping: RecordMapping, ids: Sequence[str]) -> Scene:
    """The scene of these entities; those that no longer exist are not in it."""
    entity = mapping.entity
    plain = {id_: _plain(row) for id_, row in rows.read(db, entity, ids).items()}
    disputed = conflicts.open_fields(db, entity.name, plain)
    writable = {
        id_: {name: value for name, value in row.items() if (id_, name) not in disputed}
        for id_, row in plain.items()
    }
    return Scene(
        rows=writable,
        facts=_facts(db, tools, mapping, plain),
        members=identities.members_of(db, entity.name, plain),
        left=left_behind(db, entity.name, plain, list(mapping.sides.values())),
        ends=ends_of(db, mapping, writable.values()),
    )


def left_behind(
    db: Connection, entity: str, ids: Collection[str], sides: Sequence[Side]
) -> dict[str, list[Left]]:
    """The records of these sides that were theirs and are nobody's now, by entity id."""
    was = _once_linked(db, entity, ids, {(side.connection, side.object) for side in sides})
    linked = identities.links_of(db, entity, was)
    found: dict[str, list[Left]] = defaultdict(list)
    for (connection, object_), gone in identities.by_object(set(was) - set(linked)).items():
        absorbed = aliases.survivors(db, connection, object_, gone)
        known = records.read(db, connection, object_, [i for i in gone if i not in absorbed])
        ours = _we_deleted(db, connection, object_, known)
        for id_, row in known.items():
            ref, is_deleted = Ref(connection, object_, id_), row.deleted_at is not None
            is_told = is_deleted and row.is_told and id_ not in ours
            found[was[ref]].append(Left(ref, was[ref], is_deleted, is_told))
    return found


def _once_linked(
    db: Connection, entity: str, ids: Collection[str], objects: set[tuple[str, str]]
) -> dict[Ref, str]:
    """The records whose links to these entities ended, with the entity each had last."""
    found: dict[Ref, str] = {}
    for chunk in chunks(ids):
        ended = select(LINK.c.connection, LINK.c.object, LINK.c.id, LINK.c.entity_id).where(
            LINK.c.entity == entity, LINK.c.entity_id.in_(chunk), LINK.c.valid_to.is_not(None)
        )
        for connection, object_, id_, entity_id in db.execute(ended.order_by(LINK.c.valid_to)):
            if (connection, object_) in objects:
                found[Ref(connection, object_, id_)] = entity_id
    return found


def _we_deleted(
    db: Connection, connection: str, object: str, ids: Collection[str]
) -> frozenset[str]:
    """The records that are gone because we deleted them."""
    found: set[str] = set()
    for chunk in chunks(ids):
        found.update(
            db.scalars(
                select(RECEIPT.c.record_id).where(
                    RECEIPT.c.connection == connection,
                    RECEIPT.c.object == object,
                    RECEIPT.c.record_id.in_(chunk),
                    RECEIPT.c.verb == Verb.DELETE,
                    RECEIPT.c.state == "written",
                )
            )
        )
    return frozenset(found)


def _facts(
    db: Connection, tools: Tools, mapping: RecordMapping, own: Mapping[str, Mapping[str, Any]]
) -> dict[str, Values]:
    """The values of each entity and of its parents, as a condition names them."""
    name = mapping.entity.name
    found: dict[str, dict[tuple[str, str], Any]] = {
        id_: {(name, field): value for field, value in row.items()} for id_, row in own.items()
    }
    _add_metrics(db, name, {id_: [id_] for id_ in own}, found)
    for parent, reference in mapping.entity.parents().items():
        above: dict[str, list[str]] = defaultdict(list)
        for id_, row in own.items():
            if row.get(reference):
                above[row[reference]].append(id_)
        known = rows.read(db, tools.entities[parent], above) if parent in tools.entities else {}
        for parent_id, row in known.items():
            for id_ in above[parent_id]:
                found[id_] |= {(parent, field): value for field, value in _plain(row).items()}
        _add_metrics(db, parent, above, found)
    return dict(found)


def _add_metrics(
    db: Connection,
    entity: str,
    readers: Mapping[str, Sequence[str]],
    found: Mapping[str, dict[tuple[str, str], Any]],
) -> None:
    if entity not in METRIC_TABLES:
        return
    for of, row in rows.metrics(db, entity, readers).items():
        for id_ in readers[of]:
            for field, value in _plain(row).items():
                found[id_].setdefault((entity, field), value)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: to_json(v) if v is not None else None for k, v in row.items() if k != "provenance"}
