"""The sales system: customers, invoices, credit notes, contracts, and the old system's file."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Final

from sandbox.world.cast import numbers
from sandbox.world.cast.company import Company, Plan, planted_count
from sandbox.world.cast.evidence import gather
from sandbox.world.cast.names import company_names, spell
from sandbox.world.crm.accounts import customer_code, old_customer_code
from sandbox.world.crm.opportunities import PRODUCTS
from sandbox.world.draft import Draft
from sandbox.world.sales.distributors import add_distributors
from sandbox.world.sales.ledger import Ledger, Order
from sandbox.world.shape import SALES, Row, SalesSide

WINDOW_DAYS: Final = 90
FELL_PERCENT: Final = 30
MINIMUM_PRIOR: Final = 1_000_000
LINES_PER_SCALE: Final = 4_000
LEGACY_PER_SCALE: Final = 800
UNMATCHED_PER_SCALE: Final = 8
_WINDOWS: Final = 8
_EDGE: Final = 5
_HELD: Final = ("small", "credit_note", "slight", "lumpy", "recoded")


def add_sales(draft: Draft) -> SalesSide:
    """Fill the sales system and write down what is true about orders and renewals."""
    rng = draft.rng("sales")
    ledger = Ledger(draft, rng)
    ordering = [company for company in draft.companies if _orders_lines(company)]
    share = LINES_PER_SCALE * draft.scale / (len(ordering) + UNMATCHED_PER_SCALE * draft.scale)
    for company in draft.companies:
        if company.is_customer:
            _customer(ledger, company, share / _WINDOWS)
    for company in _strangers(draft, rng):
        code, begin = customer_code(company), len(ledger.side.lines)
        _customer(ledger, company, share / _WINDOWS)
        amount = sum(_int(row["amount"]) for row in ledger.side.lines[begin:])
        draft.plant(
            "customers_unmatched", "stranger", company=company.id, customer_code=code, amount=amount
        )
    _legacy(ledger)
    _contracts(ledger)
    add_distributors(ledger)
    ledger.side.lines.sort(key=lambda row: (str(row["invoiced_on"]), _int(row["line_id"])))
    return ledger.side


def _int(cell: object) -> int:
    return cell if isinstance(cell, int) else 0


def _orders_lines(company: Company) -> bool:
    return company.is_customer and company.plan.commerce not in {"never_ordered", "legacy_only"}


def _customer(ledger: Ledger, company: Company, per_window: float) -> None:
    """One customer's rows and lines, under one code or, once recoded, two."""
    plan = company.plan.commerce
    if plan == "never_ordered" and company.serial % 2:
        return
    if plan == "legacy_only":
        return
    evidence = ledger.draft.evidence[company.id]
    codes = [customer_code(company)] + ([f"N{company.serial:06d}"] if plan == "recoded" else [])
    for place, code in enumerate(codes):
        ledger.customer(
            company, code,
            style=evidence.styles[2 if place == 0 else 0],
            number=evidence.number_in_sales or plan == "recoded",
            domain=evidence.domain_in_sales,
        )  # fmt: skip
    rows = ledger.side.customers[-len(codes) :]
    if plan != "never_ordered":
        for order in _orders(ledger.rng, company, per_window):
            ledger.line(rows[-1 if len(rows) > 1 and order.age < WINDOW_DAYS else 0], order)


def _orders(rng: Random, company: Company, per_window: float) -> Iterator[Order]:
    """All lines of one customer: old windows as they come, the last two as the plan says."""
    plan = company.plan.commerce
    skus = rng.sample(list(PRODUCTS), rng.choice((1, 2, 2, 3)))
    for window in range(2, _WINDOWS):
        for _ in range(_count(rng, per_window)):
            yield Order(_age(rng, window), rng.choice(skus), rng.choice((2, 5, 8, 10, 15)))
    if plan == "dormant":
        return
    previous = _previous(rng, plan, skus, _count(rng, per_window))
    yield from previous
    yield from _last(rng, plan, previous)


def _count(rng: Random, mean: float) -> int:
    return max(1, int(mean + rng.random()) + rng.choice((-1, 0, 0, 1)))


def _age(rng: Random, window: int) -> int:
    return window * WINDOW_DAYS + rng.randint(_EDGE, WINDOW_DAYS - _EDGE)


