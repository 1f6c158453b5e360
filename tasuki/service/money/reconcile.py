"""What the CRM won beside what was booked and what was paid, with every difference explained.

For each row: won − won_not_booked + booked_not_won = booked, booked − not_paid = paid. Rows add up
to the totals, and booked holds every line of the books, also those nobody answers for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Connection, case, func, select

from staging.tables.entities import ENTITY_TABLES
from staging.tables.money import total
from tasuki.service.app import App
from tasuki.service.money.unmatched import (
    Unmatched,
    by_reason,
    lines,
    matched,
    propose,
    unmatched,
)

_SALE: Final = ENTITY_TABLES["sale"]
_DEAL: Final = ENTITY_TABLES["opportunity"]
_ACCOUNT: Final = ENTITY_TABLES["account"]
_PRODUCT: Final = ENTITY_TABLES["product"]
_ZERO: Final = Decimal(0)
_LIKE_PERCENT: Final = 70


class By(StrEnum):
    """What each row is about."""

    ACCOUNT = "account"
    MONTH = "month"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Sums:
    """Won, booked and paid of one row; amounts in the project's currency."""

    won: Decimal = _ZERO
    booked: Decimal = _ZERO
    paid: Decimal = _ZERO
    unmatched: Decimal = _ZERO
    """The part of `booked` nobody in a CRM answers for."""

    @property
    def won_not_booked(self) -> Decimal:
        """Won by the CRM's word, and not in the books."""
        return max(self.won - self.booked, _ZERO) if self.won else _ZERO

    @property
    def booked_not_won(self) -> Decimal:
        """In the books without a won opportunity; negative for a credit note of its own."""
        return self.booked - self.won + self.won_not_booked

    @property
    def not_paid(self) -> Decimal:
        """Booked and without a day of payment."""
        return self.booked - self.paid

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.won + other.won,
            self.booked + other.booked,
            self.paid + other.paid,
            self.unmatched + other.unmatched,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One account, month or product."""

    key: str
    label: str
    sums: Sums
    remark: str = ""
    """Why nobody answers for it, or that the product list does not know it."""
    nearest: str = ""
    """What it is most like among what is known."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of all rows, and of each kind of difference."""

    sums: Sums
    won_not_booked: Decimal
    booked_not_won: Decimal
    not_paid: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The whole comparison."""

    as_of: str
    by: By
    lines: tuple[Line, ...]
    """Largest difference first."""
    totals: Totals
    unmatched: Mapping[str, Decimal]
    """Reason → money nobody answers for."""
    knows_payments: bool
    """Whether any sale says on which day it was paid."""
    queue: tuple[Unmatched, ...] = field(default=())


def reconcile(app: App, by: By = By.ACCOUNT) -> Reconciliation:
    """Compare what was won, booked and paid, row by row."""
    with app.store.reading() as db:
        queue = tuple(unmatched(db))
        found = _ROWS[by](db, queue)
        paid = db.scalar(select(func.count()).where(_SALE.c.paid_on.is_not(None))) or 0
    ordered = sorted(found, key=lambda line: (-_difference(line.sums), line.key))
    return Reconciliation(
        app.tools.now(),
        by,
        tuple(ordered),
        _totals(ordered),
        by_reason(queue),
        knows_payments=paid > 0,
        queue=queue,
    )


def leave_proposals(app: App, found: Reconciliation) -> int:
    """Leave the nearest accounts of the queue as reviews, each asked once; how many pairs."""
    with app.store.writing() as db:
        return propose(db, found.queue, app.tools.now())


def _difference(sums: Sums) -> Decimal:
    return abs(sums.won - sums.booked)


def _totals(rows: Iterable[Line]) -> Totals:
    rows = list(rows)
    return Totals(
        sum((row.sums for row in rows), Sums()),
        sum((row.sums.won_not_booked for row in rows), _ZERO),
        sum((row.sums.booked_not_won for row in rows), _ZERO),
        sum((row.sums.not_paid for row in rows), _ZERO),
    )


def _by_account(db: Connection, queue: Iterable[Unmatched]) -> list[Line]:
    """Every account of a CRM with money, then every customer of the queue."""
    sums = _joined(_won(db, _DEAL.c.account_id), _booked(db, _SALE.c.account_id, where=matched()))
    names = dict(db.execute(select(_ACCOUNT.c.id, _ACCOUNT.c.name)).all())
    known = [Line(id_, names.get(id_) or id_, found) for id_, found in sums.items() if id_]
    nobody = [Line("", "", found, "no_account") for id_, found in sums.items() if not id_]
    lost = [
        Line(
            each.code or "",
            each.name or each.code or "",
            Sums(booked=each.amount, paid=each.paid, unmatched=each.amount),
            each.reason.value,
            "; ".join(c.name for c in each.candidates),
        )
        for each in queue
    ]
    return [*known, *nobody, *lost]


def _by_month(db: Connection, _queue: Iterable[Unmatched]) -> list[Line]:
    """By the month of closing and of the invoice; paid is what was paid of that month's."""
    won = _won(db, func.substr(_DEAL.c.close_date, 1, 7))
    booked = _booked(db, func.substr(_SALE.c.invoiced_on, 1, 7))
    return [Line(month, month, found) for month, found in _joined(won, booked).items()]


