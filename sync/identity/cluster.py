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
from sync.identity.groups import (
    ALONE,
    APART,
    KIN,
    RULED,
    WITHIN,
    Doubt,
    Evidence,
    Groups,
    Keys,
    Pair,
    passes_kin,
)

HUB: Final = 60
"""A value that more records share than this says nothing about who they are."""
CONFIDENCE: Final = {
    Confidence.CERTAIN: 1.0,
    Confidence.LIKELY: 0.9,
    Confidence.POSSIBLE: 0.5,
}
_NO_QUESTION: Final = (RULED, KIN, APART, None)
"""Reasons to stay apart that nobody is asked about."""
_CONTRADICTED: Final = "rulings contradict each other"
_ASKED: Final = 10
"""Doubts that one contested value leaves at most."""


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
class Grouping:
    """Groups of refs that are one thing each, why, and what stayed in doubt."""

    groups: tuple[tuple[str, ...], ...]
    evidence: Mapping[str, Evidence]
    doubts: tuple[Doubt, ...]


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
    groups = Groups(
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


def _mark_within(groups: Groups, members: Mapping[str, Keys], rules: Sequence[KeyRule]) -> None:
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


def _note_pairs(groups: Groups, among: dict[str, set[str]], pairs: Iterable[Pair]) -> None:
    for left, right in pairs:
        if left in groups.parent and right in groups.parent:
            one, other = groups.root(left), groups.root(right)
            if one != other:
                among.setdefault(one, set()).add(other)
                among.setdefault(other, set()).add(one)


def _obey(groups: Groups, rulings: Sequence[Ruling]) -> None:
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


def _unify(groups: Groups, ruled: Iterable[str]) -> None:
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


def _join(groups: Groups, rule: KeyRule, value: str, refs: Sequence[str]) -> None:
    firsts = _firsts(groups, refs)
    if len(firsts) < 2:
        return
    if not _is_contested(groups, rule, firsts):
        _unite(groups, rule, value, refs, list(firsts))
        return
    foes = {a: {b for b in firsts if b != a and groups.clash(a, b, rule)} for a in firsts}
    told = {groups.clash(a, b, rule) for a in firsts for b in foes[a]}
    unclear = not told.isdisjoint((APART, WITHIN))
    parties = ([] if unclear else _parties(foes)) if told else [tuple(firsts)]
    for party in parties:
        inside = [ref for ref in refs if groups.root(ref) in party]
        if len(party) > 1:
            _unite(groups, rule, value, inside, list(party))
    _doubt_over(groups, rule, firsts, foes, parties)


def _firsts(groups: Groups, refs: Sequence[str]) -> dict[str, str]:
    """The groups of these refs, each with its first holder."""
    found: dict[str, str] = {}
    for ref in refs:
        found.setdefault(groups.root(ref), ref)
    return found


def _is_contested(groups: Groups, rule: KeyRule, roots: Collection[str]) -> bool:
    """Whether any two of the groups must stay apart; asked of every shared value, so cheaply."""
    watched = (groups.apart,) if passes_kin(rule) else (groups.apart, groups.kin)
    for foes in watched:
        if foes and any(groups.foes(foes, root) & set(roots) for root in roots if root in foes):
            return True
    said: dict[str, frozenset[str]] = {}
    above: set[str] = set()
    for root in roots:
        marks = groups.marks.get(root, {})
        if not passes_kin(rule) and not above.isdisjoint(marks.get(KIN, ())):
            return True
        above |= marks.get(KIN, frozenset())
        kinds = (*rule.apart_by, *groups.within.get(rule.kind, ()))
        apart = {kind: marks[kind] for kind in kinds if kind in marks}
        for kind, values in (groups.vetoes.get(root, {}) | apart).items():
            if said.setdefault(kind, values) != values:
                return True
    return False


def _unite(
    groups: Groups, rule: KeyRule, value: str, refs: Sequence[str], roots: Sequence[str]
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
    groups: Groups,
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


def _contest(groups: Groups, rule: KeyRule, foes: Mapping[str, set[str]]) -> str:
    """Why the holders of one value are not simply one."""
    for a in foes:
        if any(groups.clash(groups.root(a), groups.root(b), rule) == WITHIN for b in foes[a]):
            return f"same {rule.kind}, but not the same {' and '.join(rule.apart_within)}"
    return f"same {rule.kind}, but a veto differs"


def _ask(groups: Groups, rule: KeyRule, _value: str, refs: Sequence[str]) -> None:
    """A weak key leaves a question between each group and the first before it that it may join."""
    firsts = list(_firsts(groups, refs).items())
    for position, (root, ref) in enumerate(firsts):
        before = (other for at, other in firsts[:position] if not groups.clash(at, root, rule))
        for other in islice(before, 1):
            groups.doubts[_doubt(other, ref, rule.kind)] = rule


def _doubt(one: str, other: str, reason: str) -> Doubt:
    left, right = sorted((one, other))
    return Doubt(left, right, reason)


def _grouping(members: Iterable[str], groups: Groups) -> Grouping:
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


def _open_doubts(groups: Groups) -> tuple[Doubt, ...]:
    """One doubt per pair of groups, none about what a person said or whose parent is known."""
    found: dict[Pair, Doubt] = {}
    for doubt, rule in groups.doubts.items():
        one, other = sorted((groups.root(doubt.left), groups.root(doubt.right)))
        if one != other and (not rule or groups.clash(one, other, rule) not in (RULED, KIN)):
            found.setdefault((one, other), doubt)
    return tuple(sorted(found.values(), key=lambda doubt: (doubt.left, doubt.right)))
