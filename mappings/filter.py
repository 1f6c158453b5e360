"""What a system can be asked for: plain comparisons of its own fields, no tree and no language.

A connector that can filter (`Capabilities.filters`) hands these to its system; all others are never
given any. A filter may let too much through, never too little: whoever asked looks again.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias


class Op(StrEnum):
    """How a field is compared."""

    IS = "is"
    IS_NOT = "is_not"
    """A blank is not asked for, as in SQL."""
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    """A blank is not asked for, as in SQL."""
    BLANK = "blank"
    FILLED = "filled"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison."""

    field: str
    """The platform's own name."""
    op: Op
    values: tuple[Any, ...] = ()
    """One value; several for ONE_OF and NONE_OF; none for BLANK and FILLED. JSON values."""


Filter: TypeAlias = tuple[tuple[Comparison, ...], ...]
"""Any of these groups, of which all tests hold."""
