"""`tasuki reconcile`: won, booked and paid of a small company, to the yen."""

from __future__ import annotations

import csv
import json
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from staging.tables.entities import ENTITY_TABLES, METRIC_TABLES
from staging.tables.identity import REVIEW
from staging.tables.money import exact
from tasuki.cli.front import run as tasuki
from tasuki.service.money.export import safe
from tasuki.service.money.reconcile import By, leave_proposals, reconcile
from tests.folder import opened, run, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasuki.service.app import App

TODAY = datetime(2026, 6, 1, tzinfo=UTC)
FILES: dict[str, str | bytes] = {
    "connections/crm.yaml": """
kind: connection
name: crm
system: sales_system
objects:
  accounts: {files: accounts.csv, id: id}
  deals: {files: deals.csv, id: id}
""",
    "connections/books.yaml": """
kind: connection
name: books
system: sales_system
objects:
  customers: {files: customers.csv, id: code}
  products: {files: products.csv, id: sku}
  lines: {files: lines.csv, id: id}
""",
    "mappings/account.yaml": """
kind: mapping
name: account
entity: account
sides: {crm: {object: accounts}, books: {object: customers}}
fields:
  name: {crm: name, books: name, conflict: crm_wins}
  customer_code: {crm: code, books: code, conflict: crm_wins}
  is_partner: {crm: partner}
identity:
  - {rule: customer_code, field: customer_code}
  - {rule: name, field: name, transform: [company_key]}
""",
    "mappings/product.yaml": """
kind: mapping
name: product
entity: product
sides: {books: {object: products}}
fields: {sku: {books: sku}}
""",
    "mappings/opportunity.yaml": """
kind: mapping
name: opportunity
entity: opportunity
sides: {crm: {object: deals}}
fields:
  amount: {crm: amount}
  is_won: {crm: won}
  product: {crm: product}
  close_date: {crm: closed}
links:
  account_id: {crm: {lookup: account, object: accounts}}
""",
    "mappings/sale.yaml": """
kind: mapping
name: sale
entity: sale
sides: {books: {object: lines}}
fields:
  invoice_no: {books: id}
  invoiced_on: {books: day}
  paid_on: {books: paid}
  customer_code: {books: code}
  customer_name: {books: name}
  end_user_code: {books: user_code}
  end_user_name: {books: user_name}
  product: {books: sku}
  amount: {books: amount, transform: [money]}
links:
  account_id:
    books:
      - {value: user_code, via: customer_code}
      - {value: user_name, via: name, transform: [company_key]}
      - {lookup: code, object: customers, unless: [user_code, user_name]}
  billed_account_id: {books: {lookup: code, object: customers}}
""",
    "accounts.csv": """id,name,code,partner
a1,青葉製作所,C1,false
a2,Birch Ltd,C2,false
a3,商社イー,D1,true
""",
    "customers.csv": """code,name
C1,青葉製作所
C2,Birch Ltd
D1,商社イー
C9,Bircch Limited
""",
    "products.csv": "sku\nFLOW\nGRID\n",
    "deals.csv": """id,account,amount,won,product,closed
d1,a1,1000.10,true,FLOW,2026-01-10
d2,a2,500,true,GRID,2026-02-10
d3,a2,900,false,GRID,2026-03-10
""",
    "lines.csv": """id,day,paid,code,name,user_code,user_name,sku,amount
l1,2026-01-20,2026-02-20,C1,青葉製作所,,,FLOW,1000.10
l2,2026-02-20,,C2,Birch Ltd,,,GRID,300.25
l3,2026-02-21,2026-03-21,D1,商社イー,C1,,FLOW,70.01
l4,2026-02-22,,D1,商社イー,,=Nobody,FLOW,5
l5,2026-02-23,,D1,商社イー,,,FLOW,7
l6,2026-02-24,,C9,Bircch Limited,,,GRIDD,11.50
l7,2026-02-25,,,,,,FLOW,-2.25
""",
}
BOOKED = Decimal("1391.61")
LIBRARY = Path(__file__).parents[2] / "mappings" / "library"
ABROAD: dict[str, str | bytes] = {
    "tasuki.yaml": """
kind: project
name: abroad
store: sqlite:///store.db
currency: JPY
rates: rates.csv
""",
    "rates.csv": "date,currency,rate\n2026-01-01,USD,150\n2026-02-01,USD,160\n",
    "connections/sales.yaml": """
kind: connection
name: sales
system: sales_system
objects:
  sales_lines: {files: sales_lines.csv, id: line_id}
  customers: {files: customers.csv, id: customer_code}
""",
    "connections/imports.yaml": """
kind: connection
name: imports
system: sales_system
objects: {legacy_sales: {files: legacy.csv, id: invoice_no}}
""",
    "mappings/sale.yaml": (LIBRARY / "sale.yaml").read_bytes(),
    "mappings/account.yaml": """
kind: mapping
name: account
entity: account
sides: {sales: {object: customers}}
fields:
  name: {sales: customer_name}
  customer_code: {sales: customer_code}
identity:
  - {rule: customer_code, field: customer_code}
""",
    "customers.csv": "customer_code,customer_name\nC1,Birch Ltd\n",
    "legacy.csv": "invoice_no,invoiced_on,customer_code,customer_name,corporate_number,sku,"
    "quantity,"
    'amount,currency\nD1,2025-01-05,C1,,,FLOW,1,"1,000",JPY\n',
    "sales_lines.csv": "line_id,invoice_no,invoiced_on,customer_code,customer_name,"
    "corporate_number,sku,quantity,amount,currency,delivered_code,end_user_code,end_user_name,paid_on\n"
    "1,I1,2026-01-20,C1,,,FLOW,1,10.50,USD,,,,\n"
    "2,I2,2026-02-20,C1,,,FLOW,1,10,USD,,,,\n"
    "3,I3,2026-02-20,C1,,,FLOW,1,500,JPY,,,,\n",
}


