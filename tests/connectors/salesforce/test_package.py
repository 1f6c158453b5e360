"""The package that brings new fields into an org: well formed, least privilege, deployable."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from connectors.protocol import NewField
from connectors.salesforce import SPEC
from sandbox.salesforce.org import org_of
from sandbox.salesforce.twin import import_org
from sandbox.state import State

if TYPE_CHECKING:
    from pathlib import Path

NS = {"m": "http://soap.sforce.com/2006/04/metadata"}
FIELDS = (
    NewField("Task", "New_Key__c", "text", {"ja": "キー"}, "Once & <only>", 120, unique=True),
    NewField("Account", "New_Code__c", "text", {"en": "Code", "ja": "コード"}, unique=True),
    NewField("Account", "New_Score__c", "num", {"en": "Score"}),
    NewField("Account", "New_Reason__c", "longtext", {"en": "Why"}),
    NewField("Account", "New_Tier__c", "picklist", {"en": "Tier"}, options=("A", "B")),
    NewField("Account", "New_Flag__c", "bool", {"en": "Flag"}),
)


def xml(path: str) -> ET.Element:
    """One file of the package, parsed."""
    assert SPEC.package is not None
    return ET.fromstring(SPEC.package(FIELDS)[f"metadata/{path}"])


def texts(root: ET.Element, path: str) -> list[str | None]:
    return [each.text for each in root.findall(path, NS)]


def test_the_manifest_lists_every_field_and_the_permission_set() -> None:
    """What package.xml names is what the folder holds; tasks' fields are the activity's."""
    root = xml("package.xml")
    assert texts(root, "m:types[m:name='CustomField']/m:members") == [
        "Account.New_Code__c",
        "Account.New_Flag__c",
        "Account.New_Reason__c",
        "Account.New_Score__c",
        "Account.New_Tier__c",
        "Activity.New_Key__c",
    ]
    assert texts(root, "m:types[m:name='PermissionSet']/m:members") == ["Tasuki"]
    assert texts(root, "m:version") == ["59.0"]


def test_a_key_is_an_external_id_and_unique_where_it_can_be() -> None:
    """An account's key is unique; an activity's cannot be, and the file says why."""
    account = xml("objects/Account.object")
    code = account.find("m:fields[m:fullName='New_Code__c']", NS)
    assert code is not None
    assert [code.findtext(f"m:{n}", None, NS) for n in ("externalId", "unique", "label")] == [
        "true",
        "true",
        "Code",
    ]
    assert SPEC.package is not None
    task = SPEC.package(FIELDS)["metadata/objects/Activity.object"]
    assert "cannot be unique" in task
    key = ET.fromstring(task).find("m:fields", NS)
    assert key is not None
    assert [key.findtext(f"m:{n}", None, NS) for n in ("externalId", "unique", "length")] == [
        "true",
        "false",
        "120",
    ]
    assert key.findtext("m:description", None, NS) == "Once & <only>"


def test_the_permission_set_grants_these_fields_and_nothing_else() -> None:
    """Reading and editing, field by field; no object, no system permission."""
    root = xml("permissionsets/Tasuki.permissionset")
    granted = texts(root, "m:fieldPermissions/m:field")
    assert granted == sorted(f"{each.object}.{each.name}" for each in FIELDS)
    assert {each.tag.rpartition("}")[2] for each in root} == {
        "description",
        "fieldPermissions",
        "hasActivationRequired",
        "label",
    }


def test_nothing_missing_is_no_package() -> None:
    """Without a field there is no file to deploy."""
    assert SPEC.package is not None
    assert SPEC.package(()) == {}


def test_a_sandbox_takes_the_package_over(tmp_path: Path) -> None:
    """The written folder, imported as a twin is, gives the org exactly these fields."""
    assert SPEC.package is not None
    for path, text in SPEC.package(FIELDS).items():
        (tmp_path / "in" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / path).write_text(text, "utf-8")
    with State(tmp_path / "sandbox.db") as state:
        report = import_org(state, tmp_path / "in")
        objects = org_of(state).schema.objects
        assert (report.fields, report.skipped) == (7, ())  # the activity's field on two objects
        code, key = (
            objects["Account"].fields["New_Code__c"],
            objects["Task"].fields["New_Key__c"],
        )
        assert {"unique", "external"} <= code.traits
        assert "unique" not in key.traits
        assert "external" in key.traits
        assert objects["Account"].fields["New_Tier__c"].values == ("A", "B")
        assert objects["Account"].fields["New_Reason__c"].length > 255


@pytest.mark.parametrize("field", FIELDS, ids=lambda each: each.name)
def test_each_field_has_what_its_type_needs(field: NewField) -> None:
    """Every field names itself, its label and its type."""
    home = "Activity" if field.object == "Task" else field.object
    found = xml(f"objects/{home}.object").find(f"m:fields[m:fullName='{field.name}']", NS)
    assert found is not None
    assert found.findtext("m:label", None, NS)
    assert found.findtext("m:type", None, NS)
