"""The sales system: queries and dropped files, good rows and broken ones."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook
from pydantic import ValidationError
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from connectors.budget import Unlimited
from connectors.protocol import OpenContext, Settled, Verb, Write
from connectors.sales_system import SPEC
from connectors.sales_system.read.tables import earlier
from tasuki.clock import FixedClock
from tasuki.errors import ConfigError, PausedError, SourceError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.protocol import Connector, Page

NOW = datetime(2026, 1, 5, tzinfo=UTC)
HEADER = "伝票番号,売上日,得意先コード,商品コード,金額"
LEGACY = {
    "files": "imports/legacy_*.csv",
    "id": ["伝票番号", "商品コード"],
    "columns": {
        "伝票番号": "invoice_no",
        "売上日": "invoiced_on",
        "商品コード": "sku",
        "金額": "amount",
    },
    "types": {"invoiced_on": "date", "amount": "num"},
}
LINES = {"query": "select * from sales_lines", "id": "line_id", "modified": "updated_at"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a database of three lines and an empty import folder."""
    (tmp_path / "imports").mkdir()
    with sqlite3.connect(tmp_path / "sales.db") as db:
        db.execute("CREATE TABLE sales_lines (line_id INTEGER, amount TEXT, updated_at TEXT)")
        db.executemany(
            "INSERT INTO sales_lines VALUES (?, ?, ?)",
            [(n, f"{n}00.50", f"2026-01-0{n}T00:00:00Z") for n in (1, 2, 3)],
        )
    db.close()
    return tmp_path


def opened(project: Path, clock: FixedClock, objects: Mapping[str, Any], **more: Any) -> Connector:
    settings = SPEC.settings.model_validate(
        {"url": "sqlite:///sales.db", "objects": objects, **more}
    )
    return SPEC.open(settings, OpenContext("sales", project, clock))


def drop(project: Path, name: str, *lines: str, encoding: str = "cp932") -> None:
    text = "\r\n".join([HEADER, *lines, ""])
    (project / "imports" / name).write_bytes(text.encode(encoding))


def pull(connector: Connector, object: str, fields: list[str], cursor: str | None = None) -> Any:
    pages: list[Page] = []
    while not pages or pages[-1].more:
        pages.append(connector.page(object, fields, cursor))
        cursor = pages[-1].next_cursor
    records = [record for page in pages for record in page.records]
    return records, [each for page in pages for each in page.broken], cursor


# ── files ──


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_whatever_encoding_it_came(project, clock, encoding) -> None:
    """CP932, UTF-8 with or without its mark and UTF-16 all give the same rows."""
    drop(project, "legacy_a.csv", 'V1,2026/01/05,C1,FLOW,"1,200"', encoding=encoding)
    records, broken, _ = pull(opened(project, clock, {"old": LEGACY}), "old", ["amount", "sku"])
    assert [(each.id, dict(each.fields)) for each in records] == [
        ("V1|FLOW", {"amount": "1,200", "sku": "FLOW"})
    ]
    assert broken == []


def test_broken_rows_are_named_by_line_and_the_good_ones_load(project, clock) -> None:
    """Cells missing, a bad amount, a bad date, a lost id and a double are told by file and line."""
    drop(
        project,
        "legacy_a.csv",
        "V1,2026/01/05,C1,FLOW,100",
        "V2,2026/01/05,C1",
        "V3,2026/01/05,C1,FLOW,abc",
        "V4,2026/13/05,C1,FLOW,100",
        ",2026/01/05,C1,FLOW,100",
        "V1,2026/01/05,C1,FLOW,900",
        '"V7",2026年1月5日,"C\r\n1",FLOW,△100',
        "V8,2026/01/05,C1,FLOW",
    )
    connector = opened(project, clock, {"old": LEGACY})
    records, broken, _ = pull(connector, "old", ["amount"])
    assert [each.id for each in records] == ["V1|FLOW", "V7|FLOW"]
    assert [(each.place, each.reason) for each in broken] == [
        ("imports/legacy_a.csv:3", "it has 3 cells, the header has 5"),
        ("imports/legacy_a.csv:4", "column 'amount' is not a number"),
        ("imports/legacy_a.csv:5", "column 'invoiced_on' is not a date"),
        ("imports/legacy_a.csv:6", "it needs 伝票番号 and 商品コード"),
        ("imports/legacy_a.csv:7", "it has the id of line 2"),
        ("imports/legacy_a.csv:10", "it has 4 cells, the header has 5"),
    ]


