"""The planted identities can be found by careful rules, and careless rules fall into the traps."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

import pytest

from sandbox.world.cast.numbers import check_digit
from sandbox.world.generate import generate

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from sandbox.world.shape import Cell, RecordKey, World

T = TypeVar("T")
TODAY = date(2026, 11, 21)
WORLDS = [(1, 1.0), (4, 1.0), (6, 0.3)]
LEGAL = re.compile(r"株式会社|\(株\)|co\.?,?\s*ltd\.?", re.IGNORECASE)
VARIANTS = str.maketrans({"髙": "高", "﨑": "崎"})
pytestmark = pytest.mark.parametrize("made", WORLDS, ids=lambda made: f"seed{made[0]}x{made[1]}")


@cache
def world_of(made: tuple[int, float]) -> World:
    return generate(made[0], made[1], TODAY)


# ── a matcher with a veto ──


@dataclass
class Clusters:
    """Union-find in which two different marks never meet."""

    marks: dict[RecordKey, set[str]]
    parent: dict[RecordKey, RecordKey] = field(default_factory=dict)

    def find(self, key: RecordKey) -> RecordKey:
        while (up := self.parent.get(key, key)) != key:
            key = up
        return key

    def join(self, one: RecordKey, other: RecordKey) -> None:
        one, other = self.find(one), self.find(other)
        if one != other and len(self.marks[one] | self.marks[other]) < 2:
            self.parent[other] = one
            self.marks[one] |= self.marks[other]

    def join_all(self, keys: list[RecordKey]) -> None:
        for other in keys[1:]:
            self.join(keys[0], other)

    def marks_of(self, keys: list[RecordKey]) -> set[str]:
        return set().union(*(self.marks[self.find(key)] for key in keys))

    def pairs(self) -> set[tuple[RecordKey, RecordKey]]:
        return pairs_by({key: self.find(key) for key in self.marks})


def pairs_by(owner: dict[RecordKey, Hashable]) -> set[tuple[RecordKey, RecordKey]]:
    groups: dict[Hashable, list[RecordKey]] = defaultdict(list)
    for key in sorted(owner):
        groups[owner[key]].append(key)
    return {pair for group in groups.values() for pair in combinations(group, 2)}


def grouped(pairs: Iterable[tuple[T | None, RecordKey]]) -> list[list[RecordKey]]:
    groups: dict[T, list[RecordKey]] = defaultdict(list)
    for value, key in pairs:
        if value:
            groups[value].append(key)
    return list(groups.values())


# ── companies ──


@dataclass(frozen=True)
class Firm:
    """What one record says about its company."""

    key: RecordKey
    name: str
    number: str | None
    domain: str | None
    code: str | None
    account: str | None = None


def domain_of(cell: Cell) -> str | None:
    if not cell:
        return None
    return re.sub(r"^(https?://)?(www\.)?", "", str(cell)).split("/")[0].lower()


def text(cell: Cell) -> str | None:
    return str(cell) if cell else None


def valid(cell: Cell) -> str | None:
    number = str(cell or "")
    return number if len(number) == 13 and check_digit(number[1:]) == number[0] else None


def plain(name: str) -> str:
    return re.sub(
        r"[\s.,]", "", LEGAL.sub("", unicodedata.normalize("NFKC", name).translate(VARIANTS))
    )


def firms(world: World) -> list[Firm]:
    found = [
        Firm(
            ("salesforce", "Account", str(row["Id"])), str(row["Name"]),
            valid(row["Corporate_Number__c"]), domain_of(row["Website"]),
            text(row["Customer_Code__c"]),
        )
        for row in world.salesforce["Account"]
    ]  # fmt: skip
    found += [
        Firm(
            ("hubspot", "companies", str(row["id"])), str(row["name"]),
            valid(row["corporate_number"]), domain_of(row["domain"]), text(row["customer_code"]),
            text(row["salesforceaccountid"]),
        )
        for row in world.hubspot.objects["companies"]
    ]  # fmt: skip
    found += [
        Firm(
            ("sales", "customers", str(row["customer_code"])), str(row["customer_name"]),
            valid(row["corporate_number"]), domain_of(row["domain"]), str(row["customer_code"]),
        )
        for row in world.sales.customers
    ]  # fmt: skip
    codes = {firm.code for firm in found}
    old = {str(row["得意先コード"]): row for row in world.sales.legacy}
    return found + [
        Firm(("sales", "legacy", code), str(row["得意先名"]), valid(row["法人番号"]), None, code)
        for code, row in old.items()
        if code not in codes
    ]


def match_companies(world: World) -> Clusters:
    """Stored ids, numbers, codes, domains, names, in this order; a number vetoes."""
    found = firms(world)
    free = set(world.truth.settings["free_mail_domains"])
    clusters = Clusters({firm.key: {firm.number} if firm.number else set() for firm in found})
    for firm in found:
        if firm.account:
            clusters.join(("salesforce", "Account", firm.account), firm.key)
    for keys in grouped((firm.number, firm.key) for firm in found):
        clusters.join_all(keys)
    for keys in grouped((firm.code, firm.key) for firm in found):
        clusters.join_all(keys)
    domains = grouped(
        (firm.domain if firm.domain not in free else None, firm.key) for firm in found
    )
    for keys in domains + grouped((plain(firm.name).casefold(), firm.key) for firm in found):
        if len(clusters.marks_of(keys)) < 2:
            clusters.join_all(keys)
    return clusters


def true_companies(world: World) -> dict[RecordKey, Hashable]:
    objects = {"Account", "companies", "customers", "legacy"}
    records = world.truth.records
    return {(r.system, r.object, r.id): r.company for r in records if r.object in objects}


def test_careful_rules_find_every_company(made: tuple[int, float]) -> None:
    """Numbers, codes, domains and clean names with a veto give the truth, no pair more or less."""
    world = world_of(made)
    assert match_companies(world).pairs() == pairs_by(true_companies(world))


@pytest.mark.parametrize("trap", ["sister", "same_name", "free_mail", "near_miss"])
def test_careless_rules_join_different_companies(made: tuple[int, float], trap: str) -> None:
    """Each kind of stranger is joined by one rule without its guard."""
    world = world_of(made)
    cases = [c for c in world.truth.planted["companies_different"] if c["case"] == trap]
    listed = {record: None for case in cases for record in records_of(case, "companies")}
    fooled: dict[RecordKey, Hashable] = {}
    for firm in firms(world):
        if firm.key in listed:
            name = plain(firm.name)
            careless = {"same_name": name, "near_miss": name[:3]}.get(trap, firm.domain)
            fooled[firm.key] = careless or firm.key
    owner = true_companies(world)
    assert cases
    assert any(owner[a] != owner[b] for a, b in pairs_by(fooled))


def records_of(case: dict[str, object], members: str) -> list[RecordKey]:
    found = case[members]
    assert isinstance(found, list)
    return [record for member in found for record in member["records"]]


def test_strangers_are_as_many_as_sames(made: tuple[int, float]) -> None:
    """There is a planted negative for every planted positive."""
    planted = world_of(made).truth.planted
    assert len(planted["companies_different"]) >= len(planted["companies_same"])
    assert len(planted["people_different"]) >= len(planted["people_same"])
    assert len(planted["cookies_single"]) >= len(planted["cookies_shared"])
    assert len(planted["order_volume_held"]) >= len(planted["order_volume_fell"])


def test_a_planted_company_has_its_records_everywhere(made: tuple[int, float]) -> None:
    """Each planted same lists at least an account and a HubSpot company, spelled differently."""
    world = world_of(made)
    names = {firm.key: firm.name for firm in firms(world)}
    for case in world.truth.planted["companies_same"]:
        records = case["records"]
        assert isinstance(records, list)
        assert {"Account", "companies"} <= {record[1] for record in records}
        assert len({names[record] for record in records}) > 1


# ── people ──


@dataclass(frozen=True)
class Card:
    """What one record says about its person."""

    key: RecordKey
    name: str
    email: str | None
    mobile: str | None
    phone: str | None
    links: tuple[RecordKey, ...]


def digits(cell: Cell) -> str | None:
    found = "".join(char for char in str(cell or "") if char.isdigit())
    return re.sub(r"^81", "0", found) or None


def cards(world: World) -> list[Card]:
    return _salesforce_cards(world) + [
        Card(
            ("hubspot", "contacts", str(row["id"])),
            f"{row.get('lastname')} {row.get('firstname')}",
            str(row["email"]).lower(),
            digits(row.get("mobilephone")),
            digits(row.get("phone")),
            tuple(
                ("salesforce", object, str(row[name]))
                for object, name in (
                    ("Contact", "salesforcecontactid"),
                    ("Lead", "salesforceleadid"),
                )
                if row.get(name)
            ),
        )
        for row in world.hubspot.objects["contacts"]
    ]


def _salesforce_cards(world: World) -> list[Card]:
    found = []
    for object in ("Contact", "Lead"):
        for row in world.salesforce[object]:
            into = row.get("ConvertedContactId")
            links = (("salesforce", "Contact", str(into)),) if into else ()
            name = f"{row['LastName']} {row['FirstName']}"
            email = str(row["Email"] or "").lower() or None
            key = ("salesforce", object, str(row["Id"]))
            mobile, phone = digits(row.get("MobilePhone")), digits(row.get("Phone"))
            found.append(Card(key, name, email, mobile, phone, links))
    return found


def match_people(world: World) -> Clusters:
    """Stored ids, own addresses, then name with mobile; nothing shared joins anybody."""
    found = cards(world)
    settings = world.truth.settings
    shared = {*settings["shared_mailboxes"], *settings["junk_emails"], "n/a"}
    clusters = Clusters({card.key: set() for card in found})
    for card in found:
        for link in card.links:
            clusters.join(link, card.key)
    own = ((card.email if card.email not in shared else None, card.key) for card in found)
    mobiles = (((card.name, card.mobile) if card.mobile else None, card.key) for card in found)
    for keys in [*grouped(own), *grouped(mobiles)]:
        clusters.join_all(keys)
    return clusters


def true_people(world: World) -> dict[RecordKey, Hashable]:
    objects = {"Contact", "Lead", "contacts"}
    records = world.truth.records
    return {(r.system, r.object, r.id): r.person for r in records if r.object in objects}


def test_careful_rules_find_every_person(made: tuple[int, float]) -> None:
    """Stored ids, exact addresses and name with mobile give the truth, no pair more or less."""
    world = world_of(made)
    assert match_people(world).pairs() == pairs_by(true_people(world))


@pytest.mark.parametrize(
    ("trap", "fields"),
    [
        ("switchboard", ("phone",)),
        ("shared_mailbox", ("email",)),
        ("junk_values", ("email",)),
        ("same_name", ("name",)),
        ("homonyms", ("name", "phone")),
        ("initials", ("phone", "initial")),
    ],
)
def test_careless_rules_join_strangers(
    made: tuple[int, float], trap: str, fields: tuple[str, ...]
) -> None:
    """Each kind of stranger shares exactly what a careless rule joins by."""
    world = world_of(made)
    cases = [c for c in world.truth.planted["people_different"] if c["case"] == trap]
    listed = {record for case in cases for record in records_of(case, "people")}
    fooled: dict[RecordKey, Hashable] = {}
    for card in cards(world):
        if card.key in listed:
            facts = {"phone": card.phone, "email": card.email, "name": card.name}
            facts["initial"] = card.name.split()[0]
            fooled[card.key] = tuple(facts[name] for name in fields)
    owner = true_people(world)
    assert cases
    assert any(owner[a] != owner[b] for a, b in pairs_by(fooled))


# ── cookies ──


def test_forms_tell_whose_events_they_are(made: tuple[int, float]) -> None:
    """A cookie's events belong to whoever sent its latest form; before the first, to that one."""
    world = world_of(made)
    people = {p["email"]: str(p["id"]) for p in world.truth.people}
    people |= {t["email"]: f"staff-{n:02d}" for n, t in enumerate(world.truth.teams, start=1)}
    spans = {cookie.utk: cookie for cookie in world.truth.cookies}
    by_cookie = defaultdict(list)
    for event in world.hubspot.events:
        by_cookie[event.properties["utk"]].append(event)
    assert set(by_cookie) == set(spans)
    for utk, events in by_cookie.items():
        forms = [event for event in events if "email" in event.properties]
        senders = [people.get(form.properties["email"].strip().lower(), "?") for form in forms]
        changes = [s for place, s in enumerate(senders) if place == 0 or senders[place - 1] != s]
        if spans[utk].kind not in ("bot", "travelled", "refused") and "?" not in senders:
            assert changes == [person for person, _ in spans[utk].spans]


