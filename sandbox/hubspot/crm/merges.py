"""Merges: two records become one with a new id, and both old ids lead to it."""

from typing import Final

import orjson

from sandbox.hubspot.call import Answer, Call, Endpoint
from sandbox.hubspot.data.kinds import Kind
from sandbox.hubspot.data.links import add_links, unlink_all
from sandbox.hubspot.data.records import Row, View, read, show
from sandbox.hubspot.data.writes import APP, Author, adopt, purge
from sandbox.hubspot.faults import Fault, invalid, not_found
from sandbox.hubspot.settings import settings
from sandbox.hubspot.webhooks.changes import note
from sandbox.hubspot.webhooks.links import note_links
from sandbox.state import State

_MOST: Final = 250


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
        row = merge(call.state, kind, first, second, call.author)
    return Answer(show(call.state, View(kind), row), rows=1)


def merge(state: State, kind: Kind, first: Row, second: Row, author: Author = APP) -> Row:
    """The new record: values of the first, gaps filled from the second, links of both.

    Its id is new, unless the account keeps the first's. Errors: 414 past 250 absorbed records.
    """
    ids, merging = (first[0], second[0]), Author("MERGE_OBJECTS", author.source_id)
    kept = _together(kind, first, second)
    links = _links_of(state, kind, ids)
    for row in (first, second):
        gone = unlink_all(state, kind.id, row[0])  # first: no lead ends with its contact here
        note_links(state, gone, merging.signed, removed=True)
        purge(state, kind, row)
    created = min(first[1], second[1])
    same = first[0] if settings(state).merge_keeps_id else None
    row = adopt(state, kind, kept, created, merging, same)
    _move(state, kind, row[0], ids, links)
    note_links(state, [(one, at, kind.id, row[0], type) for one, at, type in links], merging.signed)
    note(
        state, "MERGE", kind.id, row[0], merging.signed, primaryObjectId=ids[0],
        mergedObjectIds=[ids[1]], newObjectId=row[0], numberOfPropertiesMoved=len(kept),
    )  # fmt: skip
    return read(state, kind, str(row[0])) or row


def _together(kind: Kind, first: Row, second: Row) -> dict[str, str]:
    one, other = (dict[str, str](orjson.loads(row[5])) for row in (first, second))
    absorbed = [
        *_listed(one, "hs_merged_object_ids"),
        *_listed(other, "hs_merged_object_ids"),
        *(str(row[0]) for row in (first, second)),
    ]
    if len(absorbed) > _MOST:
        raise Fault(
            414, f"Cannot have more than {_MOST} identities on a profile", "VALIDATION_ERROR"
        )
    kept = {**other, **one, "hs_merged_object_ids": ";".join(absorbed)}
    if kind.name == "contacts":
        addresses = [
            address
            for values in (one, other)
            for address in (values.get("email", ""), *_listed(values, "hs_additional_emails"))
            if address and address != kept.get("email")
        ]
        kept["hs_additional_emails"] = ";".join(dict.fromkeys(addresses))
        kept["hs_calculated_merged_vids"] = ";".join(absorbed)
    return {name: value for name, value in kept.items() if value}


def _listed(values: dict[str, str], name: str) -> list[str]:
    return [each for each in values.get(name, "").split(";") if each]


def _links_of(state: State, kind: Kind, ids: tuple[int, int]) -> list[tuple[str, int, int]]:
    """Every link that leads to one of the records, those of the first at the end."""
    return state.db.execute(
        "SELECT from_type, from_id, type_id FROM hs_association WHERE to_type = ? "
        "AND to_id IN (?, ?) AND NOT (from_type = to_type AND from_id IN (?, ?)) "
        "ORDER BY to_id = ?",
        (kind.id, *ids, *ids, ids[0]),
    ).fetchall()


def _move(
    state: State, kind: Kind, id: int, old: tuple[int, int], links: list[tuple[str, int, int]]
) -> None:
    add_links(state, [(type, from_id, kind.id, id, type_id) for type, from_id, type_id in links])
    for gone in old:
        if gone == id:
            continue
        state.db.execute(
            "UPDATE hs_alias SET new = ? WHERE type = ? AND new = ?", (id, kind.id, gone)
        )
        state.db.execute("INSERT OR REPLACE INTO hs_alias VALUES (?, ?, ?)", (kind.id, gone, id))
        state.db.execute(
            "UPDATE hs_event SET object = ? WHERE type = ? AND object = ?", (id, kind.id, gone)
        )


ENDPOINTS: Final[tuple[Endpoint, ...]] = (("POST", "crm/objects/{type}/merge", _merge),)
