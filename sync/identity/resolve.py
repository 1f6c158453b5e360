"""Open and close links for what changed; cost follows the changed keys, not the store."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from itertools import count
from typing import Any, Final

from sqlalchemy import Connection

from catalog.shape import Grain
from mappings.links import STORED_ID
from mappings.spec import KeyRule
from staging import aliases, identities, queue
from staging.identities import Link
from sync.context import Runner, Step, Tools
from sync.identity.cluster import HUB, Verdict, cluster
from tasuki.values import Json, Ref

_CHUNK: Final = 2_000
_ORDER: Final = ("user_", "account", "person", "opportunity")
_PREFIX: Final = {"account": "acc", "person": "per", "opportunity": "opp", "user_": "usr"}


def resolve(run: Runner) -> dict[str, Json]:
    """Decide who is who for every record whose keys changed; how many links moved."""
    moved = doubts = 0
    for entity in _ORDER:
        more = True
        while more:
            done = run.step(RESOLVE, entity=entity)
            moved, doubts, more = moved + done["moved"], doubts + done["doubts"], done["more"]
    return {"links": moved, "doubts": doubts}


def _keep_resolve(
    db: Connection, tools: Tools, arguments: dict[str, Json], _answer: Any
) -> dict[str, Json]:
    entity = arguments["entity"]
    dirty = [Ref.parse(t) for t in queue.peek(db, queue.IDENTIFY, entity, _CHUNK)]
    if not dirty:
        return {"moved": 0, "doubts": 0, "more": False}
    around = neighbourhood(db, entity, dirty)
    verdict = cluster({str(ref): keys for ref, keys in around.keys.items()}, rules(tools, entity))
    moved = _apply(db, tools, entity, around, verdict)
    pairs = ((d.left, d.right, d.reason) for d in verdict.doubts)
    identities.keep_doubts(db, entity, pairs, tools.now())
    queue.done(db, queue.IDENTIFY, entity, [str(ref) for ref in {*dirty, *around.keys}])
    return {"moved": moved, "doubts": len(verdict.doubts), "more": True}


def rules(tools: Tools, entity: str) -> list[KeyRule]:
    """The key rules of an entity, strongest first; all stored ids speak through one kind."""
    found: dict[str, KeyRule] = {}
    for mapping in tools.mappings:
        if mapping.entity.name == entity:
            for rule in mapping.keys:
                kind = STORED_ID if rule.stored_in else rule.kind
                found.setdefault(kind, replace(rule, kind=kind))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Everything that a change of some records can touch."""

    keys: Mapping[Ref, identities.Keys]
    """Living records and their keys."""
    links: Mapping[Ref, str]
    """Where they, and the deleted ones among the dirty, are linked now."""


def neighbourhood(db: Connection, entity: str, dirty: Iterable[Ref]) -> Neighbourhood:
    """The dirty records, those that share a key with them, and all members of their entities."""
    keys: dict[Ref, identities.Keys] = {}
    links: dict[Ref, str] = {}
    frontier, seen = set(dirty), set[Ref]()
    asked: set[tuple[str, str]] = set()
    while frontier:
        seen |= frontier
        fresh = identities.keys_of(db, entity, frontier)
        here = identities.links_of(db, entity, frontier)
        keys, links = keys | fresh, links | here
        beside = _sharing(db, entity, fresh, asked)
        members = identities.members_of(db, entity, sorted(set(here.values())))
        beside.update(link.ref for found in members.values() for link in found)
        frontier = beside - seen
    living = {ref: keys[ref] for ref in sorted(keys)}
    return Neighbourhood(living, links)


def _sharing(
    db: Connection,
    entity: str,
    keys: Mapping[Ref, identities.Keys],
    asked: set[tuple[str, str]],
) -> set[Ref]:
    wanted: dict[str, set[str]] = {}
    for kinds in keys.values():
        for kind, values in kinds.items():
            wanted.setdefault(kind, set()).update(v for v in values if (kind, v) not in asked)
    asked.update((kind, value) for kind, values in wanted.items() for value in values)
    held = identities.holders(db, entity, wanted)
    return {ref for refs in held.values() if len(refs) <= HUB for ref in refs}


