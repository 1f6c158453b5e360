"""What may stand in a mapping file, as strict models; editors get their schema from here."""

from typing import Any, Literal, TypeAlias

from pydantic import ConfigDict, Field

from config.settings import Settings
from mappings.spec import Confidence, Direction, OnDelete, Unknown, WrittenAs

Value: TypeAlias = str | int | float | bool | None
Steps: TypeAlias = list[str | dict[str, str]]


class OpenSettings(Settings):
    """Settings that also take the names of the mapping's own sides as keys."""

    model_config = ConfigDict(frozen=True, extra="allow")


class SideDocument(Settings):
    """One place where records of the entity live."""

    connection: str | None = Field(
        default=None, description="Connection; the side's own name if left out."
    )
    object: str = Field(description="The platform's API name of the object, e.g. `Account`.")
    scope: str | None = Field(
        default=None, description="Condition over platform fields; all if left out."
    )


class LookDocument(Settings):
    """How an entity field looks on one side, when a field name alone does not say it."""

    field: str | None = Field(default=None, description="Platform field; `$id` is the record's id.")
    first: list[str] = Field(
        default=[], description="Platform fields; the first that is not blank."
    )
    join: list[str] = Field(default=[], description="Platform fields, joined. Can be read only.")
    with_: str = Field(default=" ", alias="with", description="What stands between joined fields.")
    value: Value = Field(
        default=None, description="A constant: what every record of this side has."
    )
    direction: Direction | None = Field(
        default=None, description="For this side instead of the field's."
    )
    transform: Steps | None = Field(
        default=None, description="Pipeline, instead of the field's own."
    )
    value_map: dict[str, Value] = Field(
        default={}, description="Platform value: entity value; `*` = rest."
    )
    written_as: WrittenAs | None = Field(
        default=None, description="Form the platform wants, if not ours."
    )
    unknown_value: Unknown | None = Field(
        default=None, description="For values `value_map` leaves out."
    )


class FieldDocument(OpenSettings):
    """One entity field; besides these keys, one key per side that has it."""

    __pydantic_extra__: dict[str, str | list[str] | LookDocument]  # pyright: ignore[reportIncompatibleVariableOverride]

    direction: Direction = Field(default=Direction.PULL, description="Which way the field travels.")
    to: str | list[str] = Field(
        default=[], description="The sides written to, for `push` and `both`."
    )
    conflict: str | None = Field(
        default=None, description="Who wins: `<side>_wins`, `latest_wins`, …"
    )
    transform: Steps = Field(
        default=[], description="Named steps from the platform's spelling to ours."
    )
    value_map: dict[str, Value] = Field(default={}, description="For the sides that are only read.")
    unknown_value: Unknown = Field(
        default=Unknown.KEEP, description="For values `value_map` leaves out."
    )
    default: Value = Field(
        default=None, description="Written on create when the entity has no value."
    )
    clear: bool = Field(default=False, description="A blank erases the value on the other side.")
    on_create_only: bool = Field(
        default=False, description="Written when a record is created, not later."
    )


class WayDocument(Settings):
    """One way from a record to the entity it points at; exactly one of the first three."""

    lookup: str | None = Field(default=None, description="Field that holds the other record's id.")
    association: str | None = Field(default=None, description="Object whose linked ids are listed.")
    value: str | None = Field(
        default=None, description="Field that holds a key of the other entity."
    )
    via: str | None = Field(default=None, description="Kind of key that `value` is, e.g. `email`.")
    object: str | None = Field(default=None, description="Object that `lookup` leads to.")
    by_prefix: dict[str, str] = Field(
        default={}, description="Start of the id: object it belongs to."
    )
    connection: str | None = Field(
        default=None, description="The side's own connection if left out."
    )
    transform: Steps = Field(
        default=[], description="Steps applied to the value before it is looked up."
    )
    unless: list[str] = Field(
        default=[], description="Platform fields; the way is taken only where all are blank."
    )


class LinkDocument(OpenSettings):
    """One reference of the entity; besides these keys, one key per side that has it."""

    __pydantic_extra__: dict[str, WayDocument | list[WayDocument]]  # pyright: ignore[reportIncompatibleVariableOverride]

    direction: Literal["pull", "both"] = Field(default="pull", description="`both` also writes it.")
    to: str | list[str] = Field(default=[], description="The sides written to, when not all.")
    conflict: str | None = Field(
        default=None, description="Who wins; the sides in file order if left out."
    )


class KeyDocument(OpenSettings):
    """What two records must share to be the same thing."""

    __pydantic_extra__: dict[str, str]  # pyright: ignore[reportIncompatibleVariableOverride]

    rule: str = Field(description="Kind of key: stored_id, corporate_number, email, domain, name …")
    field: str | None = Field(default=None, description="Entity field that holds the key.")
    fields: list[str | dict[str, Steps]] = Field(
        default=[],
        description="Several entity fields that make the key together, `- field: [steps]`.",
    )
    transform: Steps = Field(default=[], description="Steps that make spellings equal.")
    refers_to: str | None = Field(
        default=None, description="Side whose record ids a stored id names."
    )
    confidence: Confidence = Field(
        default=Confidence.CERTAIN, description="How sure the key makes us."
    )
    veto: bool = Field(
        default=False, description="Records that differ in it are never the same thing."
    )


class GuardsDocument(Settings):
    """This mapping's own limits for one run."""

    max_creates: int | None = Field(default=None, ge=0, description="Records created in one run.")
    max_overwrite_percent: float | None = Field(
        default=None, ge=0, le=100, description="Share of linked records whose values are replaced."
    )
    max_deletes: int | None = Field(default=None, ge=0, description="Records deleted in one run.")


class ExampleDocument(Settings):
    """Records given per side, and what must come of them."""

    name: str = Field(default="", description="What the example shows.")
    given: dict[str, dict[str, Any]] = Field(description="Side: record as the platform gives it.")
    expect: dict[str, dict[str, Any]] = Field(description="Entity or side: fields that must be.")


class MappingDocument(Settings):
    """A mapping file: which platform field is which entity field, and who wins."""

    kind: Literal["mapping"]
    name: str = Field(description="The mapping's own name.")
    description: str = Field(default="", description="What a colleague should know about it.")
    owner: str = Field(default="", description="Who answers for it.")
    tags: list[str] = Field(default=[], description="Words to find it by.")
    entity: str = Field(description="The entity of the catalog its records become.")
    sides: dict[str, SideDocument] = Field(description="Where records come from, by a short name.")
    create: dict[str, bool] = Field(
        default={}, description="Side: may Tasuki create records there."
    )
    delete: dict[str, OnDelete] = Field(
        default={}, description="Side: what its deleted records mean."
    )
    first_sync: str | None = Field(
        default=None, description="Policy of the first link, without a base."
    )
    fields: dict[str, FieldDocument] = Field(description="Entity field: how it looks per side.")
    links: dict[str, LinkDocument] = Field(default={}, description="Entity reference: ways to it.")
    identity: list[KeyDocument] = Field(
        default=[], description="What makes records the same thing."
    )
    guards: GuardsDocument = Field(default=GuardsDocument(), description="Limits of one run.")
    tests: list[ExampleDocument] = Field(default=[], description="Examples that must hold.")
