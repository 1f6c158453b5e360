"""The mappings of a project folder see what the project says."""

from pathlib import Path

import pytest

from config.project import load_project
from config.starter import init
from mappings.apply import normalize
from mappings.finding import Severity
from mappings.project import READY, check_project, load_mappings
from tasuki.errors import MappingError

PROJECT = """\
kind: project
name: demo
timezone: Asia/Tokyo
identity: {phone_region: US, free_mail_domains: [freemail.example], junk_emails: [X@y.example]}
guards: {max_creates: 9}
"""
PERSON = """\
kind: mapping
name: person
entity: person
sides: {hubspot: {object: contacts}}
fields:
  email: {hubspot: email, transform: [email]}
  phone: {hubspot: phone, transform: [phone]}
links: {account_id: {hubspot: {value: email, via: domain, transform: [domain]}}}
identity: [{rule: email, field: email, transform: [personal_email]}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "connections").mkdir()
    (tmp_path / "mappings").mkdir()
    (tmp_path / "tasuki.yaml").write_text(PROJECT, encoding="utf-8")
    hubspot = "kind: connection\nname: hubspot\nsystem: hubspot\n"
    (tmp_path / "connections" / "hubspot.yaml").write_text(hubspot, encoding="utf-8")
    (tmp_path / "mappings" / "person.yaml").write_text(PERSON, encoding="utf-8")
    return tmp_path


def test_habits_and_guards_come_from_the_project(folder: Path) -> None:
    """Numbers, free mail and junk addresses are read as the project says; guards lie beneath."""
    (mapping,) = load_mappings(load_project(folder, {}))
    assert mapping.guards.max_creates == 9
    free = normalize(mapping, "hubspot", {"email": "ada@freemail.example", "phone": "650-253-0000"})
    assert free.values["phone"] == "+16502530000"
    assert free.links == {"account_id": ()}
    assert [key.kind for key in free.keys] == ["email"]
    assert normalize(mapping, "hubspot", {"email": "x@Y.example"}).keys == ()


def test_a_connection_the_project_does_not_have_is_refused(folder: Path) -> None:
    """A mapping's side must be a connection of the project, shown at its place in the file."""
    text = PERSON.replace("sides: {hubspot:", "sides: {hubspto:").replace("{hubspot", "{hubspto")
    (folder / "mappings" / "person.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mappings(load_project(folder, {}))
    assert str(caught.value.where) == "mappings/person.yaml:4:9 (sides.hubspto)"
    assert caught.value.remedy == "Did you mean `hubspot`?"
    mappings, findings = check_project(load_project(folder, {}))
    assert mappings == ()
    assert findings[0].lines()[1] == "mappings/person.yaml:4:9 (sides.hubspto)"


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A new project, its connections not signed in to anything."""
    init(tmp_path / "new")
    return tmp_path / "new"


def without(ready: Path, *names: str) -> None:
    for name in names:
        (ready / "connections" / f"{name}.yaml").unlink()


def test_a_project_without_a_sales_system_goes_without_its_sides(ready: Path) -> None:
    """Ready mappings lose the sides of what is not connected, with one note for each."""
    whole = {mapping.name: mapping for mapping in load_mappings(load_project(ready, {}))}
    assert not any(mapping.left_out for mapping in whole.values())
    without(ready, "sales", "imports")
    mappings, findings = check_project(load_project(ready, {}))
    assert [(f.severity, f.what) for f in findings] == [
        (Severity.WARNING, "Nothing is read from `imports`"),
        (Severity.WARNING, "Nothing is read from `sales`"),
    ]
    assert "account" in findings[1].why
    left = {mapping.name: mapping for mapping in mappings}
    assert whole.keys() - left.keys() == {"contract", "sale"}
    assert {*left["account"].sides} == {"salesforce", "hubspot"}
    assert left["account"].fields["name"].policy.order == ("salesforce", "hubspot")
    assert left["account"].version != whole["account"].version
    assert left["user_"].version == whole["user_"].version
    assert normalize(left["account"], "hubspot", {"name": "Aoba"}).values["name"] == "Aoba"


@pytest.mark.parametrize("name", READY)
def test_any_ready_connection_can_be_taken_away(ready: Path, name: str) -> None:
    """Whichever system a project does without, its mappings load and nothing is an error."""
    without(ready, name)
    mappings, findings = check_project(load_project(ready, {}))
    assert [f.what for f in findings if f.severity is Severity.ERROR] == []
    assert [f.what for f in findings if "Nothing is read" in f.what] == [
        f"Nothing is read from `{name}`"
    ]
    connections = {side.connection for mapping in mappings for side in mapping.sides.values()}
    assert connections == READY.keys() - {name}
    for mapping in mappings:
        for side in mapping.sides:
            normalize(mapping, side, {}, "1")


def test_a_connection_under_another_name_is_not_absent(ready: Path) -> None:
    """Who calls Salesforce `crm` is told of the old name; who has nothing at all, of all."""
    path = ready / "connections" / "salesforce.yaml"
    text = path.read_text(encoding="utf-8").replace("name: salesforce", "name: crm")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match="There is no connection `salesforce`"):
        load_mappings(load_project(ready, {}))
    without(ready, *READY)
    with pytest.raises(MappingError, match="There is no connection"):
        load_mappings(load_project(ready, {}))


def test_the_version_knows_the_habits_it_reads_by(folder: Path) -> None:
    """Another free-mail domain reads anew who looks at domains; a schedule changes nothing."""
    before = load_mappings(load_project(folder, {}))[0].version
    settings = folder / "tasuki.yaml"
    settings.write_text(PROJECT + "language: ja\n", encoding="utf-8")
    assert load_mappings(load_project(folder, {}))[0].version == before
    text = PROJECT.replace("freemail.example]", "freemail.example, webmail.example]")
    settings.write_text(text, encoding="utf-8")
    assert load_mappings(load_project(folder, {}))[0].version != before


def test_what_says_nothing_of_records_reads_nothing_anew(folder: Path) -> None:
    """Guards, quiet fields and prose leave the version as it is; a transform does not."""
    path = folder / "mappings" / "person.yaml"
    before = load_mappings(load_project(folder, {}))[0].version
    text = PERSON + "guards: {max_creates: 3}\nquiet_fields: [phone]\ndescription: People.\n"
    path.write_text(text, encoding="utf-8")
    assert load_mappings(load_project(folder, {}))[0].version == before
    path.write_text(text.replace("[phone]}\n", "[trim, phone]}\n"), encoding="utf-8")
    assert load_mappings(load_project(folder, {}))[0].version != before
