"""What a project adds to the catalog: fields of its own, and kinds of things of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import Field as Setting
from pydantic import StringConstraints, ValidationError

from catalog.entities import ENTITIES
from catalog.shape import Entity, Field, Grain, Type
from config.nearest import did_you_mean
from config.project import Project, Resource
from config.settings import Settings, explain
from tasuki.errors import ConfigError

KIND: Final = "entity"
TAKEN: Final = frozenset(
    {"id", "connection", "object", "record_id", "provenance", "updated_at", "as_of"}
)
"""Columns that every table of an entity has already."""

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


class FieldDocument(Settings):
    """One field that the project adds."""

    type: Type = Setting(description="What its values are.")
    en: str = Setting(default="", description="What people call it in English; else its name.")
    ja: str = Setting(default="", description="What people call it in Japanese; else English.")
    to: str | None = Setting(default=None, description="For `ref`: the entity it points at.")
    unit: str = Setting(default="", description="What it is counted in, e.g. `JPY`.")
    personal: bool = Setting(default=False, description="A person's value: never logged.")


class EntityDocument(Settings):
    """catalog/*.yaml: fields added to an entity, or an entity of the project's own."""

    kind: Literal["entity"]
    name: Word = Setting(description="An entity of the catalog, or a new one.")
    description: str = Setting(default="", description="What a colleague should know about it.")
    owner: str = Setting(default="", description="Who answers for it.")
    tags: tuple[str, ...] = Setting(default=(), description="Words to find it by.")
    en: str = Setting(default="", description="A new entity's name in English.")
    ja: str = Setting(default="", description="A new entity's name in Japanese.")
    grain: Grain = Setting(
        default=Grain.MERGED, description="Of a new one: are records merged, or copied?"
    )
    fields: dict[Word, FieldDocument] = Setting(description="Field: what it is.")


def entities_of(project: Project) -> Mapping[str, Entity]:
    """The catalog with what the project adds to it.

    Errors: ConfigError with file, line and column, the first of all that are wrong.
    """
    found, errors = examine(project)
    if errors:
        raise errors[0]
    return found


def examine(project: Project) -> tuple[Mapping[str, Entity], list[ConfigError]]:
    """The catalog as far as it could be read, and everything that is wrong with it."""
    declared, errors = _documents(project)
    if not declared and not errors:
        return ENTITIES, []
    known = {*ENTITIES, *(says.name for _, says in declared)}
    found: dict[str, Entity] = dict(ENTITIES)
    for file, says in declared:
        errors += _problems(file, says, known)
        found[says.name] = _entity(says)
    return MappingProxyType(found), errors


def _documents(
    project: Project,
) -> tuple[list[tuple[Resource, EntityDocument]], list[ConfigError]]:
    found: list[tuple[Resource, EntityDocument]] = []
    errors: list[ConfigError] = []
    for file in project.resources(KIND):
        try:
            found.append((file, EntityDocument.model_validate(file.source.data)))
        except ValidationError as error:
            errors += explain(error, EntityDocument, file.source)
    return found, errors


def _entity(says: EntityDocument) -> Entity:
    fields = tuple(
        Field(name, f.type, f.en or name, f.ja or f.en or name, f.to, f.unit, f.personal)
        for name, f in says.fields.items()
    )
    built_in = ENTITIES.get(says.name)
    if built_in is not None:
        return replace(built_in, fields=(*built_in.fields, *fields))
    title = says.en or says.name
    return Entity(says.name, title, says.ja or title, says.grain, fields)


def _problems(file: Resource, says: EntityDocument, known: set[str]) -> Iterator[ConfigError]:
    built_in = ENTITIES.get(says.name)
    theirs = {f.name for f in (*built_in.fields, *built_in.metrics)} if built_in else set[str]()
    for name, field in says.fields.items():
        if name in theirs or name in TAKEN:
            yield ConfigError(
                f"`{says.name}` already has a field `{name}`",
                where=file.source.place(("fields", name)),
                why="the catalog gives it its type and meaning",
                remedy="Map to that field, or give yours another name.",
            )
        if (field.type is Type.REF) != (field.to is not None) or (
            field.to is not None and field.to not in known
        ):
            yield ConfigError(
                f"`{name}` of `{says.name}` does not say which entity it points at",
                where=file.source.place(("fields", name)),
                why="`type: ref` and `to:` go together, and `to:` is an entity",
                remedy=did_you_mean(field.to or "", sorted(known), "Write `to: account`."),
            )
