"""Property definitions: what each object type's properties are and which values they take."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson

from sandbox.hubspot.data.kinds import KINDS, Kind, document
from sandbox.hubspot.data.schema import SCHEMA
from sandbox.state import State

_SEEDED_AT: Final = "2024-01-01T00:00:00.000Z"
_SEEDED: Final = "hubspot_model"
_SEEDS: Final = "3"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a write must know of one property."""

    name: str
    type: str
    field_type: str
    options: tuple[str, ...]
    unique: bool
    read_only: bool
    archived: bool
    owner: bool
    external: bool

    @property
    def many(self) -> bool:
        """Whether the value is a list joined by semicolons."""
        return self.type == "enumeration" and self.field_type == "checkbox"


Definitions = Mapping[str, Definition]
_CACHE: Final[WeakKeyDictionary[State, dict[str, Definitions]]] = WeakKeyDictionary()


def ready(state: State) -> State:
    """Make the tables and the account's own metadata once per state."""
    if state not in _CACHE:
        with state.lock:
            for statement in SCHEMA.split(";"):  # a script would end the caller's transaction
                state.db.execute(statement)
            _seed(state)
            _CACHE[state] = {}
    return state


def definitions(state: State, kind: Kind) -> Definitions:
    """All live definitions of one object type, by name."""
    cache = _CACHE[state]
    if kind.id not in cache:
        rows = state.db.execute("SELECT document FROM hs_property WHERE type = ?", (kind.id,))
        found = (_definition(orjson.loads(row[0])) for row in rows)
        cache[kind.id] = {each.name: each for each in found if not each.archived}
    return cache[kind.id]


def forget(state: State, kind: Kind) -> None:
    """Read the definitions of this type anew: one of them changed."""
    _CACHE[state].pop(kind.id, None)


def full(row: Mapping[str, Any], group: str) -> dict[str, Any]:
    """A definition as the API shows it, from the short form of a metadata file or a request."""
    read_only, custom = bool(row.get("readOnly")), bool(row.get("custom"))
    return {
        "updatedAt": row.get("updatedAt", _SEEDED_AT),
        "createdAt": row.get("createdAt", _SEEDED_AT),
        "name": row["name"],
        "label": row["label"],
        "type": row["type"],
        "fieldType": row["fieldType"],
        "description": row.get("description", ""),
        "groupName": row.get("groupName", group),
        "options": [_option(order, each) for order, each in enumerate(row.get("options") or ())],
        "referencedObjectType": row.get("referencedObjectType"),
        "displayOrder": row.get("displayOrder", -1),
        "calculated": bool(row.get("calculated")),
        "externalOptions": bool(row.get("externalOptions")),
        "archived": False,
        "hasUniqueValue": bool(row.get("hasUniqueValue")),
        "hidden": bool(row.get("hidden")),
        "hubspotDefined": not custom,
        "modificationMetadata": {
            "archivable": custom,
            "readOnlyDefinition": not custom,
            "readOnlyOptions": not custom,
            "readOnlyValue": read_only,
        },
        "formField": bool(row.get("formField", not read_only)),
        "dataSensitivity": row.get("dataSensitivity", "non_sensitive"),
    }


def save(state: State, kind: Kind, shown: Mapping[str, Any]) -> None:
    """Keep one definition as shown; the caller holds a transaction."""
    row = (kind.id, shown["name"], orjson.dumps(shown).decode())
    state.db.execute("INSERT OR REPLACE INTO hs_property VALUES (?, ?, ?)", row)
    forget(state, kind)


def _option(order: int, option: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "label": option["label"],
        "value": option["value"],
        "description": option.get("description", ""),
        "displayOrder": option.get("displayOrder", order),
        "hidden": bool(option.get("hidden")),
    }


def _definition(shown: Mapping[str, Any]) -> Definition:
    return Definition(
        name=shown["name"],
        type=shown["type"],
        field_type=shown["fieldType"],
        options=tuple(option["value"] for option in shown["options"]),
        unique=shown["hasUniqueValue"],
        read_only=shown["modificationMetadata"]["readOnlyValue"],
        archived=shown["archived"],
        owner=shown["referencedObjectType"] == "OWNER",
        external=shown["externalOptions"] or not shown["options"],
    )


def _seed(state: State) -> None:
    """Give a new account its model; one made by an earlier release gains what it lacks."""
    if state.setting(_SEEDED) == _SEEDS:
        return
    properties, groups, pipelines = _seeds()
    with state.transaction() as db:
        columns = {row[1] for row in db.execute("PRAGMA table_info(hs_list)")}
        if "evaluated" not in columns:
            db.execute("ALTER TABLE hs_list ADD COLUMN evaluated INTEGER NOT NULL DEFAULT 0")
        db.executemany("INSERT OR IGNORE INTO hs_property VALUES (?, ?, ?)", properties)
        db.executemany("INSERT OR IGNORE INTO hs_group VALUES (?, ?, ?)", groups)
        db.executemany("INSERT OR IGNORE INTO hs_pipeline VALUES (?, ?, ?)", pipelines)
        flows = [(int(each["id"]), orjson.dumps(each).decode()) for each in document("flows")]
        db.executemany("INSERT OR IGNORE INTO hs_flow VALUES (?, ?)", flows)
        state.set_setting(_SEEDED, _SEEDS)


Cells = tuple[tuple[str, str, str], ...]


@cache
def _seeds() -> tuple[Cells, Cells, Cells]:
    return tuple(_properties()), tuple(_groups()), tuple(_pipelines())


def _properties() -> Iterator[tuple[str, str, str]]:
    shared = document("properties_common")["properties"]
    for kind in KINDS:
        own = document(f"properties_{kind.name}")
        rows = {row["name"]: row for row in (*shared, *own["properties"])}
        rows |= {row["name"]: row for row in _dates(kind, rows) if row["name"] not in rows}
        for row in rows.values():
            yield kind.id, row["name"], orjson.dumps(full(row, own["group"])).decode()


def _dates(kind: Kind, rows: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """When a record entered and left each stage of its life or its pipeline."""
    stages = [each["value"] for each in rows.get("lifecyclestage", {}).get("options", ())]
    for pipeline in document("pipelines").get(kind.name, ()):
        stages += [stage["id"] for stage in pipeline["stages"]]
    for stage in stages:
        yield from stage_dates(stage, stage)


def stage_dates(stage: str, label: str) -> Iterator[dict[str, Any]]:
    """The two properties that date one stage."""
    for way in ("entered", "exited"):
        yield {
            "name": f"hs_date_{way}_{stage}",
            "label": f"Date {way} '{label}'",
            "type": "datetime",
            "fieldType": "date",
            "readOnly": True,
            "calculated": True,
        }


def _groups() -> Iterator[tuple[str, str, str]]:
    for kind in KINDS:
        name = document(f"properties_{kind.name}")["group"]
        shown = {"name": name, "label": name, "displayOrder": 0, "archived": False}
        yield kind.id, name, orjson.dumps(shown).decode()


def _pipelines() -> Iterator[tuple[str, str, str]]:
    seeded = {"createdAt": _SEEDED_AT, "updatedAt": _SEEDED_AT}
    for kind in KINDS:
        for each in document("pipelines").get(kind.name, ()):
            stages = [{**seeded, **stage} for stage in each["stages"]]
            shown = {**seeded, **each, "stages": stages}
            yield kind.id, each["id"], orjson.dumps(shown).decode()
