"""Creates that may be somebody who is there already: an open review says so of their entity."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
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
from sync.write.guards.sentence import DOUBLES, DOUBTS, Sentence
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


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The creates of a group that may be there already; `sample` is one such pair."""

    ids: frozenset[str]
    """Of their changes."""
    records: int
    creates: int
    sample: tuple[Ref, Ref]

    def sentence(self, group: Group, limits: Limits) -> Sentence:
        """What the guard says: beyond the limit of the whole group, else of these alone."""
        allowed = limits.guards.max_likely_duplicates
        left, right = map(str, self.sample)
        values = {"to": group.target, "n": self.records, "creates": self.creates}
        values |= {"left": left, "right": right, "allowed": allowed}
        values |= {"place": limits.place("max_likely_duplicates")}
        return Sentence(DOUBLES if self.records > allowed else DOUBTS, values)


def doubtful(db: Connection, group: Group, changes: Sequence[Change]) -> Doubtful | None:
    """Which creates may be records that are there, if any."""
    created = {c.intent_id for c in changes if c.risk == Risk.CREATE and c.intent_id}
    wanted = _entities(db, created) if created else {}
    doubts = {
        doubt.entity_id: doubt
        for entity, by_id in wanted.items()
        for doubt in _doubts(db, group, entity, set(by_id))
    }
    if not doubts:
        return None
    first = min(doubts.values(), key=lambda doubt: (str(doubt.mine), str(doubt.theirs)))
    wishes = {w for by_id in wanted.values() for id_ in doubts.keys() & by_id for w in by_id[id_]}
    ids = frozenset(c.id for c in changes if c.intent_id in wishes)
    return Doubtful(ids, len(doubts), len(created), (first.mine, first.theirs))


def _entities(db: Connection, intents: Iterable[str]) -> dict[str, dict[str, set[str]]]:
    """Whom the creates are for: entity → id → wishes."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for chunk in chunks(intents):
        mine = select(INTENT.c.id, INTENT.c.entity, INTENT.c.entity_id)
        for wish, entity, id_ in db.execute(mine.where(INTENT.c.id.in_(chunk))):
            if entity and id_:
                found[entity][id_].add(wish)
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
