"""New fields as a package that an administrator deploys: mdapi files for `sf project deploy start`.

Beside the fields goes a permission set that grants reading and editing of exactly these, and
nothing else: a deployed field is visible to nobody by itself. Element order is that of a retrieved
package. Source: Metadata API Developer Guide, CustomField and PermissionSet.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from connectors.protocol import NewField
from connectors.salesforce.settings import SalesforceSettings

PERMISSION_SET: Final = "Tasuki"
_FOLDER: Final = "metadata"
"""What is deployed is all of a folder; the README stands beside it."""
_NAMESPACE: Final = "http://soap.sforce.com/2006/04/metadata"
_VERSION: Final = str(SalesforceSettings.model_fields["api_version"].default)
"""Salesforce takes packages of older versions for years."""
_ACTIVITIES: Final = frozenset({"Task", "Event"})
_ACTIVITY: Final = "Activity"
"""Custom fields of tasks and events are one object's; permissions name the two."""
_LONGEST_TEXT: Final = 255
_LONG_TEXT: Final = 32_768
_NOT_UNIQUE: Final = (
    " An external id that is not unique: fields of activities cannot be unique. Tasuki looks for "
    "the key before it creates. "
)
_TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "longtext": {"type": "LongTextArea", "visibleLines": "5"},
    "int": {"type": "Number", "precision": "18", "scale": "0"},
    "num": {"type": "Number", "precision": "18", "scale": "2"},
    "bool": {"type": "Checkbox", "defaultValue": "false"},
    "date": {"type": "Date"},
    "datetime": {"type": "DateTime"},
    "picklist": {"type": "Picklist"},
}
"""Every other type is text."""
_README: Final = """\
Fields that Tasuki writes, and a permission set that grants them.

1. Deploy, from this folder (try it on a sandbox first; --dry-run only checks):

   sf project deploy start --metadata-dir metadata --target-org YOUR_ORG

2. Give the permission set to the integration user:

   sf org assign permset --name Tasuki --on-behalf-of INTEGRATION_USER --target-org YOUR_ORG

   A field that is there already and only hidden from that user needs no deploying: take it out of
   package.xml and of its object's file, and deploy the permission set.

3. tasuki setup    (nothing is missing any more)

Fields:
"""


def package(fields: Sequence[NewField]) -> dict[str, str]:
    """Path → text of everything to deploy, and a README with the commands; nothing for no field.

    Labels are in the first language that a field names.
    """
    if not fields:
        return {}
    known = {(each.object, each.name): each for each in fields}
    every = sorted(known.values(), key=lambda each: (each.object, each.name))
    by_object: dict[str, dict[str, NewField]] = {}
    for each in every:
        by_object.setdefault(_home(each.object), {})[each.name] = each
    files = {
        f"{_FOLDER}/objects/{object}.object": _text(_object(object, list(found.values())))
        for object, found in by_object.items()
    }
    listed = [f"{object}.{name}" for object, found in by_object.items() for name in found]
    return {
        f"{_FOLDER}/package.xml": _text(_manifest(listed)),
        **files,
        f"{_FOLDER}/permissionsets/{PERMISSION_SET}.permissionset": _text(_permissions(every)),
        "README.txt": _README + "".join(f"  {each.object}.{each.name}\n" for each in every),
    }


def _home(object: str) -> str:
    return _ACTIVITY if object in _ACTIVITIES else object


def _object(object: str, fields: Sequence[NewField]) -> ET.Element:
    root = _root("CustomObject")
    for each in fields:
        if each.unique and object == _ACTIVITY:
            root.append(ET.Comment(_NOT_UNIQUE))
        made = ET.SubElement(root, "fields")
        _leaf(made, "fullName", each.name)
        said: dict[str, str] = {**_said(each), **_shape(each), **_key(each, object)}
        names = {*said, "valueSet"} if each.options else set(said)
        for name in sorted(names):
            if name == "valueSet":
                _values(made, each.options)
            else:
                _leaf(made, name, said[name])
    return root


def _said(field: NewField) -> dict[str, str]:
    """What people read about it."""
    label = next(iter(field.label.values()), field.name)
    help = {"description": field.help, "inlineHelpText": field.help[:_LONGEST_TEXT]}
    return {"label": label[:40], **(help if field.help else {}), "trackHistory": "false"}


def _shape(field: NewField) -> dict[str, str]:
    """Its type, and how much it holds."""
    length = field.length or _LONGEST_TEXT
    is_long = field.type == "longtext" or (field.type == "text" and length > _LONGEST_TEXT)
    if is_long:
        return {**_TYPES["longtext"], "length": str(max(length, _LONG_TEXT))}
    found = {"required": "false"} if field.type != "bool" else {}
    if field.type == "picklist" and not field.options:
        return {**found, "type": "Text", "length": str(_LONGEST_TEXT)}
    return {**found, **_TYPES.get(field.type, {"type": "Text", "length": str(length)})}


def _key(field: NewField, object: str) -> dict[str, str]:
    """What makes it a key: an external id, and unique where the object can keep it so."""
    if not field.unique:
        return {}
    if object == _ACTIVITY:
        return {"externalId": "true", "unique": "false"}
    without_case = {"caseSensitive": "false"} if field.type == "text" else {}
    return {"externalId": "true", "unique": "true", **without_case}


def _values(field: ET.Element, options: Sequence[str]) -> None:
    values = ET.SubElement(field, "valueSet")
    definition = ET.SubElement(values, "valueSetDefinition")
    _leaf(definition, "sorted", "false")
    for option in options:
        value = ET.SubElement(definition, "value")
        for name, text in (("fullName", option), ("default", "false"), ("label", option)):
            _leaf(value, name, text)


def _permissions(fields: Sequence[NewField]) -> ET.Element:
    root = _root("PermissionSet")
    _leaf(root, "description", "The fields that Tasuki reads and writes, and nothing else.")
    for each in fields:
        granted = ET.SubElement(root, "fieldPermissions")
        _leaf(granted, "editable", "true")
        _leaf(granted, "field", f"{each.object}.{each.name}")
        _leaf(granted, "readable", "true")
    _leaf(root, "hasActivationRequired", "false")
    _leaf(root, "label", PERMISSION_SET)
    return root


def _manifest(fields: Sequence[str]) -> ET.Element:
    root = _root("Package")
    for kind, members in _members(fields):
        types = ET.SubElement(root, "types")
        for member in members:
            _leaf(types, "members", member)
        _leaf(types, "name", kind)
    _leaf(root, "version", _VERSION)
    return root


def _members(fields: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    yield "CustomField", fields
    yield "PermissionSet", [PERMISSION_SET]


def _root(name: str) -> ET.Element:
    return ET.Element(name, {"xmlns": _NAMESPACE})


def _leaf(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _text(root: ET.Element) -> str:
    ET.indent(root, "    ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'
