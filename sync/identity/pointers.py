"""From a record's pointers to the entities they mean, many at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from catalog.shape import Grain
from mappings.links import Target, ToKey
from mappings.spec import Mapping as RecordMapping
from staging import aliases, identities, queue
from sync.context import Tools
from sync.identity.grouping.neighbourhood import scoped_kinds
from tasuki.values import Ref

Links = Mapping[str, tuple[Target, ...]]
"""Reference field → what it may point at, best first."""


def target_text(target: Target) -> str:
    """How a target is kept in the reference table."""
    return f"key:{target.kind}={target.value}" if isinstance(target, ToKey) else f"ref:{target}"


def reference_rows(
    mapping: RecordMapping, links: Mapping[Ref, Links]
) -> Iterable[tuple[Ref, str, str, str]]:
    """What these records point at, as rows: (record, entity, field, target)."""
    for ref, fields in links.items():
        for field, ways in fields.items():
            entity = mapping.links[field].to
            for position, target in enumerate(ways):
                name = f"{field}.{position}" if position else field
                yield ref, entity, name, target_text(target)


def resolve(
    db: Connection, mapping: RecordMapping, links: Mapping[Ref, Links]
) -> dict[Ref, dict[str, str | None]]:
    """The entity id behind each reference of each record; None when nothing (or too much) fits."""
    wanted: dict[str, set[Target]] = defaultdict(set)
    for fields in links.values():
        for field, ways in fields.items():
            wanted[mapping.links[field].to].update(ways)
    known = {entity: meanings(db, entity, targets) for entity, targets in wanted.items()}
    return {
        ref: {
            field: _first(known.get(mapping.links[field].to, {}), ways)
            for field, ways in fields.items()
        }
        for ref, fields in links.items()
    }


def _first(known: Mapping[Target, str], ways: Sequence[Target]) -> str | None:
    return next((known[target] for target in ways if target in known), None)


def meanings(db: Connection, entity: str, targets: Iterable[Target]) -> dict[Target, str]:
    """The entity behind each target; those that mean nothing or several are left out."""
    asked = list(targets)
    refs = {t for t in asked if isinstance(t, Ref)}
    linked = identities.links_of(db, entity, refs)
    merged = _by_survivor(db, entity, refs - set(linked))
    keyed = _by_key(db, entity, [t for t in asked if isinstance(t, ToKey)])
    return {target: id_ for known in (linked, merged, keyed) for target, id_ in known.items()}


def _by_survivor(db: Connection, entity: str, lost: set[Ref]) -> dict[Ref, str]:
    """Records that a platform merged into others mean those others."""
    ends: dict[Ref, Ref] = {}
    for (connection, object_), ids in identities.by_object(lost).items():
        kept = aliases.survivors(db, connection, object_, ids)
        ends |= {
            Ref(connection, object_, old): Ref(connection, object_, new)
            for old, new in kept.items()
        }
    links = identities.links_of(db, entity, set(ends.values()))
    return {old: links[new] for old, new in ends.items() if new in links}


def _by_key(db: Connection, entity: str, targets: Sequence[ToKey]) -> dict[ToKey, str]:
    """Keys that exactly one entity has; a shared key means nobody."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for target in targets:
        kinds[target.kind].add(target.value)
    held = identities.holders(db, entity, kinds)
    links = identities.links_of(db, entity, {ref for refs in held.values() for ref in refs})
    found: dict[ToKey, str] = {}
    for target in targets:
        ids = {links[r] for r in held.get((target.kind, target.value), ()) if r in links}
        if len(ids) == 1:
            found[target] = ids.pop()
    return found


def wake(db: Connection, tools: Tools, entity: str, targets: Iterable[str]) -> None:
    """Whoever points at these targets (as the reference table spells them) must look again."""
    pointing = identities.referrers(db, entity, sorted(targets))
    for (connection, object_), ids in identities.by_object(pointing).items():
        _look_again(db, tools, connection, object_, ids)


def _look_again(
    db: Connection, tools: Tools, connection: str, object: str, ids: Sequence[str]
) -> None:
    """Copied rows resolve their pointers anew, entities merge anew, scoped keys are read anew."""
    for mapping in tools.mappings:
        if mapping.side_of(connection, object) is None:
            continue
        if mapping.entity.grain is Grain.COPIED:
            queue.mark(db, queue.COPY, f"{connection}/{object}", ids)
        else:
            name = mapping.entity.name
            refs = [Ref(connection, object, id_) for id_ in ids]
            linked = identities.links_of(db, name, refs)
            queue.mark(db, queue.MERGE, name, linked.values())
            if scoped_kinds(mapping.entity, mapping.keys):
                queue.mark(db, queue.SCOPE, name, map(str, refs))
