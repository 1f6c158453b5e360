"""Everything that a change of some records can touch, read from the store.

Whoever shares a key with a changed record, whoever a person ruled to be the same, and all members
of their present entities, as long as that finds more. What decides about one of them is then at
hand for all, so that linking day by day ends where linking everything at once does.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from catalog.shape import Entity, Type
from mappings.spec import KeyRule
from staging import aliases, identities
from staging.identities import Keys, Link
from staging.identity import rulings
from staging.identity.rulings import Ruled
from sync.identity.cluster import HUB, Known, Ruling
from tasuki.values import Ref

ITSELF: Final = "record"
"""The kind of the key that every living record has: its own ref."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Records that hang together, and what is known of them."""

    keys: Mapping[Ref, Keys]
    """Living records and their keys."""
    links: Mapping[Ref, Link]
    """Where they, and the deleted ones among the dirty, are linked now."""
    known: Known

    @property
    def refs(self) -> set[Ref]:
        """All of them, dead or alive."""
        return {*self.keys, *self.links}


def scoped_kinds(entity: Entity, rules: Iterable[KeyRule]) -> frozenset[str]:
    """The kinds of keys that hold within another entity: a reference is a part of them."""
    references = {field.name for field in entity.fields if field.type is Type.REF}
    return frozenset(
        rule.kind for rule in rules if any(part.field in references for part in rule.parts)
    )


def joining_kinds(rules: Iterable[KeyRule]) -> frozenset[str]:
    """The kinds by which one record leads to another."""
    return frozenset(rule.kind for rule in rules if not rule.compare)


def neighbourhood(
    db: Connection, entity: Entity, dirty: Iterable[Ref], rules: Sequence[KeyRule]
) -> Neighbourhood:
    """What a change of the dirty records can touch."""
    walk = _Walk(entity.name, joining_kinds(rules), scoped_kinds(entity, rules), {}, {}, {}, set())
    frontier = set(dirty)
    seen: set[Ref] = set()
    while frontier:
        seen |= frontier
        frontier = walk.on(db, frontier) - seen
    living = {ref: walk.keys[ref] for ref in sorted(walk.keys)}
    said = tuple(walk.rulings.values())
    above = ancestors(db, entity, living)
    known = Known(said, related(above, set(map(str, living))), above, walk.hubs, walk.scoped)
    return Neighbourhood(living, walk.links, known)


@dataclass(slots=True)
class _Walk:
    """What was found so far."""

    entity: str
    kinds: frozenset[str]
    scoped: frozenset[str]
    keys: dict[Ref, Keys]
    links: dict[Ref, Link]
    rulings: dict[tuple[str, str], Ruling]
    hubs: set[tuple[str, str]]

    def on(self, db: Connection, frontier: set[Ref]) -> set[Ref]:
        """One step further: whoever hangs on the frontier."""
        fresh = identities.keys_of(db, self.entity, frontier)
        here = set(identities.links_of(db, self.entity, frontier).values())
        members = identities.members_of(db, self.entity, sorted(here))
        self.keys |= fresh
        self.links |= {link.ref: link for found in members.values() for link in found}
        beside = self._sharing(db, fresh) | self._ruled(db, frontier)
        return beside | {link.ref for found in members.values() for link in found}

    def _sharing(self, db: Connection, fresh: Mapping[Ref, Keys]) -> set[Ref]:
        wanted: dict[str, set[str]] = {}
        for kinds in fresh.values():
            for kind in kinds.keys() & self.kinds:
                wanted.setdefault(kind, set()).update(kinds[kind])
        limited = {kind: wanted[kind] for kind in wanted.keys() - self.scoped}
        many = identities.crowded(db, self.entity, limited, HUB)
        self.hubs.update(many)
        few = {k: {v for v in values if (k, v) not in many} for k, values in wanted.items()}
        held = identities.holders(db, self.entity, few)
        return {ref for refs in held.values() for ref in refs}

    def _ruled(self, db: Connection, frontier: set[Ref]) -> set[Ref]:
        found = ruled(db, self.entity, rulings_about(db, self.entity, frontier))
        self.rulings |= {(r.left, r.right): r for r in sorted(found)}
        return {Ref.parse(ref) for r in found if r.is_same for ref in (r.left, r.right)}


