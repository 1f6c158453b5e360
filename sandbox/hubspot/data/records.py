"""Records as they are read: rows of SQLite turned into what the API shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sandbox.hubspot.data.definitions import definitions
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.times import iso
from sandbox.hubspot.faults import PORTAL, not_unique
from sandbox.state import State

COLUMNS: Final = "id, created, modified, archived, archived_at, properties"
_BY_ID: Final = f"SELECT {COLUMNS} FROM hs_record WHERE type = ? AND id = ?"

Row = tuple[int, int, int, int, int | None, str]
"""id, created, modified, archived, archived at, properties as JSON."""


@dataclass(frozen=True, slots=True)
class View:
    """Which properties an answer shows; None shows every property that has a value."""

    kind: Kind
    names: tuple[str, ...] | None = None
    history: tuple[str, ...] = ()


def view(state: State, kind: Kind, asked: Sequence[str] = (), history: Sequence[str] = ()) -> View:
    """The properties asked for, without those nobody defined; the defaults when none is asked."""
    if not asked:
        return View(kind, kind.defaults, tuple(history))
    known = definitions(state, kind)
    always = {"hs_object_id", kind.created, kind.modified}
    names = sorted(always | {name for name in asked if name in known})
    return View(kind, tuple(names), tuple(name for name in history if name in known))


def values(kind: Kind, row: Row) -> dict[str, str]:
    """All property values of a record, the ones kept by the system included."""
    id, created, modified, _, _, text = row
    found: dict[str, str] = orjson.loads(text)
    found["hs_object_id"] = str(id)
    found[kind.created] = found["hs_createdate"] = iso(created)
    found[kind.modified] = found["hs_lastmodifieddate"] = iso(modified)
    return found


def show(state: State, view: View, row: Row) -> dict[str, Any]:
    """One record as the API returns it."""
    kind = view.kind
    shown = show_many(view, [row])[0]
    if view.history:
        found = values(kind, row)
        shown["propertiesWithHistory"] = {
            name: history(state, kind, row, name, found.get(name)) for name in view.history
        }
    return shown


def show_many(view: View, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Records as a page returns them, without their history; nothing is asked per record."""
    kind, names = view.kind, view.names
    address = f"https://app.hubspot.com/contacts/{PORTAL}/record/{kind.id}/"
    page: list[dict[str, Any]] = []
    for row in rows:
        found = values(kind, row)
        shown = {
            "id": found["hs_object_id"],
            "properties": _chosen(found, names),
            "createdAt": found["hs_createdate"],
            "updatedAt": found["hs_lastmodifieddate"],
            "archived": row[3] == 1,
            "url": address + found["hs_object_id"],
        }
        if row[4] is not None:
            shown["archivedAt"] = iso(row[4])
        page.append(shown)
    return page


def _chosen(found: dict[str, str], names: tuple[str, ...] | None) -> dict[str, str | None]:
    """The values of these names, None where there is none; every value without names."""
    if names is None:
        return {name: found[name] for name in sorted(found)}
    return dict(zip(names, map(found.get, names), strict=True))


def read(state: State, kind: Kind, id: str, *, archived: bool = False) -> Row | None:
    """The record of this id, also when a merge gave it a new one; None when it is not there."""
    if not id.isdigit():
        return None
    row: Row | None = state.db.execute(_BY_ID, (kind.id, int(id))).fetchone()
    if row is None:
        found = state.db.execute(
            "SELECT new FROM hs_alias WHERE type = ? AND old = ?", (kind.id, int(id))
        ).fetchone()
        return None if found is None else read(state, kind, str(found[0]), archived=archived)
    return row if bool(row[3]) == archived else None


def identify(state: State, kind: Kind, value: str, property: str | None) -> str | None:
    """The record id behind a value of a unique property, or the value itself without one."""
    if property is None or property == "hs_object_id":
        return value
    definition = definitions(state, kind).get(property)
    if definition is None or not definition.unique:
        raise not_unique(kind.id, property)
    row = state.db.execute(
        "SELECT id FROM hs_unique WHERE type = ? AND name = ? AND value = ?",
        (kind.id, property, value.lower() if property == "email" else value),
    ).fetchone()
    return None if row is None else str(row[0])


def read_many(
    state: State, kind: Kind, ids: Iterable[str], *, archived: bool = False
) -> dict[str, Row]:
    """The records found, by the id they were asked with."""
    asked = list(ids)
    numbers = orjson.dumps([int(id) for id in asked if id.isdigit()]).decode()
    rows = state.db.execute(
        f"SELECT {COLUMNS} FROM hs_record WHERE type = ? AND archived = ? "
        "AND id IN (SELECT value FROM json_each(?))",
        (kind.id, int(archived), numbers),
    ).fetchall()
    found = {str(row[0]): row for row in rows}
    for id in asked:
        if id not in found and (row := read(state, kind, id, archived=archived)) is not None:
            found[id] = row
    return found


def history(
    state: State, kind: Kind, row: Row, name: str, current: str | None
) -> list[dict[str, Any]]:
    """Every value a property had, newest first, with who wrote it."""
    changes = state.db.execute(
        "SELECT value, at, source, source_id, user, before FROM hs_history "
        "WHERE type = ? AND id = ? AND name = ? ORDER BY sequence DESC",
        (kind.id, row[0], name),
    ).fetchall()
    entries = [_entry(*change[:5]) for change in changes]
    first = changes[-1][5] if changes else current
    if first:
        entries.append(_entry(first, row[1], "IMPORT", None, None))
    return entries


def _entry(
    value: str, at: int, source: str, source_id: str | None, user: str | None
) -> dict[str, Any]:
    entry: dict[str, Any] = {"value": value, "timestamp": iso(at), "sourceType": source}
    if source_id:
        entry["sourceId"] = source_id
    if user and user.isdigit():
        entry["updatedByUserId"] = int(user)
    return entry
