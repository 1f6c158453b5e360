"""Tasks, events, HubSpot tasks and cases: what our people did, planned, and still owe."""

from datetime import timedelta
from random import Random
from typing import Final

from sandbox.world.cast.company import Company, planted_count
from sandbox.world.crm.accounts import owner_id, user_id
from sandbox.world.crm.opportunities import STALLED, Deal
from sandbox.world.draft import Draft
from sandbox.world.shape import SALESFORCE, Cell

CASES_PER_SCALE: Final = 150
COMPLAINTS_PER_SCALE: Final = 14
LOOSE_TASKS_PER_SCALE: Final = 550
HUBSPOT_TASKS_PER_SCALE: Final = 200
_SUBJECTS: Final = (
    "Call",
    "Send Quote",
    "Send Letter",
    "Other",
    "お礼の電話",
    "提案書の送付",
    "訪問",
)
_MEETINGS: Final = ("Meeting", "Demo", "定例会", "商談", "現地調査")
_QUESTIONS: Final = (
    "How do I export?",
    "請求書について",
    "ログインできない",
    "設定の変更",
    "API limits",
)
_COMPLAINTS: Final = (
    "Data missing after update",
    "納期の遅れ",
    "画面が遅い",
    "担当者の対応について",
)


def add_activities(draft: Draft, deals: list[Deal]) -> None:
    """Write what happened on every deal, then everything else."""
    rng = draft.rng("activities")
    for deal in deals:
        _on_deal(draft, rng, deal)
    _loose_tasks(draft, rng, deals)
    _hubspot_tasks(draft, rng, deals)
    _cases(draft, rng)


def _on_deal(draft: Draft, rng: Random, deal: Deal) -> None:
    """The last touch is as old as the deal says; older ones lie before it."""
    ages = [deal.touched + 1 + rng.uniform(0, 60) for _ in range(rng.choice((0, 1, 1, 2)))]
    for age in ages:
        _past(draft, rng, deal, age, is_meeting=rng.random() < 0.25)
    _past(draft, rng, deal, deal.touched, is_meeting=deal.case == "recent_event")
    if deal.case == "future_event":
        _meeting(draft, rng, deal, -rng.uniform(4, 40), "予定: " + rng.choice(_MEETINGS))
    if deal.case in {"future_task", "overdue_task"}:
        due = -rng.uniform(4, 40) if deal.case == "future_task" else rng.uniform(36, 41)
        _open_task(draft, rng, deal, due)


def _past(draft: Draft, rng: Random, deal: Deal, age: float, *, is_meeting: bool) -> None:
    if is_meeting:
        _meeting(draft, rng, deal, age, rng.choice(_MEETINGS))
    else:
        _task(draft, rng, age, WhatId=deal.id, WhoId=_who(draft, rng, deal.company))


def _who(draft: Draft, rng: Random, company: Company) -> str | None:
    contacts = draft.contacts_at(company)
    return rng.choice(contacts) if contacts else None


def _task(draft: Draft, rng: Random, age: float, **cells: Cell) -> None:
    done = draft.ago(age)
    draft.add_salesforce(
        "Task", done - timedelta(days=2), done,
        Subject=rng.choice(_SUBJECTS), Status="Completed", Priority="Normal",
        TaskSubtype=rng.choice(("Call", "Email", "Task")), ActivityDate=done.date(),
        CompletedDateTime=done, OwnerId=user_id(rng.choice(draft.team("field_sales"))), **cells,
    )  # fmt: skip


def _open_task(draft: Draft, rng: Random, deal: Deal, age: float) -> None:
    created = draft.ago(deal.touched)
    draft.add_salesforce(
        "Task", created, created,
        Subject=rng.choice(_SUBJECTS), Status="Not Started", Priority="Normal", TaskSubtype="Task",
        ActivityDate=draft.ago(age).date(), WhatId=deal.id,
        OwnerId=user_id(rng.choice(draft.team("field_sales"))),
    )  # fmt: skip


