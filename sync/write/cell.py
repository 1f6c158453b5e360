"""A planned cell: a field's value, or links under the pseudo-field that lists a record's links.

A link cell is written as what it does: an id (or ids) to be linked, or `tie(...)`, which also says
from whom the record is taken away.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.protocol import LABEL, LINKED, LinkTo
from tasuki.values import Json, same_value

_WITH: Final = "with"
_WITHOUT: Final = "without"


def is_link(name: str) -> bool:
    """Whether a cell is about associations: it says which to add, and which to take away."""
    return name.startswith(LINKED)


def tie(add: Iterable[str], drop: Iterable[str]) -> Json:
    """The value of a link cell that adds some links and takes others away."""
    return {_WITH: list(add), _WITHOUT: list(drop)}


def added(wanted: Any) -> list[Any]:
    """The ids that a link cell links to."""
    return _listed(wanted.get(_WITH) if isinstance(wanted, Mapping) else wanted)


def dropped(wanted: Any) -> list[Any]:
    """The ids whose links a link cell takes away."""
    return _listed(wanted.get(_WITHOUT)) if isinstance(wanted, Mapping) else []


def holds(name: str, there: Any, wanted: Any) -> bool:
    """Whether what stands there is what is wanted."""
    if not is_link(name):
        return same_value(there, wanted)
    ids = set(_listed(there))
    return ids >= set(added(wanted)) and not ids & set(dropped(wanted))


def unmoved(name: str, there: Any, seen: Any) -> bool:
    """Whether what stands there is what was seen; links have no order."""
    return set(_listed(there)) == set(_listed(seen)) if is_link(name) else same_value(there, seen)


def written(name: str, before: Any, sent: Any) -> Json:
    """What stands there after a write."""
    if not is_link(name):
        return sent
    kept = [id_ for id_ in _listed(before) if id_ not in dropped(sent)]
    return [*kept, *(id_ for id_ in added(sent) if id_ not in kept)]


def fields_of(cells: Mapping[str, Json]) -> dict[str, Json]:
    """The cells that are fields."""
    return {name: value for name, value in cells.items() if not is_link(name)}


def links_of(cells: Mapping[str, Json]) -> tuple[LinkTo, ...]:
    """The links that the cells add."""
    ties = ((name, id_) for name, said in cells.items() if is_link(name) for id_ in added(said))
    return tuple(_link(name, str(id_)) for name, id_ in ties)


def unlinks_of(cells: Mapping[str, Json]) -> tuple[LinkTo, ...]:
    """The links that the cells take away."""
    ties = ((name, id_) for name, said in cells.items() if is_link(name) for id_ in dropped(said))
    return tuple(_link(name, str(id_)) for name, id_ in ties)


def _link(name: str, id_: str) -> LinkTo:
    object_, _, label = name.removeprefix(LINKED).partition(LABEL)
    return LinkTo(object_, id_, label or None)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value] if value else []