@pytest.fixture
def app(tmp_path: Path, store_url: str) -> Iterator[App]:
    """Give the company after one run, on each engine in turn."""
    project = f"{{kind: project, name: money, store: '{store_url}'}}"
    with closing(opened(tmp_path, {**FILES, "tasuki.yaml": project}, TODAY)) as found:
        run(found)
        yield found


def test_every_difference_has_its_reason(app: App) -> None:
    """Won, booked and paid of each account, and a reason for all money that has none."""
    found = reconcile(app)
    said = {line.label: (line.sums.won, line.sums.booked, line.sums.paid) for line in found.lines}
    assert said["青葉製作所"] == (Decimal("1000.10"), Decimal("1070.11"), Decimal("1070.11"))
    assert said["Birch Ltd"] == (500, Decimal("300.25"), 0)
    assert found.unmatched == {
        "end_user_not_given": 7,
        "end_user_unknown": 5,
        "no_customer": Decimal("-2.25"),
        "only_in_books": Decimal("11.50"),
    }


@pytest.mark.parametrize("by", By)
def test_the_rows_add_up_exactly(app: App, by: By) -> None:
    """Whatever the rows are about, the same cents are in them."""
    total = reconcile(app, by).totals
    assert (total.sums.won, total.sums.booked) == (Decimal("1500.10"), BOOKED)
    assert total.sums.paid == Decimal("1070.11")
    assert total.sums.unmatched == Decimal("21.25")
    assert total.sums.won - total.won_not_booked + total.booked_not_won == BOOKED


def test_a_product_nobody_lists_is_named(app: App) -> None:
    """A misspelt product shows its money and what it is most like."""
    odd = [line for line in reconcile(app, By.PRODUCT).lines if line.remark]
    assert [(line.key, line.nearest, line.sums.booked) for line in odd] == [
        ("GRIDD", "GRID", Decimal("11.50"))
    ]


