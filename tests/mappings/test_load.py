"""Reading mapping files: what is accepted, and how mistakes are shown."""

import pytest

from catalog.shape import Type
from config.guards import Guards
from config.yaml import parse
from mappings.load import Surroundings, examine, load
from mappings.spec import Confidence, OnDelete, Rule, Step
from tasuki.errors import MappingError

HEAD = """\
kind: mapping
name: person
entity: person
sides:
  salesforce: {object: Contact}
  lead: {connection: salesforce, object: Lead}
  hubspot: {object: contacts}
"""
BODY = HEAD + "fields:\n"


def problems(text: str, **around: object) -> list[MappingError]:
    mapping, found = examine(parse(text, "mappings/person.yaml"), Surroundings(**around))  # type: ignore[arg-type]
    assert mapping is None
    assert found
    return found


MISTAKES = {
    "unknown entity field": ("  titel: {lead: Title}", "9:3", "Did you mean `title`?"),
    "unknown transform": (
        "  title: {lead: Title, transform: [trimm]}", "9:36", "Did you mean `trim`?",
    ),
    "unknown side": ("  title: {salesfroce: Title}", "9:11", "Did you mean `salesforce`?"),
    "unknown key": (
        "  title: {lead: Title, directon: pull}", "9:24", "Did you mean `direction`?",
    ),
    "unknown policy": (
        "  title: {lead: Title, conflict: salesforce_win}", "9:34",
        "Did you mean `salesforce_wins`?",
    ),
    "a reference among the fields": ("  account_id: {lead: X}", "9:3", "Move it under `links:`"),
    "nobody wins": ("  title: {lead: Title, hubspot: jobtitle}", "9:3", "`conflict:`"),
    "push to nowhere": ("  title: {lead: Title, direction: push}", "9:24", "Add `to: <side>`"),
    "a wrong direction": ("  title: {lead: Title, direction: up}", "9:35", "pull"),
    "joined fields written": (
        "  title: {lead: {join: [A, B]}, direction: both}", "9:11", "`direction: pull`",
    ),
    "an argument nobody takes": (
        "  title: {lead: Title, transform: [trim: x]}", "9:36", "`trim` alone",
    ),
    "whose values the map names": (
        "  title: {lead: Title, direction: both, value_map: {a: b}}", "9:41", "under the side",
    ),
    "no field at a side": ("  title: {lead: {transform: [trim]}}", "9:11", "Add `field:"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_its_place_and_its_fix(mistake: str) -> None:
    """Every mistake is shown at file, line and column, with the step that mends it."""
    line, place, fix = MISTAKES[mistake]
    error = problems(BODY + line + "\n")[0]
    assert str(error.where).startswith(f"mappings/person.yaml:{place}")
    assert fix in error.remedy
    assert all(error.lines())


def test_all_mistakes_show_at_once() -> None:
    """A file with three mistakes gives three errors, each once, in one go."""
    text = BODY + "  titel: {lead: T}\n  role: {lead: R, transform: [trimm]}\n  phone: {leed: P}\n"
    assert [str(e.where).split(":")[1] for e in problems(text)] == ["9", "10", "11"]


def test_connections_are_those_of_the_project() -> None:
    """A side, or a link, on a connection nobody declared is refused."""
    text = BODY + "  title: {lead: Title}\n"
    error = problems(text, connections=frozenset({"salesforce", "hubpsot"}))[0]
    assert str(error.where) == "mappings/person.yaml:7:3 (sides.hubspot)"
    assert error.remedy == "Did you mean `hubpsot`?"


LINKS = BODY + "  title: {lead: Title}\nlinks:\n"


@pytest.mark.parametrize(
    ("line", "place", "fix"),
    [
        ("  acount_id: {lead: {lookup: X, object: Y}}", "11:3", "Did you mean `account_id`?"),
        ("  account_id: {lead: {lookup: X}}", "11:16", "Add `object: Account`"),
        ("  account_id: {lead: {value: X}}", "11:16", "Add `via: email`"),
        ("  account_id: {lead: {lookup: X, association: y, object: Z}}", "11:16", "one of them"),
    ],
)
def test_a_link_must_say_where_it_leads(line: str, place: str, fix: str) -> None:
    """A link with no end, or two, is refused."""
    error = problems(LINKS + line + "\n")[0]
    assert str(error.where).startswith(f"mappings/person.yaml:{place}")
    assert fix in error.remedy


@pytest.mark.parametrize(
    "rule",
    [
        "{rule: email}",
        "{rule: email, field: emial}",
        "{rule: stored_id, hubspot: x}",
        "{rule: stored_id, hubspot: x, refers_to: nobody}",
        "{rule: account, field: account_id}",
    ],
)
def test_an_identity_rule_must_be_complete(rule: str) -> None:
    """A key names fields that exist, or a stored id and whose id it is."""
    text = BODY + f"  title: {{lead: Title}}\nidentity:\n  - {rule}\n"
    assert "identity[0]" in str(problems(text)[0].where)


def test_a_full_file_becomes_data() -> None:
    """What a file says arrives typed, with the project's guards beneath its own."""
    text = (
        BODY
        + "  email: {salesforce: Email, hubspot: email, direction: both, conflict: hubspot_wins, "
        "transform: [email, {phone: US}]}\n"
        "links: {account_id: {hubspot: {association: companies}}}\n"
        "identity: [{rule: email, field: email, confidence: likely}]\n"
        "delete: {hubspot: ignore}\ncreate: {hubspot: {key: email}}\nfirst_sync: salesforce_wins\n"
        "guards: {max_creates: 7}\n"
    )
    around = Surroundings(guards=Guards(max_creates=1, max_deletes=3))
    mapping = load(parse(text, "mappings/person.yaml"), around)
    email = mapping.fields["email"]
    assert (email.type, email.policy.rule) == (Type.TEXT, Rule.SIDE_WINS)
    assert email.policy.order == ("hubspot", "salesforce", "lead")
    assert email.sides["hubspot"].transform == (Step("email"), Step("phone", "US"))
    assert [rule.name for rule in mapping.pushed("salesforce")] == ["email"]
    assert mapping.links["account_id"].sides["hubspot"][0].source == "associations.companies"
    assert mapping.keys[0].confidence is Confidence.LIKELY
    assert (mapping.guards.max_creates, mapping.guards.max_deletes) == (7, 3)
    assert mapping.sides["hubspot"].delete is OnDelete.IGNORE
    assert mapping.sides["hubspot"].create
    side = mapping.side_of("salesforce", "Lead")
    assert side is not None
    assert side.name == "lead"


def test_a_connection_wins_with_all_its_sides() -> None:
    """`salesforce_wins` puts every side of the connection first, in the order of the file."""
    text = BODY + "  title: {lead: Title, hubspot: jobtitle, conflict: salesforce_wins}\n"
    policy = load(parse(text, "x.yaml")).fields["title"].policy
    assert policy.order == ("salesforce", "lead", "hubspot")
    assert str(policy) == "salesforce_wins"


def test_push_writes_to_the_named_and_reads_the_rest() -> None:
    """A pushed field comes from the other sides only, with their values' map."""
    text = BODY + (
        "  title: {hubspot: jobtitle, salesforce: Title, direction: push, to: salesforce, "
        "value_map: {A: B}}\n"
    )
    looks = load(parse(text, "x.yaml")).fields["title"].sides
    assert (looks["hubspot"].reads, looks["hubspot"].writes) == (True, False)
    assert (looks["salesforce"].reads, looks["salesforce"].writes) == (False, True)
    assert looks["hubspot"].value_map == {"A": "B"}
    assert not looks["salesforce"].value_map


def test_the_version_is_what_the_file_means() -> None:
    """Layout, comments and prose leave the version alone; a changed rule does not."""
    one = load(parse(BODY + "  title: {lead: Title}\n", "x.yaml"))
    same = load(parse("# mine\ndescription: x\n" + BODY + "  title:\n    lead: Title\n", "x.yaml"))
    other = load(parse(BODY + "  title: {lead: Titel}\n", "x.yaml"))
    assert one.version == same.version != other.version


def test_the_first_mistake_is_raised() -> None:
    """Loading one mapping raises its first mistake as a MappingError."""
    with pytest.raises(MappingError, match="no field of `person` `titel`"):
        load(parse(BODY + "  titel: {lead: T}\n", "x.yaml"))
