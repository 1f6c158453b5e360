"""Associations: their types, both directions, and the rule of the one primary company."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from sandbox.hubspot.data.kinds import document, find_kind
from sandbox.state import State

_PRIMARY: Final = "Primary"
_ADD: Final = "INSERT OR IGNORE INTO hs_association VALUES (?, ?, ?, ?, ?)"
_OWN_COMPANY: Final = {
    "0-1": "associatedcompanyid",
    "0-3": "hs_primary_associated_company",
    "0-5": "hs_primary_company_id",
}

Link = tuple[str, int, str, int, int]
"""from type, from id, to type, to id, association type id."""


@dataclass(frozen=True, slots=True)
class LinkType:
    """One direction of one kind of association; `reverse` is the type id the other way."""

    from_type: str
    to_type: str
    id: int
    reverse: int | None
    label: str | None
    category: str = "HUBSPOT_DEFINED"
    name: str | None = None

    @property
    def primary(self) -> bool:
        """Whether a record has at most one of these."""
        return self.label == _PRIMARY and self.category == "HUBSPOT_DEFINED"

    @property
    def shown(self) -> dict[str, Any]:
        """The type as associations v4 names it."""
        return {"category": self.category, "typeId": self.id, "label": self.label}


LinkTypes = dict[tuple[str, str, int], LinkType]
_OWN: Final[WeakKeyDictionary[State, LinkTypes]] = WeakKeyDictionary()


@cache
def _standard() -> LinkTypes:
    found: LinkTypes = {}
    for row in document("association_types"):
        one, other = _id_of(row["from"]), _id_of(row["to"])
        found[one, other, row["id"]] = LinkType(one, other, row["id"], row["reverse"], row["label"])
        if row["reverse"] is not None:
            back = LinkType(other, one, row["reverse"], row["id"], row["reverse_label"])
            found[other, one, back.id] = back
    return found


def _types(state: State) -> LinkTypes:
    """The standard association types and the account's own."""
    if state not in _OWN:
        rows = state.db.execute(
            "SELECT from_type, to_type, id, reverse, label, category, name FROM hs_label"
        )
        own = (LinkType(*row) for row in rows)
        _OWN[state] = _standard() | {(each.from_type, each.to_type, each.id): each for each in own}
    return _OWN[state]


def forget_link_types(state: State) -> None:
    """Read the account's own association types anew: one of them changed."""
    _OWN.pop(state, None)


def _id_of(name: str) -> str:
    kind = find_kind(name)
    if kind is None:
        raise LookupError(name)
    return kind.id


def link_types(state: State, one: str, other: str) -> list[LinkType]:
    """All association types from one object type id to the other, the plain one first."""
    found = (each for key, each in _types(state).items() if key[:2] == (one, other))
    return sorted(found, key=lambda each: (each.label is not None, each.id))


def link_type(state: State, one: str, other: str, id: int) -> LinkType | None:
    """The type of this id in this direction; None when it does not exist."""
    return _types(state).get((one, other, id))


def target_of(state: State, one: str, id: int) -> str | None:
    """The object type id an association type id points at from this one."""
    found = (key[1] for key in _types(state) if key[0] == one and key[2] == id)
    return next(found, None)


def plain_type(state: State, one: str, other: str) -> LinkType | None:
    """The unlabelled association between two type ids."""
    return next((each for each in link_types(state, one, other) if not each.label), None)


def both_ways(state: State, links: Iterable[Link]) -> Iterable[Link]:
    """Each link and its mirror; a primary or own label brings the unlabelled one with it."""
    types = _types(state)
    for one, from_id, other, to_id, id in links:
        kind = types.get((one, other, id))
        yield one, from_id, other, to_id, id
        if kind is None:
            continue
        if kind.reverse is not None:
            yield other, to_id, one, from_id, kind.reverse
        brings = kind.primary or (kind.label and kind.category == "USER_DEFINED")
        plain = plain_type(state, one, other) if brings else None
        if plain is not None:
            yield from both_ways(state, [(one, from_id, other, to_id, plain.id)])


def add_links(state: State, links: Sequence[Link]) -> None:
    """Store links in both directions; a new primary takes the place of the old one."""
    for link in links:
        _displace(state, link)
        state.db.executemany(_ADD, both_ways(state, [link]))


def primaries(state: State, links: Iterable[Link]) -> Iterable[tuple[str, int, str, int]]:
    """The property each primary company link decides: type, record, property, company."""
    for one, from_id, other, to_id, id in both_ways(state, links):
        kind = _types(state).get((one, other, id))
        if kind is not None and kind.primary and one in _OWN_COMPANY:
            yield one, from_id, _OWN_COMPANY[one], to_id


def _displace(state: State, link: Link) -> None:
    """A record has one primary company: the new one pushes the old label off."""
    for one, from_id, other, to_id, id in both_ways(state, [link]):
        kind = _types(state).get((one, other, id))
        if kind is None or not kind.primary or one == "0-2":
            continue
        old = state.db.execute(
            "SELECT to_id FROM hs_association WHERE from_type = ? AND from_id = ? "
            "AND to_type = ? AND type_id = ? AND to_id <> ?",
            (one, from_id, other, id, to_id),
        ).fetchall()
        for (company,) in old:
            remove_links(state, [(one, from_id, other, company, id)])


def remove_links(state: State, links: Iterable[Link]) -> None:
    """Take single labels away, in both directions."""
    gone = list(links)
    mirrored = [
        (other, to_id, one, from_id, kind.reverse)
        for one, from_id, other, to_id, id in gone
        if (kind := _types(state).get((one, other, id))) is not None and kind.reverse is not None
    ]
    state.db.executemany(
        "DELETE FROM hs_association WHERE from_type = ? AND from_id = ? AND to_type = ? "
        "AND to_id = ? AND type_id = ?",
        gone + mirrored,
    )


def unlink(state: State, one: str, from_id: int, other: str, to_id: int) -> None:
    """Take every association between two records away."""
    state.db.executemany(
        "DELETE FROM hs_association WHERE from_type = ? AND from_id = ? AND to_type = ? "
        "AND to_id = ?",
        [(one, from_id, other, to_id), (other, to_id, one, from_id)],
    )


def unlink_all(state: State, one: str, id: int) -> list[Link]:
    """Take every association of a record away; those that are gone, seen from it."""
    state.db.execute("DELETE FROM hs_association WHERE to_type = ? AND to_id = ?", (one, id))
    return state.db.execute(
        "DELETE FROM hs_association WHERE from_type = ? AND from_id = ? "
        "RETURNING from_type, from_id, to_type, to_id, type_id",
        (one, id),
    ).fetchall()


def linked_by(state: State, one: str, other: str, to_id: int, type_id: int) -> list[int]:
    """The records of a type that hold this association to a record."""
    rows = state.db.execute(
        "SELECT from_id FROM hs_association WHERE to_type = ? AND to_id = ? AND from_type = ? "
        "AND type_id = ?",
        (other, to_id, one, type_id),
    )
    return [row[0] for row in rows]
