"""The companies of the world, each with the plan that says which truth it carries."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from sandbox.world.cast import lexicon, numbers
from sandbox.world.cast.names import CompanyName, company_names, romanize, variant_names

FREE_MAIL_DOMAINS: Final = ("freemail.example", "webmail.example", "postbox.test")

SAME: Final = {"stored_id": 8, "number": 8, "domain": 8, "name": 8, "mistyped_number": 4}
SISTER_GROUPS: Final = 10
NEAR_MISS_PAIRS: Final = 12
SAME_NAME_PAIRS: Final = 10
FREE_MAIL_PAIRS: Final = 6
COMMERCE: Final = {
    "fell": 7, "fell_by_credit_note": 3, "small": 4, "credit_note": 4, "slight": 4, "lumpy": 4,
    "recoded": 4, "never_ordered": 10, "other_spelling": 8, "legacy_only": 4, "dormant": 5,
}  # fmt: skip
RENEWALS: Final = {"due": 12, "renewed": 6, "outside": 6, "lapsed": 3}
HEAT: Final = {
    "hot": 10, "customer": 3, "in_deal": 3, "partner": 3, "not_deciding": 3, "cooled": 3,
}  # fmt: skip
STEADY_SHARE: Final = 0.48

_SISTERS: Final = (("販売", "ハンバイ"), ("システムズ", "システムズ"))
_SISTERS_LATIN: Final = (("Sales", "Sales"), ("Systems", "Systems"))
_NEAR: Final = (
    ("ホールディングス", "ホールディングス"),
    ("東日本", " ヒガシニホン"),
    ("サービス", "サービス"),
)
_NEAR_LATIN: Final = (("Holdings", "Holdings"), ("East", "East"), ("Services", "Services"))


@dataclass(frozen=True, slots=True)
class Plan:
    """Which planted truths a company carries."""

    identity: str = "ordinary"
    group: str = ""
    commerce: str = "prospect"
    renewal: str = ""
    heat: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """One real company of the invented world."""

    id: str
    serial: int
    name: CompanyName
    number: str
    domain: str
    phone: str
    prefecture: str
    industry: str
    employees: int
    in_salesforce: bool
    in_hubspot: bool
    plan: Plan

    @property
    def is_customer(self) -> bool:
        """Whether it has ever bought, or is said to have."""
        return self.plan.commerce != "prospect"


@dataclass(frozen=True, slots=True)
class _Seat:
    """A company before it has numbers: its name, plan and whose domain it shares."""

    name: CompanyName
    plan: Plan
    domain: str = ""


def make_companies(rng: Random, scale: float) -> list[Company]:
    """About 300 x scale companies, planted ones included, in random order."""
    names = company_names(rng)
    seats = [*_same_seats(rng, scale, names), *_sister_seats(rng, scale, names)]
    seats += _pair_seats(rng, scale, names)
    seats += [_Seat(next(names), plan) for plan in _ordinary_plans(rng, scale, len(seats))]
    rng.shuffle(seats)
    domains: set[str] = set()
    return [_settle(rng, serial, seat, domains) for serial, seat in enumerate(seats, start=1)]


def planted_count(count: int, scale: float, least: int = 2) -> int:
    """How many of one planted kind a world of this scale holds."""
    return max(least, round(count * scale))


def _same_seats(rng: Random, scale: float, names: Iterator[CompanyName]) -> Iterator[_Seat]:
    variants = variant_names(rng)
    for kind, count in SAME.items():
        for turn in range(planted_count(count, scale)):
            is_variant = kind == "name" and turn % 2 == 0
            name = next(variants, None) if is_variant else None
            yield _Seat(name or next(names), Plan(kind, commerce=_commerce(rng)))


def _sister_seats(rng: Random, scale: float, names: Iterator[CompanyName]) -> Iterator[_Seat]:
    for turn in range(planted_count(SISTER_GROUPS, scale, 3)):
        parent = next(names)
        endings = _SISTERS_LATIN if parent.script == "latin" else _SISTERS
        plan = Plan("sister", f"sister-{turn}")
        domain = f"{_slug(parent)}-group.example"
        yield _Seat(parent, replace(plan, commerce=_commerce(rng)), domain)
        for ending in endings[: 1 + turn % 2]:
            yield _Seat(parent.extended(*ending), replace(plan, commerce=_commerce(rng)), domain)


def _pair_seats(rng: Random, scale: float, names: Iterator[CompanyName]) -> Iterator[_Seat]:
    for turn in range(planted_count(NEAR_MISS_PAIRS, scale, 3)):
        first = next(names)
        endings = _NEAR_LATIN if first.script == "latin" else _NEAR
        plan = Plan("near_miss", f"near-{turn}")
        yield _Seat(first, replace(plan, commerce=_commerce(rng)))
        yield _Seat(first.extended(*endings[turn % 3]), replace(plan, commerce=_commerce(rng)))
    for turn in range(planted_count(SAME_NAME_PAIRS, scale, 3)):
        name = next(names)
        plan = Plan("same_name", f"twin-{turn}")
        yield _Seat(name, replace(plan, commerce=_commerce(rng)))
        yield _Seat(replace(name, in_front=not name.in_front), plan)
    for turn in range(planted_count(FREE_MAIL_PAIRS, scale, 3)):
        domain = FREE_MAIL_DOMAINS[turn % len(FREE_MAIL_DOMAINS)]
        for _ in range(2):
            yield _Seat(next(names), Plan("free_mail", f"free-{turn}"), domain)


def _commerce(rng: Random) -> str:
    return "steady" if rng.random() < STEADY_SHARE else "prospect"


def _ordinary_plans(rng: Random, scale: float, seated: int) -> Iterator[Plan]:
    renewals = [
        kind for kind, count in RENEWALS.items() for _ in range(planted_count(count, scale))
    ]
    special = [kind for kind, count in COMMERCE.items() for _ in range(planted_count(count, scale))]
    heats = [kind for kind, count in HEAT.items() for _ in range(planted_count(count, scale))]
    left = max(
        round(300 * scale) - seated - len(renewals) - len(special) - len(heats),
        round(90 * scale),
        12,
    )
    yield from (Plan(commerce=kind) for kind in special)
    yield from (Plan(commerce="steady", renewal=kind) for kind in renewals)
    for kind in heats:
        yield Plan(commerce="steady" if kind == "customer" else "prospect", heat=kind)
    yield from (Plan(commerce=_commerce(rng)) for _ in range(left))


def _settle(rng: Random, serial: int, seat: _Seat, domains: set[str]) -> Company:
    in_salesforce, in_hubspot = _where(rng, seat.plan)
    return Company(
        id=f"company-{serial:05d}",
        serial=serial,
        name=seat.name,
        number=numbers.corporate_number(serial),
        domain=seat.domain or _domain(seat, serial, domains),
        phone=numbers.switchboard(serial, seat.name.script),
        prefecture=rng.choice(lexicon.PREFECTURES),
        industry=rng.choice(lexicon.INDUSTRIES),
        employees=int(rng.lognormvariate(4.6, 1.1)) + 3,
        in_salesforce=in_salesforce,
        in_hubspot=in_hubspot,
        plan=seat.plan,
    )


def _where(rng: Random, plan: Plan) -> tuple[bool, bool]:
    is_plain = plan.identity == "ordinary" and plan.commerce in {"prospect", "steady"}
    if not is_plain or plan.renewal or plan.heat:
        return True, True
    return rng.choices(((True, True), (True, False), (False, True)), (66, 17, 17))[0]


def _domain(seat: _Seat, serial: int, taken: set[str]) -> str:
    domain = f"{_slug(seat.name)}.{'test' if serial % 9 == 0 else 'example'}"
    if domain in taken:
        domain = f"{_slug(seat.name)}-{serial}.example"
    taken.add(domain)
    return domain


def _slug(name: CompanyName) -> str:
    if name.script == "latin":
        return name.stem.lower().replace(" ", "-")
    return "-".join(romanize(word) for word in name.reading.split()).lower()
