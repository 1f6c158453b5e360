"""Which records are the same thing: people's rulings, then rules in order under vetoes; pure.

The same records, keys and rulings give the same groups, in whatever order they came. What stands
above what: a person's ruling; a veto (corporate numbers that differ); kin (a company and the one it
names as its parent), which only a stored id or an equal veto key passes; the rules, in their order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from mappings.links import STORED_ID
from mappings.spec import Confidence, KeyRule

HUB: Final = 60
"""A value that more records share than this says nothing about who they are."""
CONFIDENCE: Final = {
    Confidence.CERTAIN: 1.0,
    Confidence.LIKELY: 0.9,
    Confidence.POSSIBLE: 0.5,
}
BY_RULE: Final = "rule"
RULED: Final = "ruling"
KIN: Final = "kin"
APART: Final = "apart"
_NO_QUESTION: Final = (RULED, KIN, APART, None)
"""Reasons to stay apart that nobody is asked about."""
_WITHIN: Final = "apart within one object"
_CONTRADICTED: Final = "rulings contradict each other"
_ASKED: Final = 10
"""Doubts that one contested value leaves at most."""

Keys = Mapping[str, frozenset[str]]
"""Key kind → values one record has."""
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a record belongs to its group."""

    rule: str
    value: str
    confidence: float
    by: str = BY_RULE
    """Who decided: `rule`, or the person who ruled."""


ALONE: Final = Evidence("first_seen", "", 1.0)


@dataclass(frozen=True, slots=True, order=True)
class Ruling:
    """A person's word on two records; it stands above every rule."""

    at: str
    left: str
    right: str
    is_same: bool
    by: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some records beside their keys."""

    rulings: Sequence[Ruling] = ()
    kin: Collection[Pair] = ()
    """Records of which one names the other as its parent, directly or through others."""
    above: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Record → whom it names as its parents, directly or through others."""
    hubs: Collection[Pair] = ()
    """(kind, value) shared by too many, whether all of them are at hand or not."""
    within: Collection[str] = ()
    """Kinds that hold inside another entity (a department of one account): never hubs."""


NOTHING: Final = Known()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two records that may be the same thing; a person decides."""

    left: str
    right: str
    reason: str
    likeness: Mapping[str, float] = field(default_factory=dict, compare=False)
    """Entity field → how alike the two are in it, where they were compared."""

    @property
    def pair(self) -> Pair:
        """The two records."""
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups of refs that are one thing each, why, and what stayed in doubt."""

    groups: tuple[tuple[str, ...], ...]
    evidence: Mapping[str, Evidence]
    doubts: tuple[Doubt, ...]


