"""Rates of the day: read from a file, looked up by day, amounts rounded as their currency is."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from config.money.currency import Rates, load_rates, rounded
from config.project import load_project
from tasuki.errors import ConfigError

CSV = "date,currency,rate\n2026-01-05,USD,150.5\n2026-01-02,USD,149\n2026-01-02,EUR,170\n"


def test_the_newest_rate_on_or_before_the_day_counts(tmp_path: Path) -> None:
    """Week-ends have Friday's rate; before the first line there is none."""
    (tmp_path / "rates.csv").write_text(CSV, encoding="utf-8")
    rates = load_rates(tmp_path / "rates.csv", "rates.csv", "JPY")
    assert rates.rate("USD", date(2026, 1, 4)) == Decimal(149)
    assert rates.rate("USD", date(2026, 1, 5)) == Decimal("150.5")
    assert rates.rate("USD") == Decimal("150.5")
    assert rates.rate("USD", date(2026, 1, 1)) is None
    assert rates.rate("GBP") is None
    assert rates.rate("JPY", date(1999, 1, 1)) == 1


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [("10.5", "JPY", "11"), ("-10.5", "JPY", "-11"), ("1.005", "USD", "1.01"), ("1", "KWD", "1")],
)
def test_halves_go_away_from_zero(amount: str, currency: str, shown: str) -> None:
    """Yen are whole, dollars have hundredths; a half is rounded as an invoice does it."""
    assert rounded(Decimal(amount), currency) == Decimal(shown)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("day,currency,rate\n", 1, "no column `date`"),
        ("date,currency,rate\n2026-13-01,USD,1\n", 2, "no rate"),
        ("date,currency,rate\n2026-01-01,usd,1\n", 2, "no rate"),
        ("date,currency,rate\n2026-01-01,USD,1\n2026-01-01,USD,0\n", 3, "no rate"),
    ],
)
def test_a_wrong_line_is_shown(tmp_path: Path, text: str, line: int, what: str) -> None:
    """File and line of what is no rate."""
    (tmp_path / "rates.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_rates(tmp_path / "rates.csv", "rates.csv", "JPY")
    assert what in caught.value.what
    assert str(caught.value.where).startswith(f"rates.csv:{line}")


def test_a_project_says_its_currency_and_its_rates(tmp_path: Path) -> None:
    """`currency` and `rates` of tasuki.yaml; a file that is not there is shown in its place."""
    project = "kind: project\nname: demo\ncurrency: USD\nrates: money/rates.csv\n"
    (tmp_path / "tasuki.yaml").write_text(project, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_project(tmp_path, {})
    assert str(caught.value.where).startswith("tasuki.yaml:4:8")
    (tmp_path / "money").mkdir()
    (tmp_path / "money" / "rates.csv").write_text(CSV, encoding="utf-8")
    rates = load_project(tmp_path, {}).rates
    assert (rates.own, sorted(rates.by_currency)) == ("USD", ["EUR", "USD"])


def test_without_rates_there_is_only_the_own_currency() -> None:
    """A project that says nothing counts in yen and converts nothing."""
    assert (Rates().rate("JPY"), Rates().rate("USD")) == (1, None)
