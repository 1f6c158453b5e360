"""What is wrong with mapping files before any system is asked: findings with place, why and fix."""

from collections.abc import Sequence

from config.yaml import Document
from mappings.checking.cautions import cautions
from mappings.checking.examples import run_tests
from mappings.checking.together import check_together, left_out
from mappings.finding import Finding, finding_of
from mappings.load import ALONE, Surroundings, examine
from mappings.spec import Mapping


def check(
    documents: Sequence[Document], surroundings: Surroundings = ALONE
) -> tuple[tuple[Mapping, ...], list[Finding]]:
    """Every mapping that could be read, and everything found in all of them, offline."""
    mappings: list[Mapping] = []
    findings: list[Finding] = []
    for document in documents:
        mapping, errors = examine(document, surroundings)
        findings += [finding_of(error) for error in errors]
        if mapping is not None:
            mappings.append(mapping)
            findings += [*cautions(mapping), *run_tests(mapping)]
    kept = tuple(mapping for mapping in mappings if mapping.sides)
    return kept, [*findings, *left_out(mappings), *check_together(kept)]
