"""Offline validation: tests in files, and links between files."""

from pathlib import Path

import pytest

from config.yaml import load as read_yaml
from config.yaml import parse
from mappings.checking.files import check
from mappings.finding import Severity
from mappings.load import Surroundings

LIBRARY = sorted((Path(__file__).parents[2] / "mappings" / "library").glob("*.yaml"))
CONNECTIONS = frozenset({"salesforce", "hubspot", "sales", "imports"})

PERSON = """\
kind: mapping
name: person
entity: person
sides: {hubspot: {object: contacts}}
fields:
  email: {hubspot: email, transform: [email]}
links: {account_id: {hubspot: [{association: companies}, {value: email, via: site}]}}
tests:
  - name: an address
    given: {hubspot: {email: " A@B.example"}}
    expect: {person: {email: a@b.example}}
"""
ACCOUNT = """\
kind: mapping
name: account
entity: account
sides: {hubspot: {object: companies}}
fields: {domain: {hubspot: domain}, employees: {hubspot: n, direction: both}}
identity: [{rule: domain, field: domain}]
tests: [{given: {hubspot: {n: "12"}}, expect: {account: {employees: 12}, hubspot: {n: 12}}}]
"""


def test_the_library_is_sound() -> None:
    """Every ready mapping is valid, leads somewhere, and its own tests hold."""
    mappings, findings = check([read_yaml(path) for path in LIBRARY], Surroundings(CONNECTIONS))
    assert findings == []
    assert len(mappings) == len(LIBRARY) == 16


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_ready_mapping_tests_every_side(path: Path) -> None:
    """Each side of a ready mapping has at least one example."""
    mapping = check([read_yaml(path)], Surroundings(CONNECTIONS))[0][0]
    tested = {side for example in mapping.tests for side in example.given}
    assert tested == set(mapping.sides)
    assert all(example.expect for example in mapping.tests)


def test_links_between_files_must_meet() -> None:
    """A key no other mapping has is an error; an object nobody maps is a warning."""
    _, findings = check([parse(PERSON, "person.yaml"), parse(ACCOUNT, "account.yaml")])
    assert [(f.severity, f.what) for f in findings] == [
        (Severity.ERROR, "`account_id` looks for the key `site` of `account`"),
    ]
    assert findings[0].fix == "Use one of `domain`, or add it."
    alone = PERSON.replace(", {value: email, via: site}", "")
    _, findings = check([parse(alone, "person.yaml")])
    assert [(f.severity, f.what) for f in findings] == [
        (Severity.WARNING, "`account_id` leads to hubspot/companies"),
    ]


def test_a_test_that_fails_says_what_came_instead() -> None:
    """The finding names the field, both values and the test's own place."""
    wrong = ACCOUNT.replace("employees: 12}", "employees: 13}")
    _, findings = check([parse(wrong, "account.yaml")])
    assert findings[0].why == "`account.employees` should be 13, but is 12"
    assert str(findings[0].where) == "account.yaml:7:9 (tests[0])"


def test_a_mapping_without_tests_is_warned_of() -> None:
    """Nobody would notice its breaking."""
    text = "\n".join(ACCOUNT.splitlines()[:-1])
    _, findings = check([parse(text, "account.yaml")])
    assert [(f.severity, "no tests" in f.what) for f in findings] == [(Severity.WARNING, True)]


def test_a_broken_file_does_not_hide_the_others() -> None:
    """Findings of one file come beside the mappings of the rest."""
    broken = PERSON.replace("email: {hubspot", "emial: {hubspot")
    mappings, findings = check([parse(broken, "person.yaml"), parse(ACCOUNT, "account.yaml")])
    assert [mapping.name for mapping in mappings] == ["account"]
    assert findings[0].fix == "Did you mean `email`?"
