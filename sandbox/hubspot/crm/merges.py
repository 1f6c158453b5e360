"""Merges: two records become one with a new id, and both old ids lead to it."""

from typing import Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.links import add_links
from sandbox.hubspot.data.records import Row, View, read, show
from sandbox.hubspot.data.writes import APP, Author, adopt, purge
from sandbox.hubspot.faults import invalid, not_found
from sandbox.state import State

_MERGED: Final = Author("MERGE_OBJECTS", APP.source_id)


def _merge(call: Call) -> Answer:
    kind, body = call.kind(), call.body()
    ids = [str(body.get(name, "")) for name in ("primaryObjectId", "objectIdToMerge")]
    rows = [read(call.state, kind, id) for id in ids]
    first, second = rows
    if first is None or second is None:
        raise not_found()
    if first[0] == second[0]:
        raise invalid("Cannot merge a record with itself")
    with call.state.transaction():
        row = merge(call.state, kind, first, second)
    return Answer(show(call.state, View(kind), row), rows=1)


def merge(state: State, kind: Kind, first: Row, second: Row) -> Row:
    """The new record: values of the first, gaps filled from the second, links of both."""
    kept: dict[str, str] = {**orjson.loads(second[5]), **orjson.loads(first[5])}
    absorbed = f"{first[0]};{second[0]}"
    earlier = kept.get("hs_merged_object_ids")
    kept["hs_merged_object_ids"] = f"{earlier};{absorbed}" if earlier else absorbed
    emails = {orjson.loads(row[5]).get("email") for row in (first, second)}
    others = sorted(emails - {kept.get("email"), None})
    if others:
        kept["hs_additional_emails"] = ";".join(others)
    links = _links_of(state, kind, (first[0], second[0]))
    for row in (first, second):
        purge(state, kind, row)
    row = adopt(state, kind, kept, min(first[1], second[1]), _MERGED)
    _move(state, kind, row[0], (first[0], second[0]), links)
    return row


def _links_of(state: State, kind: Kind, ids: tuple[int, int]) -> list[tuple[str, int, int]]:
    return state.db.execute(
        "SELECT DISTINCT to_type, to_id, type_id FROM hs_association "
        "WHERE from_type = ? AND from_id IN (?, ?)",
        (kind.id, *ids),
    ).fetchall()


def _move(
    state: State, kind: Kind, id: int, old: tuple[int, int], links: list[tuple[str, int, int]]
) -> None:
    add_links(state, [(kind.id, id, type, to_id, type_id) for type, to_id, type_id in links])
    for gone in old:
        state.db.execute(
            "UPDATE hs_alias SET new = ? WHERE type = ? AND new = ?", (id, kind.id, gone)
        )
        state.db.execute("INSERT OR REPLACE INTO hs_alias VALUES (?, ?, ?)", (kind.id, gone, id))
        state.db.execute(
            "UPDATE hs_event SET object = ? WHERE type = ? AND object = ?", (id, kind.id, gone)
        )


ENDPOINTS: Final[tuple[Endpoint, ...]] = (("POST", "crm/objects/{type}/merge", _merge),)