def test_a_spoilt_byte_breaks_its_row_only(project, clock) -> None:
    """One line that is not in the file's encoding does not change how the others are read."""
    drop(project, "legacy_a.csv", *(f"V{n},2026/01/05,得意先,FLOW,100" for n in range(60)))
    path = project / "imports" / "legacy_a.csv"
    raw = path.read_bytes().split(b"\r\n")
    raw[30] = b"V29,2026/01/05,\x81\xff,FLOW,100"
    path.write_bytes(b"\r\n".join(raw))
    records, broken, _ = pull(opened(project, clock, {"old": LEGACY}), "old", ["sku"])
    assert len(records) == 59
    assert [each.place for each in broken] == ["imports/legacy_a.csv:31"]


def test_an_unchanged_file_is_not_read_again(project, clock) -> None:
    """The cursor's manifest knows files by content: a touched one is quiet, a new one comes."""
    drop(project, "legacy_a.csv", "V1,2026/01/05,C1,FLOW,100")
    connector = opened(project, clock, {"old": LEGACY})
    _, _, cursor = pull(connector, "old", ["sku"])
    drop(project, "legacy_a.csv", "V1,2026/01/05,C1,FLOW,100")
    drop(project, "legacy_b.csv", "V2,2026/01/05,C1,GRID,100")
    records, _, cursor = pull(connector, "old", ["sku"], cursor)
    assert [each.id for each in records] == ["V2|GRID"]
    assert pull(connector, "old", ["sku"], cursor)[0] == []
    drop(project, "legacy_a.csv", "V1,2026/01/05,C1,FLOW,100", "V3,2026/01/05,C1,CARE,1")
    assert [e.id for e in pull(connector, "old", ["sku"], cursor)[0]] == ["V1|FLOW", "V3|CARE"]


def test_a_pattern_may_begin_at_the_root(project, clock) -> None:
    """Files of a folder outside the project are found by their whole path."""
    drop(project, "legacy_a.csv", "V1,2026/01/05,C1,FLOW,100")
    whole = {**LEGACY, "files": str(project / "imports" / "legacy_*.csv")}
    connector = opened(project, clock, {"old": whole})
    assert [record.id for record in connector.page("old", ["sku"], None).records] == ["V1|FLOW"]


def test_a_file_that_was_not_touched_is_not_even_opened(project, clock) -> None:
    """A quiet folder costs a look at each file's size and time, whatever the files weigh."""
    drop(project, "legacy_a.csv", "V1,2026/01/05,C1,FLOW,100")
    connector = opened(project, clock, {"old": LEGACY})
    _, _, cursor = pull(connector, "old", ["sku"])
    calls = connector.limits().calls
    assert pull(connector, "old", ["sku"], cursor)[0] == []
    assert connector.limits().calls == calls


WIDE = {**LEGACY, "files": "imports/*.xlsx"}


def workbook(path: Path, *rows: tuple[object, ...], sheet: str = "売上") -> None:
    """A workbook with a cover sheet and a sheet of rows under the usual header."""
    made = Workbook()
    made.active.title = "表紙"
    made.active.append(["2026年1月度"])
    told = made.create_sheet(sheet)
    told.append(HEADER.split(","))
    for row in rows:
        told.append(row)
    made.save(path)


def test_a_workbook_gives_the_same_rows_as_a_text_file(project, clock) -> None:
    """Numbers, dates and text of a sheet arrive as the text a CSV file would hold."""
    day = date(2026, 1, 5)
    path = project / "imports" / "legacy.xlsx"
    workbook(path, ("V1", day, "C1", "FLOW", 1200), (), ("V2", day, "C1", "GRID", 0.5))
    connector = opened(project, clock, {"old": {**WIDE, "sheet": "売上"}})
    records, broken, _ = pull(connector, "old", ["invoiced_on", "amount"])
    assert [(each.id, each.fields["invoiced_on"], each.fields["amount"]) for each in records] == [
        ("V1|FLOW", "2026-01-05", "1200"),
        ("V2|GRID", "2026-01-05", "0.5"),
    ]
    assert broken == []


