"""One entity: each value with the record it came from, its rule, and what lost; read only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from console.page import Page
from console.visit import Visit
from tasuki.errors import UnknownRecordError
from tasuki.service.deciding import names
from tasuki.service.explaining.answer import explain_entity
from tasuki.service.explaining.views import EntityView
from tasuki.values import Json


@dataclass(frozen=True, slots=True)
class OneEntity:
    """An entity explained, whole or in one field."""

    it: EntityView
    field: str
    """The field whose whole story is told; empty when all are listed."""
    names: Mapping[str, str]
    """What the entities are called that its values point at."""


def _one(visit: Visit) -> OneEntity:
    entity, id_ = visit.params["entity"], visit.params["entity_id"]
    if entity not in visit.app.tools.entities:
        raise UnknownRecordError(f"there is no entity `{entity}`", remedy="Go back.")
    field = visit.query.get("field", "")
    found = explain_entity(visit.app, entity, id_, field)
    return OneEntity(found, field, names.pointed_at(visit.app, _values(found)))


def _values(found: EntityView) -> Iterator[tuple[str, str, Json]]:
    for cell in found.cells:
        yield found.entity, cell.field, cell.value
        yield from ((found.entity, cell.field, lost.value) for lost in cell.losers)
        yield from ((found.entity, cell.field, old.value) for old in cell.past)


PAGES = (Page("/entities/{entity}/{entity_id}", "entity.html", _one),)
ACTIONS = ()