def _by_product(db: Connection, _queue: Iterable[Unmatched]) -> list[Line]:
    """By product; one that the product list does not know says so, with the one it is most like."""
    sums = _joined(_won(db, _DEAL.c.product), _booked(db, _SALE.c.product))
    known = {sku: name for sku, name in db.execute(select(_PRODUCT.c.sku, _PRODUCT.c.name)) if sku}
    return [_product(sku, found, known) for sku, found in sums.items()]


def _product(sku: str, sums: Sums, known: Mapping[str, str | None]) -> Line:
    if sku in known or not known:
        return Line(sku, known.get(sku) or sku, sums)
    if not sku:
        return Line("", "", sums, "no_product")
    like = process.extractOne(sku, list(known), scorer=fuzz.ratio, score_cutoff=_LIKE_PERCENT)
    return Line(sku, sku, sums, "unknown_product", like[0] if like else "")


def _won(db: Connection, by: ColumnElement[Any]) -> dict[str, Sums]:
    deal = select(by.label("key"), _DEAL.c.amount).where(_DEAL.c.is_won.is_(True)).subquery()
    rows = db.execute(select(deal.c.key, total(deal.c.amount)).group_by(deal.c.key))
    return {key or "": Sums(won=amount) for key, amount in rows}


def _booked(
    db: Connection, by: ColumnElement[Any], where: ColumnElement[bool] | None = None
) -> dict[str, Sums]:
    """Everything in the books, or the part of it that `where` takes."""
    amount = _SALE.c.amount
    parts = (
        case((_SALE.c.paid_on.is_not(None), amount), else_=0).label("paid"),
        case((matched(), 0), else_=amount).label("lost"),
    )
    query = select(by.label("key"), amount, *parts).select_from(lines())
    line = (query if where is None else query.where(where)).subquery()
    sums = (total(line.c[name]) for name in ("amount", "paid", "lost"))
    rows: Any = db.execute(select(line.c.key, *sums).group_by(line.c.key))
    return {
        key or "": Sums(booked=booked, paid=paid, unmatched=lost)
        for key, booked, paid, lost in rows
    }


def _joined(*parts: Mapping[str, Sums]) -> dict[str, Sums]:
    found: dict[str, Sums] = defaultdict(Sums)
    for part in parts:
        for key, sums in part.items():
            found[key] += sums
    return dict(found)


_Rows = Callable[[Connection, Iterable[Unmatched]], list[Line]]
_ROWS: Final[Mapping[By, _Rows]] = {
    By.ACCOUNT: _by_account,
    By.MONTH: _by_month,
    By.PRODUCT: _by_product,
}