def test_planted_spans_split_all_events_of_a_shared_cookie(made: tuple[int, float]) -> None:
    """Every event of a shared cookie is listed once, and HubSpot holds all on one contact."""
    world = world_of(made)
    for case in world.truth.planted["cookies_shared"]:
        spans = case["spans"]
        assert isinstance(spans, list)
        events = [e for e in world.hubspot.events if e.properties["utk"] == case["utk"]]
        listed = Counter(id for span in spans for id in span["events"])
        assert listed == Counter(event.id for event in events)
        assert {event.contact_id for event in events} == {case["hubspot_contact"]}
        assert len({span["person"] for span in spans}) == 2
        assert all(span["events"] for span in spans)


def test_forwarded_links_name_somebody_else(made: tuple[int, float]) -> None:
    """Whoever reads is not for whom the link was made; a link that travelled names no reader."""
    world = world_of(made)
    people = {str(p["id"]): p["email"] for p in world.truth.people}
    events = {event.id: event.properties for event in world.hubspot.events}
    for case in world.truth.planted["cookies_forwarded"]:
        (span,) = case["spans"]
        told = [events[id] for id in span["events"]]
        (made_for,) = {each["recipient"] for each in told if "recipient" in each}
        assert made_for != people[span["person"]]
        assert {each["email"] for each in told if "email" in each} == {people[span["person"]]}
    for case in world.truth.planted["cookies_travelled"]:
        assert not any("email" in events[id] for id in case["events"])
    for case in world.truth.planted["cookies_refused"]:
        assert events[case["events"][-1]]["consent"] == "false"


def test_single_cookies_stay_with_their_person(made: tuple[int, float]) -> None:
    """Several forms, odd capitals and a second browser make no second person."""
    world = world_of(made)
    for case in world.truth.planted["cookies_single"]:
        spans = case["spans"]
        assert isinstance(spans, list)
        assert len(spans) == 1
