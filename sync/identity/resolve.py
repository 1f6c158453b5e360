"""Open and close links for what changed; cost follows the changed keys, not the store."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from staging import identities, queue
from sync.context import Runner, Step, Tools
from sync.identity import doubts
from sync.identity.afresh import resolve_whole
from sync.identity.cluster import Grouping, cluster
from sync.identity.grouping.alike import alike
from sync.identity.grouping.ids import assign, merged_entities
from sync.identity.grouping.neighbourhood import ITSELF, Neighbourhood, neighbourhood
from sync.identity.keys import read_scoped_keys
from sync.identity.links import link_to, relink, rules
from tasuki.values import Json, Ref

LOG = structlog.get_logger("tasuki.identity")
_CHUNK: Final = 2_000
_MUCH: Final = 20_000
"""Waiting records from which on a whole entity may be cheaper than its parts."""
_SHARE: Final = 0.05
"""The share of an entity that must wait for that."""
_NONE: Final[dict[str, Json]] = {"links": 0, "doubts": 0, "too_large": 0}


def resolve(run: Runner) -> dict[str, Json]:
    """Decide who is who for every record whose keys changed; how many links moved."""
    total = dict(_NONE)
    for entity in merged_entities(run.tools.entities):
        read_scoped_keys(run, entity)
        for done in resolve_entity(run, entity):
            total = {name: count + done.get(name, 0) for name, count in total.items()}
    if total["too_large"]:
        LOG.warning("identity.block_too_large", blocks=total["too_large"])
    return total


def resolve_entity(run: Runner, entity: str) -> Iterator[dict[str, Json]]:
    """Resolve an entity a neighbourhood at a time, or as a whole first if much of it waits."""
    done = run.step(RESOLVE, entity=entity)
    if done["much"]:
        yield from resolve_whole(run, entity, rules(run.tools, entity))
        done = run.step(RESOLVE, entity=entity, little=True)
    while done["more"]:
        yield done
        done = run.step(RESOLVE, entity=entity, little=True)


def _keep_resolve(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = tools.entities[arguments["entity"]]
    dirty = [Ref.parse(t) for t in queue.peek(db, queue.IDENTIFY, entity.name, _CHUNK)]
    nothing = {**_NONE, "more": bool(dirty), "much": False}
    if not dirty:
        return nothing
    if not arguments.get("little") and len(dirty) == _CHUNK and _is_much(db, entity.name):
        return {**nothing, "much": True}
    mine = rules(tools, entity.name)
    around = neighbourhood(db, entity, dirty, mine)
    members = {str(ref): keys for ref, keys in around.keys.items()}
    grouping = cluster(members, mine, around.known)
    moved = _apply(db, tools, entity.name, around, grouping)
    found, too_large = alike(db, entity, mine, around.keys)
    seen = {*dirty, *around.refs}
    asked = doubts.keep(db, tools, entity, seen, (*grouping.doubts, *found))
    queue.done(db, queue.IDENTIFY, entity.name, [str(ref) for ref in seen])
    return {**nothing, "links": moved, "doubts": asked, "too_large": too_large}


def _is_much(db: Connection, entity: str) -> bool:
    waiting = queue.waiting(db, queue.IDENTIFY).get(entity, 0)
    return waiting >= _MUCH and waiting >= _SHARE * identities.count(db, entity, ITSELF)


def _apply(
    db: Connection, tools: Tools, entity: str, around: Neighbourhood, grouping: Grouping
) -> int:
    links = {str(ref): link.entity_id for ref, link in around.links.items()}
    ids = assign(entity, grouping.groups, links, partial(_held, db, entity))
    groups, now = zip(grouping.groups, ids, strict=True), tools.now()
    wanted = {
        ref: link_to(entity, ref, id_, grouping.evidence[str(ref)], now)
        for group, id_ in groups
        for ref in map(Ref.parse, group)
    }
    return relink(db, tools, entity, wanted, around.links)


def _held(db: Connection, entity: str, ids: Collection[str]) -> set[str]:
    return set(identities.members_of(db, entity, ids))


RESOLVE: Final = Step("identify.resolve", keep=_keep_resolve)
