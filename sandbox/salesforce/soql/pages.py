"""Pages of a query: rows are found once, each page is read when it is asked for."""

from collections import OrderedDict
from dataclasses import dataclass
from itertools import count
from sqlite3 import OperationalError
from typing import Any, Final

import orjson

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.ids import new_id
from sandbox.salesforce.org import Org
from sandbox.salesforce.soql.lower import Lowered, lower

PAGE: Final = 2_000
_OPEN_CURSORS: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """A query response ready to send, and how many records it holds."""

    body: bytes
    rows: int


class Queries:
    """Runs queries and keeps their cursors; a cursor outlives its last page, not the process."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: OrderedDict[str, tuple[Lowered, list[int]]] = OrderedDict()
        self._numbers = count(1)

    def run(self, query: str, version: str, *, everything: bool, page: int = PAGE) -> Answer:
        """The first page of a statement."""
        lowered = lower(self._org, query, version, everything=everything)
        if lowered.find is None:
            return self._aggregate(lowered)
        found = self._rows(lowered.find, lowered.values)
        if lowered.page is None:
            return Answer(_body(int(found[0][0]), [], None), 0)
        rows = [row for (row,) in found]
        locator = new_id("0r8", next(self._numbers))
        if len(rows) > page:
            self._keep(locator, lowered, rows)
        return self._page(lowered, rows, 0, page, (locator, version))

    def more(self, locator: str, version: str, page: int = PAGE) -> Answer:
        """A later page: `{18 characters}-{row to start at}`."""
        name, _, start = locator.partition("-")
        kept = self._cursors.get(name)
        if kept is None or not start.isdigit():
            raise FaultError("INVALID_QUERY_LOCATOR", "invalid query locator")
        lowered, rows = kept
        return self._page(lowered, rows, int(start), page, (name, version))

    def _rows(self, sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement; one that SQLite cannot take is too complicated, as the platform says."""
        with self._org.state.lock:
            try:
                return self._org.state.db.execute(sql, values).fetchall()
            except OperationalError as error:
                raise FaultError("QUERY_TOO_COMPLICATED", f"Query too complex: {error}") from None

    def _keep(self, locator: str, lowered: Lowered, rows: list[int]) -> None:
        self._cursors[locator] = (lowered, rows)
        while len(self._cursors) > _OPEN_CURSORS:
            self._cursors.popitem(last=False)

    def _page(
        self, lowered: Lowered, rows: list[int], start: int, size: int, locator: tuple[str, str]
    ) -> Answer:
        chosen = orjson.dumps(rows[start : start + size]).decode()
        values = {**lowered.values, "page": chosen}
        found = self._rows(str(lowered.page), values)
        name, version = locator
        following = start + size
        path = f"/services/data/{version}/query/{name}-{following}"
        records = [record for (record,) in found]
        more = path if following < len(rows) else None
        return Answer(_body(len(rows), records, more), len(records))

    def _aggregate(self, lowered: Lowered) -> Answer:
        found = self._rows(str(lowered.page), lowered.values)
        records = [record for (record,) in found]
        return Answer(_body(len(records), records, None), len(records))


def _body(total: int, records: list[str], more: str | None) -> bytes:
    done = "true" if more is None else "false"
    following = "" if more is None else f'"nextRecordsUrl":"{more}",'
    head = f'{{"totalSize":{total},"done":{done},{following}"records":['
    return (head + ",".join(records) + "]}").encode()
