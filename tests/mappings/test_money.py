"""Amounts in other currencies: converted on the way in and on the way out, by the day's rate."""

from datetime import date
from decimal import Decimal
from typing import Any

from config.money.currency import Rates
from config.yaml import parse
from mappings.apply import fields_to_read, normalize, push, seen
from mappings.load import Surroundings, load
from mappings.transforms.registry import Habits

RATES = Rates(
    "JPY",
    {"USD": ((date(2026, 1, 5), Decimal("150.25")), (date(2026, 2, 2), Decimal(160)))},
)
MAPPING = load(
    parse(
        """
kind: mapping
name: opportunity
entity: opportunity
sides: {sf: {object: Opportunity}, hub: {object: deals}, old: {object: orders}}
fields:
  close_date: {sf: CloseDate}
  amount:
    sf: {field: Amount, currency: {field: CurrencyIsoCode, on: CloseDate}}
    hub: amount
    old: {field: usd, currency: USD}
    direction: both
    conflict: sf_wins
""",
        "mappings/opportunity.yaml",
    ),
    Surroundings(habits=Habits(rates=RATES)),
)


def amount(side: str, fields: dict[str, Any]) -> Any:
    return normalize(MAPPING, side, fields).values.get("amount", "rejected")


def test_an_amount_is_read_in_the_projects_currency() -> None:
    """By the rate of the day the record names; the newest when it names none."""
    record = {"Amount": 100.1, "CurrencyIsoCode": "USD", "CloseDate": "2026-01-31"}
    assert amount("sf", record) == Decimal(15040)
    assert amount("sf", record | {"CloseDate": None}) == Decimal(16016)
    assert amount("sf", record | {"CurrencyIsoCode": "JPY"}) == Decimal("100.1")
    assert amount("old", {"usd": "10"}) == Decimal(1600)
    assert amount("hub", {"amount": "12.5"}) == Decimal("12.5")


def test_a_record_that_names_no_currency_is_in_the_projects_own() -> None:
    """Old books rarely say that they count in yen; a spelling of it in full width is one, too."""
    record = {"Amount": "100", "CloseDate": "2026-01-31"}
    for blank in (None, "", " ", "ＪＰＹ", "jpy "):
        assert amount("sf", record | {"CurrencyIsoCode": blank}) == 100
    written = push(MAPPING, "sf", {"amount": Decimal(7)}, record={"CurrencyIsoCode": None})
    assert written.fields == {"Amount": 7}
    assert amount("sf", record | {"CurrencyIsoCode": "??"}) == "rejected"


def test_an_unknown_rate_is_no_wrong_number() -> None:
    """The cell is rejected with the currency and the day, and its neighbours go on."""
    record = {"Amount": 1, "CurrencyIsoCode": "EUR", "CloseDate": "2026-01-31"}
    found = normalize(MAPPING, "sf", record)
    assert list(found.values) == ["close_date"]
    (reject,) = found.rejects
    assert "no rate of EUR on or before 2026-01-31" in reject.reason
    assert "file of rates" in reject.remedy
    assert amount("sf", record | {"CurrencyIsoCode": "USD", "CloseDate": "2025-01-01"}) == (
        "rejected"
    )


def test_an_amount_is_written_in_the_records_currency() -> None:
    """What the record says of itself decides; a constant needs no record."""
    record = {"CurrencyIsoCode": "USD", "CloseDate": "2026-01-31"}
    assert push(MAPPING, "sf", {"amount": Decimal(15025)}, record=record).fields == {"Amount": 100}
    assert push(MAPPING, "old", {"amount": Decimal(1000)}).fields == {"usd": 6.25}
    assert push(MAPPING, "old", {"amount": 1000.0}).fields == {"usd": 6.25}
    unsaid = push(MAPPING, "sf", {"amount": Decimal(1)})
    assert (unsaid.fields, len(unsaid.rejects)) == ({}, 1)


def test_what_was_read_is_written_back_the_same() -> None:
    """There and back by one rate: the cell means what it meant."""
    record = {"Amount": 100.1, "CurrencyIsoCode": "USD", "CloseDate": "2026-01-31"}
    there = normalize(MAPPING, "sf", record).values["amount"]
    back = push(MAPPING, "sf", {"amount": there}, record=record).fields
    assert back == {"Amount": 100.1}
    assert seen(MAPPING, "sf", record | back)["amount"] == there


def test_the_fields_behind_an_amount_are_read_too() -> None:
    """The currency and the day are asked for though no entity field names them."""
    assert fields_to_read(MAPPING, "sf") == ["CloseDate", "Amount", "CurrencyIsoCode"]
