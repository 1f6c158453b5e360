"""A filter as a SOQL condition, typed by the org's describe.

What SOQL would answer otherwise than a filter means it is left out, so that a question brings more
and never less: it sorts text by the org's language, knows no order of picklists, and a value of
another type than the field's is an error. A field that cannot be filtered is left out as well.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from connectors.protocol import Comparison, Filter, Op
from connectors.salesforce import filters
from connectors.salesforce.client import Client
from connectors.salesforce.ids import is_id
from connectors.salesforce.metadata.describe import described_field
from tasuki.values import instant

_ORDERS: Final = {Op.LESS: "<", Op.AT_MOST: "<=", Op.MORE: ">", Op.AT_LEAST: ">="}
_NEGATIONS: Final = frozenset({Op.IS_NOT, Op.NONE_OF})
_LONGEST: Final = 3_000
"""Bytes of a URI that a condition may take; the fields need the rest."""
_LONGEST_TEXT: Final = 4_000
"""Characters of one literal."""
_SECOND: Final = timedelta(seconds=1)


def condition(client: Client, object: str, filter: Filter | None) -> str:
    """The condition; empty when everything must be asked for. Describe shows no hidden field."""
    groups: list[str] = []
    for group in filter or ():
        tests = [test for each in group if (test := _test(client, object, each))]
        if not tests:
            return ""
        groups.append(f"({' AND '.join(tests)})")
    whole = f"({' OR '.join(groups)})" if groups else ""
    return whole if filters.size(whole) <= _LONGEST else ""


def names(filter: Filter | None) -> list[str]:
    """The fields that a filter compares."""
    return list(dict.fromkeys(each.field for group in filter or () for each in group))


def _test(client: Client, object: str, one: Comparison) -> str:
    """One comparison; empty when it cannot be asked."""
    described = described_field(client, object, one.field)
    if described is None or not described.get("filterable", True):
        return ""
    type = str(described["type"])
    if type == "boolean":
        return _of_boolean(one)
    if one.op in {Op.BLANK, Op.FILLED}:
        return f"{one.field} {'=' if one.op is Op.BLANK else '!='} null"
    if type in _NUMBERS:
        return _compared(one, _number)
    if type in {"date", "datetime"}:
        if one.op in _NEGATIONS:
            return f"{one.field} != null"
        return _compared(one, _day) if type == "date" else _of_moment(one)
    if type in {"picklist", "combobox"} and one.op in _NEGATIONS:
        return _compared(one, _text) or f"{one.field} != null"
    if type in _TEXTS:
        return _of_text(one, _text)
    return _of_text(one, _id) if type in {"id", "reference"} else ""


_NUMBERS: Final = frozenset({"int", "long", "double", "currency", "percent"})
_TEXTS: Final = frozenset(
    "string textarea email phone url picklist multipicklist combobox encryptedstring".split()
)


def _compared(one: Comparison, literal: Callable[[Any], str]) -> str:
    """A comparison of a type that SOQL compares as everybody does."""
    try:
        values = [literal(value) for value in one.values if value is not None]
    except ValueError:
        return ""
    if not values:
        return ""
    if one.op in _ORDERS:
        return f"{one.field} {_ORDERS[one.op]} {values[0]}"
    among = f"({','.join(values)})"
    if one.op in _NEGATIONS:
        return f"{one.field} != null AND {one.field} NOT IN {among}"
    return f"{one.field} IN {among}"


def _of_text(one: Comparison, literal: Callable[[Any], str]) -> str:
    """Text is found whatever its case; any other comparison asks for what is filled."""
    asked = _compared(one, literal) if one.op in {Op.IS, Op.ONE_OF} else ""
    return asked or f"{one.field} != null"


def _of_boolean(one: Comparison) -> str:
    """A checkbox is never blank."""
    if one.op not in {Op.IS, Op.IS_NOT} or one.values[0] not in (True, False):
        return ""
    sign = "=" if one.op is Op.IS else "!="
    return f"{one.field} {sign} {'true' if one.values[0] else 'false'}"


def _of_moment(one: Comparison) -> str:
    """Moments are whole seconds there: between two of them, the one that asks for more is taken."""
    try:
        moments = [instant(str(value)) for value in one.values if value is not None]
    except ValueError:
        return ""
    late = _SECOND if one.op is Op.LESS else timedelta()
    whole = [m.replace(microsecond=0) + (late if m.microsecond else timedelta()) for m in moments]
    shown = tuple(moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in whole)
    return _compared(Comparison(one.field, one.op, shown), str)


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError
    return format(Decimal(str(value)), "f")


def _day(value: Any) -> str:
    return date.fromisoformat(str(value)).isoformat()


def _text(value: Any) -> str:
    if not isinstance(value, str) or value != value.strip() or not 0 < len(value) <= _LONGEST_TEXT:
        raise ValueError
    if any(not each.isascii() and each.lower() != each.upper() for each in value):
        raise ValueError  # whose two cases a system takes for one is its own affair
    return filters.text(value)


def _id(value: Any) -> str:
    if not is_id(str(value)):
        raise ValueError
    return filters.text(str(value))
