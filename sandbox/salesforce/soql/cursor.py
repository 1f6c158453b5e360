"""Query cursors: kept in the state for two days, the newest ones also ready in memory."""

from array import array
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sandbox.salesforce.org import Org
from sandbox.salesforce.rows.values import stamp
from sandbox.salesforce.soql.lower import Lowered, lower

_LIFE: Final = timedelta(days=2)
_READY: Final = 50
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sf_cursor (
    locator TEXT PRIMARY KEY, query TEXT NOT NULL, everything INTEGER NOT NULL, child INTEGER,
    opened_at TEXT NOT NULL, found BLOB NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The rows a statement found; with `child` those of one parent's child sub-select."""

    query: str
    everything: bool
    rows: "array[int]"
    lowered: Lowered
    child: int | None = None
    locator: str | None = None

    @property
    def shown(self) -> str:
        """The statement that renders a page."""
        if self.child is not None:
            return self.lowered.children[self.child].page
        return str(self.lowered.page)


class Cursors:
    """Keeps and finds cursors; two days after their query they are gone."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._ready: OrderedDict[tuple[str, str], Cursor] = OrderedDict()
        org.state.install(_SCHEMA)

    def keep(self, cursor: Cursor) -> Cursor:
        """The cursor with a locator, kept if it was not yet."""
        if cursor.locator is not None:
            return cursor
        kept = replace(cursor, locator=self._org.next_ids("0r8", 1)[0])
        with self._org.state.transaction() as db:
            db.execute("DELETE FROM sf_cursor WHERE opened_at <= ?", (self._oldest(),))
            row = (kept.locator, kept.query, kept.everything, kept.child, self._org.now())
            db.execute("INSERT INTO sf_cursor VALUES (?, ?, ?, ?, ?, ?)", (*row, kept.rows))
        return kept

    def find(self, locator: str, version: str) -> Cursor | None:
        """The living cursor of this name, for this API version."""
        sql = "SELECT 1 FROM sf_cursor WHERE locator = ? AND opened_at > ?"
        with self._org.state.lock:
            if self._org.state.db.execute(sql, (locator, self._oldest())).fetchone() is None:
                return None
            key = (locator, version)
            if key not in self._ready:
                self._ready[key] = self._read(locator, version)
                while len(self._ready) > _READY:
                    self._ready.popitem(last=False)
            return self._ready[key]

    def _oldest(self) -> str:
        return stamp(self._org.state.now() - _LIFE)

    def _read(self, locator: str, version: str) -> Cursor:
        sql = "SELECT query, everything, child, found FROM sf_cursor WHERE locator = ?"
        query, everything, child, found = self._org.state.db.execute(sql, (locator,)).fetchone()
        rows = array("q")
        rows.frombytes(found)
        lowered = lower(self._org, query, version, everything=bool(everything))
        return Cursor(query, bool(everything), rows, lowered, child, locator)
