"""All records of an entity at once, when much of it changed: the same groups, in fewer questions.

Keys are streamed in value order and joined as numbers. Where nobody has to stay apart, that is the
answer already; components in which somebody might are clustered one by one, as a small change is.
Then links are written in parts, each in a step of its own. What was found out lives as long as the
process: killed on the way, the next run finds what is still dirty and comes to the same result.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from catalog.shape import Entity
from mappings.spec import Confidence, KeyRule
from staging import identities
from staging.identities import Link
from staging.identity import rulings
from staging.identity import whole as everything
from sync.identity.cluster import CONFIDENCE, HUB, Known, Ruling, cluster
from sync.identity.grouping.neighbourhood import (
    ITSELF,
    climbed_from,
    named_records,
    own_references,
    related,
    ruled,
    scoped_kinds,
)
from sync.identity.groups import ALONE, Doubt, Evidence, Pair
from tasuki.values import Ref

_COMPONENTS: Final = 5_000
"""Records whose keys are read at a time, where components are clustered one by one."""
_SEVERAL: Final = -1


@dataclass(slots=True)
class Found:
    """Who is who, of a whole entity."""

    refs: list[str] = field(default_factory=list)
    """Every living record, in text order."""
    groups: list[list[int]] = field(default_factory=list)
    """Positions of the records that are one thing each."""
    evidence: dict[int, Evidence] = field(default_factory=dict)
    """Why a record belongs to its group; those left out are alone."""
    doubts: list[Doubt] = field(default_factory=list)
    links: dict[str, Link] = field(default_factory=dict)
    """Where each record belonged until now."""

    def why(self, position: int) -> Evidence:
        """Why a record belongs to its group."""
        return self.evidence.get(position, ALONE)


def find_all(db: Connection, entity: Entity, rules: Sequence[KeyRule]) -> Found:
    """Group every record of an entity."""
    refs = everything.living(db, entity.name, ITSELF)
    at = {ref: position for position, ref in enumerate(refs)}
    walk = _Walk(entity, list(rules), refs, at, array("q", range(len(refs))))
    walk.wide = array("q", walk.near)
    for rule in (*_joining(rules), *_asking(rules)):
        walk.follow(db, rule)
    walk.listen(db)
    walk.look_at_kin(db)
    groups = walk.settled()
    doubts = walk.cluster(db, groups)
    return Found(refs, groups, walk.evidence, doubts, everything.links(db, entity.name))


def _joining(rules: Iterable[KeyRule]) -> list[KeyRule]:
    return [r for r in rules if r.confidence is not Confidence.POSSIBLE and not r.compare]


def _asking(rules: Iterable[KeyRule]) -> list[KeyRule]:
    return [r for r in rules if r.confidence is Confidence.POSSIBLE and not r.compare]


def _root(parent: "array[int]", one: int) -> int:
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


def _unite(parent: "array[int]", members: Sequence[int]) -> None:
    first = _root(parent, members[0])
    for member in members[1:]:
        other = _root(parent, member)
        if other < first:
            first, other = other, first
        parent[other] = first


@dataclass(slots=True)
class _Walk:
    """What the keys of an entity say, seen once each."""

    entity: Entity
    rules: list[KeyRule]
    refs: list[str]
    at: dict[str, int]
    near: "array[int]"
    """Union-find over what joins."""
    wide: "array[int]" = field(default_factory=lambda: array("q"))
    """The same over what joins or asks: as far as one record can touch another."""
    evidence: dict[int, Evidence] = field(default_factory=dict)
    watched: set[int] = field(default_factory=set)
    """Records in whose component somebody may have to stay apart, or is asked about."""
    vetoes: dict[str, "array[int]"] = field(default_factory=dict)
    """Kind → which of its values each record has: of vetoes, and of what holds a rule apart."""
    hubs: set[Pair] = field(default_factory=set)
    kin: frozenset[Pair] = frozenset()
    above: dict[str, frozenset[str]] = field(default_factory=dict)
    known: Known = field(default_factory=Known)

    def follow(self, db: Connection, rule: KeyRule) -> None:
        """Join by (or ask about) every value of one rule."""
        most = len(self.refs) if rule.kind in scoped_kinds(self.entity, [rule]) else HUB
        asks = rule.confidence is Confidence.POSSIBLE
        parting = {kind for each in self.rules for kind in (*each.apart_by, *each.apart_within)}
        parts = rule.veto or rule.kind in parting
        if parts:
            self.vetoes[rule.kind] = array("q", bytes(8 * len(self.refs)))
        for number, (value, members) in enumerate(self._values(db, rule.kind), 1):
            if parts:
                self._number(rule.kind, number, members)
            if not 1 < len(members) <= most:
                if len(members) > most:
                    self.hubs.add((rule.kind, value))
            elif asks:
                self._ask(members)
            else:
                _unite(self.near, members)
                _unite(self.wide, members)
                why = Evidence(rule.kind, value, CONFIDENCE[rule.confidence])
                for member in members:
                    self.evidence.setdefault(member, why)

    def _values(self, db: Connection, kind: str) -> Iterator[tuple[str, list[int]]]:
        present: str | None = None
        members: list[int] = []
        at = self.at
        for part in everything.values(db, self.entity.name, kind):
            for value, ref in part:
                if value != present:
                    if present is not None:
                        yield present, members
                    present, members = value, []
                if (position := at.get(ref)) is not None:
                    members.append(position)
        if present is not None:
            yield present, members

    def _number(self, kind: str, number: int, members: Iterable[int]) -> None:
        said = self.vetoes[kind]
        for member in members:
            said[member] = number if not said[member] else _SEVERAL

    def _ask(self, members: Sequence[int]) -> None:
        if len({_root(self.near, member) for member in members}) > 1:
            self.watched.add(members[0])
        _unite(self.wide, members)

    def listen(self, db: Connection) -> None:
        """What people said: those records are clustered with care."""
        said = ruled(db, self.entity.name, rulings.every(db, self.entity.name))
        latest = {(r.left, r.right): r for r in sorted(said)}
        within = scoped_kinds(self.entity, self.rules)
        self.known = Known(tuple(latest.values()), hubs=self.hubs, within=within)
        for ruling in latest.values():
            if ruling.left in self.at and ruling.right in self.at:
                pair = (self.at[ruling.left], self.at[ruling.right])
                self.watched.update(pair)
                if ruling.is_same:
                    _unite(self.wide, pair)

    def look_at_kin(self, db: Connection) -> None:
        """Companies and the parents they name, where they hang together."""
        fields = own_references(self.entity)
        named: dict[str, set[str]] = {}
        if fields:
            for ref, target in everything.pointers(db, self.entity.name, fields):
                named.setdefault(ref, set()).add(target)
        if not named:
            return
        targets = {target for found in named.values() for target in found}
        records = named_records(db, self.entity.name, targets)
        parents = {
            ref: {str(r) for target in found for r in records.get(target, ())} - {ref}
            for ref, found in named.items()
        }
        self.above = climbed_from(parents, self.at.keys())
        kin = related(self.above, self.at.keys())
        self.kin = frozenset(pair for pair in kin if self._hang_together(*pair))
        self.watched.update(self.at[left] for left, _ in self.kin)
        first: dict[tuple[int, str], int] = {}
        for ref, found in self.above.items():
            root = _root(self.wide, self.at[ref])
            if any(first.setdefault((root, each), self.at[ref]) != self.at[ref] for each in found):
                self.watched.add(root)

    def _hang_together(self, left: str, right: str) -> bool:
        return _root(self.wide, self.at[left]) == _root(self.wide, self.at[right])

    def settled(self) -> list[list[int]]:
        """The groups of components in which nobody must stay apart; the others are watched."""
        self._watch_numbers()
        watched = {_root(self.wide, member) for member in self.watched}
        by_root: dict[int, list[int]] = {}
        self.watched = set()
        for member in range(len(self.refs)):
            if watched and _root(self.wide, member) in watched:
                self.watched.add(member)
            else:
                by_root.setdefault(_root(self.near, member), []).append(member)
        for member in self.watched:
            self.evidence.pop(member, None)
        return list(by_root.values())

    def _watch_numbers(self) -> None:
        """Components whose records have different values of such a key."""
        for said in self.vetoes.values():
            first: dict[int, int] = {}
            for member, number in enumerate(said):
                if number:
                    root = _root(self.near, member)
                    if number == _SEVERAL or first.setdefault(root, number) != number:
                        self.watched.add(root)

    def cluster(self, db: Connection, groups: list[list[int]]) -> list[Doubt]:
        """Cluster what is watched, one component after the other; what stayed in doubt."""
        by_root: dict[int, list[int]] = {}
        for member in sorted(self.watched):
            by_root.setdefault(_root(self.wide, member), []).append(member)
        rulings_of, kin_of = self._by_component()
        doubts: list[Doubt] = []
        for keys, roots in self._read(db, by_root):
            for root in roots:
                members = {self.refs[m]: keys[self.refs[m]] for m in by_root[root]}
                said, kin = rulings_of.get(root, ()), kin_of.get(root, ())
                above = {ref: self.above[ref] for ref in members if ref in self.above}
                known = Known(tuple(said), tuple(kin), above, self.hubs, self.known.within)
                grouping = cluster(members, self.rules, known)
                groups += [[self.at[ref] for ref in group] for group in grouping.groups]
                self.evidence |= {
                    self.at[ref]: why for ref, why in grouping.evidence.items() if why is not ALONE
                }
                doubts += grouping.doubts
        return doubts

    def _by_component(self) -> tuple[Mapping[int, list[Ruling]], Mapping[int, list[Pair]]]:
        """Rulings and kin, by the component they are about."""
        said: dict[int, list[Ruling]] = {}
        kin: dict[int, list[Pair]] = {}
        for ruling in self.known.rulings:
            for ref in {ruling.left, ruling.right} & self.at.keys():
                found = said.setdefault(_root(self.wide, self.at[ref]), [])
                if ruling not in found:
                    found.append(ruling)
        for pair in self.kin:
            kin.setdefault(_root(self.wide, self.at[pair[0]]), []).append(pair)
        return said, kin

    def _read(
        self, db: Connection, by_root: Mapping[int, list[int]]
    ) -> Iterator[tuple[Mapping[str, identities.Keys], list[int]]]:
        """The keys of a few thousand records, component by component."""
        roots: list[int] = []
        members: list[int] = []
        for root in (*by_root, None):
            if roots and (root is None or len(members) >= _COMPONENTS):
                refs = [Ref.parse(self.refs[m]) for m in members]
                found = identities.keys_of(db, self.entity.name, refs)
                yield {str(ref): keys for ref, keys in found.items()}, roots
                roots, members = [], []
            if root is not None:
                roots.append(root)
                members += by_root[root]
