"""Salesforce contacts and leads and HubSpot contacts, planted doubles and strangers included."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from sandbox.world.cast import numbers
from sandbox.world.cast.company import FREE_MAIL_DOMAINS, Company
from sandbox.world.cast.names import spell
from sandbox.world.cast.person import DIFFERENT, JUNK_EMAIL, SAME, Person
from sandbox.world.crm.accounts import owner_id, user_id
from sandbox.world.draft import Draft
from sandbox.world.shape import HUBSPOT, SALESFORCE, Cell

_SOURCES: Final = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where the records of one person are written."""

    draft: Draft
    rng: Random
    person: Person
    company: Company

    def contact(self, email: str | None, phone: str | None, mobile: str | None) -> str:
        """One Salesforce contact."""
        draft, person = self.draft, self.person
        created, modified = self._moments()
        id = draft.add_salesforce(
            "Contact", created, modified,
            AccountId=draft.first_id(self.company.id, SALESFORCE, "Account"),
            LastName=person.family, FirstName=person.given, Email=email, Phone=phone,
            MobilePhone=mobile, Title=person.title or None, LeadSource=self.rng.choice(_SOURCES),
            OwnerId=user_id(self.rng.choice(draft.team("field_sales"))),
            Role_In_Purchase__c=person.role or None,
        )  # fmt: skip
        draft.own(SALESFORCE, "Contact", id, self.company, person.id)
        return id

    def lead(self, email: str | None, converted: dict[str, Cell] | None = None) -> str:
        """One Salesforce lead, converted when it says into what."""
        draft, person = self.draft, self.person
        created, modified = self._moments()
        evidence = draft.evidence[self.company.id]
        status = self.rng.choice(("Open - Not Contacted", "Working - Contacted"))
        id = draft.add_salesforce(
            "Lead", created, modified,
            LastName=person.family, FirstName=person.given, Email=email,
            Company=spell(self.company.name, evidence.styles[2]),
            Phone=self.phone(0.3), Title=person.title or None,
            Status="Closed - Converted" if converted else status,
            LeadSource=self.rng.choice(_SOURCES), State=self.company.prefecture, Country="Japan",
            OwnerId=user_id(self.rng.choice(draft.team("inside_sales"))),
            IsConverted=converted is not None, **(converted or {}),
        )  # fmt: skip
        draft.own(SALESFORCE, "Lead", id, self.company, person.id)
        return id

    def hubspot(self, email: str, *, mobile: str | None = None, **cells: Cell) -> str:
        """One HubSpot contact, tied to its company where HubSpot knows that."""
        draft, person, company = self.draft, self.person, self.company
        created, modified = self._moments()
        id = draft.add_hubspot(
            "contacts", created, modified,
            email=email, firstname=person.given, lastname=person.family,
            company=spell(company.name, draft.evidence[company.id].styles[1]),
            jobtitle=person.title or None, phone=self.phone(0.5),
            mobilephone=numbers.phone_style(mobile, self.rng) if mobile else None,
            lifecyclestage="customer" if company.is_customer else "lead",
            hubspot_owner_id=owner_id(self.rng.choice(draft.team("marketing"))),
            role_in_purchase=person.role or None, **cells,
        )  # fmt: skip
        draft.own(HUBSPOT, "contacts", id, company, person.id)
        where = draft.first_id(company.id, HUBSPOT, "companies")
        if where:
            draft.link("contacts", id, "companies", where, 1)
        return id

    def phone(self, share: float) -> str | None:
        """The company's main number, sometimes."""
        if self.rng.random() >= share:
            return None
        return numbers.phone_style(self.company.phone, self.rng)

    def _moments(self) -> tuple[datetime, datetime]:
        age = self.rng.uniform(200, 1000)
        return self.draft.ago(age), self.draft.ago(self.rng.uniform(1, age))


def add_people(draft: Draft) -> None:
    """Write every person's records; the planted ones exactly as their trap says."""
    rng = draft.rng("people")
    for person in draft.people:
        if person.company is not None:
            desk = _Desk(draft, rng, person, person.company)
            _TRAPS.get(person.trap, _ordinary)(desk)
    _add_mailboxes(draft, rng)


def _ordinary(desk: _Desk) -> None:
    rng, person = desk.rng, desk.person
    knows_contact = desk.company.in_salesforce and rng.random() < 0.58
    knows_lead = rng.random() < (0.02 if knows_contact else 0.34)
    knows_hubspot = rng.random() < 0.74 or not (knows_contact or knows_lead)
    ids: dict[str, Cell] = {}
    if knows_contact:
        is_told = knows_hubspot or knows_lead or rng.random() < 0.92
        email = _cased(rng, person.email) if is_told else None
        contact = desk.contact(email, desk.phone(0.6), person.mobile or None)
        ids["salesforcecontactid"] = contact if rng.random() < 0.3 else None
    if knows_lead:
        lead = desk.lead(person.email)
        ids["salesforceleadid"] = lead if rng.random() < 0.3 else None
    if knows_hubspot:
        desk.hubspot(person.email, mobile=person.mobile or None, **ids)


def _cased(rng: Random, email: str) -> str:
    """Most write an address as it is, some with capitals."""
    local, _, domain = email.partition("@")
    return rng.choice((email,) * 8 + (f"{local.title()}@{domain}", email.upper()))


