"""Everything wrong with a project's files: offline, or beside what its systems really have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.custom import examine as examine_catalog
from config.nearest import did_you_mean
from config.project import Project, Resource
from connectors.protocol import ObjectInfo
from mappings.checking.examples import Tried, run_examples, untested
from mappings.finding import Finding, Severity, finding_of
from mappings.live.check import check_live
from mappings.load import examine
from mappings.project import check_project, surroundings
from playbook.check import check as check_playbook
from tasuki.errors import UnknownRecordError

Discovered = Mapping[str, Sequence[ObjectInfo]]
"""Connection → its objects as the system described them."""


@dataclass(frozen=True, slots=True)
class Tests:
    """The examples of mapping files that were run, and what kept others from running."""

    examples: tuple[Tried, ...]
    findings: tuple[Finding, ...]
    """Files that cannot be read, and those without an example."""

    @property
    def passed(self) -> int:
        """How many examples hold."""
        return sum(1 for each in self.examples if each.holds)

    @property
    def failed(self) -> int:
        """How many do not."""
        return len(self.examples) - self.passed

    @property
    def is_green(self) -> bool:
        """Every file could be read, and every example holds."""
        return not self.failed and all(f.severity is not Severity.ERROR for f in self.findings)


def run_tests(project: Project, names: Sequence[str] = ()) -> Tests:
    """Run the examples of the named mappings, or of all; asks no system and opens no store.

    Errors: UnknownRecordError for a name or file that is no mapping of the project.
    """
    around = surroundings(project)
    tried: list[Tried] = []
    findings: list[Finding] = []
    for found in _chosen(project, names):
        mapping, errors = examine(found.source, around)
        findings += map(finding_of, errors)
        if mapping is not None:
            tried += run_examples(mapping)
            findings += [untested(mapping)] if not mapping.tests and not mapping.left_out else []
    return Tests(tuple(tried), tuple(findings))


def _chosen(project: Project, names: Sequence[str]) -> list[Resource]:
    every = project.resources("mapping")
    known = {found.name: found for found in every} | {found.source.file: found for found in every}
    for name in names:
        if name not in known:
            raise UnknownRecordError(
                f"There is no mapping `{name}`",
                where=project.document.file,
                why="no file in mappings/ has that name",
                remedy=did_you_mean(name, known, "Name one of mappings/."),
            )
    return list({known[name].name: known[name] for name in names}.values()) or every


def validate(
    project: Project, discovered: Discovered | None = None, *, is_whole: bool = True
) -> tuple[Finding, ...]:
    """Every finding in mappings and playbook, errors first; with metadata also what it belies.

    Where the metadata is not the whole of a connection, objects it lacks are not judged.
    """
    mappings, findings = check_project(project)
    findings += map(finding_of, examine_catalog(project)[1])
    facts = discovered or {}
    for mapping in mappings if discovered else ():
        findings += check_live(mapping, facts, is_whole=is_whole)
    described = {
        (connection, info.name): info for connection, found in facts.items() for info in found
    }
    findings += check_playbook(project, described or None)
    return tuple(sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR))
