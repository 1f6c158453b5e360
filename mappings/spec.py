"""What a mapping says, as frozen data: which platform field is which entity field, and who wins.

Mapping
├── sides    where records come from: connection + object (+ scope); may we create, what of deletes
├── fields   entity field ⇄ platform fields of each side; direction, policy, transforms
├── links    entity reference ⇄ the platform's own pointer (lookup, association, value)
├── keys     what says that two records are the same thing
└── tests    examples the file carries itself
"""

from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from catalog.expression.tree import Node
from catalog.shape import Entity, Type
from config.guards import Guards
from mappings.filter import Filter
from mappings.transforms.registry import USUAL, Habits
from tasuki.errors import Place

ID: Final = "$id"
"""Stands for the record's own id wherever a mapping names a platform field."""
ALL: Final = "*"
"""In `keep`: every field of the object."""
LINKED: Final = "associations."
"""Prefix of the pseudo-fields that list linked record ids (same as in connectors.protocol)."""


class Direction(StrEnum):
    """Which way a field travels."""

    PULL = "pull"
    """Read from every side, written to none."""
    PUSH = "push"
    """Written to the sides in `to`, read from all others."""
    BOTH = "both"
    """Read from every side, written to those in `to` (to all when it is not said)."""


class Unknown(StrEnum):
    """What becomes of a value that a `value_map` does not name."""

    PARK = "park"
    """The cell is rejected with a reason; its neighbours go on."""
    KEEP = "keep"
    BLANK = "blank"


class WrittenAs(StrEnum):
    """The form of a written value where the platform's type is not the entity's."""

    DATE = "date"
    EPOCH_MS = "epoch_ms"
    TEXT = "text"


class Rule(StrEnum):
    """How candidates for one entity field are decided."""

    OWNER_BY_STAGE = "owner_by_stage"
    """The side that the mapping names for the team in whose hands the entity is wins."""

    SIDE_WINS = "side_wins"
    LATEST_WINS = "latest_wins"
    FILL_BLANK_ONLY = "fill_blank_only"
    HIGHEST = "highest"
    UNION = "union"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Step:
    """One transform of a pipeline, with the argument `{name: argument}` gives it."""

    name: str
    argument: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Who wins when sides differ."""

    rule: Rule
    order: tuple[str, ...]
    """Sides, strongest first; decides what the rule alone leaves open."""
    by_stage: abc.Mapping[str, str] = field(default_factory=dict)
    """Team that holds the entity → the side that owns the field meanwhile (owner_by_stage)."""

    def __str__(self) -> str:
        return f"{self.order[0]}_wins" if self.rule is Rule.SIDE_WINS else self.rule.value


class OnDelete(StrEnum):
    """What happens to the other sides when a record of this side is deleted."""

    IGNORE = "ignore"
    UNLINK = "unlink"
    """The link is closed; the entity lives on from its other records."""
    DELETE = "delete"
    """As `unlink`, and the entity's records on the sides of `delete_in` are deleted too."""


@dataclass(frozen=True, slots=True)
class Create:
    """Tasuki may create records on a side."""

    key: str
    """The entity field whose platform field makes a second record impossible."""
    when: Node | None = None
    """Only entities of which this is true, typed against the catalog; None means every one."""
    text: str = ""
    """The condition as written."""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Which records of a side belong to it: a condition over platform fields."""

    text: str
    tree: Node
    """Checked; every name is of the relation `record`."""
    fields: tuple[str, ...]
    """The platform fields it needs, read whether a mapping names them or not."""
    filter: Filter | None = None
    """What a system can be asked for: never fewer records than the tree takes; None asks all."""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One place where records of the entity live."""

    name: str
    connection: str
    object: str
    scope: Scope | None = None
    """None takes every record."""
    create: Create | None = None
    """None: Tasuki creates no records here."""
    delete: OnDelete = OnDelete.UNLINK
    delete_in: tuple[str, ...] = ()
    """The sides where records are deleted when this side's is (with OnDelete.DELETE)."""
    keep: tuple[str, ...] = ()
    """Platform fields read and staged though no field names them yet; `*` is all of them."""


@dataclass(frozen=True, slots=True)
class Currency:
    """In which currency an amount is, and of which day its rate is."""

    code: str | None = None
    """A constant, e.g. `USD`."""
    field: str | None = None
    """The platform field that holds the code."""
    on: str | None = None
    """The platform field with the day of the rate; the newest rate when there is none."""


class ChangedBy(StrEnum):
    """Whose edit is protected."""

    PERSON = "person"
    """Anybody but Tasuki's own user and the users named as `integrations`."""
    ANYONE = "anyone"
    """Everybody but Tasuki's own user."""


@dataclass(frozen=True, slots=True)
class SideField:
    """How one entity field looks on one side."""

    side: str
    names: tuple[str, ...]
    """Platform fields; empty for a constant. Writing goes to the first."""
    joined_with: str | None = None
    """Text between the fields when all are joined; None takes the first that is not blank."""
    constant: Any = None
    reads: bool = True
    writes: bool = False
    transform: tuple[Step, ...] = ()
    value_map: abc.Mapping[str, Any] = field(default_factory=dict)
    """Platform value → entity value."""
    unknown_value: Unknown = Unknown.KEEP
    written_as: WrittenAs | None = None
    currency: Currency | None = None
    """Amounts are in this currency; None: in the project's own."""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Protect:
    """What a person changed on a platform is not overwritten there for a while."""

    lasts: timedelta
    changed_by: ChangedBy = ChangedBy.PERSON


