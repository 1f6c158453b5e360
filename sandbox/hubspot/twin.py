"""The account's model taken over from a real account: saved answers of its metadata endpoints.

| File | Answer of |
|---|---|
| `schemas.json` | `GET /crm-object-schemas/v3/schemas` |
| `properties/<type>.json` | `GET /crm/v3/properties/<type>`, one per object type |
| `groups/<type>.json` | `GET /crm/v3/properties/<type>/groups` |
| `pipelines/<type>.json` | `GET /crm/v3/pipelines/<type>` |
| `owners.json`, more as `owners-2.json` | `GET /crm/v3/owners`, one per page |

`properties-<type>.json` beside them does as well. Each file replaces what the account had of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.hubspot.data.definitions import definitions, forget, full, ready, save
from sandbox.hubspot.data.kinds import Kind, find_in
from sandbox.hubspot.data.links import forget_link_types
from sandbox.hubspot.data.times import iso, millis
from sandbox.hubspot.faults import Fault
from sandbox.hubspot.habits.pipelines import keep as keep_pipeline
from sandbox.hubspot.model import groups, schemas
from sandbox.state import State
from sandbox.twin import ImportReport

_BY_TYPE: Final = ("groups", "properties", "pipelines")
Rows = list[dict[str, Any]]


@dataclass(slots=True)
class _Taken:
    """What was taken over so far, and what was left out."""

    objects: set[str] = field(default_factory=set)
    fields: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


def import_account(state: State, folder: Path) -> ImportReport:
    """Take over object types, properties, pipelines and owners from a folder of saved answers.

    A file that cannot be read or names an unknown type is left out and reported.
    """
    taken = _Taken()
    with ready(state).transaction():
        for path in sorted(folder.glob("schemas*.json")):
            _schemas(state, _rows(path, taken), taken)
        for sort in _BY_TYPE:
            for path, name in _files(folder, sort):
                kind = find_in(state, name)
                rows = _rows(path, taken)
                if kind is None:
                    taken.skipped.append((path.name, f"the account has no object type {name}"))
                elif rows:
                    _TAKERS[sort](state, kind, rows, taken)
        for path in sorted(folder.glob("owners*.json")):
            _owners(state, _rows(path, taken), taken)
    return ImportReport(len(taken.objects), taken.fields, tuple(taken.skipped))


def _files(folder: Path, sort: str) -> Iterator[tuple[Path, str]]:
    """The files of one sort with the object type each is about."""
    for path in sorted((folder / sort).glob("*.json")):
        yield path, path.stem
    for path in sorted(folder.glob(f"{sort}[-_]*.json")):
        yield path, path.stem[len(sort) + 1 :]


def _rows(path: Path, taken: _Taken) -> Rows:
    """The results of a saved answer, or the bare list; none when it is neither."""
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        taken.skipped.append((path.name, f"no JSON in line {error.lineno}: {error.msg}"))
        return []
    rows = found.get("results") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        taken.skipped.append((path.name, "no answer with results"))
        return []
    return rows


def _schemas(state: State, rows: Rows, taken: _Taken) -> None:
    """Custom object types under their real ids; standard ones in the file are known already."""
    now = iso(millis(state.now()))
    for row in rows:
        name = str(row.get("name"))
        if find_in(state, str(row.get("objectTypeId"))) is not None:
            continue
        own = [each for each in row.get("properties") or () if not each.get("hubspotDefined")]
        plain = [{**each, "groupName": None} for each in own]
        try:
            made = schemas.make(state, {**row, "properties": _bare(plain), **_others(row)}, now)
        except Fault as fault:
            taken.skipped.append((name, str(fault)))
            continue
        kind = find_in(state, made["objectTypeId"])
        if kind is not None:
            _properties(state, kind, row.get("properties") or [], taken)
            _associations(state, row.get("associations") or [])


def _bare(properties: Rows) -> Rows:
    return [{key: value for key, value in each.items() if value is not None} for each in properties]


def _others(row: Mapping[str, Any]) -> dict[str, Any]:
    """Associations come from the file with their real ids, not made anew."""
    names = {each["name"] for each in row.get("properties") or () if not each.get("hubspotDefined")}
    required = [name for name in row.get("requiredProperties") or () if name in names]
    display = row.get("primaryDisplayProperty")
    return {
        "associatedObjects": [],
        "requiredProperties": required,
        "primaryDisplayProperty": display if display in names else None,
    }


def _associations(state: State, rows: Rows) -> None:
    """Each association under its real id, its mirror found by the name."""
    for row in rows:
        one, other, id = row["fromObjectTypeId"], row["toObjectTypeId"], int(row["id"])
        back = [
            int(each["id"])
            for each in rows
            if (each["fromObjectTypeId"], each["toObjectTypeId"]) == (other, one)
        ]
        state.db.execute(
            "DELETE FROM hs_label WHERE from_type = ? AND to_type = ? AND label IS NULL",
            (one, other),
        )
        state.db.execute(
            "INSERT OR REPLACE INTO hs_label VALUES (?, ?, ?, ?, NULL, NULL, ?, 'USER_DEFINED')",
            (one, other, id, back[0] if back else None, row.get("name") or f"{one}_to_{other}"),
        )
    forget_link_types(state)


def _groups(state: State, kind: Kind, rows: Rows, taken: _Taken) -> None:
    for row in rows:
        shown = {"label": row["name"], "displayOrder": 0, "archived": False}
        known = ("name", "label", "displayOrder", "archived")
        groups.keep(state, kind, shown | {name: row[name] for name in known if name in row})


def _properties(state: State, kind: Kind, rows: Rows, taken: _Taken) -> None:
    """The account's definitions as they are; only what records are made of stays without them."""
    needed = {*kind.defaults, kind.created, kind.modified, "hs_object_id", "hs_createdate"}
    gone = set(definitions(state, kind)) - needed
    state.db.executemany(
        "DELETE FROM hs_property WHERE type = ? AND name = ?", [(kind.id, name) for name in gone]
    )
    for row in rows:
        try:
            shown = full(row, row.get("groupName", ""))
        except (KeyError, TypeError) as error:
            taken.skipped.append((f"{kind.name}.{row.get('name')}", f"{error} is missing"))
            continue
        known = {name: row[name] for name in shown if row.get(name) is not None}
        save(state, kind, shown | known | {"options": shown["options"]})
        taken.fields += 1
    _sections(state, kind, rows)
    taken.objects.add(kind.id)
    forget(state, kind)


