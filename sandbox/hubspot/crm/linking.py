"""Associations as records carry them: inline on reads, in the body of a create."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from sandbox.hubspot.data.kinds import KINDS, Kind, find_kind, kind_of
from sandbox.hubspot.data.links import (
    Link,
    add_links,
    link_type,
    link_types,
    plain_type,
    primaries,
    remove_links,
    unlink,
)
from sandbox.hubspot.data.records import read
from sandbox.hubspot.data.writes import touch
from sandbox.hubspot.faults import invalid, not_found
from sandbox.state import State


def inline(names: Iterable[str]) -> list[Kind]:
    """The object types of an `associations=` parameter; unknown ones are left out."""
    return [kind for name in names if (kind := find_kind(name)) is not None]


def with_links(
    state: State, kind: Kind, records: Sequence[dict[str, Any]], wanted: Sequence[Kind]
) -> list[Mapping[str, Any]]:
    """The records with their linked ids, once per association type; none, no key."""
    ids = orjson.dumps([int(record["id"]) for record in records]).decode()
    for other in wanted:
        linked: dict[str, list[dict[str, str]]] = {}
        for from_id, to_id, type_id in state.db.execute(
            "SELECT from_id, to_id, type_id FROM hs_association WHERE from_type = ? "
            "AND from_id IN (SELECT value FROM json_each(?)) AND to_type = ?",
            (kind.id, ids, other.id),
        ):
            entry = {"id": str(to_id), "type": _type_name(kind, other, type_id)}
            linked.setdefault(str(from_id), []).append(entry)
        for record in records:
            if record["id"] in linked:
                found = record.setdefault("associations", {})
                found[other.name] = {"results": linked[record["id"]]}
    return list(records)


def link_new(state: State, kind: Kind, id: int, associations: Any) -> None:
    """The associations a create brings: `[{to: {id}, types: [{associationTypeId}]}]`."""
    for each in associations or ():
        to_id = str(each.get("to", {}).get("id", ""))
        for spec in each.get("types") or ():
            other = _target(kind, spec)
            link(state, kind, id, other, int(to_id) if to_id.isdigit() else -1, _id_in(spec))


def link(state: State, kind: Kind, id: int, other: Kind, to_id: int, type_id: int | None) -> None:
    """Associate two live records; without a type id by the plain type."""
    ends = [(kind, id), (other, to_id)]
    for end, each in ends:
        if read(state, end, str(each)) is None:
            raise not_found(f"{end.label} with id {each} does not exist")
    plain = plain_type(kind.id, other.id)
    type_id = plain.id if type_id is None and plain else type_id
    if type_id is None or link_type(kind, other, type_id) is None:
        raise invalid(f"No association type {type_id} from {kind.label} to {other.label}")
    join(state, [(kind.id, id, other.id, to_id, type_id)])


def join(state: State, links: Sequence[Link]) -> None:
    """Store links and let HubSpot do what follows: primary company ids, modified dates."""
    add_links(state, links)
    for type, id, name, company in primaries(links):
        touch(state, kind_of(type), id, {name: str(company)})
    for one, from_id, other, to_id, _ in links:
        moved(state, kind_of(one), from_id, kind_of(other), to_id)


def part(state: State, kind: Kind, id: int, other: Kind, to_id: int) -> None:
    """Take all associations between two records away; a lost primary company id is cleared."""
    rows = state.db.execute(
        "SELECT from_type, from_id, to_type, to_id, type_id FROM hs_association WHERE "
        "from_type = ? AND from_id = ? AND to_type = ? AND to_id = ?",
        (kind.id, id, other.id, to_id),
    ).fetchall()
    unlink(state, kind.id, id, other.id, to_id)
    for type, record, name, _ in set(primaries(rows)):
        touch(state, kind_of(type), record, {name: ""})


def drop_label(state: State, link: Link) -> None:
    """Take one label away; without its primary label a company is nobody's own any more."""
    remove_links(state, [link])
    for type, record, name, _ in set(primaries([link])):
        touch(state, kind_of(type), record, {name: ""})


def moved(state: State, kind: Kind, id: int, other: Kind, to_id: int) -> None:
    """A new activity moves the modified date of the record it is about."""
    if kind.activity and not other.activity:
        touch(state, other, to_id)
    elif other.activity and not kind.activity:
        touch(state, kind, id)


def _type_name(kind: Kind, other: Kind, type_id: int) -> str:
    found = link_type(kind, other, type_id)
    name = f"{kind.singular}_to_{other.singular}"
    if found is None or found.label is None:
        return f"{name}_unlabeled" if _has_primary(kind, other) else name
    return name if found.primary else found.label.lower().replace(" ", "_")


def _has_primary(kind: Kind, other: Kind) -> bool:
    return any(each.primary for each in link_types(kind, other))


def _target(kind: Kind, spec: Mapping[str, Any]) -> Kind:
    """The object type an association type id points at from this one."""
    type_id = _id_in(spec)
    for other in KINDS:
        if type_id is not None and link_type(kind, other, type_id) is not None:
            return other
    raise invalid(f"No association type {type_id} starts at {kind.label}")


def _id_in(spec: Mapping[str, Any]) -> int | None:
    found = spec.get("associationTypeId")
    return int(str(found)) if str(found).isdigit() else None
