"""Users, owners, accounts and HubSpot companies."""

from datetime import datetime
from random import Random
from typing import Final

from sandbox.salesforce.ids import new_id
from sandbox.world.cast import numbers
from sandbox.world.cast.company import Company
from sandbox.world.cast.evidence import Evidence
from sandbox.world.cast.names import romanize, spell
from sandbox.world.cast.person import User
from sandbox.world.draft import Draft
from sandbox.world.shape import HUBSPOT, SALESFORCE, Owner

_OWNER_BASE: Final = 8_100
_USER_BASE: Final = 61_000
_JA, _EN = ("ja", "ja_JP"), ("en_US", "en_US")
_NTH_READS_ENGLISH: Final = 6
_HUBSPOT_INDUSTRY: Final = {
    "Manufacturing": "MACHINERY", "Electronics": "ELECTRICAL_ELECTRONIC_MANUFACTURING",
    "Chemicals": "CHEMICALS", "Retail": "RETAIL",
    "Transportation": "TRANSPORTATION_TRUCKING_RAILROAD",
    "Technology": "COMPUTER_SOFTWARE", "Construction": "CONSTRUCTION",
    "Consulting": "MANAGEMENT_CONSULTING", "Healthcare": "HOSPITAL_HEALTH_CARE",
}  # fmt: skip


def user_id(user: User) -> str:
    """The Salesforce id of one of our users."""
    return new_id("005", user.serial)


def owner_id(user: User) -> str:
    """The HubSpot owner id of the same user."""
    return str(_OWNER_BASE + user.serial * 3)


def add_users(draft: Draft) -> list[Owner]:
    """Put our people into both CRMs, leavers as inactive and archived."""
    born = draft.ago(1500)
    for user in draft.users:
        person = user.person
        language, locale = _EN if user.serial % _NTH_READS_ENGLISH == 0 else _JA
        draft.add_salesforce(
            "User", born, born,
            FirstName=person.given, LastName=person.family, Username=person.email,
            Email=person.email, Department=user.team, IsActive=user.is_active,
            Alias=f"user{user.serial:02d}", CommunityNickname=f"user{user.serial:02d}",
            UserType="Standard", TimeZoneSidKey="Asia/Tokyo", LocaleSidKey=locale,
            LanguageLocaleKey=language, EmailEncodingKey="UTF-8",
        )  # fmt: skip
    return [_owner(user) for user in draft.users]


def _owner(user: User) -> Owner:
    person = user.person
    return Owner(
        owner_id(user), _USER_BASE + user.serial, person.email, person.given, person.family,
        archived=not user.is_active,
    )  # fmt: skip


def add_companies(draft: Draft) -> None:
    """Put every company into the CRMs its plan names."""
    rng = draft.rng("accounts")
    for company in draft.companies:
        evidence = draft.evidence[company.id]
        created = draft.ago(rng.uniform(400, 1400))
        modified = draft.ago(rng.uniform(1, 300))
        account = None
        if company.in_salesforce:
            account = _add_account(draft, rng, company, evidence, (created, modified))
        if company.in_hubspot:
            _add_hubspot_company(draft, rng, company, evidence, account, (created, modified))


def _add_account(
    draft: Draft, rng: Random, company: Company, evidence: Evidence, when: tuple[datetime, datetime]
) -> str:
    is_customer = company.is_customer
    id = draft.add_salesforce(
        "Account", *when,
        Name=spell(company.name, evidence.styles[0]),
        Type="Customer - Direct" if is_customer else "Prospect",
        Website=_website(rng, company) if evidence.domain_in_salesforce else None,
        Phone=numbers.phone_style(company.phone, rng) if rng.random() < 0.9 else None,
        Industry=company.industry,
        NumberOfEmployees=company.employees,
        BillingState=company.prefecture,
        BillingCountry="Japan",
        OwnerId=user_id(_owner_of(draft, rng, is_customer=is_customer)),
        Corporate_Number__c=company.number if evidence.number_in_salesforce else None,
        Customer_Code__c=customer_code(company) if evidence.code_in_salesforce else None,
        Partner__c=_is_partner(rng, company),
    )  # fmt: skip
    draft.own(SALESFORCE, "Account", id, company)
    return id


def _add_hubspot_company(
    draft: Draft,
    rng: Random,
    company: Company,
    evidence: Evidence,
    account: str | None,
    when: tuple[datetime, datetime],
) -> None:
    number = company.number if evidence.number_in_hubspot else None
    if number and company.plan.identity == "mistyped_number":
        number = numbers.mistyped(number)
    id = draft.add_hubspot(
        "companies", *when,
        name=spell(company.name, evidence.styles[1]),
        domain=company.domain if evidence.domain_in_hubspot else None,
        website=f"https://www.{company.domain}/" if evidence.domain_in_hubspot else None,
        phone=numbers.phone_style(company.phone, rng) if rng.random() < 0.7 else None,
        state=company.prefecture,
        country="Japan",
        industry=_HUBSPOT_INDUSTRY[company.industry],
        numberofemployees=company.employees,
        lifecyclestage="customer" if company.is_customer else rng.choice(("lead", "opportunity")),
        hubspot_owner_id=owner_id(_owner_of(draft, rng, is_customer=company.is_customer)),
        corporate_number=number,
        customer_code=customer_code(company) if evidence.code_in_hubspot else None,
        salesforceaccountid=account if evidence.has_stored_id else None,
    )  # fmt: skip
    draft.own(HUBSPOT, "companies", id, company)


def _owner_of(draft: Draft, rng: Random, *, is_customer: bool) -> User:
    if rng.random() < 0.05:
        return rng.choice([user for user in draft.users if not user.is_active])
    teams = ("customer_success", "field_sales") if is_customer else ("inside_sales", "field_sales")
    return rng.choice(draft.team(rng.choice(teams)))


def _is_partner(rng: Random, company: Company) -> bool:
    if company.plan.heat or company.is_customer:
        return company.plan.heat == "partner"
    return rng.random() < 0.08


def _website(rng: Random, company: Company) -> str:
    styles = ("https://www.{}/", "http://{}", "{}", "https://{}/jp/index.html", "www.{}")
    return rng.choice(styles).format(company.domain)


def customer_code(company: Company) -> str:
    """The code the sales system knows a company by."""
    return f"C{company.serial:06d}"


def old_customer_code(company: Company) -> str:
    """The code it had before the sales system was replaced."""
    return f"K-{romanize(company.name.reading)[:3].strip('- ').upper() or 'X'}{company.serial:04d}"


def plant_companies(draft: Draft) -> None:
    """Write down the planted sames and differents; call it when every system is filled."""
    groups: dict[str, list[Company]] = {}
    for company in draft.companies:
        plan = company.plan
        if plan.group:
            groups.setdefault(plan.group, []).append(company)
        elif plan.identity != "ordinary":
            records = draft.company_records(company)
            draft.plant("companies_same", plan.identity, company=company.id, records=records)
    for members in groups.values():
        listed = [
            {"company": member.id, "records": draft.company_records(member)} for member in members
        ]
        draft.plant("companies_different", members[0].plan.identity, companies=listed)
