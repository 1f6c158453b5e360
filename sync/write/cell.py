"""A planned cell: a field's value, or a link under the pseudo-field that lists a record's links."""

from collections.abc import Mapping
from typing import Any

from connectors.protocol import LABEL, LINKED, LinkTo
from tasuki.values import Json, same_value


def is_link(name: str) -> bool:
    """Whether a cell is an association: it adds one link and takes none away."""
    return name.startswith(LINKED)


def holds(name: str, there: Any, wanted: Any) -> bool:
    """Whether what stands there is what is wanted."""
    return wanted in _listed(there) if is_link(name) else same_value(there, wanted)


def unmoved(name: str, there: Any, seen: Any) -> bool:
    """Whether what stands there is what was seen; links have no order."""
    return set(_listed(there)) == set(_listed(seen)) if is_link(name) else same_value(there, seen)


def written(name: str, before: Any, sent: Any) -> Json:
    """What stands there after a write."""
    return [*_listed(before), sent] if is_link(name) else sent


def fields_of(cells: Mapping[str, Json]) -> dict[str, Json]:
    """The cells that are fields."""
    return {name: value for name, value in cells.items() if not is_link(name)}


def links_of(cells: Mapping[str, Json]) -> tuple[LinkTo, ...]:
    """The cells that are links."""
    return tuple(_link(name, str(id_)) for name, id_ in cells.items() if is_link(name))


def _link(name: str, id_: str) -> LinkTo:
    object_, _, label = name.removeprefix(LINKED).partition(LABEL)
    return LinkTo(object_, id_, label or None)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value] if value else []
