"""What the entities are called that a value points at, and which of some entities there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from catalog.shape import Type
from staging import rows
from staging.labels import labels
from tasuki.service.app import App
from tasuki.values import Json


def pointed_at(app: App, values: Iterable[tuple[str, str, Json]]) -> Mapping[str, str]:
    """Id → name, for each (entity, field, value) whose value is the id of an entity."""
    wanted: set[tuple[str, str]] = set()
    for entity, name, value in values:
        field = app.tools.entities[entity].field(name)
        if field and field.type is Type.REF and field.to and value:
            wanted.add((field.to, str(value)))
    with app.store.reading() as db:
        return {id_: name for (_, id_), name in labels(db, sorted(wanted)).items()}


def living(app: App, wanted: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Which of these (entity, id) are in the store, as `entity/id`."""
    by_entity: dict[str, set[str]] = defaultdict(set)
    for entity, id_ in wanted:
        by_entity[entity].add(id_)
    with app.store.reading() as db:
        return frozenset(
            f"{entity}/{id_}"
            for entity, ids in by_entity.items()
            for id_ in rows.read(db, app.tools.entities[entity], sorted(ids))
        )