def test_a_broken_row_of_a_workbook_is_named_by_its_line(project, clock) -> None:
    """A cell of the wrong type and a cell beyond the header break their rows only."""
    path = project / "imports" / "legacy.xlsx"
    day = "2026-01-05"
    workbook(
        path,
        ("V1", day, "C1", "FLOW", "abc"),
        ("V2", day, "C1", "FLOW", 100, "note"),
        ("V3", day, "C1", "FLOW", 100),
    )
    connector = opened(project, clock, {"old": {**WIDE, "sheet": "売上"}})
    records, broken, _ = pull(connector, "old", ["amount"])
    assert [each.id for each in records] == ["V3|FLOW"]
    assert [each.place for each in broken] == ["imports/legacy.xlsx:2", "imports/legacy.xlsx:3"]


def test_a_workbook_that_cannot_be_read_is_said_with_its_fix(project, clock) -> None:
    """A damaged workbook and a sheet that is not there are told apart; nothing is taken in."""
    path = project / "imports" / "legacy.xlsx"
    workbook(path, ("V1", "2026-01-05", "C1", "FLOW", 100))
    with pytest.raises(SourceError, match="Sheet '売り上げ' is missing"):
        pull(opened(project, clock, {"old": {**WIDE, "sheet": "売り上げ"}}), "old", ["sku"])
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(SourceError, match="cannot be read"):
        pull(opened(project, clock, {"old": WIDE}), "old", ["sku"])


def test_pages_of_a_file_join_without_a_seam(project, clock) -> None:
    """A file longer than a page comes in pages, each row once."""
    drop(project, "legacy_a.csv", *(f"V{n},2026/01/05,C1,FLOW,{n}" for n in range(25)))
    connector = opened(project, clock, {"old": LEGACY}, page_size=10)
    records, _, _ = pull(connector, "old", ["amount"])
    assert [each.fields["amount"] for each in records] == [str(n) for n in range(25)]


def test_a_missing_column_names_file_column_and_the_nearest(project, clock) -> None:
    """A header that lost a declared column stops the object with a four-line error."""
    (project / "imports" / "legacy_a.csv").write_text(
        "伝票番号,売上日,商品コード,金額(税込)\n", "utf-8"
    )
    with pytest.raises(SourceError) as caught:
        opened(project, clock, {"old": LEGACY}).page("old", ["sku"], None)
    what, where, why, fix = caught.value.lines()
    assert (what, where) == ("Column '金額' is missing", "imports/legacy_a.csv:1")
    assert "金額(税込)" in why
    assert fix


def test_a_file_that_is_not_there_is_said(project, clock) -> None:
    """A plain path must exist; a pattern may match nothing yet."""
    plain = {"files": "imports/contracts.csv", "id": "contract_id"}
    connector = opened(project, clock, {"contracts": plain, "old": LEGACY})
    with pytest.raises(SourceError, match="not there"):
        connector.page("contracts", [], None)
    assert pull(connector, "old", [])[0] == []


