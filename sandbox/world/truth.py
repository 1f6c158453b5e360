"""Read a truth file back: for tests and for whoever scores a run."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from sandbox.world.shape import RecordKey

Pair = tuple[RecordKey, RecordKey]


@dataclass(frozen=True, slots=True)
class TruthFile:
    """One truth file; the owners say which company and person a record really is."""

    document: Mapping[str, Any]
    company_of: Mapping[RecordKey, str]
    person_of: Mapping[RecordKey, str]

    @property
    def rules(self) -> Mapping[str, Mapping[str, Any]]:
        """The numbers every planted case was built from."""
        rules: Mapping[str, Mapping[str, Any]] = self.document["rules"]
        return rules

    def planted(self, kind: str) -> list[Mapping[str, Any]]:
        """The cases of one kind."""
        cases: list[Mapping[str, Any]] = self.document["planted"][kind]
        return cases

    def values(self, kind: str, key: str) -> set[str]:
        """One fact of every case of a kind, for example the ids of all stalled opportunities."""
        return {str(case[key]) for case in self.planted(kind)}

    def company_pairs(self) -> set[Pair]:
        """Every two records that are the same company."""
        return pairs(self.company_of, _COMPANY_OBJECTS)

    def person_pairs(self) -> set[Pair]:
        """Every two records that are the same person."""
        return pairs(self.person_of, _PERSON_OBJECTS)


_COMPANY_OBJECTS = frozenset({"Account", "companies", "customers", "legacy"})
_PERSON_OBJECTS = frozenset({"Contact", "Lead", "contacts"})


def read_truth(path: Path) -> TruthFile:
    """Read what `write_truth` wrote."""
    document = json.loads(path.read_text(encoding="utf-8"))
    companies: dict[RecordKey, str] = {}
    people: dict[RecordKey, str] = {}
    for system, object, id, company, person in document["records"]:
        if company is not None:
            companies[system, object, id] = company
        if person is not None:
            people[system, object, id] = person
    return TruthFile(document, companies, people)


def pairs(owner_of: Mapping[RecordKey, str], objects: Iterable[str]) -> set[Pair]:
    """Every two records of these objects with one owner, each pair once, in order."""
    wanted = frozenset(objects)
    groups: dict[str, list[RecordKey]] = {}
    for record in sorted(owner_of):
        if record[1] in wanted:
            groups.setdefault(owner_of[record], []).append(record)
    return {pair for group in groups.values() for pair in combinations(group, 2)}
