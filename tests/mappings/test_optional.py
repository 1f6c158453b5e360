"""Ready mappings that `tasuki init` does not copy: a project takes them with their connection."""

from pathlib import Path

import pytest

from config.yaml import load as read_yaml
from mappings.checking.files import check
from mappings.load import Surroundings

TOP = Path(__file__).parents[2] / "mappings"
OPTIONAL = sorted((TOP / "optional").glob("*.yaml"))
LIBRARY = sorted((TOP / "library").glob("*.yaml"))
CONNECTIONS = frozenset({"salesforce", "hubspot", "sales", "imports", "account_engagement"})


@pytest.mark.parametrize("path", OPTIONAL, ids=lambda path: path.stem)
def test_an_optional_mapping_fits_the_library(path: Path) -> None:
    """It is valid beside the library's files, and each of its sides is tested."""
    files = [read_yaml(each) for each in (*LIBRARY, path)]
    mappings, findings = check(files, Surroundings(CONNECTIONS))
    assert findings == []
    mapping = mappings[-1]
    assert {side for example in mapping.tests for side in example.given} == set(mapping.sides)
