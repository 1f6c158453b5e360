"""A filter as SQL conditions with bound values.

We know no more of a query's columns than their names. So only what every database answers as a
filter means it is asked for: whether a cell is there, and which words it holds, without case.
Everything else is left out: the question then brings more, never less.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, String, Subquery, and_, cast, func, or_, true

from connectors.protocol import Comparison, Filter, Op

_MOST_VALUES: Final = 500
_NUMERIC: Final = frozenset("0123456789+-.")


def conditions(rows: Subquery, filter: Filter | None) -> list[ColumnElement[bool]]:
    """What rows must be; nothing when all are asked for."""
    if not filter:
        return []
    return [or_(*(and_(*(_test(rows, each) for each in group)) for group in filter))]


def _test(rows: Subquery, one: Comparison) -> ColumnElement[bool]:
    """One comparison; true when it cannot be asked."""
    if one.field not in rows.c or one.op is Op.BLANK:
        return true()
    column = rows.c[one.field]
    if one.op in {Op.IS, Op.ONE_OF} and 0 < len(one.values) <= _MOST_VALUES:
        words = [_word(value) for value in one.values]
        if None not in words:
            return func.lower(cast(column, String)).in_(words)
    return column.is_not(None)


def _word(value: Any) -> str | None:
    """A text that is spelled in one way only, in lower case; numbers and days are not."""
    if not isinstance(value, str) or not value or value[0] in _NUMERIC:
        return None
    if any(not each.isascii() and each.lower() != each.upper() for each in value):
        return None
    return value.lower()
