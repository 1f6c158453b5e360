"""The org's schema taken over from a real org: its saved global describe and object describes.

A describe may be full (`GET /sobjects/X/describe`) or reduced, as editors cache it: lengths and
flags it lacks follow the built-in schema, or the type. What the built-in org knows and the real
one does not stays in its tables, out of everybody's sight, so that the platform's rules still run.
A file `setup.json` beside them adds rules and permissions: a list of what `setup/control.py` takes;
object files of a metadata package (`*.object`) add their custom fields.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.salesforce.api.deploy import SUFFIX, deploy
from sandbox.salesforce.org import Org, org_of
from sandbox.salesforce.schema import MetadataError, Object, parse_object, raw_field, standard
from sandbox.salesforce.setup.access import TWIN
from sandbox.salesforce.setup.control import set_up
from sandbox.state import State
from sandbox.twin import ImportReport

SETUP: Final = "setup.json"
Raw = Mapping[str, Any]
Relations = Mapping[tuple[str, str], Raw]
_OBJECT: Final = {
    "create": "createable",
    "update": "updateable",
    "delete": "deletable",
    "undelete": "undeletable",
    "merge": "mergeable",
    "replicate": "replicateable",
    "search": "searchable",
    "trigger": "triggerable",
    "feed": "feedEnabled",
    "mru": "mruEnabled",
    "layout": "layoutable",
}
_FIELD: Final = {
    "create": "createable",
    "update": "updateable",
    "null": "nillable",
    "default": "defaultedOnCreate",
    "external": "externalId",
    "unique": "unique",
    "lookup": "idLookup",
    "name": "nameField",
    "formula": "calculated",
    "restricted": "restrictedPicklist",
}
_UNFIT: Final = frozenset({"location", "complexvalue", "base64"})
_LENGTHS: Final = {"textarea": 32_000, "phone": 40, "email": 80, "boolean": 0}
_NUMBERS: Final = frozenset({"int", "double", "currency", "percent", "date", "datetime", "time"})
_SYSTEM: Final = frozenset(
    {"Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"}
    | {"SystemModstamp", "MasterRecordId", "LastActivityDate", "LastViewedDate"}
    | {"LastReferencedDate"}
)


@dataclass(slots=True)
class Export:
    """What the files of an export say: object describes by name, the global describe's lines."""

    described: dict[str, Raw] = field(default_factory=dict)
    listed: dict[str, Raw] = field(default_factory=dict)
    setup: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def import_org(state: State, folder: Path) -> ImportReport:
    """Give the org of this state the objects and fields an export describes; a restart keeps it."""
    org = org_of(state)
    export = read_describes(sorted(folder.rglob("*.json")))
    found = list(_definitions(export))
    hidden: dict[str, list[str]] = {}
    fields = objects = 0
    with state.transaction():
        for raw in found:
            try:
                org.add_object(_with_hidden(raw, hidden))
            except MetadataError as error:
                export.skipped.append((raw["name"], str(error)))
                continue
            objects, fields = objects + 1, fields + len(raw["fields"])
        if found:
            org.restrict(TWIN, {"objects": _unlisted(export), "fields": hidden})
    export.skipped += _not_set_up(org, export.setup)
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        try:
            fields += deploy(org, {path.name: path.read_text("utf-8")})
        except (KeyError, MetadataError) as error:
            export.skipped.append((path.name, str(error)))
    return ImportReport(objects, fields, tuple(export.skipped))


