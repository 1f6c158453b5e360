"""Why a condition is true, false or unknown for one row, and what is missing for another answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from catalog.expression.evaluate import (
    Row,
    Values,
    conjunction,
    disjunction,
    opposite,
    value_in,
)
from catalog.expression.functions.total import STRICT, operation
from catalog.expression.tree import (
    And,
    Between,
    Compare,
    In,
    IsNull,
    Like,
    Literal,
    Node,
    Not,
    Or,
    type_of,
    written,
)
from catalog.shape import Type
from tasuki.errors import Place

_Verdicts: TypeAlias = Mapping[int, bool | None]
_Demand: TypeAlias = tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One predicate of a condition and what it saw."""

    text: str
    seen: Any
    """The value on its left side; None is unknown."""
    verdict: bool | None
    """True, false, or None for unknown."""
    decisive: bool
    """Whether the other answer of this one alone would change the whole."""
    distance: float | None
    """How far the value is from the border, in its unit or in days; None without a border."""
    place: Place
    node: Node
    """For a sentence about it."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A condition, predicate by predicate, for one row."""

    result: bool | None
    leaves: tuple[Leaf, ...]
    missing: tuple[Leaf, ...]
    """The fewest predicates that must turn for the whole to be true; empty when it is."""

    def nearest(self) -> tuple[Leaf, ...]:
        """The predicates whose other answer would change the whole, the closest first."""
        decisive = (leaf for leaf in self.leaves if leaf.decisive)
        return tuple(sorted(decisive, key=_remoteness))


def trace(tree: Node, values: Values, today: date, now: datetime) -> Trace:
    """Follow a checked condition for one row; `names(tree)` tells which values it needs."""
    row = Row(values, today, now)
    leaves = list(_leaves(tree))
    verdicts = {id(leaf): value_in(leaf, row) for leaf in leaves}
    result = _verdict(tree, verdicts)
    told = {id(leaf): _leaf(leaf, tree, row, verdicts) for leaf in leaves}
    demand = () if result is True else _cheapest(tree, verdicts, wanted=True) or ()
    return Trace(
        result,
        tuple(told[id(leaf)] for leaf in leaves),
        tuple(told[key] for key, _ in demand),
    )


def _leaves(node: Node) -> Iterator[Node]:
    match node:
        case And() | Or():
            for item in node.items:
                yield from _leaves(item)
        case Not():
            yield from _leaves(node.item)
        case _:
            yield node


def _verdict(node: Node, verdicts: _Verdicts) -> bool | None:
    match node:
        case And():
            return conjunction(_verdict(item, verdicts) for item in node.items)
        case Or():
            return disjunction(_verdict(item, verdicts) for item in node.items)
        case Not():
            return opposite(_verdict(node.item, verdicts))
        case _:
            return verdicts[id(node)]


def _leaf(leaf: Node, tree: Node, row: Row, verdicts: _Verdicts) -> Leaf:
    verdict = verdicts[id(leaf)]
    was = _verdict(tree, verdicts) is True
    others = (answer for answer in (True, False) if answer is not verdict)
    turned = [_verdict(tree, {**verdicts, id(leaf): answer}) is True for answer in others]
    subject = _subject(leaf)
    return Leaf(
        written(leaf),
        value_in(subject, row),
        verdict,
        not isinstance(leaf, Literal) and any(answer is not was for answer in turned),
        _distance(leaf, row),
        subject.place,
        leaf,
    )


def _subject(leaf: Node) -> Node:
    """The side of a predicate whose value is worth showing."""
    match leaf:
        case Compare():
            return leaf.right if isinstance(leaf.left, Literal) else leaf.left
        case In() | Between() | IsNull() | Like():
            return leaf.item
        case _:
            return leaf


def _distance(leaf: Node, row: Row) -> float | None:
    match leaf:
        case Compare(operator="<" | "<=" | ">" | ">="):
            return _apart(leaf.left, leaf.right, row)
        case Between():
            ends = [_apart(leaf.item, end, row) for end in (leaf.low, leaf.high)]
            return min((end for end in ends if end is not None), default=None)
        case _:
            return None


def _apart(left: Node, right: Node, row: Row) -> float | None:
    one, other = value_in(left, row), value_in(right, row)
    kind = type_of(left)
    if one is None or other is None:
        return None
    if kind in {Type.INT, Type.NUM}:
        return float(abs(one - other))
    if kind in {Type.DATE, Type.TIME}:
        days = STRICT[operation("days_between", kind)](min(one, other), max(one, other))
        return None if days is None else float(days)
    return None


def _remoteness(leaf: Leaf) -> tuple[bool, float]:
    """Sorts what has no distance last, and the rest by distance for its size."""
    if leaf.distance is None:
        return (True, 0.0)
    size = abs(leaf.seen) if isinstance(leaf.seen, int | float) else 365.0
    return (False, leaf.distance / (size + leaf.distance or 1.0))


def _cheapest(node: Node, verdicts: _Verdicts, *, wanted: bool) -> _Demand | None:
    """The fewest leaves that must turn for the node to be as wanted; None when nothing helps."""
    match node:
        case Not():
            return _cheapest(node.item, verdicts, wanted=not wanted)
        case And() | Or():
            demands = [_cheapest(item, verdicts, wanted=wanted) for item in node.items]
            possible = [demand for demand in demands if demand is not None]
            if isinstance(node, Or) is wanted:
                return min(possible, key=len, default=None)
            if len(possible) < len(demands):
                return None
            return tuple(dict.fromkeys(part for demand in possible for part in demand))
        case Literal():
            return () if node.value is wanted else None
        case _:
            return () if verdicts[id(node)] is wanted else ((id(node), wanted),)
