"""Search bodies and the instants in them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.protocol import Window

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
ID: Final = "hs_object_id"
LONGEST_LIST: Final = 6000
"""Characters of property names that a listing's address may carry."""
LONGEST_SEARCH: Final = 2000
"""Characters of property names or values that a search's body may carry."""
VALUES_PER_SEARCH: Final = 100


def stamp_property(object: str) -> str:
    """The property that moves on every change; contacts have their own."""
    return "lastmodifieddate" if object in {"contacts", "0-1"} else "hs_lastmodifieddate"


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def moment(stamp: int) -> datetime:
    """The instant so many milliseconds after 1970 began."""
    return EPOCH + timedelta(milliseconds=stamp)


def condition(name: str, operator: str, value: str | Sequence[str] | None = None) -> dict[str, Any]:
    """One filter; several values make a list, none leaves it out."""
    if value is None:
        return {"propertyName": name, "operator": operator}
    part = "value" if isinstance(value, str) else "values"
    return {
        "propertyName": name,
        "operator": operator,
        part: value if isinstance(value, str) else list(value),
    }


def search(
    filters: Sequence[dict[str, Any]],
    properties: Sequence[str],
    *,
    limit: int,
    sort: str,
    after: str | None = None,
    groups: Sequence[Sequence[dict[str, Any]]] = (),
) -> dict[str, Any]:
    """A search whose filters all hold, and all of any group; smallest first."""
    body: dict[str, Any] = {
        "filterGroups": filter_groups(filters, groups),
        "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
        "properties": list(properties),
        "limit": limit,
    }
    return {**body, "after": after} if after else body


def filter_groups(
    filters: Sequence[dict[str, Any]], groups: Sequence[Sequence[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The filters in every group."""
    every = [[*group, *filters] for group in groups or [()]]
    return [{"filters": each} for each in every if each]


def between(name: str, first: str, last: str) -> dict[str, Any]:
    """From the first to the last, both included: one filter where there were two."""
    return {"propertyName": name, "operator": "BETWEEN", "value": first, "highValue": last}


def changed_since(object: str, since: int) -> list[dict[str, Any]]:
    """Everything stamped at this millisecond or later."""
    return [condition(stamp_property(object), "GTE", str(since))]


def stamped(object: str, begin: int, end: int) -> list[dict[str, Any]]:
    """Everything stamped from the first millisecond on and before the second."""
    return [between(stamp_property(object), str(begin), str(end - 1))]


def within(object: str, window: Window) -> list[dict[str, Any]]:
    """Everything stamped inside the window, its end excluded."""
    if window.since:
        return stamped(object, milliseconds(window.since), milliseconds(window.until))
    return [condition(stamp_property(object), "LT", str(milliseconds(window.until)))]


def changed_at(
    object: str, moment: int, after_id: str, digits: int | None = None
) -> list[dict[str, Any]]:
    """Everything stamped at exactly this millisecond, behind an id; with no more digits."""
    here = between(stamp_property(object), str(moment), str(moment))
    if digits is None:
        return [here, condition(ID, "GT", after_id)]
    return [here, between(ID, str(int(after_id) + 1), str(10**digits - 1))]


def chunks(values: Sequence[str], size: int, characters: int = LONGEST_SEARCH) -> list[list[str]]:
    """The values in parts that fit a body."""
    parts: list[list[str]] = [[]]
    length = 0
    for value in values:
        if len(parts[-1]) >= size or (parts[-1] and length + len(value) + 3 > characters):
            parts.append([])
            length = 0
        parts[-1].append(value)
        length += len(value) + 3
    return [part for part in parts if part]
