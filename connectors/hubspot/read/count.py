"""How many records there are, also where a search counts no further than 10,000.

A total of exactly 10,000 may be the end of the counting. Then the window is cut at the stamp of
the 10,000th record, which leaves fewer than that before it, and one stamp alone is cut by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from connectors.hubspot.client import Client
from connectors.hubspot.read import filters, scope
from connectors.hubspot.read.filters import EPOCH, milliseconds
from connectors.hubspot.read.records import search, stamp_of
from connectors.hubspot.read.scope import Groups
from connectors.protocol import Filter, Window
from tasuki.values import Json

CAP: Final = 10_000
_BEYOND: Final = 10**16
"""Larger than any id."""
_END: Final = EPOCH + timedelta(days=200 * 365)

Filters = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is counted: the records of an object that any group lets through."""

    client: Client
    object: str
    groups: Groups

    def total(self, found: Filters) -> int:
        """How many of these are there, up to the cap."""
        asked = filters.search(found, (), limit=1, sort=filters.ID, groups=self.groups)
        return int(search(self.client, self.object, asked)["total"])

    def last(self, found: Filters, sort: str) -> Json:
        """The last record that a search can reach."""
        after = str(CAP - 1)
        asked = filters.search(found, [sort], limit=1, sort=sort, after=after, groups=self.groups)
        rows = search(self.client, self.object, asked).get("results") or []
        return rows[0] if rows else None


def count(
    client: Client, object: str, window: Window | None = None, filter: Filter | None = None
) -> int:
    """How many living records the search index knows; it lags by seconds."""
    asked = _Counted(client, object, scope.groups(client, object, filter))
    found = filters.within(object, window) if window else ()
    total = asked.total(found)
    if total != CAP:
        return total
    begin = milliseconds(window.since) if window and window.since else 0
    end = milliseconds(window.until if window else _END)
    return _by_stamp(asked, begin, end)


def _by_stamp(asked: _Counted, begin: int, end: int) -> int:
    """Count from the first stamp up to the second, excluded."""
    counted, name = 0, filters.stamp_property(asked.object)
    while begin < end:
        found = filters.stamped(asked.object, begin, end)
        total = asked.total(found)
        last = asked.last(found, name) if total == CAP else None
        moment = stamp_of(last) if last else None
        if moment is None:
            return counted + total
        cut = max(begin, milliseconds(moment))
        counted += asked.total(filters.stamped(asked.object, begin, cut)) if cut > begin else 0
        counted += _at(asked, cut)
        begin = cut + 1
    return counted


def _at(asked: _Counted, moment: int) -> int:
    """Count one stamp."""
    found = filters.stamped(asked.object, moment, moment + 1)
    total = asked.total(found)
    return total if total != CAP else _by_id(asked, found, 0, _BEYOND)


def _by_id(asked: _Counted, found: Filters, low: int, high: int) -> int:
    """Count ids from the first up to the second, excluded; both halves until all are told."""
    part = [*found, filters.between(filters.ID, str(low), str(high - 1))]
    total = asked.total(part)
    if total != CAP or high - low <= CAP:
        return total
    last = asked.last(part, filters.ID)
    cut = int(last["id"]) if last else (low + high) // 2
    if not low < cut < high:
        cut = (low + high) // 2
    return _by_id(asked, found, low, cut) + _by_id(asked, found, cut, high)
