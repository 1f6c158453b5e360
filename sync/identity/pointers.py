"""From a record's pointers to the entities they mean, many at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from mappings.links import Target, ToKey
from mappings.spec import Mapping as RecordMapping
from staging import identities
from tasuki.values import Ref

Links = Mapping[str, tuple[Target, ...]]
"""Reference field → what it may point at, best first."""


def target_text(target: Target) -> str:
    """How a target is kept in the reference table."""
    return (
        f"key:{target.kind}={target.value}" if isinstance(target, ToKey) else f"ref:{target}"
    )


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
    refs = {t for t in targets if isinstance(t, Ref)}
    found: dict[Target, str] = {}
    for ref, entity_id in identities.links_of(db, entity, refs).items():
        found[ref] = entity_id
    for key, entity_id in _by_key(db, entity, [t for t in targets if isinstance(t, ToKey)]).items():
        found[key] = entity_id
    return found


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