def _not_set_up(org: Org, steps: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Carry out each step of the setup file; those that cannot be, with the reason."""
    for each in steps:
        try:
            set_up(org, [each])
        except (KeyError, TypeError, ValueError) as error:
            yield SETUP, f"{each.get('control')}: {error}"


def read_describes(paths: Iterable[Path]) -> Export:
    """Read an export's files; of two describes of one object the fuller one counts."""
    export = Export()
    for path in paths:
        try:
            content = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            export.skipped.append((path.name, f"no JSON: {error}"))
            continue
        _take(export, path, content)
    if export.listed:
        missing = len(export.listed.keys() - export.described.keys())
        if missing:
            text = f"{missing} listed without a describe of their own"
            export.skipped.append(("objects", text))
    return export


def _take(export: Export, path: Path, content: Any) -> None:
    if path.name == SETUP and isinstance(content, list):
        export.setup.extend(content)
        return
    if not isinstance(content, dict) or "results" in content:
        return  # another platform's file
    if "sobjects" in content:
        export.listed = {each["name"]: each for each in content["sobjects"]}
    elif "fields" in content and "name" in content:
        known = export.described.get(content["name"])
        if known is None or _rank(path, content) > _rank(path, known):
            export.described[content["name"]] = content
        if known is not None:
            export.skipped.append((path.name, f"a second describe of {content['name']}"))
    else:
        export.skipped.append((path.name, "neither a global nor an object describe"))


def _rank(path: Path, content: Raw) -> tuple[bool, bool, int]:
    """How much a describe tells: full before reduced, then the one its file is named after."""
    return "createable" in content, path.stem == content["name"], len(content["fields"])


def _definitions(export: Export) -> Iterator[dict[str, Any]]:
    relations = {
        (each["childSObject"], each["field"]): each
        for described in export.described.values()
        for each in described.get("childRelationships") or ()
    }
    for name, described in sorted(export.described.items()):
        yield _definition(name, described, export, relations)


def _definition(name: str, described: Raw, export: Export, relations: Relations) -> dict[str, Any]:
    builtin = standard().objects.get(name)
    listed = {**export.listed.get(name, {}), **described}
    known = {each["name"] for each in described["fields"]}
    fields = []
    for each in described["fields"]:
        reason = _unfit(each, known)
        if reason:
            export.skipped.append((f"{name}.{each['name']}", reason))
        else:
            fields.append(_field(name, each, builtin, relations))
    return {
        "name": name,
        "label": listed.get("label", name),
        "plural": listed.get("labelPlural") or (builtin.plural if builtin else name),
        "prefix": listed.get("keyPrefix") or (builtin.prefix if builtin else None),
        "is": _flags(listed, builtin),
        "without": [] if "Id" in known else ["Id"],
        "fields": fields,
    }


def _flags(listed: Raw, builtin: Object | None) -> str:
    if "createable" in listed:
        return " ".join(trait for trait, key in _OBJECT.items() if listed.get(key))
    return " ".join(sorted(builtin.traits if builtin else {"create", "update", "delete"}))


def _unfit(one: Raw, known: set[str]) -> str | None:
    if one["type"] in _UNFIT:
        return f"the sandbox keeps no {one['type']} values"
    stem = one["name"].removesuffix("Address")
    parts = {stem + part for part in ("Street", "City", "State", "PostalCode", "Country")}
    return "an address without its parts" if one["type"] == "address" and parts - known else None


def _field(object: str, one: Raw, builtin: Object | None, relations: Relations) -> dict[str, Any]:
    known = builtin.fields.get(one["name"]) if builtin else None
    relation = relations.get((object, one["name"]), {})
    values = [each["value"] for each in one.get("picklistValues") or () if each.get("active")]
    default = next(
        (each["value"] for each in one.get("picklistValues") or () if each.get("defaultValue")),
        one.get("defaultValue"),
    )
    found = {
        **(raw_field(known) if known else _guessed(one)),
        "name": one["name"],
        "label": one["label"],
        "type": one["type"],
        "values": values,
        "default": default,
        "to": one.get("referenceTo") or [],
        "as": one.get("relationshipName"),
        "children": relation.get("relationshipName"),
        "cascade": bool(relation.get("cascadeDelete")),
    }
    if "createable" in one:
        found |= {key: one.get(key) or 0 for key in ("length", "precision", "scale")}
        found["is"] = " ".join(trait for trait, key in _FIELD.items() if one.get(key))
    return found


def _guessed(one: Raw) -> dict[str, Any]:
    """What a reduced describe does not say of a field the built-in org does not have either."""
    kind = one["type"]
    length = 0 if kind in _NUMBERS else _LENGTHS.get(kind, 255)
    writable = "" if one["name"] in _SYSTEM or kind == "address" else "create update"
    return {"length": length, "is": f"{writable} {'null' if one['nillable'] else 'default'}"}


def _with_hidden(raw: dict[str, Any], hidden: dict[str, list[str]]) -> dict[str, Any]:
    """The definition with the built-in fields it lacks, each noted as hidden."""
    builtin = standard().objects.get(raw["name"])
    known = {each["name"] for each in raw["fields"]}
    lacking = [
        each for name, each in (builtin.fields if builtin else {}).items() if name not in known
    ]
    hidden.update((f"{raw['name']}.{each.name}", []) for each in lacking)
    whole = {**raw, "fields": [*raw["fields"], *(_optional(raw_field(each)) for each in lacking)]}
    parse_object(whole)
    return whole


def _optional(raw: dict[str, Any]) -> dict[str, Any]:
    """A field nobody can fill must not be required."""
    return {**raw, "is": f"{raw.get('is', '')} null"}


def _unlisted(export: Export) -> dict[str, list[str]]:
    """Built-in objects that the real org's global describe does not list."""
    if not export.listed:
        return {}
    return {name: [] for name in standard().objects if name not in export.listed}
