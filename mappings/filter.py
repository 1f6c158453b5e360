"""What a system can be asked for: plain comparisons of its own fields, no tree and no language.

A connector that can filter (`Capabilities.filters`) hands these to its system; all others are never
given any. A filter may let too much through, never too little: whoever asked looks again.

Text is compared without case. Numbers, true and false are what they are, also where the system
spells them as text. Text beside LESS, AT_MOST, MORE and AT_LEAST is a day (its first instant, UTC)
or an instant. `lets_through` is the reference of all this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import Any, Final, TypeAlias

from catalog.expression.functions.total import number as bounded
from mappings.transforms.number import boolean, number
from mappings.transforms.time import datetime as to_instant
from tasuki.values import stamp


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


def lets_through(filter: Filter | None, fields: Mapping[str, Any]) -> bool:
    """Whether a record with these platform fields is asked for; None asks for all."""
    if filter is None:
        return True
    return any(all(_holds(test, fields.get(test.field)) for test in group) for group in filter)


def is_blank(raw: Any) -> bool:
    """Nothing, as the platforms spell it."""
    return raw is None or (isinstance(raw, str) and not raw.strip()) or raw in ([], ())


def as_number(raw: Any) -> float | None:
    """A number however it is spelled; None beyond what expressions know.

    Errors: ValueError when it is none, as for all these.
    """
    return bounded(number(raw))


def as_flag(raw: Any) -> bool:
    """True or false however it is spelled."""
    return boolean(raw)


def as_instant(raw: Any) -> str:
    """An instant or a day however it is spelled, as sortable text."""
    return stamp(to_instant(raw))


def as_text(raw: Any) -> str:
    """A value as text; a whole number has no point."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw)


_ORDER: Final = {Op.LESS: lt, Op.AT_MOST: le, Op.MORE: gt, Op.AT_LEAST: ge}


def _holds(test: Comparison, raw: Any) -> bool:
    if is_blank(raw) or test.op in (Op.BLANK, Op.FILLED):
        return (test.op is Op.BLANK) is is_blank(raw)
    if test.op in _ORDER:
        return _is_ordered(test, raw)
    verdicts = [_is_equal(raw, value) for value in test.values]
    if test.op in (Op.IS, Op.ONE_OF):
        return True in verdicts
    return all(verdict is False for verdict in verdicts)


def _is_ordered(test: Comparison, raw: Any) -> bool:
    (wanted,) = test.values
    read = as_instant if isinstance(wanted, str) else as_number
    try:
        left, right = read(raw), read(wanted)
    except (ValueError, ArithmeticError):
        return False
    return left is not None and right is not None and bool(_ORDER[test.op](left, right))


def _is_equal(raw: Any, wanted: Any) -> bool | None:
    """None when the value is not of the wanted one's kind."""
    try:
        if isinstance(wanted, str):
            return as_text(raw).lower() == wanted.lower()
        read = as_flag if isinstance(wanted, bool) else as_number
        found = read(raw)
        return None if found is None else found == read(wanted)
    except (ValueError, ArithmeticError):
        return None
