"""Read a truth file back: for tests and for whoever scores a run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.world.shape import RecordKey


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