def test_a_proposal_waits_for_a_person(app: App) -> None:
    """The customer only the books know has a near account; asking twice asks once."""
    found = reconcile(app)
    (lost,) = (each for each in found.queue if each.code == "C9")
    assert [c.name for c in lost.candidates] == ["Birch Ltd"]
    assert leave_proposals(app, found) == leave_proposals(app, found) == 1
    with app.store.reading() as db:
        (review,) = db.execute(select(REVIEW.c.left_ref, REVIEW.c.right_ref, REVIEW.c.state))
    assert set(review) == {"books/customers/C9", "crm/accounts/a2", "open"}


def test_a_proposal_stays_until_it_is_answered(app: App, tmp_path: Path) -> None:
    """A change of the customer that answers nothing leaves the question open; its code answers."""
    leave_proposals(app, reconcile(app))

    def state_after(customer: str) -> str | None:
        customers = str(FILES["customers.csv"]).replace("C9,Bircch Limited", customer)
        write(tmp_path, {"customers.csv": customers})
        run(app)
        with app.store.reading() as db:
            return db.scalar(select(REVIEW.c.state))

    assert state_after("C9,Bircch Limitd") == "open"
    assert state_after("C9,Birch Ltd") == "settled"


def test_the_command_writes_rows_no_spreadsheet_executes(
    app: App, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CSV and JSON hold every row; a name that begins a formula is text; the sums are there."""
    file = tmp_path / "out.csv"
    place = ["--project-dir", str(tmp_path)]
    assert tasuki([*place, "--json", "reconcile", "--csv", str(file)]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    with file.open(encoding="utf-8-sig", newline="") as opened_:
        rows = list(csv.DictReader(opened_))
    assert [row["booked"] for row in rows[:-1]] == [row["booked"] for row in document["lines"]]
    assert rows[-1]["key"] == "TOTAL"
    assert rows[-1]["booked"] == document["totals"]["booked"] == str(BOOKED)
    assert "'=Nobody" in {row["name"] for row in rows}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_command_speaks_both_languages(
    app: App,
    tmp_path: Path,
    language: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is shown is in the project's language, every word of it."""
    monkeypatch.setenv("TASUKI_LANGUAGE", language)
    assert tasuki(["--project-dir", str(tmp_path), "reconcile"]) == 0
    text = capsys.readouterr().out
    assert "1,391.61" in text
    assert ("Money nobody claims" in text) is (language == "en")
    assert ("引き取り手のない売上" in text) is (language == "ja")


def test_a_file_that_cannot_be_written_is_an_answer(app: App, tmp_path: Path) -> None:
    """The command says what is wrong with the file, and ends as wrong usage does."""
    nowhere = str(tmp_path / "no" / "such" / "out.csv")
    assert tasuki(["--project-dir", str(tmp_path), "reconcile", "--csv", nowhere]) == 2


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "＝1"])
def test_a_formula_becomes_text(cell: str) -> None:
    """What a spreadsheet would execute is quoted; other text stays."""
    assert safe(cell) == f"'{cell}"
    assert safe("青葉") == "青葉"


def test_a_sale_in_dollars_counts_in_the_projects_currency(tmp_path: Path) -> None:
    """By the library's mapping: each line by the rate of its day, the currency kept beside it."""
    sale, metric = ENTITY_TABLES["sale"], METRIC_TABLES["account"]
    with closing(opened(tmp_path, ABROAD, TODAY)) as abroad:
        run(abroad)
        with abroad.store.reading() as db:
            lines = db.execute(select(sale.c.invoice_no, sale.c.amount, sale.c.currency))
            assert {no: (exact(amount), said) for no, amount, said in lines} == {
                "D1": (1000, "JPY"), "I1": (1575, "USD"), "I2": (1600, "USD"), "I3": (500, "JPY"),
            }  # fmt: skip
            assert exact(db.scalar(select(metric.c.revenue_total))) == 4675
        assert reconcile(abroad).totals.sums.booked == 4675