def _sections(state: State, kind: Kind, rows: Rows) -> None:
    """A group for every property, also when the export has none."""
    missing = {str(row.get("groupName")) for row in rows} - groups.group_names(state, kind)
    for name in sorted(missing - {"None"}):
        shown = {"name": name, "label": name, "displayOrder": 0, "archived": False}
        groups.keep(state, kind, shown)


def _pipelines(state: State, kind: Kind, rows: Rows, taken: _Taken) -> None:
    state.db.execute("DELETE FROM hs_pipeline WHERE type = ?", (kind.id,))
    for row in rows:
        stages = {"stages": row.get("stages") or []}
        keep_pipeline(state, kind, {"displayOrder": 0, "archived": False, **row, **stages})


def _owners(state: State, rows: Rows, taken: _Taken) -> None:
    for row in rows:
        user = row.get("userIdIncludingInactive") or row.get("userId")
        cells = (int(row["id"]), user, row.get("email"), int(bool(row.get("archived"))))
        shown = orjson.dumps({"type": "PERSON", "archived": False, **row}).decode()
        state.db.execute("INSERT OR REPLACE INTO hs_owner VALUES (?, ?, ?, ?, ?)", (*cells, shown))


_TAKERS: Final[Mapping[str, Callable[[State, Kind, Rows, _Taken], None]]] = {
    "groups": _groups,
    "properties": _properties,
    "pipelines": _pipelines,
}
