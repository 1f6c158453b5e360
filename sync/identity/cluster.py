"""Which records are the same thing: rules in order, vetoes above all; pure and deterministic."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mappings.spec import Confidence, KeyRule

HUB: Final = 60
"""A value that more records share than this says nothing about who they are."""
CONFIDENCE: Final = {
    Confidence.CERTAIN: 1.0,
    Confidence.LIKELY: 0.9,
    Confidence.POSSIBLE: 0.5,
}

Keys = Mapping[str, frozenset[str]]
"""Key kind → values one record has."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a record belongs to its group."""

    rule: str
    value: str
    confidence: float


ALONE: Final = Evidence("first_seen", "", 1.0)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two records that may be the same thing; a person decides."""

    left: str
    right: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Groups of refs that are one thing each, why, and what stayed in doubt."""

    groups: tuple[tuple[str, ...], ...]
    evidence: Mapping[str, Evidence]
    doubts: tuple[Doubt, ...]


@dataclass(slots=True)
class _Groups:
    """Union-find that refuses to join groups whose veto values differ."""

    parent: dict[str, str]
    vetoes: dict[str, dict[str, set[str]]]
    evidence: dict[str, Evidence] = field(default_factory=dict)
    doubts: set[tuple[str, str, str]] = field(default_factory=set)

    def root(self, ref: str) -> str:
        while self.parent[ref] != ref:
            self.parent[ref] = self.parent[self.parent[ref]]
            ref = self.parent[ref]
        return ref

    def clash(self, a: str, b: str) -> str | None:
        """The veto kind on which two groups differ."""
        left, right = self.vetoes[a], self.vetoes[b]
        return next((k for k in left if k in right and left[k] != right[k]), None)

    def join(self, a: str, b: str, why: Evidence) -> None:
        keep, drop = sorted((a, b))
        self.parent[drop] = keep
        self.evidence.setdefault(drop, why)
        for kind, values in self.vetoes[drop].items():
            self.vetoes[keep].setdefault(kind, set()).update(values)


def cluster(members: Mapping[str, Keys], rules: Sequence[KeyRule]) -> Verdict:
    """Group the members (ref → keys) by the rules, strongest first.

    A key whose holders veto each other joins nobody: it is ambiguous, and says so.
    """
    groups = _Groups({ref: ref for ref in members}, _vetoes(members, rules))
    for rule in rules:
        for value, refs in sorted(_holders(members, rule.kind).items()):
            _apply(groups, rule, value, refs)
    return _verdict(members, groups)


def _vetoes(
    members: Mapping[str, Keys], rules: Sequence[KeyRule]
) -> dict[str, dict[str, set[str]]]:
    kinds = [rule.kind for rule in rules if rule.veto]
    return {
        ref: {kind: set(keys[kind]) for kind in kinds if keys.get(kind)}
        for ref, keys in members.items()
    }


def _holders(members: Mapping[str, Keys], kind: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for ref in sorted(members):
        for value in members[ref].get(kind, ()):
            found[value].append(ref)
    return {value: refs for value, refs in found.items() if 1 < len(refs) <= HUB}


def _apply(groups: _Groups, rule: KeyRule, value: str, refs: Sequence[str]) -> None:
    roots = sorted({groups.root(ref) for ref in refs})
    if len(roots) < 2:
        return
    if rule.confidence is Confidence.POSSIBLE:
        groups.doubts.update((roots[0], other, rule.kind) for other in roots[1:])
        return
    clashes = [(a, b) for i, a in enumerate(roots) for b in roots[i + 1 :] if groups.clash(a, b)]
    if clashes:
        groups.doubts.update((a, b, f"same {rule.kind}, but a veto differs") for a, b in clashes)
        return
    why = Evidence(rule.kind, value, CONFIDENCE[rule.confidence])
    first = groups.root(roots[0])
    for other in roots[1:]:
        groups.join(groups.root(first), groups.root(other), why)


def _verdict(members: Iterable[str], groups: _Groups) -> Verdict:
    by_root: dict[str, list[str]] = defaultdict(list)
    for ref in sorted(members):
        by_root[groups.root(ref)].append(ref)
    evidence = {ref: groups.evidence.get(ref, ALONE) for ref in members}
    doubts = tuple(
        Doubt(a, b, why) for a, b, why in sorted(groups.doubts) if groups.root(a) != groups.root(b)
    )
    return Verdict(tuple(tuple(refs) for _, refs in sorted(by_root.items())), evidence, doubts)
