"""The people of the world and our own users, each person with the trap he or she stands in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from sandbox.world.cast import lexicon, numbers
from sandbox.world.cast.company import FREE_MAIL_DOMAINS, Company, planted_count
from sandbox.world.cast.names import romanize

VENDOR_DOMAIN: Final = "nagare-works.example"
JUNK_EMAIL: Final = "test@example.com"
PEOPLE_PER_SCALE: Final = 1500
SAME: Final = {
    "email_case": 10, "stored_contact_id": 8, "stored_lead_id": 6, "converted_lead": 8,
    "name_and_mobile": 8, "three_records": 8,
}  # fmt: skip
DIFFERENT: Final = {
    "switchboard": 12, "shared_mailbox": 10, "same_name": 12, "initials": 8,
    "homonyms": 6, "junk_values": 8,
}  # fmt: skip
TEAMS: Final = {"marketing": 4, "inside_sales": 6, "field_sales": 8, "customer_success": 4}
_SIZES: Final = ((1, 2, 3, 4, 5, 6, 8, 11, 14), (8, 14, 18, 18, 14, 10, 9, 6, 3))


@dataclass(frozen=True, slots=True)
class Person:
    """One real person of the invented world."""

    id: str
    family: str
    given: str
    family_kana: str
    given_kana: str
    email: str
    mobile: str
    title: str
    role: str
    company: Company | None
    trap: str = ""
    group: str = ""

    @property
    def name(self) -> str:
        """Family and given name in their own order."""
        if self.family_kana:
            return f"{self.family} {self.given}"
        return f"{self.given} {self.family}"


@dataclass(frozen=True, slots=True)
class User:
    """One of our own people, with the same e-mail in both CRMs."""

    serial: int
    person: Person
    team: str
    is_active: bool


class Crowd:
    """Makes people and keeps their names and addresses apart."""

    def __init__(self, rng: Random) -> None:
        """Start with nobody."""
        self._rng = rng
        self._emails: set[str] = set()
        self._names: set[tuple[str, str]] = set()
        self.people: list[Person] = []

    def add(self, company: Company | None, trap: str = "", group: str = "") -> Person:
        """One more person, with a name nobody else in that company has."""
        person = self._draw(company, trap, group)
        where = company.id if company else VENDOR_DOMAIN
        while (where, person.name) in self._names:
            person = self._draw(company, trap, group)
        return self.keep(person)

    def champion(self, company: Company) -> Person:
        """The one whose visits are planted; decides, unless the plan says otherwise."""
        role = "user" if company.plan.heat == "not_deciding" else "decision_maker"
        title = lexicon.TITLES[role][2 if company.name.script == "latin" else 0]
        drawn = self._draw(company, "champion", company.plan.heat)
        return self.keep(replace(drawn, role=role, title=title))

    def keep(self, person: Person) -> Person:
        """Remember a person, giving him or her an id, an address and a mobile number."""
        where = person.company.id if person.company else VENDOR_DOMAIN
        serial = len(self.people) + 1
        person = replace(
            person,
            id=f"person-{serial:05d}",
            email=self._address(person, serial),
            mobile=numbers.mobile(serial) if self._rng.random() < 0.7 or person.trap else "",
        )
        self._names.add((where, person.name))
        self._emails.add(person.email)
        self.people.append(person)
        return person

    def knows(self, company: Company, *names: str) -> bool:
        """Whether somebody of one of these names is there already."""
        return any((company.id, name) in self._names for name in names)

    def _draw(self, company: Company | None, trap: str, group: str) -> Person:
        rng = self._rng
        is_latin = company is not None and company.name.script == "latin"
        if rng.random() < (0.75 if is_latin else 0.04):
            family, given = rng.choice(lexicon.EN_FAMILIES), rng.choice(lexicon.EN_GIVENS)
            names = (family, given, "", "")
        else:
            (family, sound), (given, tone) = (
                rng.choice(lexicon.FAMILIES),
                rng.choice(lexicon.GIVENS),
            )
            names = (family, given, sound, tone)
        role = rng.choices(
            ("decision_maker", "influencer", "user", "gatekeeper", ""), (12, 20, 28, 8, 32)
        )[0]
        title = rng.choice(lexicon.TITLES[role][:2] if names[2] else lexicon.TITLES[role][2:])
        return Person("", *names, "", "", title, role, company, trap, group)

    def _address(self, person: Person, serial: int) -> str:
        given = romanize(person.given_kana) or person.given.lower()
        family = romanize(person.family_kana) or person.family.lower()
        rng = self._rng
        local = rng.choice((f"{given}.{family}", f"{given[0]}.{family}", f"{family}.{given}"))
        domain = self._domain(person, local)
        email = f"{local}@{domain}"
        return email if email not in self._emails else f"{local}{serial}@{domain}"

    def _domain(self, person: Person, local: str) -> str:
        if person.company is None:
            return VENDOR_DOMAIN
        if not person.trap and self._rng.random() < 0.05:
            return FREE_MAIL_DOMAINS[len(local) % len(FREE_MAIL_DOMAINS)]
        return person.company.domain


def make_users(rng: Random) -> list[User]:
    """Our four teams, three leavers and the integration's own user."""
    crowd = Crowd(rng)
    teams = [team for team, size in TEAMS.items() for _ in range(size)]
    leavers = ["inside_sales", "field_sales", "customer_success"]
    users = [User(0, crowd.add(None), team, is_active=True) for team in teams]
    users += [User(0, crowd.add(None), team, is_active=False) for team in leavers]
    return [
        replace(user, serial=serial, person=replace(user.person, id=f"staff-{serial:02d}"))
        for serial, user in enumerate(users, start=1)
    ]


