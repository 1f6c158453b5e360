"""Booked revenue in a few numbers, with what nobody claims."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection, func, select

from staging.tables.entities import ENTITY_TABLES
from staging.tables.money import total
from tasuki.service.money.unmatched import by_reason, unmatched

_SALE: Final = ENTITY_TABLES["sale"]
_PRODUCT: Final = ENTITY_TABLES["product"]
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Revenue:
    """Sales lines, and those nobody in a CRM answers for."""

    lines: int
    amount: Decimal
    unmatched_lines: int
    unmatched_amount: Decimal
    unmatched_customers: tuple[str, ...]
    """Customer codes, else names, most money first."""
    unmatched_reasons: Mapping[str, Decimal] = field(default_factory=dict)
    unknown_products: Mapping[str, Decimal] = field(default_factory=dict)
    """Products that the product list does not know, most money first."""


def revenue(db: Connection) -> Revenue:
    """What the books hold, what of it has no account or no product in a list."""
    lines, amount = db.execute(select(func.count(), total(_SALE.c.amount))).one()
    queue = unmatched(db, nearest=False)
    return Revenue(
        lines=lines,
        amount=amount,
        unmatched_lines=sum(each.lines for each in queue),
        unmatched_amount=sum((each.amount for each in queue), Decimal(0)),
        unmatched_customers=tuple(each.code or each.name or "–" for each in queue[:_SHOWN]),
        unmatched_reasons=by_reason(queue),
        unknown_products=_unknown_products(db),
    )


def _unknown_products(db: Connection) -> dict[str, Decimal]:
    """Nothing where no product list is mapped: then every name is as good as another."""
    known = set(db.scalars(select(_PRODUCT.c.sku)))
    rows = db.execute(select(_SALE.c.product, total(_SALE.c.amount)).group_by(_SALE.c.product))
    found = {name: amount for name, amount in rows if name and known and name not in known}
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))
