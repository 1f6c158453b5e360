"""The tables of the sales system while they fill: a customer, a line at a time."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from sandbox.world.cast.company import Company
from sandbox.world.cast.names import spell
from sandbox.world.crm.opportunities import PRODUCTS
from sandbox.world.draft import Draft
from sandbox.world.shape import SALES, Row, SalesSide

_DUE_DAYS: Final = 45
_FORGOTTEN: Final = 97
"""One line in so many is long due and not paid."""


@dataclass(frozen=True, slots=True)
class Order:
    """One line before it has a number: days before the end, product, quantity, and for whom."""

    age: int
    sku: str
    quantity: int
    is_credit: bool = False
    delivered_code: str | None = None
    end_user_code: str | None = None
    end_user_name: str | None = None

    @property
    def amount(self) -> int:
        """Net JPY; a credit note takes away."""
        return self.quantity * PRODUCTS[self.sku][1]


class Ledger:
    """The tables of the sales system while they fill."""

    def __init__(self, draft: Draft, rng: Random) -> None:
        self.draft = draft
        self.rng = rng
        self.side = SalesSide([], [], [], [])
        self._number = 0

    def customer(
        self, company: Company, code: str, *, style: str, number: bool, domain: bool
    ) -> None:
        """One customer row, and whose it is."""
        updated = self.draft.ago(self.rng.uniform(1, 400))
        self.side.customers.append({
            "customer_code": code,
            "customer_name": spell(company.name, style),
            "corporate_number": company.number if number else None,
            "domain": company.domain if domain else None,
            "updated_at": f"{updated:%Y-%m-%dT%H:%M:%SZ}",
        })  # fmt: skip
        self.draft.own(SALES, "customers", code, company)

    def line(self, customer: Row, order: Order) -> None:
        """One invoice or credit note line."""
        self._number += 1
        day = self.draft.today - timedelta(days=order.age)
        self.side.lines.append({
            "line_id": self._number,
            "invoice_no": f"INV-{day:%Y%m}-{self._number // 2:06d}",
            "invoiced_on": day.isoformat(),
            "customer_code": customer["customer_code"],
            "customer_name": customer["customer_name"],
            "corporate_number": customer["corporate_number"],
            "sku": order.sku,
            "quantity": order.quantity,
            "unit_price": PRODUCTS[order.sku][1],
            "amount": order.amount,
            "currency": "JPY",
            "kind": "credit_note" if order.is_credit else "invoice",
            "delivered_code": order.delivered_code,
            "end_user_code": order.end_user_code,
            "end_user_name": order.end_user_name,
            "paid_on": _paid_on(self._number, order.age, day),
            "updated_at": f"{day:%Y-%m-%d}T09:00:00Z",
        })  # fmt: skip


def _paid_on(number: int, age: int, day: date) -> str | None:
    """The day of payment; None for what is not due yet, and for the forgotten ones."""
    if age < _DUE_DAYS or number % _FORGOTTEN == 0:
        return None
    return (day + timedelta(days=30 + number % 14)).isoformat()
