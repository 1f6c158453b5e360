"""Completion for editors: the schema of mapping files with the names a project's systems have."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from connectors.protocol import LABEL, LINKED, FieldInfo, ObjectInfo
from mappings.spec import ID, Side
from mappings.spec import Mapping as RecordMapping
from tasuki.service.app import App
from tasuki.service.checking.project import Discovered

LIVE_SCHEMA: Final = Path(".tasuki/schema.live.json")
Schema = dict[str, Any]


def write_live_schema(app: App, discovered: Discovered, base: Mapping[str, Any]) -> Path:
    """The editor's schema with the systems' real names; made anew each time."""
    path = app.project.folder / LIVE_SCHEMA
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = live_schema(app.tools.mappings, discovered, base)
    path.write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def live_schema(
    mappings: Sequence[RecordMapping], discovered: Discovered, base: Mapping[str, Any]
) -> Schema:
    """The base with a branch for every side whose object was described."""
    known = {(name, info.name): info for name, infos in discovered.items() for info in infos}
    branches = [
        _branch(mapping, side, info, [each.name for each in discovered[side.connection]])
        for mapping in mappings
        for side in mapping.sides.values()
        if (info := known.get((side.connection, side.object))) is not None
    ]
    distinct = {json.dumps(branch, sort_keys=True): branch for branch in branches}
    return {**base, "allOf": [*base.get("allOf", ()), *distinct.values()]}


def _branch(mapping: RecordMapping, side: Side, info: ObjectInfo, objects: Sequence[str]) -> Schema:
    """When a mapping's side reads this object, the names it uses must be real ones."""
    name = {"enum": [ID, *(field.name for field in info.fields)], "title": f"{info.label} field"}
    key = {"enum": [field.name for field in mapping.entity.fields]}
    ways = _one_or_more(_way(info, name))
    here = {
        "sides": _of(side.name, {"properties": {
            "object": {"anyOf": [{"enum": sorted(objects)}, {"type": "string"}]},
            "keep": {"anyOf": [{"const": "all"}, {"type": "array", "items": name}]},
        }}),
        "fields": _each(side.name, _look(info, name)),
        "links": _each(side.name, ways),
        "create": _of(side.name, {"properties": {"key": key}}),
        "identity": {"items": _of(side.name, name)},
    }  # fmt: skip
    reads = {"properties": {"object": {"const": info.name}}, "required": ["object"]}
    is_here = {
        "kind": {"const": "mapping"},
        "entity": {"const": mapping.entity.name},
        "sides": {**_of(side.name, reads), "required": [side.name]},
    }
    return {
        "if": {"properties": is_here, "required": ["kind", "entity", "sides"]},
        "then": {"properties": here},
    }


def _of(side: str, schema: Schema) -> Schema:
    return {"properties": {side: schema}}


def _each(side: str, schema: Schema) -> Schema:
    return {"additionalProperties": _of(side, schema)}


def _one_or_more(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "array", "items": schema}]}


def _look(info: ObjectInfo, name: Schema) -> Schema:
    """A field's name, several, or a table that names them."""
    names = {"type": "array", "items": name}
    rate = {"type": "object", "properties": {"field": name, "on": name}}
    table = {
        "type": "object",
        "properties": {
            "field": name,
            "first": names,
            "join": names,
            "currency": {"anyOf": [{"type": "string"}, rate]},
        },
        "allOf": [_mapped(field) for field in info.fields if field.options],
    }
    return {"anyOf": [name, names, table]}


def _mapped(field: FieldInfo) -> Schema:
    """The keys of a value map are the picklist's values; of an open one they may be others."""
    values: Schema = {"enum": [*field.options, "*"]}
    keys = values if field.restricted else {"anyOf": [values, {"type": "string"}]}
    return {
        "if": {"properties": {"field": {"const": field.name}}, "required": ["field"]},
        "then": {"properties": {"value_map": {"propertyNames": keys}}},
    }


def _way(info: ObjectInfo, name: Schema) -> Schema:
    """One way of a link: its field, or the linked object and the labels between the two."""
    labels: dict[str, list[str]] = {}
    for field in info.fields:
        if field.name.startswith(LINKED):
            other, _, label = field.name.removeprefix(LINKED).partition(LABEL)
            labels.setdefault(other, []).extend([label] if label else [])
    return {
        "type": "object",
        "properties": {
            "lookup": name,
            "value": name,
            "unless": {"type": "array", "items": name},
            "not_beside": {"propertyNames": name},
            **({"association": {"enum": sorted(labels)}} if labels else {}),
        },
        "allOf": [
            {
                "if": {
                    "properties": {"association": {"const": other}},
                    "required": ["association"],
                },
                "then": {"properties": {"label": {"enum": known}}},
            }
            for other, known in sorted(labels.items())
            if known
        ],
    }
