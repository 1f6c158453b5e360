"""The words of the mapping language: sides, creates, deletes, owners, protection, likeness."""

from datetime import timedelta

import pytest

from config.yaml import parse
from mappings.apply import fields_to_read, pointers
from mappings.load import Surroundings, examine, load
from mappings.spec import ChangedBy, Currency, OnDelete, Rule
from tasuki.errors import ConfigError
from tasuki.values import Ref

HEAD = """\
kind: mapping
name: account
entity: account
sides:
  salesforce: {object: Account}
  hubspot: {object: companies}
  sales: {object: customers}
"""
FIELDS = """\
fields:
  domain: {salesforce: Website, hubspot: domain, sales: domain, direction: both, to: hubspot, conflict: salesforce_wins}
  name: {salesforce: Name, hubspot: name, direction: both, conflict: owner_by_stage}
owner_by_stage: {marketing: hubspot, otherwise: salesforce}
identity: [{rule: domain, field: domain}]
"""  # noqa: E501


def problems(text: str) -> list[ConfigError]:
    mapping, found = examine(parse(text, "mappings/account.yaml"))
    assert mapping is None
    return found


def test_a_create_finds_its_key_and_its_condition() -> None:
    """The first certain rule of one field written there is the key; a condition is typed."""
    mapping = load(parse(HEAD + FIELDS + "create: {hubspot: true, sales: false}\n", "x.yaml"))
    assert mapping.sides["sales"].create is None
    create = mapping.sides["hubspot"].create
    assert create is not None
    assert (create.key, create.when) == ("domain", None)
    when = 'create: {hubspot: {key: name, when: "account.employees >= 10"}}\n'
    create = load(parse(HEAD + FIELDS + when, "x.yaml")).sides["hubspot"].create
    assert create is not None
    assert (create.key, create.text) == ("name", "account.employees >= 10")
    assert create.when is not None


def test_a_delete_says_where_it_is_carried_on() -> None:
    """`delete_in_<side>`, HubSpot's `archive_in_<side>`, or a list; `unlink` is usual."""
    text = (
        HEAD + FIELDS + "delete: {hubspot: ignore, salesforce: archive_in_hubspot, "
        "sales: {delete_in: [hubspot, salesforce]}}\n"
    )
    sides = load(parse(text, "x.yaml")).sides
    assert sides["hubspot"].delete is OnDelete.IGNORE
    assert (sides["salesforce"].delete, sides["salesforce"].delete_in) == (
        OnDelete.DELETE,
        ("hubspot",),
    )
    assert sides["sales"].delete_in == ("hubspot", "salesforce")


def test_the_team_that_holds_it_decides() -> None:
    """Teams name sides; `otherwise` is first in the order, for everybody else."""
    policy = load(parse(HEAD + FIELDS, "x.yaml")).fields["name"].policy
    assert policy.rule is Rule.OWNER_BY_STAGE
    assert policy.order == ("salesforce", "hubspot", "sales")
    assert policy.by_stage == {"marketing": "hubspot"}


def test_protection_currency_and_quiet_fields_become_data() -> None:
    """Durations, currencies and the fields a plan does not list."""
    text = HEAD + (
        "renamed_from: company\nquiet_fields: [phone]\nfields:\n"
        "  phone: {salesforce: Phone, hubspot: phone, direction: both, conflict: ask, "
        "protect: {for: 30d, changed_by: anyone}}\n"
        "  is_partner: {salesforce: P__c, renamed_from: partner}\n"
    )
    mapping = load(parse(text, "x.yaml"))
    protect = mapping.fields["phone"].protect
    assert protect is not None
    assert (protect.lasts, protect.changed_by) == (timedelta(days=30), ChangedBy.ANYONE)
    assert mapping.quiet == frozenset({"phone"})
    assert mapping.renamed_from == "company"
    assert mapping.fields["is_partner"].renamed_from == "partner"


def test_amounts_say_their_currency() -> None:
    """One code for all sides, or a field that holds it; a side's own word goes first."""
    text = """\
kind: mapping
name: opportunity
entity: opportunity
sides: {salesforce: {object: Opportunity}, hubspot: {object: deals}}
fields:
  amount:
    salesforce: Amount
    hubspot: {field: amount, currency: {field: deal_currency_code, on: closedate}}
    currency: USD
    conflict: salesforce_wins
"""
    looks = load(parse(text, "x.yaml")).fields["amount"].sides
    assert looks["salesforce"].currency == Currency(code="USD")
    assert looks["hubspot"].currency == Currency(field="deal_currency_code", on="closedate")


def test_likeness_proposes_among_those_that_share_something() -> None:
    """`block_on` may name a reference; `compare` holds the least likeness."""
    text = HEAD + (
        "fields: {name: {sales: n}}\n"
        "identity: [{rule: alike, compare: {name: 0.92}, block_on: [parent_id, {city: [trim]}], "
        "confidence: possible}]\n"
    )
    (key,) = load(parse(text, "x.yaml")).keys
    assert [part.field for part in key.parts] == ["parent_id", "city"]
    assert key.compare == {"name": 0.92}


def test_a_side_keeps_what_nobody_names_yet() -> None:
    """Named fields, or all of them."""
    text = HEAD.replace("{object: Account}", "{object: Account, keep: [Fax]}").replace(
        "{object: companies}", "{object: companies, keep: all}"
    )
    sides = load(parse(text + "fields: {name: {sales: n}}\n", "x.yaml")).sides
    assert (sides["salesforce"].keep, sides["hubspot"].keep) == (("Fax",), ("*",))


