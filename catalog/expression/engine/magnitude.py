"""How large a calculation can get: what could overflow on one engine is refused beforehand."""

from typing import Final

from catalog.expression.tree import Arithmetic, Call, Case, Literal, Node, parts, type_of, walk
from catalog.shape import Type
from tasuki.errors import ExpressionError

EXACT: Final = 15
"""Whole numbers of so many digits are exact everywhere, also as floats."""
FARTHEST: Final = 290
"""Powers of ten a float reaches with room to spare."""
_FIELD: Final = {Type.INT: (0, 10), Type.NUM: (-15, 15)}
_ROUNDED: Final = 6


def whole(node: Arithmetic) -> bool:
    """Whether the result is a whole number that every engine holds exactly."""
    kinds = {type_of(node.left), type_of(node.right)}
    return node.operator != "/" and kinds == {Type.INT} and _span(node)[1] <= EXACT


def check_magnitude(tree: Node) -> None:
    """Refuse a chain of multiplications and divisions that could leave a float's range."""
    for node in walk(tree):
        if isinstance(node, Arithmetic):
            low, high = _span(node)
            if low < -FARTHEST or high > FARTHEST:
                raise ExpressionError(
                    "Too many numbers are multiplied or divided here",
                    where=node.place,
                    why="the result could be too large or too small to calculate with",
                    remedy="Split it: make a part of it a metric of its own.",
                )


def _span(node: Node) -> tuple[int, int]:
    """The powers of ten between which the value lies when it is not 0."""
    match node:
        case Arithmetic():
            return _arithmetic(node)
        case Literal(value=int() as value):
            return (0, len(str(abs(value))))
        case Call(name="coalesce" | "nullif" | "least" | "greatest" | "abs" | "round"):
            return _widest(node.arguments)
        case Call(name="if"):
            return _widest(node.arguments[1:])
        case Case():
            return _widest((*(then for _, then in node.branches), node.otherwise))
        case _:
            return _FIELD.get(type_of(node) or Type.INT, (0, EXACT))


def _widest(nodes: tuple[Node, ...]) -> tuple[int, int]:
    spans = [_span(n) for n in nodes if type_of(n) in _FIELD]
    low, high = min((s[0] for s in spans), default=0), max((s[1] for s in spans), default=0)
    return (min(low, -_ROUNDED) if low < 0 else low, high)


def _arithmetic(node: Arithmetic) -> tuple[int, int]:
    (low, high), (low2, high2) = _span(node.left), _span(node.right)
    fine = Type.NUM in {type_of(n) for n in parts(node)}
    match node.operator:
        case "*":
            return (low + low2 - 1, high + high2)
        case "/":
            return (low - high2 - 1, high - low2)
        case _:
            return (min(low, low2) - 16 * fine, max(high, high2) + 1)