def _email_case(desk: _Desk) -> None:
    local, _, domain = desk.person.email.partition("@")
    desk.contact(f"{local.title()}@{domain.upper()}", desk.phone(0.5), None)
    desk.hubspot(desk.person.email)


def _stored_contact_id(desk: _Desk) -> None:
    contact = desk.contact(_other_address(desk, "former"), None, None)
    desk.hubspot(desk.person.email, salesforcecontactid=contact)


def _stored_lead_id(desk: _Desk) -> None:
    lead = desk.lead(_other_address(desk, "former"))
    desk.hubspot(desk.person.email, salesforceleadid=lead)


def _converted_lead(desk: _Desk) -> None:
    contact = desk.contact(desk.person.email, desk.phone(0.5), None)
    account = desk.draft.first_id(desk.company.id, SALESFORCE, "Account")
    into: dict[str, Cell] = {
        "ConvertedContactId": contact,
        "ConvertedAccountId": account,
        "ConvertedDate": desk.draft.ago(desk.rng.uniform(20, 200)).date(),
    }
    desk.lead(_private_address(desk), into)


def _name_and_mobile(desk: _Desk) -> None:
    desk.hubspot(desk.person.email, mobile=desk.person.mobile)
    desk.hubspot(_private_address(desk), mobile=desk.person.mobile)


def _three_records(desk: _Desk) -> None:
    desk.lead(desk.person.email)
    desk.contact(desk.person.email.upper(), desk.phone(0.5), desk.person.mobile)
    desk.hubspot(desk.person.email)


def _other_address(desk: _Desk, word: str) -> str:
    local, _, domain = desk.person.email.partition("@")
    return f"{local}.{word}@{domain}"


def _private_address(desk: _Desk) -> str:
    domain = FREE_MAIL_DOMAINS[len(desk.person.email) % len(FREE_MAIL_DOMAINS)]
    local = desk.person.email.partition("@")[0]
    return f"{local}.{desk.person.id.removeprefix('person-')}@{domain}"


def _at_switchboard(desk: _Desk) -> None:
    desk.contact(desk.person.email, desk.company.phone, None)


def _with_initials(desk: _Desk) -> None:
    desk.contact(desk.person.email, desk.company.phone, None)
    desk.hubspot(desk.person.email)


def _champion(desk: _Desk) -> None:
    contact = desk.contact(desk.person.email, desk.phone(0.6), None)
    stored = contact if desk.rng.random() < 0.5 else None
    desk.hubspot(desk.person.email, salesforcecontactid=stored)


def _shared_mailbox(desk: _Desk) -> None:
    desk.contact(f"info@{desk.company.domain}", desk.company.phone, None)


def _junk_values(desk: _Desk) -> None:
    desk.contact(desk.rng.choice((JUNK_EMAIL, JUNK_EMAIL, "n/a")), "n/a", None)


def _same_name(desk: _Desk) -> None:
    desk.contact(desk.person.email, None, None)
    desk.hubspot(desk.person.email)


_TRAPS: Final[dict[str, Callable[[_Desk], None]]] = {
    "champion": _champion,
    "email_case": _email_case,
    "stored_contact_id": _stored_contact_id,
    "stored_lead_id": _stored_lead_id,
    "converted_lead": _converted_lead,
    "name_and_mobile": _name_and_mobile,
    "three_records": _three_records,
    "switchboard": _at_switchboard,
    "homonyms": _at_switchboard,
    "initials": _with_initials,
    "shared_mailbox": _shared_mailbox,
    "junk_values": _junk_values,
    "same_name": _same_name,
}


def mailboxes(draft: Draft) -> list[str]:
    """The shared addresses of the world, in order."""
    homes = (person.company for person in draft.people if person.trap == "shared_mailbox")
    return sorted({f"info@{home.domain}" for home in homes if home is not None})


def _add_mailboxes(draft: Draft, rng: Random) -> None:
    """A shared address is a HubSpot contact too, and nobody's own."""
    homes = {
        p.company.id: p.company for p in draft.people if p.trap == "shared_mailbox" and p.company
    }
    for company in homes.values():
        created, modified = draft.ago(rng.uniform(200, 900)), draft.ago(rng.uniform(1, 100))
        name = spell(company.name, "full")
        email = f"info@{company.domain}"
        id = draft.add_hubspot("contacts", created, modified, email=email, lastname=name)
        draft.own(HUBSPOT, "contacts", id, company, f"mailbox-{company.serial:05d}")
        draft.link(
            "contacts", id, "companies", draft.ids_of(company.id, HUBSPOT, "companies")[0], 1
        )
    junk = draft.add_hubspot(
        "contacts",
        draft.ago(700),
        draft.ago(90),
        email=JUNK_EMAIL,
        firstname="test",
        lastname="test",
    )
    draft.own(HUBSPOT, "contacts", junk, None, "junk-00001")


def plant_people(draft: Draft) -> None:
    """Write down who is one person and who is not."""
    groups: dict[str, list[Person]] = {}
    for person in draft.people:
        if person.trap in SAME:
            records = draft.person_records(person.id)
            draft.plant("people_same", person.trap, person=person.id, records=records)
        elif person.trap in DIFFERENT:
            groups.setdefault(person.group, []).append(person)
    for members in groups.values():
        listed = [{"person": each.id, "records": draft.person_records(each.id)} for each in members]
        draft.plant("people_different", members[0].trap, people=listed)
