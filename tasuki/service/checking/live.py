"""What the systems really have: asked, kept in the store, and written as completion for editors."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from connectors.protocol import ObjectInfo
from staging.bulk import upsert
from staging.tables.staged import PLATFORM_SCHEMA
from sync.pull import streams
from tasuki.service.app import App
from tasuki.service.checking.project import Discovered

LIVE_SCHEMA = Path(".tasuki/schema.live.json")


@dataclass(frozen=True, slots=True)
class ObjectView:
    """One object a system described."""

    connection: str
    object: str
    label: str
    fields: int
    picklists: int
    external_ids: tuple[str, ...]


def discover(app: App, connections: Iterable[str] = ()) -> Discovered:
    """Ask the systems (all, or these) to describe every object the mappings use.

    Errors: SignInError, UnreachableError.
    """
    wanted = set(connections)
    objects: dict[str, list[str]] = defaultdict(list)
    for each in streams(app.tools):
        if not wanted or each.connection in wanted:
            objects[each.connection].append(each.object)
    return {
        connection: tuple(app.tools.connectors[connection].discover(names))
        for connection, names in objects.items()
    }


def keep(app: App, discovered: Discovered) -> None:
    """Keep what the systems said of themselves in the store."""
    now = app.tools.now()
    found = [
        {"connection": connection, "object": info.name, "info": asdict(info), "fetched_at": now}
        for connection, infos in discovered.items()
        for info in infos
    ]
    with app.store.writing() as db:
        upsert(db, PLATFORM_SCHEMA, found)


def views(discovered: Discovered) -> tuple[ObjectView, ...]:
    """What was discovered, one line per object."""
    return tuple(
        ObjectView(
            connection,
            info.name,
            info.label,
            len(info.fields),
            sum(1 for field in info.fields if field.options),
            tuple(field.name for field in info.fields if field.external_id or field.unique),
        )
        for connection, infos in discovered.items()
        for info in infos
    )


def write_live_schema(app: App, discovered: Discovered, base: Mapping[str, Any]) -> Path:
    """The editor's schema with the systems' real field names; made anew each time."""
    known = {
        (connection, info.name): info for connection, infos in discovered.items() for info in infos
    }
    branches = [
        _branch(side.name, info)
        for mapping in app.tools.mappings
        for side in mapping.sides.values()
        if (info := known.get((side.connection, side.object))) is not None
    ]
    distinct = {json.dumps(branch, sort_keys=True): branch for branch in branches}
    schema = {**base, "allOf": [*base.get("allOf", ()), *distinct.values()]}
    path = app.project.folder / LIVE_SCHEMA
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def _branch(side: str, info: ObjectInfo) -> dict[str, Any]:
    """When a mapping's side reads this object, its fields must be real ones."""
    names = {"enum": [field.name for field in info.fields], "title": f"{info.label} field"}
    look = {"anyOf": [names, {"type": "array", "items": names}, {"type": "object"}]}
    is_object = {"properties": {"object": {"const": info.name}}, "required": ["object"]}
    side_is = {"properties": {side: is_object}, "required": [side]}
    return {
        "if": {
            "properties": {"kind": {"const": "mapping"}, "sides": side_is},
            "required": ["kind", "sides"],
        },
        "then": {"properties": {"fields": {"additionalProperties": {"properties": {side: look}}}}},
    }