@dataclass(frozen=True, slots=True)
class MappedField:
    """One entity field and its looks on every side."""

    name: str
    type: Type
    direction: Direction
    policy: Policy
    sides: abc.Mapping[str, SideField]
    default: Any = None
    """Written when a record is created and the entity has no value."""
    clear: bool = False
    """A blank erases the value on the other side; without it a blank never does."""
    on_create_only: bool = False
    personal: bool = False
    protect: Protect | None = None
    renamed_from: str | None = None
    """The entity field's name before; base, provenance and pins move along."""
    place: Place | None = None


class Pointer(StrEnum):
    """How a record points at another one."""

    LOOKUP = "lookup"
    """A field holds the other record's id."""
    ASSOCIATION = "association"
    """The platform lists the linked ids of an object; the first is the primary one."""
    VALUE = "value"
    """A field holds a value that is a key (`via`) of the other entity."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a record to the entity it points at."""

    pointer: Pointer
    source: str
    """The platform field, or `associations.X`."""
    connection: str
    object: str | None = None
    by_prefix: abc.Mapping[str, str] = field(default_factory=dict)
    """Start of the id → object, where one field points at several objects; others are no link."""
    via: str | None = None
    """The kind of key of the other entity that must equal the value."""
    transform: tuple[Step, ...] = ()
    unless: tuple[str, ...] = ()
    """Platform fields: this way is taken only where all of them are blank."""
    not_beside: abc.Mapping[str, str] = field(default_factory=dict)
    """Platform field → start of an id: not written where that field holds such an id."""
    label: str | None = None
    """Of an association: only those the platform shows with this label."""

    def objects(self) -> tuple[str, ...]:
        """The objects this way can lead to."""
        return tuple(self.by_prefix.values()) or ((self.object,) if self.object else ())


@dataclass(frozen=True, slots=True)
class LinkRule:
    """One entity reference and the ways to it from every side, best first."""

    name: str
    to: str
    sides: abc.Mapping[str, tuple[Way, ...]]
    policy: Policy
    writes: frozenset[str] = frozenset()
    """Sides on which the pointer is written, by its first way."""
    place: Place | None = None


class Confidence(StrEnum):
    """How sure a key makes us that two records are the same thing."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One entity field of a key, and the steps that make its spellings equal."""

    field: str
    transform: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyRule:
    """What two records must share to be the same thing; rules are tried in the order written."""

    kind: str
    parts: tuple[KeyPart, ...] = ()
    """Entity fields; all must be filled. Empty for stored ids."""
    transform: tuple[Step, ...] = ()
    """For a stored id: from how the field spells it to the record's own id."""
    stored_in: abc.Mapping[str, str] = field(default_factory=dict)
    """Side → platform field that holds the id of a record of side `refers_to`."""
    refers_to: str | None = None
    confidence: Confidence = Confidence.CERTAIN
    veto: bool = False
    """Records whose values of this key differ are never the same thing."""
    apart_by: tuple[str, ...] = ()
    """Kinds of other keys: this rule joins nobody who holds different values of one of them."""
    apart_within: tuple[str, ...] = ()
    """The same, where the two values stand in records of one object: a list names each thing once,
    while two systems may name one thing in two languages."""
    compare: abc.Mapping[str, float] = field(default_factory=dict)
    """Entity field → least likeness (0 to 1); only proposes, among records equal in `parts`."""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One test of a mapping file: records given per side, what must come of them."""

    given: abc.Mapping[str, abc.Mapping[str, Any]]
    expect: abc.Mapping[str, abc.Mapping[str, Any]]
    name: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """One mapping file, checked; compared by identity."""

    name: str
    entity: Entity
    sides: abc.Mapping[str, Side]
    fields: abc.Mapping[str, MappedField]
    links: abc.Mapping[str, LinkRule] = field(default_factory=dict)
    keys: tuple[KeyRule, ...] = ()
    habits: Habits = USUAL
    first_sync: Policy | None = None
    """Decides on the first link, when there is no base yet; None leaves it to each field."""
    guards: Guards = field(default_factory=Guards)
    tests: tuple[Example, ...] = ()
    quiet: frozenset[str] = frozenset()
    """Entity fields whose changes a plan counts and does not list."""
    renamed_from: str | None = None
    """The mapping's name before; its wishes, bases and versions move along."""
    source: str = ""
    """The file this mapping was read from."""
    left_out: frozenset[str] = frozenset()
    """Connections that the file names and the project does without."""
    version: str = ""
    """A digest of what the file says, not of how it is laid out, and of the habits it reads by."""

    def pushed(self, side: str) -> Iterator[MappedField]:
        """The fields that are written to a side."""
        return (
            rule
            for rule in self.fields.values()
            if (look := rule.sides.get(side)) is not None and look.writes
        )

    def pulled(self, side: str) -> Iterator[MappedField]:
        """The fields that are read from a side."""
        return (
            rule
            for rule in self.fields.values()
            if (look := rule.sides.get(side)) is not None and look.reads
        )

    def side_of(self, connection: str, object: str) -> Side | None:
        """The side whose records come from this connection and object."""
        return next(
            (s for s in self.sides.values() if (s.connection, s.object) == (connection, object)),
            None,
        )


def mapping_of(
    mappings: abc.Iterable[Mapping], connection: str, object: str
) -> tuple[Mapping, Side] | None:
    """The mapping and side that a record of this connection and object belongs to."""
    for mapping in mappings:
        if (side := mapping.side_of(connection, object)) is not None:
            return mapping, side
    return None
