"""Put the rooms together: one seed, one scale, one day, one world."""

from datetime import UTC, date, datetime
from typing import Final

from sandbox.world.cast.company import FREE_MAIL_DOMAINS, Company, make_companies
from sandbox.world.cast.evidence import gather
from sandbox.world.cast.person import JUNK_EMAIL, VENDOR_DOMAIN, Person, make_people, make_users
from sandbox.world.crm.accounts import add_companies, add_users, owner_id, plant_companies, user_id
from sandbox.world.crm.activities import add_activities
from sandbox.world.crm.campaigns import add_campaigns, contact_lists
from sandbox.world.crm.opportunities import (
    STALLED_DAYS,
    add_opportunities,
    add_products,
    plant_opportunities,
)
from sandbox.world.crm.people import add_people, mailboxes, plant_people
from sandbox.world.draft import Draft
from sandbox.world.sales.lines import (
    FELL_PERCENT,
    MINIMUM_PRIOR,
    WINDOW_DAYS,
    add_sales,
    plant_orders,
)
from sandbox.world.shape import Cell, HubSpotSide, Owner, Row, Truth, World
from sandbox.world.web import HOT_DAYS, HOT_VIEWS, add_web, form_names

RENEWAL_DAYS: Final = 90
RULES: Final[dict[str, dict[str, Cell]]] = {
    "opportunity_stalled": {
        "stalled_days": STALLED_DAYS,
        "activity": "a completed Task or a past Event on the opportunity itself (WhatId)",
        "planned": "an open Task due today or later, or a future Event, on the opportunity itself",
        "rule": "open, and no stage change, activity or planned activity within stalled_days",
    },
    "order_volume_fell": {
        "fell_percent": FELL_PERCENT,
        "window_days": WINDOW_DAYS,
        "minimum_prior_jpy": MINIMUM_PRIOR,
        "rule": "net amount (credit notes are negative) of the last window_days is fell_percent or "
        "more under that of the window before, which was at least minimum_prior_jpy",
    },
    "customer_never_ordered": {
        "is_customer": "won opportunity, Account.Type 'Customer...' or lifecyclestage 'customer'",
        "rule": "is_customer, and no line in sales_lines or the legacy file",
    },
    "prospect_hot": {
        "views": HOT_VIEWS,
        "days": HOT_DAYS,
        "role": "decision_maker",
        "rule": "page views (cookies split) within days >= views, by a person of that role whose "
        "account is no customer, no partner and has no open opportunity",
    },
    "renewal_due": {
        "renewal_days": RENEWAL_DAYS,
        "rule": "renews_on from today to today + renewal_days, and no contract of the same company "
        "and sku renews later",
    },
}


def generate(seed: int = 1, scale: float = 1.0, today: date | None = None) -> World:
    """Make one company's world as it stands at midnight UTC of that day (the real one by default).

    Shape:  scale 1 is about 300 accounts, 1,500 people, 25,000 engagement events.
    """
    draft = Draft(seed, scale, today or datetime.now(UTC).date())
    _cast(draft)
    owners = add_users(draft)
    add_products(draft)
    add_companies(draft)
    add_people(draft)
    deals = add_opportunities(draft)
    add_activities(draft, deals)
    add_campaigns(draft)
    add_web(draft)
    lists = contact_lists(draft)
    side = add_sales(draft)
    plant_companies(draft)
    plant_people(draft)
    plant_opportunities(draft, deals)
    plant_orders(draft, side)
    hubspot = HubSpotSide(
        draft.hubspot, draft.associations, owners, lists, draft.events, draft.email_events,
        draft.submissions, form_names(),
    )  # fmt: skip
    return World(seed, scale, draft.today, draft.salesforce, hubspot, side, _truth(draft, owners))


def _cast(draft: Draft) -> None:
    draft.users += make_users(draft.rng("users"))
    draft.companies += make_companies(draft.rng("companies"), draft.scale)
    rng = draft.rng("evidence")
    draft.evidence.update((company.id, gather(rng, company)) for company in draft.companies)
    draft.people += make_people(draft.rng("cast"), draft.scale, draft.companies)


def _truth(draft: Draft, owners: list[Owner]) -> Truth:
    teams: list[Row] = [
        {
            "team": user.team,
            "name": user.person.name,
            "email": user.person.email,
            "user_id": user_id(user),
            "owner_id": owner_id(user),
            "active": user.is_active,
        }
        for user, _ in zip(draft.users, owners, strict=True)
    ]
    settings = {
        "free_mail_domains": list(FREE_MAIL_DOMAINS),
        "staff_domains": [VENDOR_DOMAIN],
        "junk_emails": [JUNK_EMAIL],
        "shared_mailboxes": mailboxes(draft),
    }
    companies = [_company_row(company) for company in [*draft.companies, *draft.strangers]]
    people = [_person_row(person) for person in draft.people]
    return Truth(
        RULES, settings, teams, companies, people, draft.records, draft.cookies, draft.planted
    )


def _company_row(company: Company) -> Row:
    return {
        "id": company.id,
        "name": company.name.stem,
        "reading": company.name.reading,
        "corporate_number": company.number,
        "domain": company.domain,
        "identity": company.plan.identity,
        "commerce": company.plan.commerce,
    }


def _person_row(person: Person) -> Row:
    return {
        "id": person.id,
        "name": person.name,
        "reading": f"{person.family_kana} {person.given_kana}".strip(),
        "email": person.email,
        "role": person.role or None,
        "company": person.company.id if person.company else None,
    }
