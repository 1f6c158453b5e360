"""Which relations and fields an expression may name, and what each belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from catalog.entities import ENTITIES
from catalog.shape import Entity, Type

Fields: TypeAlias = Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class Scope:
    """The relations an expression sees, with the type of every field."""

    relations: Mapping[str, Fields]
    own: str = ""
    """The entity the expression is about."""
    via: Mapping[str, str] = field(default_factory=dict[str, str])
    """Parent entity -> the REF field of `own` that leads to it."""
    belongs: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """(score | grade | signal, name) -> the entity it is given to: `own` or a parent."""
    elsewhere: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """The same for those of entities this expression cannot reach; only for better errors."""

    def entity_of(self, relation: str, name: str) -> str:
        """The entity whose row holds the value."""
        return self.belongs.get((relation, name), relation)


def scope_for(
    entity: str,
    scores: Mapping[str, str] | None = None,
    signals: Mapping[str, str] | None = None,
    extra: Mapping[str, Fields] | None = None,
    entities: Mapping[str, Entity] = ENTITIES,
) -> Scope:
    """What a rule about `entity` sees: itself, its parents, their scores, grades and signals.

    `scores` and `signals` map a name to its entity; `extra` adds fields or whole relations;
    `entities` is the catalog with what a project adds to it.
    """
    own = entities[entity]
    via = own.parents()
    given = {
        ("score", Type.NUM): scores or {},
        ("grade", Type.TEXT): scores or {},
        ("signal", Type.BOOL): signals or {},
    }
    seen = {entity, *via}
    relations = {name: _fields(entities[name]) for name in (entity, *via) if name in entities}
    for (relation, type_), names in given.items():
        relations[relation] = {name: type_ for name, of in names.items() if of in seen}
    for relation, fields in (extra or {}).items():
        relations[relation] = {**relations.get(relation, {}), **fields}
    owners = {(r, name): of for (r, _), names in given.items() for name, of in names.items()}
    return Scope(
        {name: fields for name, fields in relations.items() if fields},
        entity,
        via,
        {key: of for key, of in owners.items() if of in seen},
        {key: of for key, of in owners.items() if of not in seen},
    )


def _fields(entity: Entity) -> dict[str, Type]:
    kinds = {f.name: f.type for f in (*entity.fields, *entity.metrics)}
    ids = {"id": Type.TEXT}
    return ids | {name: Type.TEXT if t is Type.REF else t for name, t in kinds.items()}
