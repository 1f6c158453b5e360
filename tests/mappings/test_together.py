"""Mapping files beside one another: cells two rules want, circles, names that are still taken."""

from config.yaml import parse
from mappings.checking.together import check_together
from mappings.finding import Finding
from mappings.load import load

ONE = """\
kind: mapping
name: account
entity: account
sides: {sf: {object: Account}, hub: {object: companies}}
fields:
  name: {sf: Name, hub: name, direction: both, conflict: sf_wins}
  phone: {sf: Phone, hub: {field: phone, direction: push}, direction: pull}
"""
OTHER = """\
kind: mapping
name: unit
entity: org_unit
sides: {sf: {object: Account}, hub: {object: companies}}
fields:
"""


def findings(*texts: str) -> list[Finding]:
    """What is found of these files together."""
    return check_together([load(parse(text, f"{i}.yaml")) for i, text in enumerate(texts)])


def test_two_mappings_never_write_one_cell() -> None:
    """The second writer is shown, with the place of the first."""
    (found,) = findings(ONE, OTHER + "  name: {sf: {field: Name, direction: both}}\n")
    assert found.what == "sf/Account.Name is written twice"
    assert str(found.where).startswith("1.yaml:6:10")
    assert "0.yaml:6:10" in found.why


def test_two_fields_of_one_mapping_never_write_one_cell() -> None:
    """Nor two fields of the same file."""
    (found,) = findings(ONE + "  city: {sf: Name, direction: both}\n")
    assert found.what == "sf/Account.Name is written twice"


def test_values_do_not_chase_one_another() -> None:
    """A mapping and its inverse, each reading what the other writes, are refused."""
    (found,) = findings(
        ONE, OTHER + "  name: {hub: phone, sf: {field: Phone, direction: push}, direction: pull}\n"
    )
    assert found.what == "Values would chase one another in a circle"
    assert "0.yaml:7:" in found.why
    assert "1.yaml:6:" in found.why


def test_one_policy_for_both_ways_is_no_circle() -> None:
    """A field that travels both ways is decided by its policy; a reader beside it is harmless."""
    assert findings(ONE, OTHER + "  name: {sf: Phone}\n") == []


def test_a_new_name_is_not_the_name_of_another() -> None:
    """The mapping that had the name must be gone."""
    text = OTHER.replace("entity:", "renamed_from: account\nentity:")
    (found,) = findings(ONE, text + "  name: {sf: Phone}\n")
    assert found.what == "`unit` cannot have been `account`"
    assert "0.yaml" in found.why
