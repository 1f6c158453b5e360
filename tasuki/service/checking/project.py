"""Everything wrong with a project's files: offline, or beside what its systems really have."""

from collections.abc import Mapping, Sequence

from catalog.custom import examine as examine_catalog
from config.project import Project
from connectors.protocol import ObjectInfo
from mappings.check import Finding, Severity, finding_of
from mappings.live.check import check_live
from mappings.project import check_project
from playbook.check import check as check_playbook

Discovered = Mapping[str, Sequence[ObjectInfo]]
"""Connection → its objects as the system described them."""


def validate(project: Project, discovered: Discovered | None = None) -> tuple[Finding, ...]:
    """Every finding in mappings and playbook, errors first; with metadata also what it belies."""
    mappings, findings = check_project(project)
    findings += map(finding_of, examine_catalog(project)[1])
    facts = discovered or {}
    for mapping in mappings if discovered else ():
        findings += check_live(mapping, facts)
    described = {
        (connection, info.name): info for connection, found in facts.items() for info in found
    }
    findings += check_playbook(project, described or None)
    return tuple(sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR))
