"""What may stand in a mapping file, as strict models; editors get their schema from here."""

from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from config.duration import as_timedelta
from config.guards import QUIET
from config.money.currency import CODE
from config.settings import Settings
from mappings.spec import ChangedBy, Confidence, Direction, Unknown, WrittenAs

Value: TypeAlias = str | int | float | bool | None
Steps: TypeAlias = list[str | dict[str, str]]
Lasting: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(as_timedelta),
    WithJsonSchema({"type": "string", "examples": ["30d"]}),
]
Code: TypeAlias = Annotated[str, Field(pattern=CODE)]


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
        default=None,
        description="Condition over platform fields; all if left out.",
        examples=["lifecyclestage in ('lead', 'customer') and email is not null"],
    )
    keep: list[str] | Literal["all"] = Field(
        default=[], description="Platform fields to stage though no field names them yet, or `all`."
    )


class CreateDocument(Settings):
    """Which records Tasuki may create on a side."""

    when: str | None = Field(
        default=None,
        description="Condition over the entity and its parents; every one if left out.",
        examples=["person.email is not null and account.is_customer"],
    )
    key: str | None = Field(
        default=None,
        description="Entity field that makes a second record impossible; the first certain "
        "identity rule's if left out.",
    )


class DeleteDocument(Settings):
    """What becomes of the other sides' records when this side's is deleted."""

    delete_in: list[str] = Field(description="Sides whose record is deleted too.", min_length=1)


class CurrencyDocument(Settings):
    """In which currency amounts are; exactly one of `code` and `field`."""

    code: Code | None = Field(default=None, description="One currency for all, e.g. `USD`.")
    field: str | None = Field(default=None, description="Platform field that holds the code.")
    on: str | None = Field(
        default=None, description="Platform field with the day of the rate; else the newest rate."
    )


Money: TypeAlias = Code | CurrencyDocument


class ProtectDocument(Settings):
    """What a person changed on a platform is not overwritten there for a while."""

    for_: Lasting = Field(alias="for", description="How long, e.g. `30d`.")
    changed_by: ChangedBy = Field(
        default=ChangedBy.PERSON, description="Whose change: a person's, or anyone's but ours."
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
    currency: Money | None = Field(
        default=None, description="Of amounts, where it is not the project's."
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
    protect: ProtectDocument | None = Field(
        default=None, description="Leaves alone what somebody changed a short while ago."
    )
    currency: Money | None = Field(
        default=None, description="Of amounts, for sides that say none; else the project's."
    )
    renamed_from: str | None = Field(
        default=None, description="The entity field's name before; its history moves along."
    )


class WayDocument(Settings):
    """One way from a record to the entity it points at; exactly one of the first three."""

    lookup: str | None = Field(default=None, description="Field that holds the other record's id.")
    association: str | None = Field(default=None, description="Object whose linked ids are listed.")
    label: str | None = Field(
        default=None, description="Only associations with this label, where the system has labels."
    )
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
    not_beside: dict[str, str] = Field(
        default={},
        description="Field: start of an id; the way is not written where the field holds such one.",
        examples=[{"WhoId": "00Q"}],
    )


class LinkDocument(OpenSettings):
    """One reference of the entity; besides these keys, one key per side that has it."""

    __pydantic_extra__: dict[str, WayDocument | list[WayDocument]]  # pyright: ignore[reportIncompatibleVariableOverride]

    direction: Literal["pull", "both"] = Field(default="pull", description="`both` also writes it.")
    to: str | list[str] = Field(default=[], description="The sides written to, when not all.")
    conflict: str | None = Field(
        default=None, description="Who wins; the sides in file order if left out."
    )


Likeness: TypeAlias = Annotated[float, Field(gt=0, le=1)]


class KeyDocument(OpenSettings):
    """What two records must share to be the same thing."""

    __pydantic_extra__: dict[str, str]  # pyright: ignore[reportIncompatibleVariableOverride]

    rule: str = Field(description="Kind of key: stored_id, corporate_number, email, domain, name …")
    field: str | None = Field(default=None, description="Entity field that holds the key.")
    fields: list[str | dict[str, Steps]] = Field(
        default=[],
        description="Several entity fields that make the key together, `- field: [steps]`.",
    )
    block_on: list[str | dict[str, Steps]] = Field(
        default=[],
        description="With `compare`: entity fields or references that must be equal.",
    )
    apart_by: list[str] = Field(
        default=[],
        description="Other rules; this one joins nobody whose keys of them differ, e.g. `[email]`.",
    )
    apart_within: list[str] = Field(
        default=[],
        description="As `apart_by`, for records of one object only, e.g. `[name]`: a list has each"
        " company once, two systems may name it in two languages.",
    )
    compare: dict[str, Likeness] = Field(
        default={},
        description="Entity field: least likeness from 0 to 1; such a rule only proposes.",
        examples=[{"name": 0.92}],
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
    max_likely_duplicates: int | None = Field(
        default=None,
        ge=0,
        description="Records created in one run that an open review takes for one that is there.",
    )
    quiet_hours: str | None = Field(
        default=None,
        pattern=QUIET,
        description="When nothing is written, in the project's time zone.",
        examples=["21:00-07:30"],
    )


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
    renamed_from: str | None = Field(
        default=None, description="The mapping's name before; its history moves along."
    )
    create: dict[str, bool | CreateDocument] = Field(
        default={}, description="Side: may Tasuki create records there, and which."
    )
    delete: dict[str, str | DeleteDocument] = Field(
        default={},
        description="Side: what its deleted records mean: `ignore`, `unlink`, `delete_in_<side>`.",
    )
    first_sync: str | None = Field(
        default=None, description="Policy of the first link, without a base."
    )
    owner_by_stage: dict[str, str] = Field(
        default={},
        description="Team that holds the entity: side that owns its `owner_by_stage` fields "
        "meanwhile; `otherwise` for the rest.",
    )
    fields: dict[str, FieldDocument] = Field(description="Entity field: how it looks per side.")
    quiet_fields: list[str] = Field(
        default=[], description="Entity fields whose changes a plan counts and does not list."
    )
    links: dict[str, LinkDocument] = Field(default={}, description="Entity reference: ways to it.")
    identity: list[KeyDocument] = Field(
        default=[], description="What makes records the same thing."
    )
    guards: GuardsDocument = Field(default=GuardsDocument(), description="Limits of one run.")
    tests: list[ExampleDocument] = Field(default=[], description="Examples that must hold.")
