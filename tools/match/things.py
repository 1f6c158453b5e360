"""Companies and people whose truth is known: invented ones, and those of a public register."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final

from mappings.transforms.company import check_digit
from sandbox.world.cast import lexicon
from sandbox.world.cast.names import company_names, romanize

SHARED: Final = Path(__file__).resolve().parents[3] / "shared/data"
REGISTER: Final = SHARED / "japanese_companies/edinet_companies_2025-12-24.csv.gz"
"""Company names of a public register; its README tells source and licence."""


@dataclass(frozen=True, slots=True)
class Company:
    """One legal entity; `id` is the truth, `number` what a system may know of it."""

    id: str
    name: str
    number: str | None = None
    english: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One person as one record tells of them."""

    id: str
    family: str
    given: str
    email: str | None
    mobile: str | None
    family_reading: str = ""
    given_reading: str = ""


def invented_companies(count: int, seed: int = 1) -> list[Company]:
    """Companies nobody has, of every usual form, no two of one name."""
    rng = Random(seed)
    forms = rng.choices(("株式会社", "有限会社", "合同会社"), (90, 5, 5), k=count)
    found = []
    for place, (each, form) in enumerate(zip(company_names(rng), forms, strict=False)):
        number = f"{place:012d}"
        if each.script == "latin":
            name = f"{each.stem} {rng.choice(('Co., Ltd.', 'Inc.', 'Corporation', 'Ltd.'))}"
            english = name
        else:
            name = f"{form}{each.stem}" if each.in_front else f"{each.stem}{form}"
            english = f"{romanize(each.reading.replace(' ', '')).title()} Co., Ltd."
        reading = each.reading.replace(" ", "")
        found.append(Company(f"c{place}", name, f"{check_digit(number)}{number}", english, reading))
    return found


def registered_companies() -> list[Company]:
    """The register's companies that have a number, which is the truth; empty without it."""
    if not REGISTER.exists():
        return []
    with gzip.open(REGISTER, "rt", encoding="utf-8", newline="") as lines:
        return [
            Company(
                row["提出者法人番号"],
                row["提出者名"],
                row["提出者法人番号"],
                row["提出者名（英字）"],
                row["提出者名（ヨミ）"],
            )
            for row in csv.DictReader(lines)
            if row["提出者法人番号"]
        ]


def invented_people(count: int, seed: int = 1) -> list[Person]:
    """People nobody is, Japanese and Western, namesakes among them, each with mail and mobile."""
    rng = Random(seed)
    return list(islice(_people(rng), count))


def _people(rng: Random) -> Iterator[Person]:
    place = 0
    while True:
        place += 1
        mobile = f"{rng.choice(('070', '080', '090'))}{rng.randrange(10**8):08d}"
        if rng.random() < 0.75:
            (family, sound), (given, call) = (
                rng.choice(lexicon.FAMILIES),
                rng.choice(lexicon.GIVENS)[:2],
            )
        else:
            family, given = rng.choice(lexicon.EN_FAMILIES), rng.choice(lexicon.EN_GIVENS)
            sound, call = "", ""
        local = f"{romanize(call) or given.lower()}.{romanize(sound) or family.lower()}{place}"
        mail = f"{local}@firm{rng.randrange(400)}.example"
        yield Person(f"p{place}", family, given, mail, mobile, sound, call)