def _previous(rng: Random, plan: str, skus: list[str], count: int) -> list[Order]:
    """The window before the last; big enough where a fall must count."""
    if plan == "small":
        return [Order(_age(rng, 1), "CARE", 10) for _ in range(2)]
    if plan == "lumpy":
        return [Order(WINDOW_DAYS + 80, "FLOW", 40)]
    if plan == "credit_note":
        twice = [Order(WINDOW_DAYS + 60, "GRID", 50), Order(WINDOW_DAYS + 59, "GRID", 50)]
        return [*twice, Order(WINDOW_DAYS + 40, "GRID", -50, is_credit=True)]
    if plan in {"fell", "fell_by_credit_note", "slight", "recoded"}:
        return [Order(_age(rng, 1), rng.choice(skus), rng.choice((100, 120, 140)))] + [
            Order(_age(rng, 1), rng.choice(skus), 30) for _ in range(max(1, count - 1))
        ]
    return [Order(_age(rng, 1), rng.choice(skus), rng.choice((4, 8, 10, 15))) for _ in range(count)]


def _last(rng: Random, plan: str, previous: list[Order]) -> list[Order]:
    """The last window: the one before, line by line, times what the plan says."""
    share = {"fell": 0.45, "slight": 0.87, "small": 0.3}.get(plan, 1.0)
    if plan == "lumpy":
        return [Order(80, "FLOW", 41)]
    if plan == "credit_note":
        return [Order(50, "GRID", 52)]
    kept = [
        replace(
            order,
            age=_age(rng, 0),
            quantity=max(1, round(order.quantity * share))
            + (rng.choice((0, 0, 1)) if share == 1 else 0),
        )
        for order in previous
    ]
    if plan == "fell_by_credit_note":
        kept += [
            replace(order, age=_EDGE, quantity=-round(order.quantity * 0.6), is_credit=True)
            for order in previous
        ]
    return kept


def _strangers(draft: Draft, rng: Random) -> Iterator[Company]:
    """Customers no CRM knows: their money is real."""
    known = {company.name.stem for company in draft.companies}
    names = (name for name in company_names(draft.rng("strangers")) if name.stem not in known)
    template = draft.companies[0]
    for place in range(planted_count(UNMATCHED_PER_SCALE, draft.scale)):
        serial = len(draft.companies) + place + 1
        company = replace(
            template,
            id=f"company-{serial:05d}",
            serial=serial,
            name=next(names),
            number=numbers.corporate_number(serial),
            domain=f"stranger-{serial}.example",
            phone=numbers.switchboard(serial, "kanji"),
            in_salesforce=False,
            in_hubspot=False,
            plan=Plan("stranger", commerce="steady"),
        )
        draft.evidence[company.id] = gather(rng, company)
        draft.strangers.append(company)
        yield company


def _legacy(ledger: Ledger) -> None:
    """Lines of the system before: two to four years old, half of them under its own codes."""
    rng, draft = ledger.rng, ledger.draft
    old = [
        c
        for c in draft.companies
        if c.plan.commerce in {"steady", "dormant"} and rng.random() < 0.6
    ]
    sources = [
        (company, rng.random() < 0.5 and bool(_has_number(draft, company))) for company in old
    ]
    sources += [(c, True) for c in draft.companies if c.plan.commerce == "legacy_only"]
    share = max(2, round(LEGACY_PER_SCALE * draft.scale / max(1, len(sources))))
    number = 0
    for company, is_old_code in sources:
        code = old_customer_code(company) if is_old_code else customer_code(company)
        if is_old_code:
            draft.own(SALES, "legacy", code, company)
        style = rng.choice(("sign", "half", "full"))
        for _ in range(share):
            number += 1
            ledger.side.legacy.append(_legacy_row(ledger, company, code, number, style))


def _has_number(draft: Draft, company: Company) -> bool:
    """Whether a CRM record carries the number an old code could be matched by."""
    evidence = draft.evidence[company.id]
    return (company.in_salesforce and evidence.number_in_salesforce) or (
        company.in_hubspot
        and evidence.number_in_hubspot
        and company.plan.identity != "mistyped_number"
    )


