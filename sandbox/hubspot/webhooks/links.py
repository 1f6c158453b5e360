"""Associations in the log: each type is told once for each of its two sides."""

from collections.abc import Iterable
from typing import Final

from sandbox.hubspot.data.kinds import kind_in
from sandbox.hubspot.data.links import Link, both_ways, link_type
from sandbox.hubspot.webhooks.changes import is_watched, note
from sandbox.state import State

_STILL: Final = (
    "SELECT 1 FROM hs_association WHERE from_type = ? AND from_id = ? AND to_type = ? "
    "AND to_id = ? AND type_id = ?"
)


def note_links(
    state: State, links: Iterable[Link], author: tuple[str, str], *, removed: bool = False
) -> None:
    """Tell of links made or taken away; a mirror that is given too is told once."""
    if not is_watched(state):
        return
    action = "ASSOCIATION_REMOVED" if removed else "ASSOCIATION_ADDED"
    for link in dict.fromkeys(both_ways(state, links)):
        type, id, other, to_id, type_id = link
        if removed and state.db.execute(_STILL, link).fetchone():
            continue  # losing a label leaves the plain association in place
        found = link_type(state, type, other, type_id)
        names = (kind_in(state, each).singular.upper() for each in (type, other))
        note(
            state,
            action,
            type,
            id,
            author,
            toType=other,
            toObjectId=to_id,
            associationType="_TO_".join(names),
            associationTypeId=type_id,
            isPrimaryAssociation=found is not None and found.primary,
        )
