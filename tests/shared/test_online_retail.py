"""UCI Online Retail, loaded as sales lines by configuration alone; facts of its README."""

from __future__ import annotations

import csv
import gzip
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES
from staging.tables.money import exact, total
from tasuki.service.money.reconcile import By, reconcile
from tasuki.service.money.unmatched import Reason
from tasuki.service.reporting import report
from tests.folder import opened, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from tasuki.service.app import App

pytestmark = pytest.mark.slow
TODAY = datetime(2011, 12, 10, tzinfo=UTC)
SALE = ENTITY_TABLES["sale"]
PROJECT = """
kind: project
name: retail
store: sqlite:///store.db
"""
ACCOUNT = """
kind: mapping
name: account
entity: account
sides: {master: {object: customers}}
fields:
  customer_code: {master: CustomerID}
identity:
  - {rule: customer_code, field: customer_code}
"""
MASTER = """
kind: connection
name: master
system: sales_system
url: sqlite:///books.db
objects:
  customers:
    query: select distinct CustomerID from rows where CustomerID <> ''
    id: CustomerID
"""
HEADERS = {
    "tasuki.yaml": PROJECT,
    "connections/books.yaml": """
kind: connection
name: books
system: sales_system
objects:
  invoices:
    files: invoices.csv
    id: InvoiceNo
    types: {InvoiceDate: date, Amount: num}
""",
    "connections/master.yaml": MASTER,
    "mappings/account.yaml": ACCOUNT,
    "mappings/sale.yaml": """
kind: mapping
name: sale
entity: sale
sides: {books: {object: invoices}}
fields:
  invoice_no: {books: InvoiceNo}
  invoiced_on: {books: InvoiceDate}
  customer_code: {books: CustomerID}
  quantity: {books: Units}
  amount: {books: Amount, transform: [money]}
  currency: {books: {value: GBP}}
links:
  account_id: {books: {value: CustomerID, via: customer_code}}
""",
}
LINES = HEADERS | {
    "connections/books.yaml": """
kind: connection
name: books
system: sales_system
url: sqlite:///books.db
objects:
  lines:
    query: select rowid as line, *, round(Quantity * UnitPrice, 2) as Amount from rows
    id: line
    types: {InvoiceDate: date, Amount: num}
""",
    "mappings/sale.yaml": HEADERS["mappings/sale.yaml"]
    .replace("object: invoices", "object: lines")
    .replace(
        "  quantity: {books: Units}", "  quantity: {books: Quantity}\n  product: {books: StockCode}"
    ),
}


@dataclass(frozen=True)
class Loaded:
    """The books after two runs."""

    app: App
    again: dict[str, Any]

    def sum(self, *where: ColumnElement[bool]) -> Decimal:
        """The money of the lines that are so."""
        with self.app.store.reading() as db:
            return db.execute(select(total(SALE.c.amount)).where(*where)).scalar_one()

    def count(self, column: Any = None, *where: ColumnElement[bool]) -> int:
        """How many lines, or different values of a column, are so."""
        counted = func.count() if column is None else func.count(column.distinct())
        with self.app.store.reading() as db:
            return db.scalar(select(counted).select_from(SALE).where(*where)) or 0


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _books(folder: Path, rows: list[dict[str, str]]) -> None:
    """The rows as a table, as the sales system would hold them."""
    names = list(rows[0])
    with closing(sqlite3.connect(folder / "books.db")) as db:
        db.execute(f"CREATE TABLE rows ({', '.join(names)})")
        values: Iterable[tuple[str, ...]] = (tuple(row.values()) for row in rows)
        db.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * len(names))})", values)
        db.commit()


@pytest.fixture(scope="module")
def invoices(
    shared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """Every invoice of the whole set, from a dropped CSV file."""
    raw = shared("online_retail") / "invoice_headers_all.csv.gz"
    folder = tmp_path_factory.mktemp("invoices")
    _books(folder, _rows(raw))
    (folder / "invoices.csv").write_bytes(gzip.decompress(raw.read_bytes()))
    with closing(opened(folder, HEADERS, TODAY)) as app:
        run(app)
        yield Loaded(app, run(app))


@pytest.fixture(scope="module")
def lines(
    shared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """Every line outside the United Kingdom, from a table."""
    folder = tmp_path_factory.mktemp("lines")
    _books(folder, _rows(shared("online_retail") / "invoice_lines_non_uk.csv.gz"))
    with closing(opened(folder, LINES, TODAY)) as app:
        run(app)
        yield Loaded(app, run(app))


def test_the_whole_set_agrees_to_the_penny(invoices: Loaded) -> None:
    """25,900 invoices of 4,372 customers are 9,747,747.93; credit notes take 896,812.49 of it."""
    assert invoices.count() == 25_900
    assert invoices.count(SALE.c.customer_code) == 4_372
    assert invoices.sum() == Decimal("9747747.93")
    assert invoices.sum(SALE.c.invoice_no.startswith("C")) == Decimal("-896812.49")
    assert invoices.sum(SALE.c.invoice_no.startswith("A")) == Decimal("-11062.06")


def test_money_without_a_customer_is_shown(invoices: Loaded) -> None:
    """3,710 invoices name no customer: their money is in the queue, and in no account."""
    found = reconcile(invoices.app)
    (queued,) = found.queue
    assert (queued.reason, queued.lines) == (Reason.NO_CUSTOMER, 3_710)
    assert queued.amount == Decimal("1447682.12")
    assert found.totals.sums.booked == Decimal("9747747.93")
    assert found.totals.sums.unmatched == queued.amount
    revenue = report(invoices.app).revenue
    assert (revenue.unmatched_lines, revenue.unmatched_amount) == (3_710, queued.amount)


def test_an_account_bought_what_its_customer_number_did(invoices: Loaded) -> None:
    """The top three customers by net amount are those of the README, to the penny."""
    account, metric = ENTITY_TABLES["account"], METRIC_TABLES["account"]
    best = (
        select(account.c.customer_code, metric.c.revenue_total)
        .join(metric, metric.c.id == account.c.id)
        .order_by(metric.c.revenue_total.desc())
    )
    with invoices.app.store.reading() as db:
        ranked = [(code, exact(amount)) for code, amount in db.execute(best)]
    assert ranked[:3] == [
        ("14646", Decimal("279489.02")),
        ("18102", Decimal("256438.49")),
        ("17450", Decimal("187482.17")),
    ]
    assert sum(1 for _, amount in ranked if amount < 0) == 41


def test_every_line_agrees_to_the_penny(lines: Loaded) -> None:
    """46,431 lines of 422 customers are 1,559,941.57, by account, month and product alike."""
    assert lines.count() == 46_431
    assert lines.count(SALE.c.customer_code) == 422
    assert lines.sum() == Decimal("1559941.57")
    for by in By:
        assert reconcile(lines.app, by).totals.sums.booked == Decimal("1559941.57")


@pytest.mark.parametrize("loaded", ["invoices", "lines"])
def test_the_second_run_finds_nothing_new(loaded: str, request: pytest.FixtureRequest) -> None:
    """Loaded again, nothing changes."""
    again = request.getfixturevalue(loaded).again
    assert (again["entities"], again["measured"]) == (0, 0)
