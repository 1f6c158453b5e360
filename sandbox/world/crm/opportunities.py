"""Opportunities with their histories, line items, contact roles and HubSpot deals."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from random import Random
from typing import Final

from sandbox.salesforce.ids import new_id
from sandbox.salesforce.org import STANDARD_PRICEBOOK
from sandbox.world.cast.company import Company, planted_count
from sandbox.world.crm.accounts import owner_id, user_id
from sandbox.world.draft import Draft
from sandbox.world.shape import HUBSPOT, SALESFORCE, Cell, Row

PRODUCTS: Final = {
    "FLOW": ("Nagare Flow", 48_000), "GRID": ("Nagare Grid", 32_000),
    "CARE": ("Nagare Care", 15_000),
}  # fmt: skip
STAGES: Final = {
    "Prospecting": ("appointmentscheduled", 10), "Qualification": ("qualifiedtobuy", 10),
    "Needs Analysis": ("presentationscheduled", 20),
    "Proposal/Price Quote": ("decisionmakerboughtin", 75),
    "Negotiation/Review": ("contractsent", 90), "Closed Won": ("closedwon", 100),
    "Closed Lost": ("closedlost", 0),
}  # fmt: skip
STALLED_DAYS: Final = 30
STALLED: Final = {"silent": 11, "overdue_task": 3, "amount_edited": 3, "sibling_active": 3}
WAITING: Final = {
    "recent_task": 5, "recent_event": 4, "future_event": 5, "future_task": 5, "just_moved": 6,
}  # fmt: skip
PER_SCALE: Final = 600
OPEN_PER_SCALE: Final = 180
WON_PER_SCALE: Final = 215
_OPEN_STAGES: Final = tuple(STAGES)[:5]
_ROLES: Final = ("Decision Maker", "Economic Buyer", "Evaluator", "Business User", "Other")


@dataclass(frozen=True, slots=True)
class Deal:
    """One opportunity before it is written: when it moved last and what happened since."""

    company: Company
    outcome: str
    case: str
    moved: float
    touched: float
    account: str
    id: str = ""
    deal: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can still be won."""
        return self.outcome == "open"


@dataclass(frozen=True, slots=True)
class _Course:
    """How a deal went: its stages with their ages in days, what it is about, when it closes."""

    path: list[tuple[str, float]]
    lines: list[tuple[str, int]]
    amount: int
    close: float

    @property
    def begun(self) -> float:
        """The age of its first stage."""
        return self.path[0][1]

    @property
    def stage(self) -> str:
        """The stage it is in."""
        return self.path[-1][0]


def add_products(draft: Draft) -> None:
    """The three products and their standard prices."""
    born = draft.ago(1500)
    for sku, (name, price) in PRODUCTS.items():
        product = draft.add_salesforce(
            "Product2", born, born, Name=name, ProductCode=sku, Family="Nagare", IsActive=True
        )
        draft.add_salesforce(
            "PricebookEntry", born, born,
            Pricebook2Id=STANDARD_PRICEBOOK, Product2Id=product, UnitPrice=price, IsActive=True,
        )  # fmt: skip


def add_opportunities(draft: Draft) -> list[Deal]:
    """Write about 600 x scale opportunities; returns them with their ids."""
    rng = draft.rng("opportunities")
    return [_write(draft, rng, deal) for deal in _cast_deals(draft, rng)]


def _cast_deals(draft: Draft, rng: Random) -> Iterator[Deal]:
    homes = [company for company in draft.companies if company.in_salesforce]
    rng.shuffle(homes)
    accounts = {home.id: draft.ids_of(home.id, SALESFORCE, "Account")[0] for home in homes}
    counts = (round(part * draft.scale) for part in (PER_SCALE, OPEN_PER_SCALE, WON_PER_SCALE))
    total, open_count, won_count = counts
    written = 0
    for company, outcome, case in _outcomes(rng, draft.scale, homes, open_count, won_count):
        moved, touched = _ages(rng, outcome, case)
        written += 1
        yield Deal(company, outcome, case, moved, touched, accounts[company.id])
    for company in rng.choices(homes, k=max(0, total - written)):
        age = rng.uniform(20, 700)
        yield Deal(company, "lost", "lost", age, age, accounts[company.id])


