"""How many records there are, also where a search counts no further than 10,000.

A total of exactly 10,000 may be the end of the counting. Then the window is cut at the stamp of
the 10,000th record, which leaves fewer than that before it, and one stamp alone is cut by id.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.read import filters
from connectors.hubspot.read.filters import EPOCH, milliseconds
from connectors.hubspot.read.records import search, stamp_of
from connectors.protocol import Window
from tasuki.values import Json

CAP: Final = 10_000
_BEYOND: Final = 10**16
"""Larger than any id."""
_END: Final = EPOCH + timedelta(days=200 * 365)

Filters = Sequence[dict[str, Any]]


def count(client: Client, object: str, window: Window | None = None) -> int:
    """How many living records the search index knows; it lags by seconds."""
    found = filters.within(object, window) if window else ()
    total = _total(client, object, found)
    if total != CAP:
        return total
    begin = milliseconds(window.since) if window and window.since else 0
    end = milliseconds(window.until if window else _END)
    return _by_stamp(client, object, begin, end)


def _total(client: Client, object: str, found: Filters) -> int:
    body = search(client, object, filters.search(found, (), limit=1, sort=filters.ID))
    return int(body["total"])


def _last(client: Client, object: str, found: Filters, sort: str) -> Json:
    """The last record that a search can reach."""
    after = str(CAP - 1)
    asked = filters.search(found, [sort], limit=1, sort=sort, after=after)
    rows = search(client, object, asked).get("results") or []
    return rows[0] if rows else None


def _by_stamp(client: Client, object: str, begin: int, end: int) -> int:
    """Count from the first stamp up to the second, excluded."""
    counted, name = 0, filters.stamp_property(object)
    while begin < end:
        found = filters.stamped(object, begin, end)
        total = _total(client, object, found)
        last = _last(client, object, found, name) if total == CAP else None
        moment = stamp_of(last) if last else None
        if moment is None:
            return counted + total
        cut = max(begin, milliseconds(moment))
        counted += _total(client, object, filters.stamped(object, begin, cut)) if cut > begin else 0
        counted += _at(client, object, cut)
        begin = cut + 1
    return counted


def _at(client: Client, object: str, moment: int) -> int:
    """Count one stamp."""
    found = filters.stamped(object, moment, moment + 1)
    total = _total(client, object, found)
    return total if total != CAP else _by_id(client, object, found, 0, _BEYOND)


def _by_id(client: Client, object: str, found: Filters, low: int, high: int) -> int:
    """Count ids from the first up to the second, excluded; both halves until all are told."""
    part = [
        *found,
        filters.condition(filters.ID, "GTE", str(low)),
        filters.condition(filters.ID, "LT", str(high)),
    ]
    total = _total(client, object, part)
    if total != CAP or high - low <= CAP:
        return total
    last = _last(client, object, part, filters.ID)
    cut = int(last["id"]) if last else (low + high) // 2
    if not low < cut < high:
        cut = (low + high) // 2
    return _by_id(client, object, found, low, cut) + _by_id(client, object, found, cut, high)
