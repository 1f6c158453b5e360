"""Pairs that are alike in some fields: never joined for it, only shown to a person.

Records are compared within blocks: those equal in the parts of a rule. What is compared is kept
beside the keys, so that a changed spelling makes its record dirty, and nobody else.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from catalog.shape import Entity
from mappings.matching.likeness import likeness
from mappings.spec import KeyRule
from staging import identities
from staging.identities import Keys
from sync.identity.grouping.neighbourhood import ancestors, related, ruled, rulings_about
from sync.identity.groups import Doubt
from tasuki.values import Ref

BLOCK: Final = 200
"""A block of more records is not compared: it would cost its square, and says too little."""
BESIDE: Final = "~"
"""Between a rule and a field, in the kind under which a compared value is kept."""


def folded(value: object) -> str:
    """A value as it is kept for comparing: one width, no stray spaces."""
    return " ".join(unicodedata.normalize("NFKC", str(value)).split())


@dataclass(frozen=True, slots=True)
class _Field:
    """What is known of the records of some blocks."""

    keys: Mapping[Ref, Keys]
    group: Mapping[Ref, str]
    """The entity each record is linked to."""
    apart: frozenset[tuple[str, str]]
    """Entities that a person ruled to differ."""
    vetoes: tuple[str, ...]


def alike(
    db: Connection, entity: Entity, rules: Sequence[KeyRule], keys: Mapping[Ref, Keys]
) -> tuple[list[Doubt], int]:
    """The pairs a person should look at, one per two entities; how many blocks were too large.

    The keys are those of all records of some entities, whose links stand already.
    """
    found: dict[tuple[str, str], Doubt] = {}
    too_large = 0
    for rule in (rule for rule in rules if rule.compare):
        blocks = {v for said in keys.values() for v in said.get(rule.kind, ())}
        many = identities.crowded(db, entity.name, {rule.kind: blocks}, BLOCK)
        too_large += len(many)
        few = {value for value in blocks if (rule.kind, value) not in many}
        held = identities.holders(db, entity.name, {rule.kind: few})
        among = _field(db, entity, rules, keys, held.values())
        for pair, doubt in _pairs(rule, among, held.values(), keys):
            if pair not in found or doubt.pair < found[pair].pair:
                found[pair] = doubt
    return _no_kin(db, entity, found.values()), too_large


def _field(
    db: Connection,
    entity: Entity,
    rules: Iterable[KeyRule],
    keys: Mapping[Ref, Keys],
    blocks: Iterable[set[Ref]],
) -> _Field:
    inside = {ref for refs in blocks for ref in refs}
    said = ruled(db, entity.name, rulings_about(db, entity.name, inside))
    named = {Ref.parse(ref) for r in said for ref in (r.left, r.right)}
    group = identities.links_of(db, entity.name, inside | named)
    apart = (
        (group.get(Ref.parse(r.left)), group.get(Ref.parse(r.right))) for r in said if not r.is_same
    )
    return _Field(
        keys={**identities.keys_of(db, entity.name, inside - set(keys)), **keys},
        group=group,
        apart=frozenset((min(a, b), max(a, b)) for a, b in apart if a and b),
        vetoes=tuple(rule.kind for rule in rules if rule.veto),
    )


def _pairs(
    rule: KeyRule, among: _Field, blocks: Iterable[set[Ref]], keys: Mapping[Ref, Keys]
) -> Iterator[tuple[tuple[str, str], Doubt]]:
    for refs in blocks:
        block = sorted(refs)
        for left in (ref for ref in block if ref in keys):
            for right in block:
                if right == left or (right in keys and right < left):
                    continue
                pair = _groups_of(among, left, right)
                if pair is not None and (likeness := _likeness(rule, among, left, right)):
                    one, other = sorted((str(left), str(right)))
                    yield pair, Doubt(one, other, rule.kind, likeness)


def _groups_of(among: _Field, left: Ref, right: Ref) -> tuple[str, str] | None:
    """The two entities, unless they are one, or were ruled or are numbered apart."""
    one, other = among.group.get(left, str(left)), among.group.get(right, str(right))
    pair = (min(one, other), max(one, other))
    if one == other or pair in among.apart:
        return None
    said, beside = among.keys.get(left, {}), among.keys.get(right, {})
    both = (kind for kind in among.vetoes if kind in said and kind in beside)
    return None if any(said[kind] != beside[kind] for kind in both) else pair


def _likeness(rule: KeyRule, among: _Field, left: Ref, right: Ref) -> dict[str, float]:
    """How alike two records are in each field; empty when not alike enough in all of them."""
    found: dict[str, float] = {}
    for name, least in rule.compare.items():
        kind = f"{rule.kind}{BESIDE}{name}"
        one = among.keys.get(left, {}).get(kind)
        other = among.keys.get(right, {}).get(kind)
        if not one or not other:
            return {}
        score = max(likeness(name, a, b) for a in one for b in other)
        if score < least:
            return {}
        found[name] = round(score, 3)
    return found


def _no_kin(db: Connection, entity: Entity, doubts: Iterable[Doubt]) -> list[Doubt]:
    """Without those about a company and its parent: they are two, and known to be."""
    found = list(doubts)
    refs = {Ref.parse(ref) for doubt in found for ref in (doubt.left, doubt.right)}
    kin = related(ancestors(db, entity, refs), set(map(str, refs)))
    return [doubt for doubt in found if (doubt.left, doubt.right) not in kin]