def _outcomes(
    rng: Random, scale: float, homes: list[Company], open_count: int, won_count: int
) -> Iterator[tuple[Company, str, str]]:
    turn = iter([home for home in homes if not home.plan.heat])
    written = 0
    for case, count in STALLED.items():
        for _ in range(planted_count(count, scale)):
            company = next(turn)
            yield company, "open", case
            if case == "sibling_active":
                yield company, "open", "active"
                written += 1
            written += 1
    in_deal = [home for home in homes if home.plan.heat == "in_deal"]
    yield from ((home, "open", "active") for home in in_deal)
    lively = list(turn)
    places = cycle(lively)
    waiting = [case for case, count in WAITING.items() for _ in range(planted_count(count, scale))]
    for case in waiting:
        yield next(places), "open", case
    for _ in range(max(0, open_count - written - len(waiting) - len(in_deal))):
        yield rng.choice(lively), "open", "active"
    customers = [home for home in homes if home.is_customer]
    yield from ((company, "won", "won") for company in customers)
    for company in rng.choices(customers, k=max(0, won_count - len(customers))):
        yield company, "won", "won"


def _ages(rng: Random, outcome: str, case: str) -> tuple[float, float]:
    """Days since the last stage change and since the last touch; far from the rule's edge."""
    old, older, fresh = rng.uniform(42, 90), rng.uniform(45, 120), rng.uniform(2, 16)
    if outcome != "open":
        age = rng.uniform(60, 600)
        return age, age
    if case in STALLED or case in {"future_event", "future_task"}:
        return older, old
    if case == "just_moved":
        return fresh, old
    return (older, fresh) if case.startswith("recent") or rng.random() < 0.6 else (fresh, fresh + 1)


def _write(draft: Draft, rng: Random, deal: Deal) -> Deal:
    course = _course(rng, deal)
    deal = replace(deal, id=_opportunity(draft, rng, deal, course))
    _history(draft, rng, deal, course)
    _line_items(draft, deal, course)
    _contact_roles(draft, rng, deal, course.begun)
    return replace(deal, deal=_deal(draft, rng, deal, course))


def _course(rng: Random, deal: Deal) -> _Course:
    last = {"won": "Closed Won", "lost": "Closed Lost"}.get(deal.outcome)
    stages = [*_OPEN_STAGES[: rng.randint(2, 5)], *([last] if last else [])]
    ages = [deal.moved]
    for _ in stages[1:]:
        ages.append(ages[-1] + rng.uniform(3, 25))
    skus = rng.sample(list(PRODUCTS), rng.choice((1, 1, 2)))
    lines = [(sku, rng.choice((1, 2, 3, 5, 10, 20))) for sku in skus]
    amount = sum(quantity * PRODUCTS[sku][1] for sku, quantity in lines)
    close = deal.moved if last else -rng.uniform(10, 120)
    return _Course(list(zip(stages, ages[::-1], strict=True)), lines, amount, close)


def _opportunity(draft: Draft, rng: Random, deal: Deal, course: _Course) -> str:
    product = course.lines[0][0]
    return draft.add_salesforce(
        "Opportunity", draft.ago(course.begun), draft.ago(min(deal.moved, deal.touched)),
        AccountId=deal.account, Name=f"{deal.company.name.stem} {PRODUCTS[product][0]}",
        StageName=course.stage, Amount=course.amount,
        CloseDate=draft.ago(course.close).date(), Probability=STAGES[course.stage][1],
        Type="Existing Business" if deal.company.is_customer else "New Business",
        LeadSource=rng.choice(("Web", "Phone Inquiry", "Partner Referral", "Other")),
        OwnerId=user_id(rng.choice(draft.team("field_sales"))),
        Pricebook2Id=STANDARD_PRICEBOOK, Product_Line__c=product,
        LastStageChangeDate=draft.ago(deal.moved), LastActivityDate=draft.ago(deal.touched).date(),
    )  # fmt: skip


