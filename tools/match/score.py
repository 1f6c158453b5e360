"""Precision and recall, through the library's own mappings and the real clustering."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from rapidfuzz import fuzz, process

from config.yaml import load as read_yaml
from mappings.apply import normalize
from mappings.load import load
from mappings.matching.likeness import company, person
from mappings.spec import Mapping as RecordMapping
from mappings.transforms.company import company_words
from sync.identity.cluster import cluster
from sync.identity.groups import Keys
from tools.match.corrupt import Change, ChangePerson
from tools.match.things import Company, Person

LIBRARY: Final = Path(__file__).resolve().parents[2] / "mappings/library"
CANDIDATES: Final = 5
_FAR: Final = 45


@dataclass(frozen=True, slots=True)
class Score:
    """Joined or proposed pairs against the truth."""

    pairs: int
    """True pairs there are."""
    right: int
    wrong: int

    @property
    def precision(self) -> float:
        """Of the pairs found, how many are true; 1 where nothing was found."""
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """Of the true pairs, how many were found."""
        return self.right / self.pairs if self.pairs else 1.0

    def __add__(self, other: "Score") -> "Score":
        """Both measurements as one."""
        return Score(self.pairs + other.pairs, self.right + other.right, self.wrong + other.wrong)


@cache
def library(name: str) -> RecordMapping:
    """A mapping of the library, as a project gets it."""
    return load(read_yaml(LIBRARY / f"{name}.yaml"))


def keys(mapping: RecordMapping, side: str, record: Mapping[str, Any]) -> Keys:
    """What a record is recognised by, as the flow reads it."""
    found: dict[str, set[str]] = defaultdict(set)
    for key in normalize(mapping, side, record).keys:
        found[key.kind].add(key.value)
    return {kind: frozenset(values) for kind, values in found.items()}


def company_keys(name: str, number: str | None) -> Keys:
    """The keys of an account that is known by name, and perhaps by number."""
    record = {"Name": name, "Corporate_Number__c": number}
    return keys(library("account"), "salesforce", record)


def person_keys(one: Person) -> Keys:
    """The keys of a contact."""
    record = {
        "Email": one.email,
        "LastName": one.family,
        "FirstName": one.given,
        "MobilePhone": one.mobile,
    }
    return keys(library("person"), "salesforce", record)


@dataclass(frozen=True, slots=True)
class Spelled:
    """A company as a second system spells it."""

    of: Company
    name: str
    number: str | None = None


def respelled(
    those: Sequence[Company], change: Change, seed: int, *, most: int = 10**9, known: float = 0
) -> list[Spelled]:
    """What a corruption makes of each company it says something about.

    Shape: `known` is the share of the second system's records that carry the number.
    """
    rng = Random(seed)
    found = []
    for one in those:
        name = change(rng, one)
        if name is not None:
            has_number = rng.random() < known
            found.append(Spelled(one, name, one.number if has_number else None))
    return found if len(found) <= most else rng.sample(found, most)


def joined(those: Sequence[Company], others: Sequence[Spelled], *, numbers: bool) -> Score:
    """What the account rules join of a first system's companies and a second one's."""
    truth: dict[str, str] = {}
    members: dict[str, Keys] = {}
    for place, one in enumerate(those):
        truth[f"a{place}"] = one.id
        members[f"a{place}"] = company_keys(one.name, one.number if numbers else None)
    for place, each in enumerate(others):
        truth[f"b{place}"] = each.of.id
        members[f"b{place}"] = company_keys(each.name, each.number)
    return across(members, truth, library("account"))


def joined_people(those: Sequence[Person], others: Sequence[Person]) -> Score:
    """What the person rules join of a first system's people and a second one's."""
    truth = {f"a{place}": one.id for place, one in enumerate(those)}
    truth |= {f"b{place}": one.id for place, one in enumerate(others)}
    members = {f"a{place}": person_keys(one) for place, one in enumerate(those)}
    members |= {f"b{place}": person_keys(one) for place, one in enumerate(others)}
    return across(members, truth, library("person"))


def across(members: Mapping[str, Keys], truth: Mapping[str, str], mapping: RecordMapping) -> Score:
    """Pairs of one record of each system: joined by the rules, against the truth."""
    right = wrong = 0
    for group in cluster(members, mapping.keys).groups:
        left = [truth[ref] for ref in group if ref.startswith("a")]
        other = [truth[ref] for ref in group if ref.startswith("b")]
        same = sum(left.count(id_) for id_ in other)
        right += same
        wrong += len(left) * len(other) - same
    return Score(_true_pairs(members, truth), right, wrong)


def _true_pairs(members: Iterable[str], truth: Mapping[str, str]) -> int:
    sides: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for ref in members:
        sides[truth[ref]][ref.startswith("b")] += 1
    return sum(left * other for left, other in sides.values())


def people_after(those: Sequence[Person], change: ChangePerson, seed: int) -> list[Person]:
    """What a corruption makes of each person it says something about."""
    rng = Random(seed)
    return [found for one in those if (found := change(rng, one)) is not None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair somebody could be asked about, and how alike it is."""

    likeness: float
    is_true: bool


def candidates(those: Sequence[Company], others: Sequence[Spelled]) -> list[Candidate]:
    """For each company of a second system the most alike few of the whole first one."""
    plain = [" ".join(company_words(one.name)[0]) for one in those]
    asked = [" ".join(company_words(each.name)[0]) for each in others]
    found = []
    for each, text in zip(others, asked, strict=True):
        near = process.extract(text, plain, scorer=fuzz.ratio, limit=CANDIDATES, score_cutoff=_FAR)
        for _, _, place in near:
            one = those[place]
            found.append(Candidate(company(one.name, each.name), one.id == each.of.id))
    return found


def people_candidates(those: Sequence[Person], others: Sequence[Person]) -> list[Candidate]:
    """Pairs of people of one firm (the domain of their mail), by how alike their names are."""
    firms: dict[str, list[Person]] = defaultdict(list)
    for one in those:
        firms[_firm(one)].append(one)
    return [
        Candidate(
            person(f"{one.family} {one.given}", f"{other.family} {other.given}"),
            one.id == other.id,
        )
        for other in others
        for one in firms[_firm(other)]
    ]


def _firm(one: Person) -> str:
    return (one.email or "").partition("@")[2]


def proposed(found: Iterable[Candidate], pairs: int, least: float) -> Score:
    """What is proposed when pairs must be at least so much alike."""
    enough = [each for each in found if each.likeness >= least]
    right = sum(each.is_true for each in enough)
    return Score(pairs, right, len(enough) - right)


def threshold(found: Sequence[Candidate], precision: float) -> float | None:
    """The least likeness from which on at least this share of what is proposed is true."""
    right = total = 0
    least = None
    by_value: dict[float, list[bool]] = defaultdict(list)
    for each in found:
        by_value[each.likeness].append(each.is_true)
    for value in sorted(by_value, reverse=True):
        right += sum(by_value[value])
        total += len(by_value[value])
        if right / total >= precision:
            least = value
    return least
