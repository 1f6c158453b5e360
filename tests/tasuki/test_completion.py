"""The editor's schema knows the names that a project's systems really have."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from config.yaml import parse
from connectors.protocol import FieldInfo, ObjectInfo
from mappings.load import load
from tasuki.service.checking.completion import live_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = """\
kind: mapping
name: person
entity: person
sides:
  sf: {object: Contact, scope: "Name is not null", keep: [Title]}
  hub: {object: contacts, keep: all}
create: {sf: {key: email}, hub: false}
fields:
  email: {sf: Email, hub: email, direction: both, conflict: sf_wins}
  title: {sf: {first: [Title, Name]}, hub: jobtitle, conflict: sf_wins}
  department: {sf: {field: Country, value_map: {JP: Japan, "*": Other}}, conflict: sf_wins}
  family_name: {sf: {join: [Name]}, hub: {field: lastname}, conflict: hub_wins}
links:
  account_id:
    sf: {lookup: AccountId, object: Account, unless: [Title]}
    hub: [{association: companies, label: Billing}, {value: email, via: domain}]
identity:
  - {rule: email, field: email}
  - {rule: stored_id, hub: sf_id, refers_to: sf}
"""
SF = ObjectInfo(
    "Contact",
    "Contact",
    (
        *(FieldInfo(name, "text") for name in ("Email", "Title", "Name")),
        FieldInfo("Country", "picklist", options=("JP", "US"), restricted=True),
        FieldInfo("AccountId", "reference", refers_to=("Account",)),
    ),
)
HUB = ObjectInfo(
    "contacts",
    "Contacts",
    (
        *(FieldInfo(name, "text") for name in ("email", "jobtitle", "lastname", "sf_id")),
        FieldInfo("associations.companies", "reference"),
        FieldInfo("associations.companies#Billing", "reference"),
    ),
)
FOUND = {"sf": (SF,), "hub": (HUB,)}


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value fits a schema, as far as ours use the language."""
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    kinds: dict[str, type] = {"string": str, "array": list, "object": dict}
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return False
    if "anyOf" in schema and not any(fits(value, each) for each in schema["anyOf"]):
        return False
    if not all(fits(value, each) for each in schema.get("allOf", ())):
        return False
    if "if" in schema and fits(value, schema["if"]) and not fits(value, schema["then"]):
        return False
    if isinstance(value, list):
        return all(fits(each, schema.get("items", {})) for each in value)
    return not isinstance(value, dict) or _fits_inside(value, schema)


def _fits_inside(value: dict[str, Any], schema: Mapping[str, Any]) -> bool:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    names = schema.get("propertyNames")
    return (
        all(name in value for name in schema.get("required", ()))
        and (names is None or all(fits(name, names) for name in value))
        and all(fits(each, known.get(name, others)) for name, each in value.items())
    )


@pytest.fixture
def schema() -> dict[str, Any]:
    """Of one mapping over two systems."""
    return live_schema([load(parse(TEXT, "mappings/person.yaml"))], FOUND, {"type": "object"})


def test_what_the_systems_have_fits(schema: dict[str, Any]) -> None:
    """The file itself, and a scope, which is a sentence and no name."""
    assert fits(parse(TEXT, "x.yaml").data, schema)


MISTAKES: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "field": (("fields", "email", "sf"), "Emial"),
    "field of a table": (("fields", "department", "sf", "field"), "Contry"),
    "first": (("fields", "title", "sf", "first"), ["Titel"]),
    "join": (("fields", "family_name", "sf", "join"), ["Nmae"]),
    "value of a restricted picklist": (("fields", "department", "sf", "value_map"), {"JPN": "x"}),
    "day of the rate": (
        ("fields", "email", "sf"),
        {"field": "Email", "currency": {"code": "USD", "on": "CloseDay"}},
    ),
    "currency": (("fields", "email", "sf"), {"field": "Email", "currency": {"field": "Isocode"}}),
    "kept field": (("sides", "sf", "keep"), ["Titel"]),
    "key of a create": (("create", "sf", "key"), "emial"),
    "lookup": (("links", "account_id", "sf", "lookup"), "AcountId"),
    "unless": (("links", "account_id", "sf", "unless"), ["Titel"]),
    "association": (("links", "account_id", "hub", 0, "association"), "company"),
    "label": (("links", "account_id", "hub", 0, "label"), "Biling"),
    "value of a link": (("links", "account_id", "hub", 1, "value"), "emial"),
    "stored id": (("identity", 1, "hub"), "sf_di"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_misspelt_name_is_underlined(schema: dict[str, Any], mistake: str) -> None:
    """Wherever a mapping names something of a system."""
    path, wrong = MISTAKES[mistake]
    data: Any = deepcopy(parse(TEXT, "x.yaml").data)
    at = data
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = wrong
    assert not fits(data, schema)


def test_another_object_is_offered_and_a_new_one_allowed(schema: dict[str, Any]) -> None:
    """Objects that no mapping named were never described: they are not refused."""
    data: Any = deepcopy(parse(TEXT, "x.yaml").data)
    data["sides"]["sf"]["object"] = "Brand_New__c"
    assert fits(data, schema)
    (branch, _) = schema["allOf"]
    names = branch["then"]["properties"]["sides"]["properties"]["sf"]["properties"]["object"]
    assert names["anyOf"][0]["enum"] == ["Contact"]


def test_an_unrestricted_picklist_offers_its_values(schema: dict[str, Any]) -> None:
    """Others may stand there as well."""
    open_ = ObjectInfo("Contact", "Contact", tuple(
        FieldInfo(f.name, f.type, options=f.options) for f in SF.fields
    ))  # fmt: skip
    mapping = load(parse(TEXT, "mappings/person.yaml"))
    data: Any = deepcopy(parse(TEXT, "x.yaml").data)
    data["fields"]["department"]["sf"]["value_map"] = {"JPN": "Japan"}
    assert not fits(data, schema)
    assert fits(data, live_schema([mapping], {**FOUND, "sf": (open_,)}, {}))
