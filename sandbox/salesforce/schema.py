"""The org's metadata: which objects and fields exist and what each allows.

Files in `metadata/` hold one object each, or `{"extend": {object: [field, ...]}}` for custom
fields. A field's `is` lists what is true of it; what else a describe needs follows by rule.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import orjson

METADATA: Final = Path(__file__).parent / "metadata"
ACTIVITIES: Final = frozenset({"Task", "Event"})
TEXT_TYPES: Final = frozenset(
    {"string", "textarea", "picklist", "multipicklist", "combobox", "email", "phone", "url"}
)
NUMBER_TYPES: Final = frozenset({"double", "currency", "percent", "int"})
NO_PREFIX: Final = "0zz"
_NAME: Final = re.compile(r"[A-Za-z]\w*")
_SYSTEM: Final[tuple[Mapping[str, Any], ...]] = (
    {"name": "Id", "type": "id", "is": "default lookup"},
    {"name": "IsDeleted", "label": "Deleted", "type": "boolean", "is": "default"},
    {"name": "CreatedDate", "type": "datetime", "is": "default"},
    {
        "name": "CreatedById",
        "type": "reference",
        "is": "default",
        "to": ["User"],
        "as": "CreatedBy",
    },
    {"name": "LastModifiedDate", "type": "datetime", "is": "default"},
    {
        "name": "LastModifiedById",
        "type": "reference",
        "is": "default",
        "to": ["User"],
        "as": "LastModifiedBy",
    },
    {"name": "SystemModstamp", "type": "datetime", "is": "default"},
)


class MetadataError(ValueError):
    """The platform would not take this piece of metadata."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field as the platform describes it."""

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    traits: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()
    default: Any = None
    to: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    cascade: bool = False

    @property
    def custom(self) -> bool:
        """Whether an admin added it."""
        return self.name.endswith("__c")

    @property
    def required(self) -> bool:
        """Whether a create must give it."""
        return "create" in self.traits and not self.traits & {"null", "default"}

    @property
    def polymorphic(self) -> bool:
        """Whether its record may be of several types."""
        return len(self.to) > 1


@dataclass(frozen=True)
class Object:
    """One object and its fields, in the order a describe lists them."""

    name: str
    label: str
    plural: str
    prefix: str
    traits: frozenset[str]
    fields: Mapping[str, Field] = field(default_factory=dict)

    @cached_property
    def by_lower(self) -> Mapping[str, Field]:
        """Fields by lower-case name: SOQL and JSON keys ignore case."""
        return {name.lower(): each for name, each in self.fields.items()}

    @cached_property
    def by_relationship(self) -> Mapping[str, Field]:
        """Reference fields by the lower-case name of their relationship."""
        named = ((each.relationship, each) for each in self.fields.values())
        return {name.lower(): each for name, each in named if name}

    @cached_property
    def stored(self) -> tuple[Field, ...]:
        """The fields with a column of their own (an address is made of its parts)."""
        return tuple(each for each in self.fields.values() if each.type != "address")


class Schema:
    """All objects of the org."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self.objects = {each.name: each for each in objects}
        self._lower = {name.lower(): name for name in self.objects}
        self._prefix = {each.prefix: each for each in self.objects.values()}

    def find(self, name: str) -> Object | None:
        """The object of this name, in any case of letters."""
        known = self._lower.get(name.lower())
        return None if known is None else self.objects[known]

    def of_id(self, id: str) -> Object | None:
        """The object an id belongs to, by its prefix."""
        return self._prefix.get(id[:3])

    def referrers(self, name: str) -> Iterator[tuple[Object, Field]]:
        """Every field that may point to this object."""
        for each in self.objects.values():
            for one in each.fields.values():
                if name in one.to:
                    yield each, one

    def with_object(self, new: Object) -> "Schema":
        """This schema with one more object, or another one of the same name."""
        return Schema({**self.objects, new.name: new}.values())

    def extended(self, object: str, new: Field) -> "Schema":
        """This schema with one more field, or another one of the same name."""
        found = self.objects[object]
        if not _NAME.fullmatch(new.name):
            raise MetadataError(f"{new.name}: not a field name")
        if object in ACTIVITIES and "unique" in new.traits:
            raise MetadataError(f"{new.name}: activity fields cannot be unique")
        fields = {**found.fields, new.name: new}
        return self.with_object(replace(found, fields=fields))


@cache
def standard(folder: Path = METADATA) -> Schema:
    """The schema that the files of a folder describe."""
    documents = [orjson.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    schema = Schema(parse_object(each) for each in documents if "name" in each)
    for each in documents:
        for object, fields in each.get("extend", {}).items():
            for one in fields:
                schema = schema.extended(object, parse_field(one))
    return schema


def parse_field(raw: Mapping[str, Any]) -> Field:
    """A field from its line in a metadata file."""
    kind = raw["type"]
    default = raw.get("default", False if kind == "boolean" else None)
    return Field(
        name=raw["name"],
        type=kind,
        label=raw.get("label") or _label(raw["name"]),
        length=18 if kind in {"id", "reference"} else raw.get("length", 0),
        precision=raw.get("precision", 0),
        scale=raw.get("scale", 0),
        traits=frozenset(raw.get("is", "").split()),
        values=tuple(raw.get("values", ())),
        default=default,
        to=tuple(raw.get("to", ())),
        relationship=raw.get("as"),
        children=raw.get("children"),
        cascade=raw.get("cascade", False),
    )


def raw_field(field: Field) -> dict[str, Any]:
    """The line of a metadata file that gives this field."""
    raw = {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "length": field.length,
        "precision": field.precision,
        "scale": field.scale,
        "is": " ".join(sorted(field.traits)),
        "values": list(field.values),
        "default": field.default,
        "to": list(field.to),
        "as": field.relationship,
        "children": field.children,
        "cascade": field.cascade,
    }
    return {key: value for key, value in raw.items() if value not in (None, "", 0, [], False)}


def parse_object(raw: Mapping[str, Any]) -> Object:
    """An object from its metadata file; the system's own fields come by themselves."""
    if not _NAME.fullmatch(raw["name"]):
        raise MetadataError(f"{raw['name']}: not an object name")
    own = [parse_field(each) for each in raw["fields"]]
    left_out = {*raw.get("without", ()), *(each.name for each in own)}
    system = [parse_field(each) for each in _SYSTEM if each["name"] not in left_out]
    first = [replace(each, label=_id_label(raw)) for each in system if each.name == "Id"]
    ordered = [*first, *own, *(each for each in system if each.name != "Id")]
    return Object(
        name=raw["name"],
        label=raw["label"],
        plural=raw["plural"],
        prefix=raw.get("prefix") or NO_PREFIX,
        traits=frozenset(raw["is"].split()),
        fields={each.name: each for each in ordered},
    )


def _id_label(raw: Mapping[str, Any]) -> str:
    return str(raw.get("id_label") or f"{raw['label']} ID")


def _label(name: str) -> str:
    words = name.removesuffix("__c").replace("_", " ")
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z0-9])", " ", words)
    return re.sub(r" Id$", " ID", spaced)
