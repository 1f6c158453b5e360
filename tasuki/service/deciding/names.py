"""What the entities are called that a disputed field points at."""

from collections.abc import Iterable, Mapping

from catalog.shape import Type
from staging.labels import labels
from tasuki.service.app import App
from tasuki.service.deciding.conflicts import ConflictView


def pointed_at(app: App, found: Iterable[ConflictView]) -> Mapping[str, str]:
    """Id → name, for every value of these conflicts that is the id of an entity."""
    wanted: set[tuple[str, str]] = set()
    for each in found:
        field = app.tools.entities[each.entity].field(each.field)
        if field and field.type is Type.REF and field.to:
            values = (each.value, *(c.value for c in each.candidates))
            wanted |= {(field.to, str(value)) for value in values if value}
    with app.store.reading() as db:
        return {id_: name for (_, id_), name in labels(db, sorted(wanted)).items()}