MISTAKES = {
    "create: {hubspto: true}": ("13:10", "Did you mean `hubspot`?"),
    "create: {salesforce: true}": ("13:10", "`key: <entity field>`"),
    "create: {hubspot: {key: domian}}": ("13:25", "Did you mean `domain`?"),
    'create: {hubspot: {when: "account.employes > 1"}}': ("13:27", "Correct the name"),
    "create: {hubspot: {wen: x}}": ("13:20", "Did you mean `when`?"),
    "delete: {hubspot: delete_in_salesforc}": ("13:19", "`delete_in_salesforce`"),
    "delete: {hubspot: {delete_in: [salesforc]}}": ("13:31", "`salesforce`"),
    "delete: {hubspot: delete_in_hubspot}": ("13:19", "Take `hubspot` out."),
    "delete: {hubspot: delete}": ("13:19", "Choose one"),
    "quiet_fields: [nmae]": ("13:16", "Did you mean `name`?"),
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_on_the_whole_is_shown_in_its_place(line: str) -> None:
    """Line, column and the way out, for what a side may do."""
    place, fix = MISTAKES[line]
    error = problems(HEAD + FIELDS + line + "\n")[0]
    assert str(error.where).startswith(f"mappings/account.yaml:{place}")
    assert fix in error.remedy
    assert all(error.lines())


FIELD_MISTAKES = {
    "  name: {sales: n, protect: {for: 30d}}": ("9:20", "Take `protect` out"),
    "  name: {sales: n, direction: both, protect: {for: soon}}": ("9:52", "Correct the value"),
    "  employees: {sales: n, conflict: union}": ("9:35", "`highest`"),
    "  name: {sales: n, conflict: highest}": ("9:30", "`union`"),
    "  name: {sales: n, conflict: ask}": ("9:30", "Take `conflict` out"),
    "  name: {sales: n, conflict: owner_by_stage}": ("9:30", "owner_by_stage: {marketing"),
    "  name: {sales: n, currency: USD}": ("9:20", "Take `currency` out."),
    "  name: {sales: n, renamed_from: name}": ("9:34", "take `renamed_from` out"),
    "  employees: {sales: {field: n, currency: dollars}}": ("9:43", "Correct the value"),
}


@pytest.mark.parametrize("line", FIELD_MISTAKES)
def test_a_mistake_in_a_field_is_shown_in_its_place(line: str) -> None:
    """A policy, a protection or a currency that this field cannot have."""
    place, fix = FIELD_MISTAKES[line]
    error = problems(HEAD + "fields:\n" + line + "\n")[0]
    assert str(error.where).startswith(f"mappings/account.yaml:{place}")
    assert fix in error.remedy


def test_an_owner_must_have_the_field() -> None:
    """A side that lacks the field, or is only written, owns nothing; someone owns the rest."""
    text = HEAD + (
        "owner_by_stage: {marketing: sales, otherwise: salesforce}\nfields:\n"
        "  name: {salesforce: Name, hubspot: name, conflict: owner_by_stage}\n"
        "  phone: {hubspot: phone, salesforce: {field: P, direction: push}, "
        "sales: p, conflict: owner_by_stage}\n"
    )
    assert [error.why for error in problems(text)] == [
        "the field is not on that side",
        "that side is only written",
    ]
    (error,) = problems(HEAD + "owner_by_stage: {marketing: hubspot}\nfields: {}\n")
    assert "Add `otherwise: <side>`" in error.remedy


def test_a_key_is_nothing_to_write() -> None:
    """A link whose first way is a value cannot be written there."""
    text = HEAD + (
        "fields: {name: {sales: n}}\nlinks:\n  parent_id:\n    direction: both\n"
        "    hubspot: {value: parent_domain, via: domain}\n"
    )
    (error,) = problems(text)
    assert str(error.where).startswith("mappings/account.yaml:12:5")
    assert "Put a `lookup` or an `association` first" in error.remedy


def test_an_association_may_name_its_label() -> None:
    """Only the links shown so are read and written."""
    text = HEAD + (
        "fields: {name: {sales: n}}\nlinks:\n  parent_id:\n    direction: both\n"
        "    hubspot: {association: companies, label: Parent company}\n"
    )
    mapping = load(parse(text, "x.yaml"))
    assert fields_to_read(mapping, "hubspot") == ["associations.companies#Parent company"]
    written = pointers(mapping, "hubspot", {"parent_id": Ref("hubspot", "companies", "7")})
    assert written.associations == (("companies#Parent company", "7"),)


@pytest.mark.parametrize(
    "rule",
    [
        "{rule: alike, compare: {name: 0.9}, confidence: possible}",
        "{rule: alike, block_on: [city]}",
        "{rule: alike, compare: {name: 0.9}, block_on: [city]}",
        "{rule: alike, compare: {name: 2}, block_on: [city], confidence: possible}",
        "{rule: alike, compare: {employees: 0.9}, block_on: [city], confidence: possible}",
    ],
)
def test_likeness_must_be_complete_and_only_propose(rule: str) -> None:
    """Both halves, a share between 0 and 1, text fields, and never sure."""
    text = HEAD + f"fields: {{name: {{sales: n}}}}\nidentity:\n  - {rule}\n"
    assert "identity[0]" in str(problems(text)[0].where)


def test_a_team_nobody_knows_owns_nothing() -> None:
    """A mistyped team in `owner_by_stage` is found at its key, with the nearest team."""
    teams = Surroundings(teams=frozenset({"marketing", "inside_sales"}))
    wrong = (HEAD + FIELDS).replace("{marketing:", "{markting:")
    _, found = examine(parse(wrong, "mappings/account.yaml"), teams)
    assert [("markting" in e.what, "marketing" in (e.remedy or "")) for e in found] == [
        (True, True)
    ]
