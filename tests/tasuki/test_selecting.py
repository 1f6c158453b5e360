"""Selectors: names, tags, files, kinds, in union and intersection, checked against the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tasuki.errors import ConfigError
from tasuki.service.app import App
from tasuki.service.writing.selecting import selection
from tests.rehearsal import FILES, rehearsal

TAGGED = FILES["mappings/person.yaml"].replace(
    "entity: person\n", "entity: person\ntags: [pilot]\n"
)


@pytest.fixture(scope="module")
def project() -> Iterator[App]:
    """A project whose mapping of people has a tag."""
    with rehearsal({"mappings/person.yaml": TAGGED}) as world:
        yield App(world.tools.project, world.store, world.tools)


def rules(app: App, text: str) -> list[list[str]]:
    """The rules of each alternative."""
    any_: list[list[dict[str, Any]]] = selection(app, text)["any"]
    return [sorted({name for term in terms for name in term["values"]}) for terms in any_]


def test_a_word_is_a_name_and_means_all_that_the_file_wishes(project: App) -> None:
    """Values, creates and deletes of one mapping; a star stands for anything."""
    account = ["create:account", "delete:account", "mapping:account"]
    assert rules(project, "account") == [account]
    assert rules(project, "name:acc*") == [account]


def test_space_is_either_and_comma_is_both(project: App) -> None:
    """As dbt reads them."""
    found = selection(project, "tag:pilot,kind:create object:orgs", "connection:crm")
    assert [[term["by"] for term in terms] for terms in found["any"]] == [
        ["rule", "rule"],
        ["object"],
    ]
    assert found["none"] == [[{"by": "connection", "values": ["crm"]}]]
    assert found["said"] == ["tag:pilot,kind:create object:orgs", "exclude connection:crm"]


def test_files_kinds_and_results(project: App) -> None:
    """A folder means every file in it; kind means exactly that kind of wish."""
    assert rules(project, "path:mappings/person.yaml") == [
        ["create:person", "delete:person", "mapping:person"]
    ]
    assert "mapping:activity" in rules(project, "path:mappings/")[0]
    assert all(name.startswith("create:") for name in rules(project, "kind:create")[0])
    assert rules(project, "kind:score") == [[]]
    assert selection(project, "result:parked")["any"] == [[{"by": "parked", "values": []}]]
    assert selection(project) == {}


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("acount", "`account`"),
        ("tags:pilot", "`tag`"),
        ("tag:pilto", "`pilot`"),
        ("kind:mappings", "`mapping`"),
        ("connection:crn", "`crm`"),
        ("object:org", "`orgs`"),
        ("result:park", "`parked`"),
    ],
)
def test_a_misspelled_selector_plans_nothing(project: App, said: str, means: str) -> None:
    """It names the nearest word there is."""
    with pytest.raises(ConfigError) as caught:
        selection(project, said)
    assert caught.value.remedy == f"Did you mean {means}?"
