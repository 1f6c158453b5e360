"""Which entity id each group keeps or gets; which entities have records that are one thing."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import count
from typing import Final

from catalog.shape import Entity, Grain

_PREFIX: Final = {"user_": "usr"}
_OWN: Final = frozenset({"need"})
"""Merged entities that Tasuki makes itself, from no record."""
Held = Callable[[Collection[str]], Collection[str]]
"""Which of these ids other entities have."""


def merged_entities(entities: Mapping[str, Entity]) -> tuple[str, ...]:
    """The entities whose records are brought together, those that are pointed at first."""
    mine = {
        name: {str(field.to) for field in entity.refs()} - {name}
        for name, entity in entities.items()
        if entity.grain is Grain.MERGED and name not in _OWN
    }
    ordered: list[str] = []
    while waiting := [name for name in mine if name not in ordered]:
        ready = [name for name in waiting if not (mine[name] & set(waiting))]
        ordered += ready or waiting[:1]  # entities that point at each other: the catalog's order
    return tuple(ordered)


def new_id(entity: str, ref: str) -> str:
    """The id an entity gets from the first record it was seen in."""
    return f"{prefix_of(entity)}_{blake2b(ref.encode(), digest_size=8).hexdigest()}"


def prefix_of(entity: str) -> str:
    """How the ids of an entity begin."""
    return _PREFIX.get(entity, entity[:3])


def assign(
    entity: str, groups: Sequence[Sequence[str]], links: Mapping[str, str], held: Held
) -> list[str]:
    """An entity id for every group: what most of its members had, else one made of its first ref.

    An id goes to one group only. The same records in the same store always give the same id.
    """
    claims = sorted(
        (-votes, id_, at) for at, group in enumerate(groups) for id_, votes in _had(group, links)
    )
    ids: dict[int, str] = {}
    taken: set[str] = set()
    for _, id_, at in claims:
        if at not in ids and id_ not in taken:
            ids[at] = id_
            taken.add(id_)
    new = [at for at in range(len(groups)) if at not in ids]
    own = [new_id(entity, groups[at][0]) for at in new]
    taken.update(links.values())
    taken.update(held(own))
    for at, first in zip(new, own, strict=True):
        ids[at] = first if first not in taken else _free_id(entity, groups[at], taken, held)
        taken.add(ids[at])
    return [ids[at] for at in range(len(groups))]


def _free_id(entity: str, group: Sequence[str], taken: Collection[str], held: Held) -> str:
    """An id made of the first ref whose own is free; when all are taken, of the first ref again."""
    others = [new_id(entity, ref) for ref in group[1:]]
    busy = {*held(others), *(id_ for id_ in others if id_ in taken)}
    if (found := next((id_ for id_ in others if id_ not in busy), None)) is not None:
        return found
    again = (new_id(entity, f"{group[0]}#{n}") for n in count(2))
    return next(id_ for id_ in again if id_ not in taken and not held([id_]))


def _had(group: Sequence[str], links: Mapping[str, str]) -> Iterable[tuple[str, int]]:
    return Counter(links[ref] for ref in group if ref in links).items()