def make_people(rng: Random, scale: float, companies: list[Company]) -> list[Person]:
    """About 1,500 x scale people: the traps first, then everybody else."""
    crowd = Crowd(rng)
    homes = [company for company in companies if _is_home(company)]
    rng.shuffle(homes)
    turn = _cycle(homes)
    for company in companies:
        if company.plan.heat:
            crowd.champion(company)
    for trap, count in SAME.items():
        for _ in range(planted_count(count, scale)):
            crowd.add(next(turn), trap)
    for trap, count in DIFFERENT.items():
        for place in range(planted_count(count, scale)):
            _PAIRS[trap](crowd, turn, f"{trap}-{place}")
    _fill(rng, crowd, companies, round(PEOPLE_PER_SCALE * scale))
    return crowd.people


def _is_home(company: Company) -> bool:
    return (
        company.in_salesforce
        and company.in_hubspot
        and company.plan.identity == "ordinary"
        and not company.plan.heat
        and company.name.script != "latin"
    )


def _cycle(homes: list[Company]) -> Iterator[Company]:
    while True:
        yield from homes


def _colleagues(crowd: Crowd, turn: Iterator[Company], group: str) -> None:
    company = next(turn)
    for _ in range(2):
        crowd.add(company, group.rsplit("-", 1)[0], group)


def _namesakes(crowd: Crowd, turn: Iterator[Company], group: str) -> None:
    first = crowd.add(next(turn), "same_name", group)
    crowd.keep(replace(first, company=_home_without(crowd, turn, first.name)))


def _homonyms(crowd: Crowd, turn: Iterator[Company], group: str) -> None:
    crowd.keep(crowd.add(next(turn), "homonyms", group))


def _father_and_son(crowd: Crowd, turn: Iterator[Company], group: str) -> None:
    place = int(group.rsplit("-", 1)[1])
    family, sound = lexicon.FAMILIES[place % len(lexicon.FAMILIES)]
    pair = lexicon.FATHERS_AND_SONS[place % len(lexicon.FATHERS_AND_SONS)]
    home = _home_without(crowd, turn, *(f"{family} {given}" for given, _ in pair))
    for given, tone in pair:
        person = Person("", family, given, sound, tone, "", "", "", "", home, "initials", group)
        crowd.keep(person)


def _home_without(crowd: Crowd, turn: Iterator[Company], *names: str) -> Company:
    return next(home for home in turn if not crowd.knows(home, *names))


_PAIRS: Final[dict[str, Callable[[Crowd, Iterator[Company], str], None]]] = {
    "switchboard": _colleagues,
    "shared_mailbox": _colleagues,
    "junk_values": _colleagues,
    "same_name": _namesakes,
    "homonyms": _homonyms,
    "initials": _father_and_son,
}


def _fill(rng: Random, crowd: Crowd, companies: list[Company], count: int) -> None:
    missing = max(count - len(crowd.people), 2 * len(companies))
    sizes = rng.choices(*_SIZES, k=len(companies))
    ratio = missing / sum(sizes)
    for company, size in zip(companies, sizes, strict=True):
        for _ in range(max(1, round(size * ratio))):
            crowd.add(company)
