"""A metadata package, deployed: the custom fields of its object files, installed in the org.

`*.object` files as `sf project deploy start` sends them (Metadata API, CustomObject with fields).
Fields of `Activity` are those of tasks and events. Permission sets are not looked at: what they
grant, the integration user of this org has.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final
from xml.etree import ElementTree as ET

from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import MetadataError
from sandbox.salesforce.setup.access import reveal

SUFFIX: Final = ".object"
_NUMBERS: Final = frozenset({"Number", "Currency", "Percent"})
_TYPES: Final[Mapping[str, str]] = {
    "Text": "string",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Checkbox": "boolean",
    "Date": "date",
    "DateTime": "datetime",
    "Picklist": "picklist",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
}
_MOST_LABEL: Final = 40
_MOST_TEXT: Final = 255


def deploy(org: Org, files: Mapping[str, str]) -> int:
    """Install every field of a package's object files, all or none; how many.

    Errors: MetadataError for a field that the platform would not take, or a file that is no XML.
    """
    count = 0
    with org.state.transaction():
        for path, text in sorted(files.items()):
            if path.endswith(SUFFIX):
                for object, definition in _fields(PurePosixPath(path).stem, text):
                    org.add_field(object, definition)
                    reveal(org, object, definition["name"])
                    count += 1
    return count


def _fields(object: str, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        root = ET.fromstring(text)  # noqa: S314  # a tester's own file; expat bounds it
    except ET.ParseError as error:
        raise MetadataError(f"{object}: {error}") from None
    for each in root.findall("{*}fields"):
        said = {leaf.tag.rpartition("}")[2]: (leaf.text or "").strip() for leaf in each}
        values = [one.text or "" for one in each.findall(".//{*}value/{*}fullName")]
        definition = _definition(object, said, values)
        for name in ("Task", "Event") if object == "Activity" else (object,):
            yield name, definition


def _definition(object: str, said: Mapping[str, str], values: list[str]) -> dict[str, Any]:
    name, kind = said["fullName"], said["type"]
    if not name.endswith("__c") or kind not in _TYPES:
        raise MetadataError(f"{object}.{name}: no custom field of a type that can be")
    if not 0 < len(said.get("label", "")) <= _MOST_LABEL:
        raise MetadataError(f"{object}.{name}: a label has 1 to {_MOST_LABEL} characters")
    if kind == "Text" and not 0 < int(said.get("length", 0)) <= _MOST_TEXT:
        raise MetadataError(f"{object}.{name}: a text holds 1 to {_MOST_TEXT} characters")
    traits = {"create", "update", "default" if kind == "Checkbox" else "null"}
    traits |= {"external", "lookup"} if said.get("externalId") == "true" else set()
    traits |= {"unique"} if said.get("unique") == "true" else set()
    numbers = {key: int(said[key]) for key in ("precision", "scale") if kind in _NUMBERS}
    return {
        "name": name,
        "label": said["label"],
        "type": _TYPES[kind],
        "is": " ".join(sorted(traits)),
        "length": int(said.get("length", 0)),
        "values": values,
        **numbers,
    }