@dataclass(slots=True)
class _Groups:
    """Union-find that knows which groups must stay apart."""

    parent: dict[str, str]
    vetoes: dict[str, dict[str, frozenset[str]]]
    apart: dict[str, set[str]] = field(default_factory=dict)
    """Root → refs that a person ruled to be others."""
    kin: dict[str, set[str]] = field(default_factory=dict)
    marks: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    """Root → values of the keys by which some rules keep groups apart, and who is above it."""
    telling: Collection[str] = ()
    """The kinds that tell two of one parent from each other."""
    within: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Rule → the kinds of marks that keep apart two records of one object."""
    evidence: dict[str, Evidence] = field(default_factory=dict)
    doubts: dict[Doubt, KeyRule | None] = field(default_factory=dict)

    def root(self, ref: str) -> str:
        while self.parent[ref] != ref:
            self.parent[ref] = self.parent[self.parent[ref]]
            ref = self.parent[ref]
        return ref

    def join(self, a: str, b: str) -> None:
        keep, drop = sorted((a, b))
        self.parent[drop] = keep
        for foes in (self.apart, self.kin):
            if drop in foes:
                foes.setdefault(keep, set()).update(foes.pop(drop))
        for said in (self.vetoes, self.marks):
            mine = said.get(keep, {})
            for kind, values in said.get(drop, {}).items():
                mine[kind] = mine.get(kind, frozenset()) | values
            if mine:
                said[keep] = mine

    def foes(self, among: Mapping[str, set[str]], root: str) -> set[str]:
        """The roots of those a group must stay apart from."""
        return {self.root(ref) for ref in among.get(root, ())}

    def differ(self, a: str, b: str, kinds: Iterable[str]) -> bool:
        """Whether two groups hold values of one of these kinds, and share none."""
        left, right = self.marks.get(a, {}), self.marks.get(b, {})
        return any(
            left[kind].isdisjoint(right[kind]) for kind in kinds if kind in left and kind in right
        )

    def are_kin(self, a: str, b: str) -> bool:
        """Whether one is above the other, or both are below a third and differ in any key."""
        above = self.marks.get(a, {}).get(KIN, frozenset())
        beside = above.isdisjoint(self.marks.get(b, {}).get(KIN, ()))
        return b in self.foes(self.kin, a) or (not beside and self.differ(a, b, self.telling))

    def clash(self, a: str, b: str, rule: KeyRule) -> str | None:
        """Why a rule may not join two groups: ruling, kin, apart, or the veto they differ in."""
        if b in self.foes(self.apart, a):
            return RULED
        if not _passes_kin(rule) and self.are_kin(a, b):
            return KIN
        if self.differ(a, b, rule.apart_by):
            return APART
        if self.differ(a, b, self.within.get(rule.kind, ())):
            return _WITHIN
        left, right = self.vetoes.get(a, {}), self.vetoes.get(b, {})
        return next((k for k in left if k in right and left[k] != right[k]), None)


def _passes_kin(rule: KeyRule) -> bool:
    return rule.veto or rule.kind == STORED_ID


def cluster(
    members: Mapping[str, Keys], rules: Sequence[KeyRule], known: Known = NOTHING
) -> Grouping:
    """Group the members (ref → keys): rulings first, then the rules, strongest first.

    Where holders of a key must stay apart, it joins only those who are clearly on one side; where
    another key tells them apart (two colleagues of one name), it joins nobody.
    """
    joining = [rule for rule in rules if rule.confidence is not Confidence.POSSIBLE]
    telling = [rule.kind for rule in joining if known.above and rule.kind != STORED_ID]
    apart_by = sorted({kind for rule in rules for kind in rule.apart_by} | {*telling})
    groups = _Groups(
        {ref: ref for ref in members},
        _said(members, [rule.kind for rule in rules if rule.veto]),
        marks=_said(members, apart_by),
        telling=telling,
    )
    _mark_within(groups, members, rules)
    for ref in known.above.keys() & members.keys():
        groups.marks.setdefault(ref, {})[KIN] = known.above[ref]
    _obey(groups, known.rulings)
    _note_pairs(groups, groups.kin, known.kin)
    asking = [rule for rule in rules if rule.confidence is Confidence.POSSIBLE and not rule.compare]
    for rule in (*joining, *asking):
        take = _join if rule in joining else _ask
        for value, refs in sorted(holders(members, rule.kind, known).items()):
            take(groups, rule, value, refs)
    return _grouping(members, groups)


def _said(
    members: Mapping[str, Keys], kinds: Sequence[str]
) -> dict[str, dict[str, frozenset[str]]]:
    """The values of some kinds, of those who have any."""
    found = (
        (ref, {kind: keys[kind] for kind in kinds if keys.get(kind)})
        for ref, keys in members.items()
    )
    return {ref: said for ref, said in found if said}


def _mark_within(groups: _Groups, members: Mapping[str, Keys], rules: Sequence[KeyRule]) -> None:
    """What each record says within its own object, for the rules that part by it."""
    kinds = {kind for rule in rules for kind in rule.apart_within}
    marks: dict[str, set[str]] = defaultdict(set)
    for ref, keys in members.items() if kinds else ():
        for kind in kinds & keys.keys():
            mark = f"{kind} in {'/'.join(ref.split('/', 2)[:2])}"
            groups.marks.setdefault(ref, {})[mark] = keys[kind]
            marks[kind].add(mark)
    groups.within = {
        rule.kind: sorted(mark for kind in rule.apart_within for mark in marks[kind])
        for rule in rules
        if rule.apart_within
    }


def holders(members: Mapping[str, Keys], kind: str, known: Known) -> dict[str, list[str]]:
    """Who shares each value of a kind, in ref order; hubs left out."""
    found: dict[str, list[str]] = defaultdict(list)
    for ref in sorted(members):
        for value in members[ref].get(kind, ()):
            found[value].append(ref)
    most = len(members) if kind in known.within else HUB
    return {
        value: refs
        for value, refs in found.items()
        if 1 < len(refs) <= most and (kind, value) not in known.hubs
    }


def _note_pairs(groups: _Groups, among: dict[str, set[str]], pairs: Iterable[Pair]) -> None:
    for left, right in pairs:
        if left in groups.parent and right in groups.parent:
            one, other = groups.root(left), groups.root(right)
            if one != other:
                among.setdefault(one, set()).add(other)
                among.setdefault(other, set()).add(one)


def _obey(groups: _Groups, rulings: Sequence[Ruling]) -> None:
    """What people said: who is apart, then who is one, the older word first.

    Numbers that a person joined mean the same company for every other record too.
    """
    said = [r for r in sorted(rulings) if r.left in groups.parent and r.right in groups.parent]
    _note_pairs(groups, groups.apart, ((r.left, r.right) for r in said if not r.is_same))
    joined: list[str] = []
    for ruling in (r for r in said if r.is_same):
        one, other = groups.root(ruling.left), groups.root(ruling.right)
        if other in groups.foes(groups.apart, one):
            groups.doubts[_doubt(ruling.left, ruling.right, _CONTRADICTED)] = None
            continue
        for ref, beside in ((ruling.left, ruling.right), (ruling.right, ruling.left)):
            groups.evidence.setdefault(ref, Evidence(RULED, beside, 1.0, ruling.by))
        if one != other:
            groups.join(one, other)
            joined.append(one)
    if joined:
        _unify(groups, sorted({groups.root(ref) for ref in joined}))


def _unify(groups: _Groups, ruled: Iterable[str]) -> None:
    """Give the veto values that one ruled group holds one name everywhere."""
    name: dict[Pair, str] = {}

    def first(kind: str, value: str) -> str:
        while (ahead := name.get((kind, value), value)) != value:
            value = ahead
        return value

    for root in ruled:
        for kind, values in groups.vetoes.get(root, {}).items():
            ends = sorted({first(kind, value) for value in values})
            name.update({(kind, end): ends[0] for end in ends[1:]})
    for said in groups.vetoes.values():
        for kind, values in said.items():
            said[kind] = frozenset(first(kind, value) for value in values)


def _join(groups: _Groups, rule: KeyRule, value: str, refs: Sequence[str]) -> None:
    firsts = _firsts(groups, refs)
    if len(firsts) < 2:
        return
    if not _is_contested(groups, rule, firsts):
        _unite(groups, rule, value, refs, list(firsts))
        return
    foes = {a: {b for b in firsts if b != a and groups.clash(a, b, rule)} for a in firsts}
    told = {groups.clash(a, b, rule) for a in firsts for b in foes[a]}
    unclear = not told.isdisjoint((APART, _WITHIN))
    parties = ([] if unclear else _parties(foes)) if told else [tuple(firsts)]
    for party in parties:
        inside = [ref for ref in refs if groups.root(ref) in party]
        if len(party) > 1:
            _unite(groups, rule, value, inside, list(party))
    _doubt_over(groups, rule, firsts, foes, parties)


def _firsts(groups: _Groups, refs: Sequence[str]) -> dict[str, str]:
    """The groups of these refs, each with its first holder."""
    found: dict[str, str] = {}
    for ref in refs:
        found.setdefault(groups.root(ref), ref)
    return found


def _is_contested(groups: _Groups, rule: KeyRule, roots: Collection[str]) -> bool:
    """Whether any two of the groups must stay apart; asked of every shared value, so cheaply."""
    watched = (groups.apart,) if _passes_kin(rule) else (groups.apart, groups.kin)
    for foes in watched:
        if foes and any(groups.foes(foes, root) & set(roots) for root in roots if root in foes):
            return True
    said: dict[str, frozenset[str]] = {}
    above: set[str] = set()
    for root in roots:
        marks = groups.marks.get(root, {})
        if not _passes_kin(rule) and not above.isdisjoint(marks.get(KIN, ())):
            return True
        above |= marks.get(KIN, frozenset())
        kinds = (*rule.apart_by, *groups.within.get(rule.kind, ()))
        apart = {kind: marks[kind] for kind in kinds if kind in marks}
        for kind, values in (groups.vetoes.get(root, {}) | apart).items():
            if said.setdefault(kind, values) != values:
                return True
    return False


def _unite(
    groups: _Groups, rule: KeyRule, value: str, refs: Sequence[str], roots: Sequence[str]
) -> None:
    why = Evidence(rule.kind, value, CONFIDENCE[rule.confidence])
    for ref in refs:
        groups.evidence.setdefault(ref, why)
    for root in roots[1:]:
        groups.join(groups.root(roots[0]), groups.root(root))


def _parties(foes: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """The sides of a contest, where everybody on a side has the same foes; else none is clear."""
    hostile = [root for root in foes if foes[root]]
    sides: dict[frozenset[str], list[str]] = defaultdict(list)
    for root in hostile:
        sides[frozenset(foes[root])].append(root)
    clear = all(len(them) + len(us) == len(hostile) for them, us in sides.items())
    return [tuple(us) for us in sides.values()] if clear else []


def _doubt_over(
    groups: _Groups,
    rule: KeyRule,
    firsts: Mapping[str, str],
    foes: Mapping[str, set[str]],
    parties: Sequence[tuple[str, ...]],
) -> None:
    """Ask whose side the others are on, and whether a veto is a mistake; kin are no question."""
    sides = [party[0] for party in parties] or [root for root in firsts if foes[root]]
    neutral = [root for root in firsts if not foes[root]]
    pairs = [(a, b) for a in neutral for b in sides]
    pairs += [(a, b) for a in sides for b in sides if a < b and b not in foes[a]]
    pairs += [
        (sides[0], b)
        for b in sides[1:]
        if groups.clash(groups.root(sides[0]), groups.root(b), rule) not in _NO_QUESTION
    ]
    reason = _contest(groups, rule, foes)
    for a, b in pairs[:_ASKED]:
        groups.doubts[_doubt(firsts[a], firsts[b], reason)] = rule


def _contest(groups: _Groups, rule: KeyRule, foes: Mapping[str, set[str]]) -> str:
    """Why the holders of one value are not simply one."""
    for a in foes:
        if any(groups.clash(groups.root(a), groups.root(b), rule) == _WITHIN for b in foes[a]):
            return f"same {rule.kind}, but not the same {' and '.join(rule.apart_within)}"
    return f"same {rule.kind}, but a veto differs"


def _ask(groups: _Groups, rule: KeyRule, _value: str, refs: Sequence[str]) -> None:
    """A weak key leaves a question between each group and the first before it that it may join."""
    firsts = list(_firsts(groups, refs).items())
    for position, (root, ref) in enumerate(firsts):
        before = (other for at, other in firsts[:position] if not groups.clash(at, root, rule))
        for other in islice(before, 1):
            groups.doubts[_doubt(other, ref, rule.kind)] = rule


def _doubt(one: str, other: str, reason: str) -> Doubt:
    left, right = sorted((one, other))
    return Doubt(left, right, reason)


def _grouping(members: Iterable[str], groups: _Groups) -> Grouping:
    by_root: dict[str, list[str]] = defaultdict(list)
    for ref in sorted(members):
        by_root[groups.root(ref)].append(ref)
    evidence = {
        ref: groups.evidence.get(ref, ALONE) if len(refs) > 1 else ALONE
        for refs in by_root.values()
        for ref in refs
    }
    found = tuple(tuple(refs) for _, refs in sorted(by_root.items()))
    return Grouping(found, evidence, _open_doubts(groups))


def _open_doubts(groups: _Groups) -> tuple[Doubt, ...]:
    """One doubt per pair of groups, none about what a person said or whose parent is known."""
    found: dict[Pair, Doubt] = {}
    for doubt, rule in groups.doubts.items():
        one, other = sorted((groups.root(doubt.left), groups.root(doubt.right)))
        if one != other and (not rule or groups.clash(one, other, rule) not in (RULED, KIN)):
            found.setdefault((one, other), doubt)
    return tuple(sorted(found.values(), key=lambda doubt: (doubt.left, doubt.right)))