def test_a_first_line_of_values_is_never_quoted(project, clock) -> None:
    """A file without its header is refused, and what people typed stays out of the message."""
    file = project / "imports" / "legacy_a.csv"
    file.write_text('V1,"山田 太郎\n",taro@example.test,FLOW,100\n', encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        opened(project, clock, {"old": LEGACY}).page("old", [], None)
    said = "".join(caught.value.lines())
    assert "5 names" in said
    assert not any(value in said for value in ("山田", "taro", "FLOW"))


def test_a_quotation_mark_that_never_closes_is_named(project, clock) -> None:
    """Text that cannot be cut into cells stops the object, with the line where it begins."""
    drop(project, "legacy_a.csv", "V1,2026/01/05,C1,FLOW,100", 'V2,"' + "x" * 200_000)
    with pytest.raises(SourceError, match="as rows") as caught:
        opened(project, clock, {"old": LEGACY}).page("old", [], None)
    assert caught.value.where == "imports/legacy_a.csv:3"


def test_a_file_that_cannot_be_opened_is_said(project, clock, monkeypatch) -> None:
    """What another program holds, or has just taken away, is an error of its source."""
    drop(project, "legacy_a.csv", "V1,2026/01/05,C1,FLOW,100")

    def held(_path: Path) -> bytes:
        raise PermissionError(13, "held")

    monkeypatch.setattr(type(project), "read_bytes", held)
    with pytest.raises(SourceError, match="cannot be opened"):
        opened(project, clock, {"old": LEGACY}).page("old", [], None)


def test_a_damaged_database_is_said(project, clock) -> None:
    """A file that is no database stops its objects, not the project."""
    (project / "sales.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(SourceError, match="cannot be read"):
        opened(project, clock, {"lines": LINES}).page("lines", [], None)


class _Shut(Unlimited):
    def spend(self, kind: str, calls: int = 1) -> None:
        raise PausedError("the connection is paused")


@pytest.mark.parametrize("objects", [{"lines": LINES}, {"lines": LEGACY}])
def test_a_pause_holds_for_the_books_too(project, clock, objects) -> None:
    """Neither a query nor a file is asked for while somebody paused the connection."""
    drop(project, "legacy_a.csv", "V1,2026/01/05,C1,FLOW,100")
    settings = SPEC.settings.model_validate({"url": "sqlite:///sales.db", "objects": objects})
    connector = SPEC.open(settings, OpenContext("sales", project, clock, _Shut()))
    with pytest.raises(PausedError):
        connector.page("lines", [], None)


def test_without_id_columns_a_row_is_its_line(project, clock) -> None:
    """Ids of rows that have none are file and line."""
    drop(project, "legacy_a.csv", "V1,2026/01/05,C1,FLOW,100")
    connector = opened(project, clock, {"old": {"files": "imports/legacy_a.csv"}})
    assert connector.ids("old", None).ids == ("imports/legacy_a.csv:2",)
    (info,) = connector.discover(["old"])
    assert [each.name for each in info.fields] == [*HEADER.split(","), "$file", "$file_day"]


# ── tables ──


def test_a_query_is_read_in_the_order_of_its_stamp(project, clock) -> None:
    """Rows come oldest change first, numbers as they are, ids as text."""
    records, _, _ = pull(opened(project, clock, {"lines": LINES}), "lines", ["amount"])
    assert [(each.id, each.fields["amount"]) for each in records] == [
        ("1", "100.50"),
        ("2", "200.50"),
        ("3", "300.50"),
    ]
    assert records[0].modified_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_late_commits_are_seen_and_quiet_tables_cost_only_their_newest_row(project, clock) -> None:
    """For one overlap a pull reads back; afterwards only the newest stamp's rows come again."""
    connector = opened(project, clock, {"lines": LINES})
    _, _, cursor = pull(connector, "lines", ["amount"])
    with sqlite3.connect(project / "sales.db") as db:
        db.execute("INSERT INTO sales_lines VALUES (9, '1', '2026-01-02T23:55:00Z')")
    db.close()
    records, _, cursor = pull(connector, "lines", ["amount"], cursor)
    assert [each.id for each in records] == ["9", "3"]
    clock.at += timedelta(minutes=11)
    _, _, cursor = pull(connector, "lines", ["amount"], cursor)
    assert [each.id for each in pull(connector, "lines", ["amount"], cursor)[0]] == ["3"]


def test_a_row_without_its_stamp_is_broken(project, clock) -> None:
    """A row that no pull can place is told, not lost in silence."""
    with sqlite3.connect(project / "sales.db") as db:
        db.execute("INSERT INTO sales_lines VALUES (9, '1', NULL)")
    db.close()
    records, broken, _ = pull(opened(project, clock, {"lines": LINES}), "lines", ["amount"])
    assert len(records) == 3
    assert [(e.place, e.reason) for e in broken] == [
        ("sales/lines/9", "it needs updated_at and line_id")
    ]


def test_a_cell_of_the_wrong_type_breaks_its_row(project, clock) -> None:
    """A declared type is checked for queries too."""
    with sqlite3.connect(project / "sales.db") as db:
        db.execute("UPDATE sales_lines SET amount = 'n/a' WHERE line_id = 2")
    db.close()
    connector = opened(project, clock, {"lines": {**LINES, "types": {"amount": "num"}}})
    records, broken, _ = pull(connector, "lines", ["amount"])
    assert [each.id for each in records] == ["1", "3"]
    assert [each.place for each in broken] == ["sales/lines/2"]


def test_a_column_that_the_query_lacks_is_suggested(project, clock) -> None:
    """A misspelt column is refused with the nearest one there is."""
    connector = opened(project, clock, {"lines": {**LINES, "modified": "updated"}})
    with pytest.raises(SourceError, match="'updated' is missing") as caught:
        connector.page("lines", [], None)
    assert caught.value.remedy == "Did you mean 'updated_at'?"
    with pytest.raises(SourceError, match="'amout' is missing"):
        opened(project, clock, {"lines": LINES}).page("lines", ["amout"], None)


def test_a_wrong_table_and_a_missing_database_are_told_apart(project, clock) -> None:
    """A query the database refuses is the file's fault; no database is nobody's answer."""
    wrong = {**LINES, "query": "select * from nothing_here"}
    with pytest.raises(SourceError, match="refuses the query"):
        opened(project, clock, {"lines": wrong}).page("lines", [], None)
    away = opened(project, clock, {"lines": LINES}, url="sqlite:///away.db")
    with pytest.raises(UnreachableError):
        away.page("lines", [], None)
    assert not (project / "away.db").exists()


@pytest.mark.postgres
def test_postgresql_walks_by_typed_stamps_and_reads_only(postgres_url, tmp_path, clock) -> None:
    """Timestamps, dates and amounts survive the cursor; a SELECT that writes is refused."""
    engine = create_engine(postgres_url)
    with engine.begin() as db:
        db.exec_driver_sql(
            "CREATE TABLE lines (id BIGINT, amount NUMERIC(12, 2), day DATE, at TIMESTAMPTZ)"
        )
        db.exec_driver_sql(
            "INSERT INTO lines SELECT n, n + 0.5, DATE '2026-01-01' + n, "
            "TIMESTAMPTZ '2026-01-05 00:00:00+09' + n / 3 * INTERVAL '1 minute' "
            "FROM generate_series(1, 20) AS n"
        )
    lines = {"query": "select * from lines", "id": "id", "modified": "at"}
    sneaky = {**lines, "query": "with gone as (delete from lines returning *) select * from gone"}
    objects = {"lines": lines, "sneaky": sneaky}
    connector = opened(tmp_path, clock, objects, url=postgres_url, page_size=7, overlap=0)
    records, _, cursor = pull(connector, "lines", ["amount", "day"])
    assert [each.id for each in records] == [str(n) for n in range(1, 21)]
    assert records[0].fields == {"amount": "1.50", "day": "2026-01-02"}
    assert [each.id for each in pull(connector, "lines", [], cursor)[0]] == ["18", "19", "20"]
    assert [each.id for each in connector.read("lines", ["3", "x", "99"], [])] == ["3"]
    with pytest.raises(SourceError):
        connector.page("sneaky", [], None)
    assert connector.count("lines") == 20
    first = connector.ids("lines", None)
    assert connector.ids("lines", first.after).ids[0] == "8"
    connector.close()
    engine.dispose()


def test_mysql_walks_by_stamp_and_reads_only(mysql_url, tmp_path, clock) -> None:
    """MySQL's datetimes and decimals survive the cursor; its account can change nothing."""
    engine = create_engine(mysql_url)
    with engine.begin() as db:
        db.exec_driver_sql(
            "CREATE TABLE sold (id BIGINT, name VARCHAR(9), amount DECIMAL(12, 2), at DATETIME(3))"
            " CHARACTER SET utf8mb4"
        )
        db.exec_driver_sql(
            "INSERT INTO sold VALUES (%s, '商事', %s, %s)",
            [(n, n + 0.5, f"2026-01-05 00:{n // 3:02}:00") for n in range(1, 21)],
        )
    lines = {"query": "select * from sold", "id": "id", "modified": "at"}
    connector = opened(tmp_path, clock, {"lines": lines}, url=mysql_url, page_size=7, overlap=0)
    records, _, cursor = pull(connector, "lines", ["amount", "name"])
    assert [each.id for each in records] == [str(n) for n in range(1, 21)]
    assert records[0].fields == {"amount": "1.50", "name": "商事"}
    assert [each.id for each in pull(connector, "lines", [], cursor)[0]] == ["18", "19", "20"]
    assert connector.count("lines") == 20
    with connector.client._open().connect() as db, pytest.raises(DBAPIError):
        db.exec_driver_sql("DELETE FROM sold")
    connector.close()
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["no url at all", "oracle+nothing://x", "mssql+none://user@host/db"]
)
def test_a_url_nobody_can_open_is_the_files_fault(project, clock, url) -> None:
    """A misspelt URL and a missing driver are said before anything is asked."""
    with pytest.raises(ConfigError, match="cannot be opened") as caught:
        opened(project, clock, {"lines": LINES}, url=url).count("lines")
    assert url not in str(caught.value.lines())


@pytest.mark.parametrize("query", ["delete from x", "select 1; drop table x", "update x set y = 1"])
def test_only_one_select_is_accepted(query) -> None:
    """A query that is not one SELECT never gets as far as the database."""
    with pytest.raises(ValidationError, match="one SELECT"):
        SPEC.settings.model_validate(
            {"url": "sqlite://", "objects": {"x": {"query": query, "id": "id"}}}
        )


def test_the_database_cannot_be_written(project, clock) -> None:
    """Even a SELECT that would write finds the database read only, and writes are refused."""
    connector = opened(project, clock, {"lines": LINES})
    (receipt,) = connector.write([Write("w", Verb.CREATE, "lines", {"amount": "1"})])
    assert receipt.settled is Settled.REJECTED
    assert receipt.error is not None
    assert "only reads" in receipt.error.why


def test_an_unknown_object_is_suggested(project, clock) -> None:
    """An object nobody declared is refused with the nearest declared one."""
    with pytest.raises(ConfigError) as caught:
        opened(project, clock, {"lines": LINES}).count("line")
    assert caught.value.remedy == "Did you mean 'lines'?"


@pytest.mark.parametrize(
    ("value", "before"),
    [
        ("2026-01-02T00:05:00Z", "2026-01-01T23:55:00"),
        ("2026-01-02 00:05:00.123", "2026-01-01 23:55:00"),
        (17, 17),
        ("v17", "v17"),
    ],
)
def test_a_stamp_goes_back_in_its_own_form(value, before) -> None:
    """Text stamps keep their separator so that they still sort among their kind."""
    assert earlier(value, timedelta(minutes=10)) == before


def test_an_empty_file_stops_no_other_and_deletes_nobody(project: Path, clock: FixedClock) -> None:
    """Its neighbours are read; whose rows are gone is not told while one has not even a header."""
    system = opened(project, clock, {"legacy": LEGACY})
    (project / "imports" / "legacy_a.csv").write_bytes(b"")
    drop(project, "legacy_b.csv", "D1,2025-01-05,C1,FLOW,100")
    pages = [system.page("legacy", ["sku"], None)]
    while pages[-1].more:
        pages.append(system.page("legacy", ["sku"], pages[-1].next_cursor))
    assert [record.id for page in pages for record in page.records] == ["D1|FLOW"]
    assert [broken.place for page in pages for broken in page.broken] == ["imports/legacy_a.csv:1"]
    assert [page.reread for page in pages][:2] == [
        ("imports/legacy_a.csv",),
        ("imports/legacy_b.csv",),
    ]
    with pytest.raises(SourceError, match="empty"):
        system.ids("legacy", None)
    drop(project, "legacy_a.csv")
    assert system.ids("legacy", None).ids == ("D1|FLOW",)
