"""What a SOQL statement says, before it meets the schema."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Path:
    """A field, perhaps through parents: `Account.Owner.Name`; `alias` only beside aggregates."""

    parts: tuple[str, ...]
    at: int
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a field, of another function or of nothing: `COUNT()`, `MAX(Amount) top`."""

    name: str
    argument: "Path | Call | None"
    alias: str | None
    at: int


@dataclass(frozen=True, slots=True)
class TypeOf:
    """`TYPEOF What WHEN Account THEN Phone ELSE Name END`; `other` is None without ELSE."""

    path: Path
    whens: "tuple[tuple[str, tuple[Path, ...]], ...]"
    other: tuple[Path, ...] | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in a condition; `kind` is the token's, or boolean, null, macro."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Left, operator and one or more values, or a sub-select."""

    left: "Path | Call"
    operator: str
    values: "tuple[Literal, ...] | Select"


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by one word, AND or OR."""

    word: str
    parts: "tuple[Condition, ...]"


Condition: TypeAlias = Comparison | Not | Group


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY."""

    by: Path | Call
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """A whole statement."""

    items: "tuple[Path | Call | TypeOf | Select, ...]"
    source: str
    alias: str | None
    at: int
    where: Condition | None = None
    group: tuple[Path | Call, ...] = field(default=())
    having: Condition | None = None
    order: tuple[Order, ...] = field(default=())
    limit: int | None = None
    offset: int = 0
