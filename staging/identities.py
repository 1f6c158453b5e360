"""Identity keys, links and references as they stand in the store."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from sqlalchemy import Connection, bindparam, func, or_, select, update

from staging.bulk import append, chunks, upsert
from staging.tables.identity import IDENTITY_KEY, LINK
from staging.tables.staged import REFERENCE
from tasuki.values import Ref


@dataclass(frozen=True, slots=True)
class Link:
    """That a record belongs to an entity, since when and why."""

    connection: str
    object: str
    id: str
    entity: str
    entity_id: str
    rule: str
    evidence: str
    confidence: float
    valid_from: str
    decided_by: str

    @property
    def ref(self) -> Ref:
        """The linked record."""
        return Ref(self.connection, self.object, self.id)


Keys = dict[str, frozenset[str]]


def keys_of(db: Connection, entity: str, refs: Iterable[Ref]) -> dict[Ref, Keys]:
    """Every key of these records; records without any are left out."""
    table = IDENTITY_KEY
    found: dict[Ref, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (connection, object_), ids in by_object(refs).items():
        for chunk in chunks(ids):
            rows = db.execute(
                select(table.c.id, table.c.kind, table.c.value).where(
                    table.c.entity == entity,
                    table.c.connection == connection,
                    table.c.object == object_,
                    table.c.id.in_(chunk),
                )
            )
            for id_, kind, value in rows:
                found[Ref(connection, object_, id_)][kind].add(value)
    return {ref: {k: frozenset(v) for k, v in keys.items()} for ref, keys in found.items()}


def set_keys(db: Connection, entity: str, keys: Mapping[Ref, Keys]) -> None:
    """Replace the keys of these records."""
    table = IDENTITY_KEY
    for (connection, object_), ids in by_object(keys).items():
        for chunk in chunks(ids):
            db.execute(
                table.delete().where(
                    table.c.entity == entity,
                    table.c.connection == connection,
                    table.c.object == object_,
                    table.c.id.in_(chunk),
                )
            )
    upsert(
        db,
        table,
        (
            {"entity": entity, **_at(ref), "kind": kind, "value": value}
            for ref, kinds in keys.items()
            for kind, values in kinds.items()
            for value in sorted(values)
        ),
    )


def holders(
    db: Connection, entity: str, wanted: Mapping[str, Collection[str]]
) -> dict[tuple[str, str], set[Ref]]:
    """Who has these keys: (kind, value) -> records."""
    table = IDENTITY_KEY
    found: dict[tuple[str, str], set[Ref]] = defaultdict(set)
    for kind, values in wanted.items():
        for chunk in chunks(sorted(values)):
            rows = db.execute(
                select(table.c.value, table.c.connection, table.c.object, table.c.id).where(
                    table.c.entity == entity, table.c.kind == kind, table.c.value.in_(chunk)
                )
            )
            for value, connection, object_, id_ in rows:
                found[kind, value].add(Ref(connection, object_, id_))
    return found


def crowded(
    db: Connection, entity: str, wanted: Mapping[str, Collection[str]], most: int
) -> dict[tuple[str, str], int]:
    """Which of these keys more than `most` records have, and how many do."""
    table = IDENTITY_KEY
    found: dict[tuple[str, str], int] = {}
    for kind, values in wanted.items():
        for chunk in chunks(sorted(values)):
            rows = db.execute(
                select(table.c.value, func.count())
                .where(table.c.entity == entity, table.c.kind == kind, table.c.value.in_(chunk))
                .group_by(table.c.value)
                .having(func.count() > most)
            )
            found |= {(kind, value): many for value, many in rows}
    return found


def links_of(db: Connection, entity: str, refs: Iterable[Ref]) -> dict[Ref, str]:
    """The entity id each record is linked to now."""
    found: dict[Ref, str] = {}
    for (connection, object_), ids in by_object(refs).items():
        for chunk in chunks(ids):
            rows = db.execute(
                select(LINK.c.id, LINK.c.entity_id).where(
                    LINK.c.entity == entity,
                    LINK.c.connection == connection,
                    LINK.c.object == object_,
                    LINK.c.id.in_(chunk),
                    LINK.c.valid_to.is_(None),
                )
            )
            found |= {Ref(connection, object_, id_): entity_id for id_, entity_id in rows}
    return found


def members_of(db: Connection, entity: str, entity_ids: Iterable[str]) -> dict[str, list[Link]]:
    """The present links of each entity, in ref order."""
    columns = [LINK.c[name] for name in Link.__slots__]
    found: dict[str, list[Link]] = defaultdict(list)
    for chunk in chunks(entity_ids):
        rows = db.execute(
            select(*columns)
            .where(LINK.c.entity == entity, LINK.c.entity_id.in_(chunk), LINK.c.valid_to.is_(None))
            .order_by(LINK.c.connection, LINK.c.object, LINK.c.id)
        )
        for row in rows:
            found[row.entity_id].append(Link(*row))
    return found


def successors(db: Connection, entity: str, gone: Iterable[str]) -> dict[str, str]:
    """Where the records of entities that no longer exist went: old id -> the one new id.

    Those whose records went apart, or nowhere, are left out.
    """
    before, now = LINK.alias("before"), LINK.alias("now")
    same = [before.c[name] == now.c[name] for name in ("connection", "object", "id", "entity")]
    found: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks(gone):
        rows = db.execute(
            select(before.c.entity_id, now.c.entity_id)
            .where(*same, before.c.entity == entity, before.c.entity_id.in_(chunk))
            .where(before.c.valid_to.is_not(None), now.c.valid_to.is_(None))
        )
        for old, new in rows:
            found[old].add(new)
    return {old: new.pop() for old, new in found.items() if len(new) == 1}


def relink(
    db: Connection, entity: str, closed: Iterable[Ref], opened: list[Link], now: str
) -> None:
    """End the present links of some records and begin others; history stays."""
    for (connection, object_), ids in by_object(closed).items():
        for chunk in chunks(ids):
            db.execute(
                update(LINK)
                .where(
                    LINK.c.entity == entity,
                    LINK.c.connection == connection,
                    LINK.c.object == object_,
                    LINK.c.id.in_(chunk),
                    LINK.c.valid_to.is_(None),
                )
                .values(valid_to=now)
            )
    take = attrgetter(*Link.__slots__)
    append(db, LINK, tuple(Link.__slots__), [take(link) for link in opened])


def evidence(db: Connection, entity: str, links: Iterable[Link]) -> None:
    """Say anew why records belong where they belong; since when stays."""
    same = [LINK.c[name] == bindparam(f"_{name}") for name in ("connection", "object", "id")]
    said = ("rule", "evidence", "confidence", "decided_by")
    rows = [
        {"_connection": link.connection, "_object": link.object, "_id": link.id}
        | {name: getattr(link, name) for name in said}
        for link in links
    ]
    if rows:
        where = (*same, LINK.c.entity == entity, LINK.c.valid_to.is_(None))
        db.execute(update(LINK).where(*where), rows)


def set_references(
    db: Connection,
    refs: Iterable[Ref],
    rows: Iterable[tuple[Ref, str, str, str]],
    by: str = "",
) -> None:
    """Replace what these records point at: (record, entity, field, target).

    A record that several mappings read keeps what each of them said: `by` names the one that says.
    """
    start = f"{by}." if by else ""
    for (connection, object_), ids in by_object(refs).items():
        for chunk in chunks(ids):
            db.execute(
                REFERENCE.delete().where(
                    REFERENCE.c.connection == connection,
                    REFERENCE.c.object == object_,
                    REFERENCE.c.id.in_(chunk),
                    REFERENCE.c.field.startswith(start, autoescape=True),
                )
            )
    upsert(
        db,
        REFERENCE,
        (
            {**_at(ref), "field": f"{start}{field}", "target": target, "entity": entity}
            for ref, entity, field, target in rows
        ),
    )


def targets_of(
    db: Connection, entity: str, fields: Iterable[str], refs: Iterable[Ref]
) -> dict[Ref, set[str]]:
    """What these records name in the given reference fields that point at an entity."""
    table, found = REFERENCE, defaultdict[Ref, set[str]](set)
    wanted = set(fields)
    for (connection, object_), ids in by_object(refs).items():
        for chunk in chunks(ids):
            rows = db.execute(
                select(table.c.id, table.c.field, table.c.target).where(
                    table.c.connection == connection,
                    table.c.object == object_,
                    table.c.id.in_(chunk),
                    table.c.entity == entity,
                )
            )
            for id_, field, target in rows:
                if wanted & set(field.split(".")):
                    found[Ref(connection, object_, id_)].add(target)
    return found


def is_pointed_at(db: Connection, entity: str) -> bool:
    """Whether any record points at an entity of this kind."""
    query = select(REFERENCE.c.target).where(REFERENCE.c.entity == entity).limit(1)
    return db.scalar(query) is not None


def count(db: Connection, entity: str, kind: str) -> int:
    """How many records have a kind of key."""
    mine = (IDENTITY_KEY.c.entity == entity, IDENTITY_KEY.c.kind == kind)
    return db.scalar(select(func.count()).select_from(IDENTITY_KEY).where(*mine)) or 0


def linked(db: Connection, connection: str, object: str) -> int:
    """How many records of an object belong to an entity now."""
    here = (LINK.c.connection == connection, LINK.c.object == object, LINK.c.valid_to.is_(None))
    return db.scalar(select(func.count(LINK.c.id.distinct())).where(*here)) or 0


def referrers(
    db: Connection, entity: str, targets: Iterable[str], fields: Iterable[str] = ()
) -> set[Ref]:
    """The records that point at any of these targets (with one of these fields)."""
    found: set[Ref] = set()
    named = [REFERENCE.c.field.contains(f".{name}", autoescape=True) for name in fields]
    with_one = (or_(*named),) if named else ()
    for chunk in chunks(targets):
        rows = db.execute(
            select(REFERENCE.c.connection, REFERENCE.c.object, REFERENCE.c.id).where(
                REFERENCE.c.entity == entity, REFERENCE.c.target.in_(chunk), *with_one
            )
        )
        found.update(Ref(*row) for row in rows)
    return found


def _at(ref: Ref) -> dict[str, str]:
    return {"connection": ref.connection, "object": ref.object, "id": ref.id}


def by_object(refs: Iterable[Ref]) -> dict[tuple[str, str], list[str]]:
    """Record ids by connection and object, sorted."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for ref in refs:
        groups[ref.connection, ref.object].append(ref.id)
    return {key: sorted(ids) for key, ids in sorted(groups.items())}
