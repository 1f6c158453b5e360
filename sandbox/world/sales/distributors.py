"""Sales through distributors: billed to a partner, delivered somewhere, used by somebody else.

A distributor is a partner in the CRM and buys for others. Most of its lines name the end user, by
code or by name; one names nobody a CRM knows, one names no end user at all.
"""

from collections.abc import Iterator
from typing import Final

from sandbox.world.cast.company import Company, planted_count
from sandbox.world.cast.evidence import Evidence
from sandbox.world.cast.names import company_names, spell
from sandbox.world.crm.opportunities import PRODUCTS
from sandbox.world.sales.ledger import Ledger, Order
from sandbox.world.shape import SALESFORCE, Row

DISTRIBUTORS_PER_SCALE: Final = 3
_BY_CODE: Final = 3
_OLD_DAYS: Final = (185, 700)
"""Before the windows in which volumes are compared, so that no planted fall moves."""


def add_distributors(ledger: Ledger) -> None:
    """Let some partners buy for others, and write down whose custom it is."""
    draft = ledger.draft
    rng = ledger.rng = draft.rng("distributors")
    partners = _partners(ledger)[: planted_count(DISTRIBUTORS_PER_SCALE, draft.scale, 1)]
    bought_before = [c for c in draft.companies if c.plan.commerce == "steady" and _code(ledger, c)]
    fresh = iter(_fresh(ledger))
    strangers = company_names(draft.rng("strange end users"))
    known = {company.name.stem for company in [*draft.companies, *draft.strangers]}
    for distributor in partners:
        begin = len(ledger.side.lines)
        customer = _open(ledger, distributor)
        for company in rng.sample(bought_before, min(_BY_CODE, len(bought_before))):
            _sell(ledger, customer, company, "by_code")
        if (company_ := next(fresh, None)) is not None:
            _sell(ledger, customer, company_, "by_name")
        name = next(spell(n, "sign") for n in strangers if n.stem not in known)
        _lose(ledger, customer, distributor, name)
        _lose(ledger, customer, distributor, None)
        billed = sum(int(str(row["amount"])) for row in ledger.side.lines[begin:])
        records = draft.company_records(distributor)
        draft.plant(
            "distributors", "partner", company=distributor.id, records=records, billed=billed
        )


def _partners(ledger: Ledger) -> list[Company]:
    """Partners of the CRM that can be told by number or domain; they stay no customers."""
    draft = ledger.draft
    marked = {str(row["Id"]) for row in draft.salesforce["Account"] if row["Partner__c"]}
    return [
        company
        for company in _prospects(ledger)
        if company.plan.heat in {"", "partner"}
        and draft.first_id(company.id, SALESFORCE, "Account") in marked
        and _is_told(draft.evidence[company.id])
    ]


def _is_told(evidence: Evidence) -> bool:
    return evidence.number_in_salesforce or evidence.domain_in_salesforce


def _fresh(ledger: Ledger) -> list[Company]:
    """Prospects that never bought of us; some do now, through a distributor."""
    busy = ledger.draft.busy
    return [c for c in _prospects(ledger) if c.id not in busy and not c.plan.heat]


def _prospects(ledger: Ledger) -> Iterator[Company]:
    for company in ledger.draft.companies:
        plan = company.plan
        if plan.commerce == "prospect" and plan.identity == "ordinary" and company.in_salesforce:
            yield company


def _code(ledger: Ledger, company: Company) -> str | None:
    return ledger.draft.first_id(company.id, "sales", "customers")


def _open(ledger: Ledger, distributor: Company) -> Row:
    code = f"D{distributor.serial:06d}"
    ledger.customer(distributor, code, style="sign", number=True, domain=True)
    return ledger.side.customers[-1]


def _sell(ledger: Ledger, customer: Row, company: Company, case: str) -> None:
    """Two lines for one end user, named by its code or by its name."""
    code = _code(ledger, company) if case == "by_code" else None
    name = None if code else spell(company.name, ledger.draft.evidence[company.id].styles[0])
    amount = _bill(ledger, customer, code, name)
    records = ledger.draft.company_records(company)
    ledger.draft.plant("end_users", case, company=company.id, records=records, amount=amount)


def _lose(ledger: Ledger, customer: Row, distributor: Company, name: str | None) -> None:
    """Lines for an end user whom nobody knows, or whom nobody named."""
    amount = _bill(ledger, customer, None, name)
    case = "unknown" if name else "not_given"
    ledger.draft.plant(
        "end_users_unmatched", case, company=distributor.id, name=name, amount=amount,
        customer_code=customer["customer_code"],
    )  # fmt: skip


def _bill(ledger: Ledger, customer: Row, code: str | None, name: str | None) -> int:
    rng, amount = ledger.rng, 0
    for _ in range(2):
        age, sku = rng.randint(*_OLD_DAYS), rng.choice(list(PRODUCTS))
        order = Order(
            age, sku, rng.choice((2, 5, 8)),
            delivered_code=code, end_user_code=code, end_user_name=name,
        )  # fmt: skip
        ledger.line(customer, order)
        amount += order.amount
    return amount
