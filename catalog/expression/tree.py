"""The typed tree of an expression: small, frozen, ours; no other module keeps sqlglot's nodes."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from catalog.shape import Type
from tasuki.errors import Place

Constant: TypeAlias = None | bool | int | float | str
"""A written value; dates and instants are their ISO text."""


def _place() -> Place:
    return Place("")


@dataclass(frozen=True, slots=True)
class Name:
    """A field of a relation, `account.employees`."""

    relation: str
    field: str
    type: Type | None = None
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the expression; None is `null`, allowed as a result only."""

    value: Constant
    type: Type | None = None
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * /`; division is always of floats and by zero unknown."""

    operator: str
    left: "Node"
    right: "Node"
    type: Type | None = None
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One of the functions of the table."""

    name: str
    arguments: tuple["Node", ...]
    type: Type | None = None
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """`case when ... then ... else ... end`; the first true branch decides."""

    branches: tuple[tuple["Node", "Node"], ...]
    otherwise: "Node"
    type: Type | None = None
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`= <> < <= > >=` between values of one type."""

    operator: str
    left: "Node"
    right: "Node"
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    items: tuple["Node", ...]
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    items: tuple["Node", ...]
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; the opposite of unknown is unknown."""

    item: "Node"
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class In:
    """One of some written values."""

    item: "Node"
    options: tuple["Node", ...]
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class Between:
    """From low to high, both included."""

    item: "Node"
    low: "Node"
    high: "Node"
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class IsNull:
    """Nothing is known."""

    item: "Node"
    place: Place = dataclasses.field(default_factory=_place, compare=False)


@dataclass(frozen=True, slots=True)
class Like:
    """Text against a written pattern: `%` any text, `_` one character, a backslash quotes."""

    item: "Node"
    pattern: str
    place: Place = dataclasses.field(default_factory=_place, compare=False)


Node: TypeAlias = (
    Name
    | Literal
    | Arithmetic
    | Call
    | Case
    | Compare
    | And
    | Or
    | Not
    | In
    | Between
    | IsNull
    | Like
)


def type_of(node: Node) -> Type | None:
    """The type of the node; None for `null` and before the check."""
    return node.type if isinstance(node, Name | Literal | Arithmetic | Call | Case) else Type.BOOL


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes right below this one, in the order they are written."""
    match node:
        case Name() | Literal():
            return ()
        case Arithmetic() | Compare():
            return (node.left, node.right)
        case Call():
            return node.arguments
        case Case():
            return (*(n for branch in node.branches for n in branch), node.otherwise)
        case And() | Or():
            return node.items
        case In():
            return (node.item, *node.options)
        case Between():
            return (node.item, node.low, node.high)
        case Not() | IsNull() | Like():
            return (node.item,)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for part in parts(node):
        yield from walk(part)


def names(node: Node) -> tuple[tuple[str, str], ...]:
    """The (relation, field) pairs the expression needs, each once, in the order they are met."""
    met = (n for n in walk(node) if isinstance(n, Name))
    return tuple(dict.fromkeys((n.relation, n.field) for n in met))


def written(node: Node) -> str:
    """The expression as text again, in one spelling, parenthesised where it matters."""
    match node:
        case Name():
            return f"{node.relation}.{node.field}"
        case Literal():
            return _constant(node.value)
        case Arithmetic() | Compare():
            return f"{_inner(node.left)} {node.operator} {_inner(node.right)}"
        case Call():
            return f"{node.name}({', '.join(map(written, node.arguments))})"
        case Case():
            return _written_case(node)
        case And() | Or():
            word = " and " if isinstance(node, And) else " or "
            return word.join(map(_inner, node.items))
        case _:
            return _written_predicate(node)


def _written_predicate(node: Not | In | Between | IsNull | Like) -> str:
    item = _inner(node.item)
    match node:
        case Not():
            return f"not {item}"
        case In():
            return f"{item} in ({', '.join(map(written, node.options))})"
        case Between():
            return f"{item} between {_inner(node.low)} and {_inner(node.high)}"
        case IsNull():
            return f"{item} is null"
        case Like():
            return f"{item} like {_constant(node.pattern)}"


def _written_case(node: Case) -> str:
    branches = " ".join(f"when {written(c)} then {written(v)}" for c, v in node.branches)
    return f"case {branches} else {written(node.otherwise)} end"


def _inner(node: Node) -> str:
    text = written(node)
    return text if isinstance(node, Name | Literal | Call | Case) else f"({text})"


def _constant(value: Constant) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case float():
            return format(value, "f") if value == round(value, 6) else repr(value)
        case int():
            return str(value)