def _history(draft: Draft, rng: Random, deal: Deal, course: _Course) -> None:
    """One row per stage; an edited amount adds one more without a new stage."""
    before = course.amount + 100_000 if deal.case == "amount_edited" else None
    for stage, age in course.path:
        _history_row(draft, deal, course, stage, age, Amount=before or course.amount)
    if before is not None:
        age = rng.uniform(3, 15)
        edit: Row = {"Amount": course.amount, "PrevAmount": before}
        _history_row(draft, deal, course, course.stage, age, **edit)


def _history_row(
    draft: Draft, deal: Deal, course: _Course, stage: str, age: float, **cells: Cell
) -> None:
    probability = STAGES[stage][1]
    draft.add_salesforce(
        "OpportunityHistory", draft.ago(age), draft.ago(age),
        OpportunityId=deal.id, StageName=stage, CloseDate=draft.ago(course.close).date(),
        Probability=probability, ForecastCategory=_forecast(stage),
        ExpectedRevenue=round(course.amount * probability / 100), **cells,
    )  # fmt: skip


def _forecast(stage: str) -> str:
    return {"Closed Won": "Closed", "Closed Lost": "Omitted"}.get(stage, "Pipeline")


def _line_items(draft: Draft, deal: Deal, course: _Course) -> None:
    created = draft.ago(course.begun)
    for sku, quantity in course.lines:
        place = list(PRODUCTS).index(sku) + 1
        price = PRODUCTS[sku][1]
        draft.add_salesforce(
            "OpportunityLineItem", created, created,
            OpportunityId=deal.id, PricebookEntryId=new_id("01u", place),
            Product2Id=new_id("01t", place), Quantity=quantity, UnitPrice=price,
            TotalPrice=price * quantity,
        )  # fmt: skip


def _contact_roles(draft: Draft, rng: Random, deal: Deal, age: float) -> None:
    contacts = draft.contacts_at(deal.company)
    chosen = rng.sample(contacts, min(len(contacts), rng.choice((0, 1, 1, 2, 3))))
    for place, contact in enumerate(chosen):
        created = draft.ago(age)
        draft.add_salesforce(
            "OpportunityContactRole", created, created,
            OpportunityId=deal.id, ContactId=contact, Role=rng.choice(_ROLES), IsPrimary=place == 0,
        )  # fmt: skip


def _deal(draft: Draft, rng: Random, deal: Deal, course: _Course) -> str | None:
    company = draft.first_id(deal.company.id, HUBSPOT, "companies")
    if company is None or rng.random() > 0.45:
        return None
    id = draft.add_hubspot(
        "deals", draft.ago(course.begun), draft.ago(deal.moved),
        dealname=draft.salesforce["Opportunity"][-1]["Name"], pipeline="default",
        dealstage=STAGES[course.stage][0], amount=course.amount,
        closedate=draft.ago(course.close),
        deal_currency_code="JPY", hubspot_owner_id=owner_id(rng.choice(draft.team("field_sales"))),
        salesforceopportunityid=deal.id,
    )  # fmt: skip
    draft.link("deals", id, "companies", company, 5)
    return id


def plant_opportunities(draft: Draft, deals: list[Deal]) -> None:
    """Write down which deals stall and which only seem to."""
    for deal in deals:
        kind = "opportunities_stalled" if deal.case in STALLED else "opportunities_waiting"
        if deal.case in STALLED or deal.case in WAITING:
            idle = int(min(deal.moved, deal.touched))
            draft.plant(
                kind, deal.case, opportunity=deal.id, account=deal.account,
                company=deal.company.id, deal=deal.deal, idle_days=idle,
            )  # fmt: skip