def _meeting(draft: Draft, rng: Random, deal: Deal, age: float, subject: str) -> None:
    start = draft.ago(age).replace(minute=0, second=0)
    created = draft.ago(max(age + 5, deal.touched if age < 0 else 0))
    draft.add_salesforce(
        "Event", created, created if age < 0 else start,
        Subject=subject, StartDateTime=start, EndDateTime=start + timedelta(hours=1),
        DurationInMinutes=60, WhatId=deal.id, WhoId=_who(draft, rng, deal.company),
        OwnerId=user_id(rng.choice(draft.team("field_sales"))), Location="Online",
    )  # fmt: skip


def _quiet(deals: list[Deal]) -> set[str]:
    """Companies whose stalled deal must not look alive through somebody else's task."""
    return {deal.company.id for deal in deals if deal.case in STALLED}


def _loose_tasks(draft: Draft, rng: Random, deals: list[Deal]) -> None:
    """Calls and mails to people and accounts, tied to no deal."""
    quiet = _quiet(deals)
    homes = [company for company in draft.companies if company.in_salesforce]
    for _ in range(round(LOOSE_TASKS_PER_SCALE * draft.scale)):
        company = rng.choice(homes)
        age = rng.uniform(60 if company.id in quiet else 1, 360)
        who = _who(draft, rng, company)
        account = draft.first_id(company.id, SALESFORCE, "Account")
        _task(draft, rng, age, WhoId=who, WhatId=None if who else account)


def _hubspot_tasks(draft: Draft, rng: Random, deals: list[Deal]) -> None:
    quiet = _quiet(deals)
    homes = {
        id: company for company in draft.companies for id in draft.hubspot_contacts_at(company)
    }
    for contact in rng.choices(list(homes), k=round(HUBSPOT_TASKS_PER_SCALE * draft.scale)):
        age = rng.uniform(60 if homes[contact].id in quiet else 1, 300)
        done = draft.ago(age)
        id = draft.add_hubspot(
            "tasks", done - timedelta(days=3), done,
            hs_timestamp=done, hs_task_subject=rng.choice(_SUBJECTS), hs_task_status="COMPLETED",
            hs_task_priority="MEDIUM", hs_task_type=rng.choice(("CALL", "EMAIL", "TODO")),
            hs_task_completion_date=done,
            hubspot_owner_id=owner_id(rng.choice(draft.team("inside_sales"))),
        )  # fmt: skip
        draft.link("tasks", id, "contacts", contact, 204)


def _cases(draft: Draft, rng: Random) -> None:
    customers = [c for c in draft.companies if c.in_salesforce and c.is_customer]
    rng.shuffle(customers)
    complaining = customers[: planted_count(COMPLAINTS_PER_SCALE, draft.scale)]
    for company in complaining:
        id = _case(draft, rng, company, is_complaint=True, is_open=True)
        account = draft.first_id(company.id, SALESFORCE, "Account")
        draft.plant("open_complaints", "complaint", company=company.id, case_id=id, account=account)
    for place in range(round(CASES_PER_SCALE * draft.scale) - len(complaining)):
        is_complaint, is_open = place % 5 == 0, place % 5 == 1
        _case(draft, rng, rng.choice(customers), is_complaint=is_complaint, is_open=is_open)


def _case(draft: Draft, rng: Random, company: Company, *, is_complaint: bool, is_open: bool) -> str:
    created = rng.uniform(1, 25) if is_open else rng.uniform(40, 500)
    closed = None if is_open else draft.ago(created - rng.uniform(1, 20))
    return draft.add_salesforce(
        "Case", draft.ago(created), closed or draft.ago(created),
        CaseNumber=f"{1001 + len(draft.salesforce['Case']):08d}",
        AccountId=draft.first_id(company.id, SALESFORCE, "Account"),
        ContactId=_who(draft, rng, company), Origin=rng.choice(("Email", "Phone", "Web")),
        Type="Complaint" if is_complaint else "Question",
        Status=rng.choice(("New", "Working", "Escalated")) if is_open else "Closed",
        Priority="High" if is_complaint else "Medium", ClosedDate=closed,
        Subject=rng.choice(_COMPLAINTS if is_complaint else _QUESTIONS),
        OwnerId=user_id(rng.choice(draft.team("customer_success"))),
    )  # fmt: skip
