"""Sums of money on both engines."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import case, delete, insert, select

from staging.tables.entities import ENTITY_TABLES
from staging.tables.money import exact, total

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SALE = ENTITY_TABLES["sale"]
_AMOUNTS = st.decimals(-(10**10), 10**10, places=4)


@given(amounts=st.lists(_AMOUNTS, max_size=30))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_sum_of_money_is_exact(db: Connection, amounts: list[Decimal]) -> None:
    """The store adds amounts as Decimal does, parts and all, on both engines."""
    db.execute(delete(_SALE))
    if amounts:
        rows = [{"id": str(i), "amount": float(amount)} for i, amount in enumerate(amounts)]
        db.execute(insert(_SALE), rows)
    credit = case((_SALE.c.amount < 0, _SALE.c.amount), else_=0)
    found, credits = db.execute(select(total(_SALE.c.amount), total(credit))).one()
    assert found == sum(amounts)
    assert credits == sum(amount for amount in amounts if amount < 0)


def test_one_amount_is_what_was_written() -> None:
    """A number the store kept becomes the Decimal it was."""
    assert exact(0.1) + exact(0.2) == Decimal("0.3")
    assert exact(None) == 0