def _apply(
    db: Connection, tools: Tools, entity: str, around: Neighbourhood, verdict: Verdict
) -> int:
    links = {str(ref): id_ for ref, id_ in around.links.items()}
    ids = assign(entity, verdict.groups, links, partial(_held, db, entity))
    wanted = {Ref.parse(ref): ids[group] for group in verdict.groups for ref in group}
    opened = [
        _link(tools, entity, ref, to, verdict)
        for ref, to in wanted.items()
        if around.links.get(ref) != to
    ]
    closed = [ref for ref, at in around.links.items() if wanted.get(ref) != at]
    identities.relink(db, entity, closed, opened, tools.now())
    touched = {link.entity_id for link in opened} | {around.links[ref] for ref in closed}
    queue.mark(db, queue.MERGE, entity, touched)
    _wake_referrers(db, tools, entity, around, {*(link.ref for link in opened), *closed})
    return len(opened)


def _held(db: Connection, entity: str, ids: Collection[str]) -> set[str]:
    return set(identities.members_of(db, entity, ids))


def assign(
    entity: str,
    groups: Sequence[Sequence[str]],
    links: Mapping[str, str],
    held: Callable[[Collection[str]], set[str]],
) -> dict[Sequence[str], str]:
    """An entity id for every group: what most of its members had, else one made of its first ref.

    An id goes to one group only; `held` says which ids other entities have. The same records in the
    same store always give the same id.
    """
    claims = sorted(
        ((-votes, id_, group) for group in groups for id_, votes in _present(group, links)),
        key=lambda claim: (claim[0], claim[1], claim[2]),
    )
    ids: dict[Sequence[str], str] = {}
    taken: set[str] = set()
    for _, id_, group in claims:
        if group not in ids and id_ not in taken:
            ids[group] = id_
            taken.add(id_)
    new = [group for group in groups if group not in ids]
    taken.update(links.values(), held({new_id(entity, ref) for group in new for ref in group}))
    for group in new:
        ids[group] = _free_id(entity, group, taken, held)
        taken.add(ids[group])
    return ids


def _free_id(
    entity: str,
    group: Sequence[str],
    taken: set[str],
    held: Callable[[Collection[str]], set[str]],
) -> str:
    """An id made of the first ref whose own is free; when all are taken, of the first ref again."""
    own = (new_id(entity, ref) for ref in group)
    if (found := next((id_ for id_ in own if id_ not in taken), None)) is not None:
        return found
    again = (new_id(entity, f"{group[0]}#{n}") for n in count(2))
    return next(id_ for id_ in again if id_ not in taken and not held([id_]))


def _present(group: Sequence[str], links: Mapping[str, str]) -> list[tuple[str, int]]:
    return list(Counter(links[ref] for ref in group if ref in links).items())


def new_id(entity: str, ref: str) -> str:
    """The id an entity gets from the first record it was seen in."""
    prefix = _PREFIX.get(entity, entity[:3])
    return f"{prefix}_{blake2b(ref.encode(), digest_size=8).hexdigest()}"


def _link(tools: Tools, entity: str, ref: Ref, to: str, verdict: Verdict) -> Link:
    why = verdict.evidence[str(ref)]
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
        decided_by="rule",
    )


def _wake_referrers(
    db: Connection, tools: Tools, entity: str, around: Neighbourhood, moved: set[Ref]
) -> None:
    """Whoever points at a record (or a key) whose entity moved must look again."""
    targets = {f"ref:{ref}" for ref in moved}
    for (connection, object_), ids in identities.by_object(moved).items():
        for old in aliases.absorbed(db, connection, object_, ids).values():
            targets.update(f"ref:{connection}/{object_}/{id_}" for id_ in old)
    for ref in moved:
        for kind, values in around.keys.get(ref, {}).items():
            targets.update(f"key:{kind}={value}" for value in values)
    wake(db, tools, entity, targets)


def wake(db: Connection, tools: Tools, entity: str, targets: Iterable[str]) -> None:
    """Whoever points at these targets (as the reference table spells them) must look again."""
    pointing = identities.referrers(db, entity, sorted(targets))
    for (connection, object_), ids in identities.by_object(pointing).items():
        _look_again(db, tools, connection, object_, ids)


def _look_again(
    db: Connection, tools: Tools, connection: str, object: str, ids: Sequence[str]
) -> None:
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


RESOLVE: Final = Step("identify.resolve", keep=_keep_resolve)
