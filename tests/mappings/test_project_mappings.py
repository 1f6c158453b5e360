"""The mappings of a project folder see what the project says."""

from pathlib import Path

import pytest

from config.project import load_project
from mappings.apply import normalize
from mappings.project import check_project, load_mappings
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
