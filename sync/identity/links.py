"""Links written down: what rules an entity has, which links change, who must look again."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from mappings.links import STORED_ID
from mappings.spec import KeyRule
from staging import aliases, identities, queue
from staging.identities import Link
from sync.context import Tools
from sync.identity.groups import Evidence
from sync.identity.pointers import wake
from tasuki.values import Ref


def rules(tools: Tools, entity: str) -> list[KeyRule]:
    """The key rules of an entity, strongest first; all stored ids speak through one kind."""
    found: dict[str, KeyRule] = {}
    for mapping in tools.mappings:
        if mapping.entity.name == entity:
            for rule in mapping.keys:
                kind = STORED_ID if rule.stored_in else rule.kind
                found.setdefault(kind, replace(rule, kind=kind))
    return list(found.values())


def relink(
    db: Connection,
    tools: Tools,
    entity: str,
    wanted: Mapping[Ref, Link],
    present: Mapping[Ref, Link],
) -> int:
    """Make these links the present ones, and wake whoever hangs on those that moved; how many."""
    opened = [
        link
        for ref, link in wanted.items()
        if ref not in present or present[ref].entity_id != link.entity_id
    ]
    fresh = {link.ref for link in opened}
    closed = [ref for ref in present if ref in fresh or ref not in wanted]
    identities.relink(db, entity, closed, opened, tools.now())
    stayed = (link for ref, link in wanted.items() if ref in present and ref not in fresh)
    anew = [link for link in stayed if reason(link) != reason(present[link.ref])]
    identities.evidence(db, entity, anew)
    touched = {link.entity_id for link in opened} | {present[ref].entity_id for ref in closed}
    queue.mark(db, queue.MERGE, entity, touched)
    left = {present[ref].entity_id for ref in closed}
    joined = {link.entity_id for link in opened if link.ref in present}
    if tools.entities[entity].metrics:
        queue.mark(db, queue.DECIDE, entity, left | joined)  # tasks name records
    if identities.is_pointed_at(db, entity):
        _wake_referrers(db, tools, entity, {*fresh, *closed})
    return len(opened)


def reason(link: Link) -> tuple[str, str, str]:
    """Why a record belongs where it does: rule, key, and who decided."""
    return link.rule, link.evidence, link.decided_by


def link_to(entity: str, ref: Ref, to: str, why: Evidence, now: str) -> Link:
    """That a record belongs to an entity from now on."""
    return Link(
        connection=ref.connection,
        object=ref.object,
        id=ref.id,
        entity=entity,
        entity_id=to,
        rule=why.rule,
        evidence=why.value,
        confidence=why.confidence,
        valid_from=now,
        decided_by=why.by,
    )


def _wake_referrers(db: Connection, tools: Tools, entity: str, moved: set[Ref]) -> None:
    """Whoever points at a record (or a key) whose entity moved must look again."""
    targets = {f"ref:{ref}" for ref in moved | aliases.merged_into(db, moved)}
    for keys in identities.keys_of(db, entity, moved).values():
        for kind, values in keys.items():
            targets.update(f"key:{kind}={value}" for value in values)
    wake(db, tools, entity, targets)
