"""Open and close links for what changed; cost follows the changed keys, not the store."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from mappings.links import STORED_ID
from mappings.spec import KeyRule
from staging import aliases, identities, queue
from staging.identities import Link
from sync.context import Runner, Step, Tools
from sync.identity import doubts
from sync.identity.cluster import Evidence, Verdict, cluster
from sync.identity.grouping.alike import alike
from sync.identity.grouping.ids import assign, merged_entities
from sync.identity.grouping.neighbourhood import Neighbourhood, neighbourhood
from sync.identity.keys import read_scoped_keys
from sync.identity.pointers import wake
from tasuki.values import Json, Ref

LOG = structlog.get_logger("tasuki.identity")
_CHUNK: Final = 2_000


def resolve(run: Runner) -> dict[str, Json]:
    """Decide who is who for every record whose keys changed; how many links moved."""
    total = {"links": 0, "doubts": 0, "too_large": 0}
    for entity in merged_entities(run.tools.entities):
        read_scoped_keys(run, entity)
        more = True
        while more:
            done = run.step(RESOLVE, entity=entity)
            total = {name: count + done[name] for name, count in total.items()}
            more = done["more"]
    return total


def _keep_resolve(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = tools.entities[arguments["entity"]]
    dirty = [Ref.parse(t) for t in queue.peek(db, queue.IDENTIFY, entity.name, _CHUNK)]
    if not dirty:
        return {"links": 0, "doubts": 0, "too_large": 0, "more": False}
    mine = rules(tools, entity.name)
    around = neighbourhood(db, entity, dirty, mine)
    members = {str(ref): keys for ref, keys in around.keys.items()}
    verdict = cluster(members, mine, around.known)
    moved = _apply(db, tools, entity.name, around, verdict)
    found, too_large = alike(db, entity, mine, around, verdict)
    seen = {*dirty, *around.refs}
    asked = doubts.keep(db, tools, entity, seen, (*found, *verdict.doubts))
    queue.done(db, queue.IDENTIFY, entity.name, [str(ref) for ref in seen])
    if too_large:
        LOG.warning("identity.block_too_large", entity=entity.name, blocks=too_large)
    return {"links": moved, "doubts": asked, "too_large": too_large, "more": True}


def rules(tools: Tools, entity: str) -> list[KeyRule]:
    """The key rules of an entity, strongest first; all stored ids speak through one kind."""
    found: dict[str, KeyRule] = {}
    for mapping in tools.mappings:
        if mapping.entity.name == entity:
            for rule in mapping.keys:
                kind = STORED_ID if rule.stored_in else rule.kind
                found.setdefault(kind, replace(rule, kind=kind))
    return list(found.values())


def _apply(
    db: Connection, tools: Tools, entity: str, around: Neighbourhood, verdict: Verdict
) -> int:
    links = {str(ref): link.entity_id for ref, link in around.links.items()}
    ids = assign(entity, verdict.groups, links, partial(_held, db, entity))
    groups = zip(verdict.groups, ids, strict=True)
    wanted = {
        ref: link_to(tools, entity, ref, id_, verdict.evidence[str(ref)])
        for group, id_ in groups
        for ref in map(Ref.parse, group)
    }
    return relink(db, tools, entity, wanted, around.links, around.keys)


def relink(
    db: Connection,
    tools: Tools,
    entity: str,
    wanted: Mapping[Ref, Link],
    present: Mapping[Ref, Link],
    keys: Mapping[Ref, identities.Keys],
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
    identities.evidence(db, entity, [link for link in stayed if _tells_more(link, present)])
    touched = {link.entity_id for link in opened} | {present[ref].entity_id for ref in closed}
    queue.mark(db, queue.MERGE, entity, touched)
    _wake_referrers(db, tools, entity, keys, {*fresh, *closed})
    return len(opened)


def _tells_more(link: Link, present: Mapping[Ref, Link]) -> bool:
    """Whether a record belongs where it did for another reason than it was written down."""
    before = present[link.ref]
    said = (before.rule, before.evidence, before.decided_by)
    return said != (link.rule, link.evidence, link.decided_by)


def _held(db: Connection, entity: str, ids: Collection[str]) -> set[str]:
    return set(identities.members_of(db, entity, ids))


def link_to(tools: Tools, entity: str, ref: Ref, to: str, why: Evidence) -> Link:
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
        valid_from=tools.now(),
        decided_by=why.by,
    )


def _wake_referrers(
    db: Connection,
    tools: Tools,
    entity: str,
    keys: Mapping[Ref, identities.Keys],
    moved: set[Ref],
) -> None:
    """Whoever points at a record (or a key) whose entity moved must look again."""
    targets = {f"ref:{ref}" for ref in moved}
    for (connection, object_), ids in identities.by_object(moved).items():
        for old in aliases.absorbed(db, connection, object_, ids).values():
            targets.update(f"ref:{connection}/{object_}/{id_}" for id_ in old)
    for ref in moved:
        for kind, values in keys.get(ref, {}).items():
            targets.update(f"key:{kind}={value}" for value in values)
    wake(db, tools, entity, targets)


RESOLVE: Final = Step("identify.resolve", keep=_keep_resolve)
