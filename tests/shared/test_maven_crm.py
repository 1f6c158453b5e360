"""Maven's CRM extract, loaded by configuration alone; the facts are those of its README."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from staging.tables.entities import ENTITY_TABLES
from staging.tables.money import total
from tasuki.service.money.reconcile import By, Line, reconcile
from tasuki.service.reporting import report
from tests.folder import opened, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Select

    from tasuki.service.app import App

pytestmark = pytest.mark.slow
TODAY = datetime(2017, 12, 31, 12, tzinfo=UTC)
WON = Decimal(10005534)
GTX_PRO = Decimal(3510578)
FILES = {
    "tasuki.yaml": """
kind: project
name: maven
store: sqlite:///store.db
""",
    "connections/crm.yaml": """
kind: connection
name: crm
system: sales_system
objects:
  accounts: {files: DATA/accounts.csv, id: account, types: {employees: int}}
  agents: {files: DATA/sales_teams.csv, id: sales_agent}
  pipeline:
    files: DATA/sales_pipeline.csv
    id: opportunity_id
    types: {close_value: num, close_date: date}
""",
    "connections/books.yaml": """
kind: connection
name: books
system: sales_system
objects:
  products: {files: DATA/products.csv, id: product}
  lines:
    files: DATA/sales_pipeline.csv
    id: opportunity_id
    types: {close_value: num, close_date: date}
""",
    "mappings/account.yaml": """
kind: mapping
name: account
entity: account
sides: {crm: {object: accounts}}
fields:
  name: {crm: account, transform: [company_name]}
  industry: {crm: sector}
  employees: {crm: employees}
  city: {crm: office_location}
links:
  parent_id: {crm: {value: subsidiary_of, via: name, transform: [company_key]}}
identity:
  - {rule: name, field: name, transform: [company_key]}
""",
    "mappings/user_.yaml": """
kind: mapping
name: user_
entity: user_
sides: {crm: {object: agents}}
fields:
  name: {crm: sales_agent}
  team: {crm: regional_office}
identity:
  - {rule: name, field: name}
""",
    "mappings/product.yaml": """
kind: mapping
name: product
entity: product
sides: {books: {object: products}}
fields:
  sku: {books: product, transform: [squeeze]}
  name: {books: product, transform: [squeeze]}
""",
    "mappings/opportunity.yaml": """
kind: mapping
name: opportunity
entity: opportunity
sides: {crm: {object: pipeline}}
fields:
  name: {crm: opportunity_id}
  stage: {crm: deal_stage}
  amount: {crm: close_value, transform: [money]}
  close_date: {crm: close_date}
  is_closed: {crm: {field: deal_stage, value_map: {Won: true, Lost: true, "*": false}}}
  is_won: {crm: {field: deal_stage, value_map: {Won: true, "*": false}}}
  product: {crm: product, transform: [squeeze]}
  created_at: {crm: engage_date}
links:
  account_id: {crm: {value: account, via: name, transform: [company_key]}}
  owner_id: {crm: {value: sales_agent, via: name}}
""",
    "mappings/sale.yaml": """
kind: mapping
name: sale
entity: sale
sides: {books: {object: lines}}
fields:
  invoice_no: {books: opportunity_id}
  invoiced_on: {books: close_date}
  customer_name: {books: account}
  product: {books: product, transform: [squeeze]}
  amount: {books: close_value, transform: [money]}
links:
  account_id: {books: {value: account, via: name, transform: [company_key]}}
""",
}


@dataclass(frozen=True)
class Loaded:
    """The extract after one run."""

    app: App
    counts: dict[str, Any]
    again: dict[str, Any]

    def one(self, query: Select[Any]) -> Any:
        """One number of the store."""
        with self.app.store.reading() as db:
            return db.scalar(query)


@pytest.fixture(scope="module")
def maven(
    shared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """Load the extract once, and once more."""
    data = str(shared("maven_crm"))
    files = {name: text.replace("DATA", data) for name, text in FILES.items()}
    with closing(opened(tmp_path_factory.mktemp("maven"), files, TODAY)) as app:
        yield Loaded(app, run(app), run(app))


def test_every_record_is_there(maven: Loaded) -> None:
    """85 accounts, 7 products, 35 agents, 8,800 opportunities and as many lines, nothing broken."""
    counted = {
        entity: maven.one(select(func.count()).select_from(ENTITY_TABLES[entity]))
        for entity in ("account", "product", "user_", "opportunity", "sale")
    }
    assert counted == {
        "account": 85, "product": 7, "user_": 35, "opportunity": 8800, "sale": 8800
    }  # fmt: skip
    assert not maven.counts.get("broken")
    assert report(maven.app).parked == ()


def test_the_second_run_finds_nothing_new(maven: Loaded) -> None:
    """Files delivered again change nothing."""
    assert maven.again["entities"] == 0


def test_stages_and_money_are_those_of_the_extract(maven: Loaded) -> None:
    """Prospecting 500, Engaging 1,589, Won 4,238, Lost 2,473; 10,005,534 was won."""
    deal = ENTITY_TABLES["opportunity"]
    with maven.app.store.reading() as db:
        stages = Counter(
            dict(db.execute(select(deal.c.stage, func.count()).group_by("stage")).all())
        )
    assert stages == {"Prospecting": 500, "Engaging": 1589, "Won": 4238, "Lost": 2473}
    assert maven.one(select(total(deal.c.amount)).where(deal.c.is_won)) == WON


def test_open_deals_without_an_account_stay(maven: Loaded) -> None:
    """1,425 open rows name no account; none of them is lost, none is given to somebody."""
    deal = ENTITY_TABLES["opportunity"]
    lost = select(func.count()).select_from(deal).where(deal.c.account_id.is_(None))
    assert maven.one(lost) == 1425
    assert maven.one(lost.where(deal.c.is_closed)) == 0


def test_a_subsidiary_knows_its_parent(maven: Loaded) -> None:
    """`subsidiary_of` is the parent account, by name."""
    account = ENTITY_TABLES["account"]
    assert maven.one(select(func.count(account.c.parent_id))) == 15


def test_misspelt_products_are_money_nobody_claims(maven: Loaded) -> None:
    """`GTXPro` is in no product list: its 3.51 m are shown, with the product it is most like."""
    found = reconcile(maven.app, By.PRODUCT)
    line = _line(found.lines, "GTXPro")
    assert (line.remark, line.nearest) == ("unknown_product", "GTX Pro")
    assert line.sums.booked == line.sums.won == GTX_PRO
    assert [each.key for each in found.lines if each.remark] == ["GTXPro"]
    revenue = report(maven.app).revenue
    assert revenue.unknown_products == {"GTXPro": GTX_PRO}


@pytest.mark.parametrize("by", By)
def test_the_parts_add_up_to_what_was_won(maven: Loaded, by: By) -> None:
    """By account, month and product the rows add up to the same 10,005,534."""
    found = reconcile(maven.app, by)
    assert found.totals.sums.won == found.totals.sums.booked == WON
    assert sum(line.sums.booked for line in found.lines) == WON
    assert found.totals.won_not_booked == found.totals.booked_not_won == 0


def _line(lines: tuple[Line, ...], key: str) -> Line:
    return next(line for line in lines if line.key == key)
