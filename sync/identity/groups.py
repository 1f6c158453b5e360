"""Groups of records that join, and know from which others they must stay apart (pure)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mappings.links import STORED_ID
from mappings.spec import KeyRule

BY_RULE: Final = "rule"
RULED: Final = "ruling"
KIN: Final = "kin"
APART: Final = "apart"
WITHIN: Final = "apart within one object"

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


@dataclass(slots=True)
class Groups:
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
        """The record that stands for the group of this one."""
        while self.parent[ref] != ref:
            self.parent[ref] = self.parent[self.parent[ref]]
            ref = self.parent[ref]
        return ref

    def join(self, a: str, b: str) -> None:
        """Make two groups, named by their roots, one; it stays apart from the foes of both."""
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
        if not passes_kin(rule) and self.are_kin(a, b):
            return KIN
        if self.differ(a, b, rule.apart_by):
            return APART
        if self.differ(a, b, self.within.get(rule.kind, ())):
            return WITHIN
        left, right = self.vetoes.get(a, {}), self.vetoes.get(b, {})
        return next((k for k in left if k in right and left[k] != right[k]), None)


def passes_kin(rule: KeyRule) -> bool:
    """Whether a rule joins even a company and its parent."""
    return rule.veto or rule.kind == STORED_ID
