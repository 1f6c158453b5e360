"""Laws of reading the sales system: nothing is lost, whatever the stamps, pages and cells."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.protocol import OpenContext
from connectors.sales_system import SPEC
from connectors.sales_system.read.text import rows
from tasuki.clock import FixedClock
from tasuki.values import stamp

if TYPE_CHECKING:
    from connectors.protocol import Connector

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTES = st.integers(0, 60)
"""Few distinct stamps, so that many rows share one."""


def opened(folder: Path, clock: FixedClock, page_size: int) -> Connector:
    lines = {"query": "select * from t", "id": "id", "modified": "at"}
    settings = {"url": "sqlite:///x.db", "objects": {"t": lines}, "page_size": page_size}
    context = OpenContext("sales", folder, clock)
    return SPEC.open(SPEC.settings.model_validate(settings), context)


def insert(folder: Path, visible: list[tuple[int, datetime]]) -> None:
    with closing(sqlite3.connect(folder / "x.db")) as db, db:
        db.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER, at TEXT)")
        db.executemany("INSERT INTO t VALUES (?, ?)", [(id, stamp(at)) for id, at in visible])


def pull(connector: Connector, cursor: str | None) -> tuple[list[str], str]:
    ids: list[str] = []
    more = True
    while more:
        page = connector.page("t", [], cursor)
        ids.extend(record.id for record in page.records)
        cursor, more = page.next_cursor, page.more
    return ids, str(cursor)


@given(
    st.lists(st.tuples(MINUTES, st.integers(0, 9)), max_size=30),
    st.lists(MINUTES, min_size=1, max_size=5),
    st.integers(1, 7),
)
def test_every_row_is_seen_however_late_it_commits(
    born: list[tuple[int, int]], pulls: list[int], page_size: int
) -> None:
    """Rows stamped in any order and visible up to nine minutes later all arrive in the end."""
    clock = FixedClock(START)
    rows = [
        (id, START + timedelta(minutes=at), START + timedelta(minutes=at + late))
        for id, (at, late) in enumerate(born)
    ]
    seen: set[str] = set()
    cursor: str | None = None
    before = START - timedelta(days=1)
    with TemporaryDirectory() as name:
        folder = Path(name)
        connector = opened(folder, clock, page_size)
        for minute in [*sorted(pulls), 80]:
            clock.at = START + timedelta(minutes=minute)
            insert(folder, [(id, at) for id, at, seen_at in rows if before < seen_at <= clock.at])
            before = clock.at
            ids, cursor = pull(connector, cursor)
            seen.update(ids)
        connector.close()
    assert seen == {str(id) for id, _, _ in rows}


CELLS = st.text(st.sampled_from("aZ9 ,;\"'\n株式会社㈱ｶﾅ"), max_size=6)
TABLES: Any = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8)
)


@given(TABLES, st.sampled_from(["utf-8", "utf-8-sig", "cp932", "utf-16"]))
def test_what_a_spreadsheet_writes_is_what_is_read(table: list[list[str]], encoding: str) -> None:
    """Quotes, separators, line ends in cells and wide characters come back as they were.

    Two letters of CP932 may be one of UTF-8: of a file that is both, nobody can tell.
    """
    header = [f"h{n}" for n in range(len(table[0]) if table else 1)]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([header, *table])
    raw = out.getvalue().encode(encoding)
    assume(encoding != "cp932" or raw.isascii() or not _is_utf8(raw))
    read = [row.cells for row in rows(raw, "x.csv", None, ",")]
    assert read == [header, *(cells for cells in table if any(cells))]


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