def rulings_about(db: Connection, entity: str, refs: Collection[Ref]) -> list[Ruled]:
    """What people said about these records, and about those that a platform merged into them."""
    if not rulings.version(db, entity)[0]:
        return []
    asked = {*refs} | aliases.merged_into(db, refs)
    return rulings.about(db, entity, sorted(map(str, asked)))


def ruled(db: Connection, entity: str, said: Iterable[Ruled]) -> list[Ruling]:
    """Rulings as clustering wants them: about a merged record is about its survivor."""
    said = list(said)
    refs = {Ref.parse(ref) for r in said for ref in (r.left, r.right)}
    lost = refs - set(identities.keys_of(db, entity, refs))
    now = {str(ref): str(ref) for ref in refs} | survivors(db, lost)
    found = [
        Ruling(r.at, *_ordered(now[r.left], now[r.right]), r.verdict == "same", r.by) for r in said
    ]
    return [ruling for ruling in found if ruling.left != ruling.right]


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def survivors(db: Connection, lost: Iterable[Ref]) -> dict[str, str]:
    """Where records that a platform merged away live on."""
    found: dict[str, str] = {}
    for (connection, object_), ids in identities.by_object(lost).items():
        at = f"{connection}/{object_}"
        ends = aliases.survivors(db, connection, object_, ids)
        found |= {f"{at}/{old}": f"{at}/{new}" for old, new in ends.items()}
    return found


# ── kin ──


def own_references(entity: Entity) -> frozenset[str]:
    """The fields with which an entity names another of its kind as its parent."""
    return frozenset(field.name for field in entity.refs() if field.to == entity.name)


def ancestors(db: Connection, entity: Entity, refs: Collection[Ref]) -> dict[str, frozenset[str]]:
    """Whom each of these records names as its parents, directly or through any others."""
    fields = own_references(entity)
    if not fields or len(refs) < 2:
        return {}
    parents: dict[str, set[str]] = {}
    frontier = set(refs)
    while frontier:
        named = identities.targets_of(db, entity.name, fields, frontier)
        found = named_records(db, entity.name, {t for targets in named.values() for t in targets})
        climbed: set[Ref] = set()
        for ref, targets in named.items():
            above = {r for target in targets for r in found.get(target, ())} - {ref}
            parents[str(ref)] = set(map(str, above))
            climbed |= above
        frontier = {ref for ref in climbed if str(ref) not in parents}
        parents |= {str(ref): set() for ref in frontier}
    return climbed_from(parents, set(map(str, refs)))


def named_records(db: Connection, entity: str, targets: Iterable[str]) -> dict[str, set[Ref]]:
    """The records behind targets as the reference table spells them."""
    found: dict[str, set[Ref]] = {}
    kinds: dict[str, set[str]] = {}
    for target in targets:
        how, _, what = target.partition(":")
        if how == "ref":
            found[target] = {Ref.parse(what)}
        else:
            kind, _, value = what.partition("=")
            kinds.setdefault(kind, set()).add(value)
    many = identities.crowded(db, entity, kinds, HUB)
    few = {k: {v for v in values if (k, v) not in many} for k, values in kinds.items()}
    held = identities.holders(db, entity, few)
    return found | {f"key:{kind}={value}": refs for (kind, value), refs in held.items()}


def climbed_from(
    parents: Mapping[str, Collection[str]], among: AbstractSet[str]
) -> dict[str, frozenset[str]]:
    """Everybody above each record that has a parent, walked up through anybody."""
    found: dict[str, frozenset[str]] = {}
    for ref in parents.keys() & among:
        above: set[str] = set()
        frontier = set(parents[ref])
        while frontier:
            above |= frontier
            frontier = {p for each in frontier for p in parents.get(each, ())} - above
        if above:
            found[ref] = frozenset(above)
    return found


def related(
    above: Mapping[str, Collection[str]], among: AbstractSet[str]
) -> frozenset[tuple[str, str]]:
    """Every pair of descendant and ancestor among these records."""
    return frozenset(
        (min(ref, each), max(ref, each))
        for ref, found in above.items()
        for each in found
        if each != ref and each in among
    )