def _legacy_row(ledger: Ledger, company: Company, code: str, number: int, style: str) -> Row:
    rng = ledger.rng
    day = ledger.draft.today - timedelta(days=rng.randint(735, 1400))
    sku, quantity = rng.choice(list(PRODUCTS)), rng.choice((1, 2, 5, 10))
    return {
        "伝票番号": f"D{number:06d}",
        "売上日": f"{day:%Y/%m/%d}",
        "得意先コード": code,
        "得意先名": spell(company.name, style),
        "法人番号": company.number if _has_number(ledger.draft, company) else "",
        "商品コード": sku,
        "数量": quantity,
        "金額": quantity * PRODUCTS[sku][1],
        "通貨": "JPY",
    }


def _contracts(ledger: Ledger) -> None:
    rng = ledger.rng
    for company in ledger.draft.companies:
        plan = company.plan
        if plan.renewal:
            _planned_contract(ledger, company)
        elif plan.commerce == "steady" and rng.random() < 0.35:
            sku = rng.choice(list(PRODUCTS))
            _contract(ledger, company, sku, rng.randint(115, 330))


def _planned_contract(ledger: Ledger, company: Company) -> None:
    rng, plan = ledger.rng, company.plan.renewal
    days = {"outside": rng.randint(105, 160), "lapsed": -rng.randint(20, 200)}
    due = days.get(plan) or rng.randint(8, 80)
    row = _contract(ledger, company, rng.choice(list(PRODUCTS)), due)
    if plan == "renewed":
        _contract(ledger, company, str(row["sku"]), due + 365)
    records = ledger.draft.company_records(company)
    ledger.draft.plant(
        "renewals_due" if plan == "due" else "renewals_not_due", plan,
        company=company.id, records=records, contract_id=row["contract_id"], sku=row["sku"],
        renews_on=row["renews_on"],
    )  # fmt: skip


def _contract(ledger: Ledger, company: Company, sku: str, due: int) -> Row:
    today = ledger.draft.today
    renews = today + timedelta(days=due)
    started = renews - timedelta(days=365)
    installed = min(started, today) - timedelta(days=ledger.rng.randint(0, 900))
    row: Row = {
        "contract_id": f"CT-{len(ledger.side.contracts) + 1:05d}",
        "customer_code": customer_code(company),
        "customer_name": spell(company.name, ledger.draft.evidence[company.id].styles[2]),
        "sku": sku,
        "started_on": started.isoformat(),
        "renews_on": renews.isoformat(),
        "installed_on": installed.isoformat(),
        "annual_amount": ledger.rng.choice((5, 10, 20)) * PRODUCTS[sku][1],
        "currency": "JPY",
    }
    ledger.side.contracts.append(row)
    return row


def plant_orders(draft: Draft, side: SalesSide) -> None:
    """Write down who never ordered and whose volume fell, and the look-alikes of both."""
    sums = _volumes(side, draft.today)
    for company in draft.companies:
        plan, records = company.plan.commerce, draft.company_records(company)
        if plan == "never_ordered":
            draft.plant("customers_never_ordered", plan, company=company.id, records=records)
        elif plan in {"other_spelling", "legacy_only", "dormant"}:
            draft.plant("customers_ordered", plan, company=company.id, records=records)
        elif plan in {"fell", "fell_by_credit_note", *_HELD}:
            kind = "order_volume_held" if plan in _HELD else "order_volume_fell"
            own = [sums.get(code, (0, 0)) for code in draft.ids_of(company.id, SALES, "customers")]
            previous, last = (sum(window) for window in zip(*own, strict=True))
            draft.plant(
                kind, plan, company=company.id, records=records, previous=previous, last=last
            )


def _volumes(side: SalesSide, today: date) -> dict[str, tuple[int, int]]:
    """Per customer code: net JPY of the window before the last, and of the last window."""
    sums: dict[str, tuple[int, int]] = {}
    begin = (today - timedelta(days=2 * WINDOW_DAYS)).isoformat()
    middle = (today - timedelta(days=WINDOW_DAYS)).isoformat()
    for row in side.lines:
        day, code, amount = str(row["invoiced_on"]), str(row["customer_code"]), _int(row["amount"])
        if day > begin:
            previous, last = sums.get(code, (0, 0))
            is_last = day > middle
            sums[code] = (previous + amount * (not is_last), last + amount * is_last)
    return sums
