"""A filter as filter groups of a search, typed by HubSpot's property definitions.

A walk adds up to two filters to each group (its window), so that four of six are left, and fewer
when groups share the eighteen. What does not fit, and what HubSpot would answer otherwise than a
filter means, is left out of its group: the search then brings more, never less. Groups that are too
many become one, of what they have in common.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import isfinite
from typing import Any, Final, TypeAlias

from connectors.hubspot.client import Client
from connectors.hubspot.metadata import definitions
from connectors.hubspot.read.filters import EPOCH, VALUES_PER_SEARCH, condition, milliseconds
from connectors.hubspot.read.records import STAMPS
from connectors.protocol import Comparison, Filter, Op
from tasuki.values import Json, dumps, instant

Groups: TypeAlias = tuple[tuple[dict[str, Any], ...], ...]
"""Filters of a search: any of these groups, all of each; none asks for everything."""

_MOST_GROUPS: Final = 5
_MOST: Final = 18
_WINDOW: Final = 2
"""Filters that a window adds to each group."""
_MOST_IN_GROUP: Final = 6 - _WINDOW
_LONGEST: Final = 1_200
"""Characters that all groups may take of a body's 3,000."""
_ORDERS: Final = {Op.LESS: "LT", Op.AT_MOST: "LTE", Op.MORE: "GT", Op.AT_LEAST: "GTE"}
_UNSEARCHABLE: Final = frozenset({"hs_body_preview", "hs_body_preview_html", "hs_email_html"})
_STEPS: Final = {"date": timedelta(days=1), "datetime": timedelta(milliseconds=1)}
"""What two values of a type differ by at the least."""


def groups(client: Client, object: str, filter: Filter | None) -> Groups:
    """What to search for; nothing when everything must be asked for."""
    if not filter:
        return ()
    known = definitions(client, object)
    found = [_group(known, group) for group in filter]
    if len(found) > _MOST_GROUPS:
        found = [[each for each in found[0] if all(each in group for group in found)]]
    return _fitting(found)


def _group(known: Mapping[str, Json], group: Sequence[Comparison]) -> list[dict[str, Any]]:
    """The filters of a group, those that narrow most first."""
    built = [test for one in group if (test := _test(known, one)) is not None]
    unique = [test for n, test in enumerate(built) if test not in built[:n]]
    return sorted(unique, key=lambda test: _WIDTHS.get(test["operator"], 0))


_WIDTHS: Final = {"GT": 1, "GTE": 1, "LT": 1, "LTE": 1, "NEQ": 2, "NOT_IN": 2, "HAS_PROPERTY": 3}


def _fitting(found: Sequence[Sequence[dict[str, Any]]]) -> Groups:
    """The groups with no more filters, nor longer ones, than a search takes."""
    most = min(_MOST_IN_GROUP, _MOST // len(found) - _WINDOW)
    room = _LONGEST // len(found)
    kept: list[tuple[dict[str, Any], ...]] = []
    for group in found:
        tests: list[dict[str, Any]] = []
        for test in group:
            if len(tests) < most and len(dumps([*tests, test])) <= room:
                tests.append(test)
        kept.append(tuple(tests))
    return tuple(kept) if all(kept) else ()


def _test(known: Mapping[str, Json], one: Comparison) -> dict[str, Any] | None:
    """One comparison; None when it cannot be asked."""
    row = known.get(one.field)
    if row is None or one.field in STAMPS | _UNSEARCHABLE:
        return None
    if one.op in {Op.BLANK, Op.FILLED}:
        return condition(one.field, f"{'NOT_' if one.op is Op.BLANK else ''}HAS_PROPERTY")
    try:
        built = _ordered(row, one) if one.op in _ORDERS else _equal(row, one)
    except ValueError:
        built = None
    return built or condition(one.field, "HAS_PROPERTY")


def _ordered(row: Json, one: Comparison) -> dict[str, Any] | None:
    """Before or behind a number, a day or an instant; HubSpot sorts text in its own way."""
    type, wanted = str(row.get("type")), one.values[0]
    if type in _STEPS:
        return condition(one.field, _ORDERS[one.op], _moment(_STEPS[type], one))
    return condition(one.field, _ORDERS[one.op], _number(wanted)) if type == "number" else None


def _moment(step: timedelta, one: Comparison) -> str:
    """Milliseconds; between two steps, the one that asks for more."""
    wanted = instant(_written(one.values[0]))
    over = (wanted - EPOCH) % step
    whole = wanted - over
    return str(milliseconds(whole + step if over and one.op is Op.LESS else whole))


def _equal(row: Json, one: Comparison) -> dict[str, Any] | None:
    """Equal to some, or to none; None where HubSpot's equal is not everybody's."""
    is_negative, type = one.op in {Op.IS_NOT, Op.NONE_OF}, str(row.get("type"))
    values = [spelled for value in one.values for spelled in _spelled(row, type, value)]
    if not 0 < len(values) <= VALUES_PER_SEARCH or (is_negative and type == "string"):
        return None
    if len(values) == 1:
        return condition(one.field, "NEQ" if is_negative else "EQ", values[0])
    return condition(one.field, "NOT_IN" if is_negative else "IN", values)


def _spelled(row: Json, type: str, value: Any) -> list[str]:
    """A value as a search compares it.

    Errors: ValueError when it cannot be compared.
    """
    match type:
        case "number":
            return [_number(value)]
        case "bool":
            return [_flag(value)]
        case "string":
            return [_text(value)]
        case "enumeration" if row.get("fieldType") != "checkbox":
            return _options(row, _text(value))
    raise ValueError


def _options(row: Json, value: str) -> list[str]:
    """Options are compared with their case: every one that is the value without it."""
    known = [str(option["value"]) for option in row.get("options") or ()]
    found = [option for option in known if option.lower() == value]
    if not found and value != value.upper():
        raise ValueError
    return found or [value]


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError
    return str(value)


def _flag(value: Any) -> str:
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise ValueError
    return text


def _text(value: Any) -> str:
    """Lists of texts are compared in lower case; not where a system may not fold the case as we."""
    text = _written(value)
    odd = any(not each.isascii() and each.lower() != each.upper() for each in text)
    if text != text.strip() or not text or odd:
        raise ValueError
    return text.lower()


def _written(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004  # one error for all that cannot be compared
    return value
