"""Associations: their types, both directions, and the rule of the one primary company."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from sandbox.hubspot.data.kinds import Kind, document, find_kind
from sandbox.state import State

_PRIMARY: Final = "Primary"
_ADD: Final = "INSERT OR IGNORE INTO hs_association VALUES (?, ?, ?, ?, ?)"
_OWN_COMPANY: Final = {"0-1": "associatedcompanyid", "0-3": "hs_primary_associated_company"}

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

    @property
    def primary(self) -> bool:
        """Whether a record has at most one of these."""
        return self.label == _PRIMARY


@cache
def _types() -> dict[tuple[str, str, int], LinkType]:
    found: dict[tuple[str, str, int], LinkType] = {}
    for row in document("association_types"):
        one, other = _id_of(row["from"]), _id_of(row["to"])
        found[one, other, row["id"]] = LinkType(one, other, row["id"], row["reverse"], row["label"])
        if row["reverse"] is not None:
            back = LinkType(other, one, row["reverse"], row["id"], row["reverse_label"])
            found[other, one, back.id] = back
    return found


def _id_of(name: str) -> str:
    kind = find_kind(name)
    if kind is None:
        raise LookupError(name)
    return kind.id


def link_types(one: Kind, other: Kind) -> list[LinkType]:
    """All association types from one object type to the other, the plain one first."""
    found = (each for key, each in _types().items() if key[:2] == (one.id, other.id))
    return sorted(found, key=lambda each: (each.label is not None, each.id))


def link_type(one: Kind, other: Kind, id: int) -> LinkType | None:
    """The type of this id in this direction; None when it does not exist."""
    return _types().get((one.id, other.id, id))


def plain_type(one: str, other: str) -> LinkType | None:
    """The unlabelled association between two type ids."""
    kinds = (find_kind(one), find_kind(other))
    if kinds[0] is None or kinds[1] is None:
        return None
    return next((each for each in link_types(kinds[0], kinds[1]) if not each.label), None)


def both_ways(links: Iterable[Link]) -> Iterable[Link]:
    """Each link and its mirror; a primary brings the unlabelled association with it."""
    for one, from_id, other, to_id, id in links:
        kind = _types().get((one, other, id))
        yield one, from_id, other, to_id, id
        if kind is None:
            continue
        if kind.reverse is not None:
            yield other, to_id, one, from_id, kind.reverse
        plain = plain_type(one, other) if kind.primary else None
        if plain is not None:
            yield from both_ways([(one, from_id, other, to_id, plain.id)])


def add_links(state: State, links: Sequence[Link]) -> None:
    """Store links in both directions; a new primary takes the place of the old one."""
    for link in links:
        _displace(state, link)
        state.db.executemany(_ADD, both_ways([link]))


def primaries(links: Iterable[Link]) -> Iterable[tuple[str, int, str, int]]:
    """The property each primary company link decides: type, record, property, company."""
    for one, from_id, other, to_id, id in both_ways(links):
        kind = _types().get((one, other, id))
        if kind is not None and kind.primary and one in _OWN_COMPANY:
            yield one, from_id, _OWN_COMPANY[one], to_id


def _displace(state: State, link: Link) -> None:
    """A record has one primary company: the new one pushes the old label off."""
    for one, from_id, other, to_id, id in both_ways([link]):
        kind = _types().get((one, other, id))
        if kind is None or not kind.primary or kind.reverse is None or one == "0-2":
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
        if (kind := _types().get((one, other, id))) is not None and kind.reverse is not None
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


def unlink_all(state: State, one: str, id: int) -> None:
    """Take every association of a record away."""
    state.db.execute(
        "DELETE FROM hs_association WHERE (to_type, to_id, from_type, from_id) IN "
        "(SELECT from_type, from_id, to_type, to_id FROM hs_association "
        "WHERE from_type = ? AND from_id = ?)",
        (one, id),
    )
    state.db.execute("DELETE FROM hs_association WHERE from_type = ? AND from_id = ?", (one, id))
