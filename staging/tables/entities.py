"""One table per entity and one wide table per entity's metrics, made from the catalog."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from sqlalchemy import Column, Index, MetaData, Table, and_, or_
from sqlalchemy import text as sql

from catalog.entities import ENTITIES
from catalog.shape import Entity, Grain
from staging.tables.columns import METADATA, at, document, key, kind, sequence, text


def _entity_table(entity: Entity, home: MetaData = METADATA) -> Table:
    columns = [Column(f.name, kind(f.type)) for f in entity.fields]
    indexes = [Index(f"ix_{entity.name}_{f.name}", f.name) for f in entity.refs()]
    source = (
        (text("connection"), text("object"), text("record_id"))
        if entity.grain is Grain.COPIED
        else (document("provenance"),)
    )
    name = entity.name if entity.name in ENTITIES else f"custom_{entity.name}"
    return Table(name, home, key("id"), *columns, *source, at("updated_at"), *indexes)


def table_of(entity: Entity) -> Table:
    """The table of an entity, with the columns a project added to it."""
    known = ENTITY_TABLES.get(entity.name)
    return known if known is not None and ENTITIES[entity.name] == entity else _custom_table(entity)


@lru_cache(maxsize=64)
def _custom_table(entity: Entity) -> Table:
    """Kept apart from the tables of every store: two projects may add different fields."""
    return _entity_table(entity, MetaData())


def _metric_table(entity: Entity) -> Table:
    columns = [Column(f.name, kind(f.type)) for f in entity.metrics]
    return Table(f"{entity.name}_metric", METADATA, key("id"), *columns, at("as_of"))


ENTITY_TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {name: _entity_table(entity) for name, entity in ENTITIES.items()}
)
METRIC_TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {name: _metric_table(entity) for name, entity in ENTITIES.items() if entity.metrics}
)

ENTITY_CHANGE: Final = Table(
    "entity_change",
    METADATA,
    sequence(),
    text("entity", required=True),
    text("entity_id", required=True),
    text("field", required=True),
    document("before"),
    document("after"),
    document("trace"),  # provenance of `before`: ref, why, run
    text("run_id"),
    at("at", required=True),
    Index("ix_entity_change_entity", "entity", "entity_id"),
)
"""What merged entities held before; updates only, so that a past moment can be shown."""

_EVENT: Final = ENTITY_TABLES["engagement"]
_ACTIVITY: Final = ENTITY_TABLES["activity"]
_UNTAGGED: Final = and_(_EVENT.c.interest.is_(None), _EVENT.c.url.is_not(None))

TELLING: Final = or_(
    _EVENT.c.email.is_not(None),
    _EVENT.c.recipient.is_not(None),
    sql("consent IS FALSE"),  # one spelling that both engines read
)
"""An event says something about who sits at its browser, or that nobody may know."""

Index("ix_engagement_visitor", _EVENT.c.visitor, _EVENT.c.occurred_at)
Index(
    "ix_engagement_telling",
    _EVENT.c.visitor,
    _EVENT.c.occurred_at,
    sqlite_where=TELLING,
    postgresql_where=TELLING,
)
Index(
    "ix_engagement_recipient",
    _EVENT.c.recipient,
    sqlite_where=_EVENT.c.recipient.is_not(None),
    postgresql_where=_EVENT.c.recipient.is_not(None),
)
Index(
    "ix_engagement_untagged",
    _EVENT.c.interest,
    sqlite_where=_UNTAGGED,
    postgresql_where=_UNTAGGED,
)
Index(
    "ix_activity_tasuki_key",
    _ACTIVITY.c.tasuki_key,
    sqlite_where=_ACTIVITY.c.tasuki_key.is_not(None),
    postgresql_where=_ACTIVITY.c.tasuki_key.is_not(None),
)
