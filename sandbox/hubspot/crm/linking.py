"""Associations as records carry them: inline on reads, in the body of a create."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson

from sandbox.hubspot.data.kinds import Kind, find_in, kind_in, kind_of
from sandbox.hubspot.data.links import (
    Link,
    add_links,
    link_type,
    link_types,
    plain_type,
    primaries,
    remove_links,
    target_of,
    unlink,
)
from sandbox.hubspot.data.records import read
from sandbox.hubspot.data.writes import APP, Author, archive, touch
from sandbox.hubspot.faults import invalid, not_found
from sandbox.hubspot.webhooks.links import note_links
from sandbox.state import State

_LEAD: Final = "0-136"
_PRIMARY_CONTACT: Final = 578


def inline(state: State, names: Iterable[str]) -> list[Kind]:
    """The object types of an `associations=` parameter; unknown ones are left out."""
    return [kind for name in names if (kind := find_in(state, name)) is not None]


def with_links(
    state: State, kind: Kind, records: Sequence[dict[str, Any]], wanted: Sequence[Kind]
) -> list[Mapping[str, Any]]:
    """The records with their linked ids, once per association type; none, no key."""
    ids = orjson.dumps([int(record["id"]) for record in records]).decode()
    for other in wanted:
        linked: dict[str, list[dict[str, str]]] = {}
        names = partial(_type_name, state, kind, other)
        for from_id, to_id, type_id in state.db.execute(
            "SELECT from_id, to_id, type_id FROM hs_association WHERE from_type = ? "
            "AND from_id IN (SELECT value FROM json_each(?)) AND to_type = ?",
            (kind.id, ids, other.id),
        ):
            entry = {"id": str(to_id), "type": names(type_id)}
            linked.setdefault(str(from_id), []).append(entry)
        for record in records:
            if record["id"] in linked:
                found = record.setdefault("associations", {})
                found[other.name] = {"results": linked[record["id"]]}
    return list(records)


def link_new(state: State, kind: Kind, id: int, associations: Any, author: Author = APP) -> None:
    """The associations a create brings: `[{to: {id}, types: [{associationTypeId}]}]`."""
    for each in associations or ():
        to_id = str(each.get("to", {}).get("id", ""))
        for spec in each.get("types") or ():
            other = _target(state, kind, spec)
            to = int(to_id) if to_id.isdigit() else -1
            link(state, kind, id, other, to, _id_in(spec), author)


def link(
    state: State,
    kind: Kind,
    id: int,
    other: Kind,
    to_id: int,
    type_id: int | None,
    author: Author = APP,
) -> None:
    """Associate two live records; without a type id by the plain type."""
    ends = [(kind, id), (other, to_id)]
    for end, each in ends:
        if read(state, end, str(each)) is None:
            raise not_found(f"{end.label} with id {each} does not exist")
    plain = plain_type(state, kind.id, other.id)
    type_id = plain.id if type_id is None and plain else type_id
    if type_id is None or link_type(state, kind.id, other.id, type_id) is None:
        raise invalid(f"No association type {type_id} from {kind.label} to {other.label}")
    join(state, [(kind.id, id, other.id, to_id, type_id)], author)


def join(state: State, links: Sequence[Link], author: Author = APP) -> None:
    """Store links and let HubSpot do what follows: primary company ids, modified dates."""
    add_links(state, links)
    note_links(state, links, author.signed)
    for type, id, name, company in primaries(state, links):
        touch(state, kind_in(state, type), id, {name: str(company)})
    for one, from_id, other, to_id, _ in links:
        moved(state, kind_in(state, one), from_id, kind_in(state, other), to_id)


def part(state: State, kind: Kind, id: int, other: Kind, to_id: int, author: Author = APP) -> None:
    """Take all associations between two records away, with what follows for a lead."""
    gone = take(state, kind, id, other, to_id)
    note_links(state, gone, author.signed, removed=True)
    end_leads(state, gone, author)


def take(state: State, kind: Kind, id: int, other: Kind, to_id: int) -> list[Link]:
    """The same without an end for leads, as a replacement needs it; the links that are gone."""
    rows = state.db.execute(
        "SELECT from_type, from_id, to_type, to_id, type_id FROM hs_association WHERE "
        "from_type = ? AND from_id = ? AND to_type = ? AND to_id = ?",
        (kind.id, id, other.id, to_id),
    ).fetchall()
    unlink(state, kind.id, id, other.id, to_id)
    for type, record, name, _ in set(primaries(state, rows)):
        touch(state, kind_in(state, type), record, {name: ""})
    return rows


def drop_label(state: State, link: Link, author: Author = APP) -> None:
    """Take one label away; without its primary label a company is nobody's own any more."""
    remove_links(state, [link])
    note_links(state, [link], author.signed, removed=True)
    for type, record, name, _ in set(primaries(state, [link])):
        touch(state, kind_in(state, type), record, {name: ""})
    end_leads(state, [link], author)


def end_leads(state: State, gone: Iterable[Link], author: Author = APP) -> None:
    """A lead that lost its last primary contact is deleted."""
    for type, id, other, to_id, type_id in gone:
        lead_id = {type: id, other: to_id}.get(_LEAD)
        if lead_id is None or type_id != _PRIMARY_CONTACT:
            continue
        left = state.db.execute(
            "SELECT 1 FROM hs_association WHERE from_type = ? AND from_id = ? AND type_id = ?",
            (_LEAD, lead_id, _PRIMARY_CONTACT),
        ).fetchone()
        row = read(state, kind_of(_LEAD), str(lead_id))
        if left is None and row is not None:
            archive(state, kind_of(_LEAD), row, author)


def moved(state: State, kind: Kind, id: int, other: Kind, to_id: int) -> None:
    """A new activity moves the modified date of the record it is about."""
    if kind.activity and not other.activity:
        touch(state, other, to_id)
    elif other.activity and not kind.activity:
        touch(state, kind, id)


def needs_contact(kind: Kind, associations: Any) -> bool:
    """Whether a new lead comes without the primary contact every lead must have."""
    specs = [spec for each in associations or () for spec in each.get("types") or ()]
    return kind.id == _LEAD and _PRIMARY_CONTACT not in [_id_in(spec) for spec in specs]


def _type_name(state: State, kind: Kind, other: Kind, type_id: int) -> str:
    found = link_type(state, kind.id, other.id, type_id)
    name = f"{kind.singular}_to_{other.singular}"
    if found is None or found.label is None:
        return f"{name}_unlabeled" if _has_primary(state, kind, other) else name
    return name if found.primary else (found.name or found.label).lower().replace(" ", "_")


def _has_primary(state: State, kind: Kind, other: Kind) -> bool:
    return any(each.primary for each in link_types(state, kind.id, other.id))


def _target(state: State, kind: Kind, spec: Mapping[str, Any]) -> Kind:
    """The object type an association type id points at from this one."""
    type_id = _id_in(spec)
    other = None if type_id is None else target_of(state, kind.id, type_id)
    if other is None:
        raise invalid(f"No association type {type_id} starts at {kind.label}")
    return kind_in(state, other)


def _id_in(spec: Mapping[str, Any]) -> int | None:
    found = spec.get("associationTypeId")
    return int(str(found)) if str(found).isdigit() else None
