"""Pages of a query: rows are found once, each page is read when it is asked for."""

from array import array
from dataclasses import dataclass, replace
from itertools import accumulate
from sqlite3 import OperationalError
from typing import Any, Final

import orjson

from sandbox.salesforce.faults import FaultError
from sandbox.salesforce.org import Org
from sandbox.salesforce.soql.cursor import Cursor, Cursors
from sandbox.salesforce.soql.jitter import Jitter
from sandbox.salesforce.soql.lower import Lowered, lower

PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A query response ready to send, and how many records it holds."""

    body: bytes
    rows: int


class Queries:
    """Runs queries and follows their cursors, which live two days and survive a restart."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors = Cursors(org)
        self._jitter = Jitter(org.state)

    def run(self, query: str, version: str, *, everything: bool, page: int = PAGE) -> Answer:
        """The first page of a statement."""
        lowered = lower(self._org, query, version, everything=everything)
        if lowered.find is None:
            return self._aggregate(lowered)
        found = self._rows(lowered.find, lowered.values)
        if lowered.page is None:
            return Answer(_body(int(found[0][0]), [], None), 0)
        rows = array("q", (row for (row,) in found))
        return self._page(Cursor(query, everything, rows, lowered), 0, page, version)

    def more(self, locator: str, version: str, page: int = PAGE) -> Answer:
        """A later page: `{18 characters}-{row to start at}`."""
        name, _, start = locator.partition("-")
        cursor = self._cursors.find(name, version) if start.isdigit() else None
        if cursor is None:
            raise FaultError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, int(start), page, version)

    def _rows(self, sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement; one that SQLite cannot take is too complicated, as the platform says."""
        with self._org.state.lock:
            try:
                return self._org.state.db.execute(sql, values).fetchall()
            except OperationalError as error:
                raise FaultError("QUERY_TOO_COMPLICATED", f"Query too complex: {error}") from None

    def _page(self, cursor: Cursor, start: int, size: int, version: str) -> Answer:
        weighed = cursor.lowered.weigh is not None and cursor.child is None
        size = self._jitter.page(size if weighed else min(size, len(cursor.rows) - start))
        chosen = cursor.rows[start : start + size].tolist()
        values = {**cursor.lowered.values, "page": _json(chosen)}
        if weighed:
            chosen = self._fitting(cursor, values, chosen, size)
            values |= {"page": _json(chosen), "cap": size}
            values["over"] = _json(self._overflow(cursor, values, size, version))
        found = self._rows(f"SELECT CAST(one AS BLOB) FROM ({cursor.shown})", values)
        following = start + len(chosen)
        more = None
        if following < len(cursor.rows):
            cursor = self._cursors.keep(cursor)
            more = f"/services/data/{version}/query/{cursor.locator}-{following}"
        return Answer(_body(len(cursor.rows), [one for (one,) in found], more), len(found))

    def _fitting(
        self, cursor: Cursor, values: dict[str, Any], chosen: list[int], size: int
    ) -> list[int]:
        """The parents that fit on a page with all their children: one parent always does."""
        weights = self._weights(cursor.lowered, values)
        sums = accumulate(1 + sum(weights.get(row, ())) for row in chosen)
        fit = sum(1 for total in sums if total <= size)
        return chosen[: max(fit, 1)]

    def _weights(self, lowered: Lowered, values: dict[str, Any]) -> dict[int, list[int]]:
        return {row: orjson.loads(counts) for row, counts in self._rows(str(lowered.weigh), values)}

    def _overflow(
        self, cursor: Cursor, values: dict[str, Any], size: int, version: str
    ) -> dict[str, str]:
        """Where the children beyond the page's size are, by parent and relationship."""
        urls: dict[str, str] = {}
        for row, counts in self._weights(cursor.lowered, values).items():
            for place, count in enumerate(counts):
                if count > size:
                    find = cursor.lowered.children[place].find
                    found = self._rows(find, {**cursor.lowered.values, "parent": row})
                    rows = array("q", (each for (each,) in found))
                    child = replace(cursor, rows=rows, child=place, locator=None)
                    kept = self._cursors.keep(child)
                    url = f"/services/data/{version}/query/{kept.locator}-{size}"
                    urls[f"{row}-{place}"] = url
        return urls

    def _aggregate(self, lowered: Lowered) -> Answer:
        found = self._rows(f"SELECT CAST(one AS BLOB) FROM ({lowered.page})", lowered.values)
        if len(found) > PAGE:
            text = (
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results "
                "to a single batch"
            )
            raise FaultError("EXCEEDED_ID_LIMIT", text)
        return Answer(_body(len(found), [one for (one,) in found], None), len(found))


def _json(content: object) -> str:
    return orjson.dumps(content).decode()


def _body(total: int, records: list[bytes], more: str | None) -> bytes:
    done = "true" if more is None else "false"
    following = "" if more is None else f'"nextRecordsUrl":"{more}",'
    head = f'{{"totalSize":{total},"done":{done},{following}"records":['
    return b"".join((head.encode(), b",".join(records), b"]}"))
