"""Creates that may be somebody who is there already: an open review says so of their entity."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, or_, select

from staging import identities
from staging.bulk import chunks
from staging.identity import reviews
from staging.tables.identity import LINK, REVIEW
from staging.tables.writes import INTENT
from staging.write.plans import Change
from sync.write.guards.group import Group, Limits
from sync.write.guards.sentence import DOUBLES, Sentence
from sync.write.risk import Risk
from tasuki.values import Ref

_FEW: Final = 500
"""Up to here a question is looked up by its records; beyond, all open ones are read once."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """An entity that would get a record, and a question that stands between it and another."""

    entity_id: str
    mine: Ref
    theirs: Ref


def likely(
    db: Connection, group: Group, limits: Limits, changes: Sequence[Change]
) -> Iterator[Sentence]:
    """The sentence when more creates than allowed may be records that are there."""
    created = {c.intent_id for c in changes if c.risk == Risk.CREATE and c.intent_id}
    if not created:
        return
    doubts = [
        doubt
        for entity, ids in _entities(db, created).items()
        for doubt in _doubts(db, group, entity, ids)
    ]
    n = len({doubt.entity_id for doubt in doubts})
    if n > limits.guards.max_likely_duplicates:
        sample = min(doubts, key=lambda doubt: (str(doubt.mine), str(doubt.theirs)))
        yield Sentence(
            DOUBLES,
            {
                "to": group.target,
                "n": n,
                "creates": len(created),
                "left": str(sample.mine),
                "right": str(sample.theirs),
                "allowed": limits.guards.max_likely_duplicates,
                "place": limits.place("max_likely_duplicates"),
            },
        )


def _entities(db: Connection, intents: Iterable[str]) -> dict[str, set[str]]:
    """Whom the creates are for: entity → ids."""
    found: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks(intents):
        wanted = select(INTENT.c.entity, INTENT.c.entity_id).where(INTENT.c.id.in_(chunk))
        for entity, id_ in db.execute(wanted):
            if entity and id_:
                found[entity].add(id_)
    return found


def _doubts(db: Connection, group: Group, entity: str, ids: Collection[str]) -> list[_Doubt]:
    pairs = _questions(db, entity, ids)
    links = identities.links_of(db, entity, {ref for pair in pairs for ref in pair})
    either = [
        (links[mine], links[theirs], mine, theirs)
        for left, right in pairs
        if left in links and right in links
        for mine, theirs in ((left, right), (right, left))
        if links[mine] in ids and links[theirs] != links[mine]
    ]
    there = _at_home(db, group, entity, {other for _, other, _, _ in either})
    return [_Doubt(id_, mine, ref) for id_, other, mine, ref in either if other in there]


def _questions(db: Connection, entity: str, ids: Collection[str]) -> list[tuple[Ref, Ref]]:
    """The open questions about these entities; with many entities, all of the kind."""
    query = select(REVIEW.c.left_ref, REVIEW.c.right_ref).where(
        REVIEW.c.state == reviews.OPEN, REVIEW.c.entity == entity
    )
    if len(ids) <= _FEW:
        members = identities.members_of(db, entity, ids).values()
        refs = [str(link.ref) for links in members for link in links]
        query = query.where(or_(REVIEW.c.left_ref.in_(refs), REVIEW.c.right_ref.in_(refs)))
    return [(Ref.parse(left), Ref.parse(right)) for left, right in db.execute(query)]


def _at_home(db: Connection, group: Group, entity: str, ids: Iterable[str]) -> set[str]:
    """Which of these entities have a record of the group's connection and object."""
    here = (LINK.c.connection == group.connection, LINK.c.object == group.object)
    found: set[str] = set()
    for chunk in chunks(ids):
        mine = (LINK.c.entity == entity, LINK.c.entity_id.in_(chunk), LINK.c.valid_to.is_(None))
        found.update(db.scalars(select(LINK.c.entity_id).where(*mine, *here)))
    return found
