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
) -> dict[str, Any]:
    """A search whose filters all hold, smallest first."""
    body: dict[str, Any] = {
        "filterGroups": [{"filters": list(filters)}] if filters else [],
        "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
        "properties": list(properties),
        "limit": limit,
    }
    return {**body, "after": after} if after else body


def changed_since(object: str, since: int) -> list[dict[str, Any]]:
    """Everything stamped at this millisecond or later."""
    return [condition(stamp_property(object), "GTE", str(since))]


def stamped(object: str, begin: int, end: int) -> list[dict[str, Any]]:
    """Everything stamped from the first millisecond on and before the second."""
    return [*changed_since(object, begin), condition(stamp_property(object), "LT", str(end))]


def within(object: str, window: Window) -> list[dict[str, Any]]:
    """Everything stamped inside the window, its end excluded."""
    if window.since:
        return stamped(object, milliseconds(window.since), milliseconds(window.until))
    return [condition(stamp_property(object), "LT", str(milliseconds(window.until)))]


def changed_at(
    object: str, moment: int, after_id: str, digits: int | None = None
) -> list[dict[str, Any]]:
    """Everything stamped at exactly this millisecond, behind an id; with no more digits."""
    name = stamp_property(object)
    found = [
        condition(name, "GTE", str(moment)),
        condition(name, "LTE", str(moment)),
        condition(ID, "GT", after_id),
    ]
    return [*found, condition(ID, "LT", str(10**digits))] if digits else found


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
