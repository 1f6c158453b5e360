"""What a system tells of itself: its objects and fields, what fires by itself, what to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field of an object as the system describes it."""

    name: str
    type: str
    """text | int | num | bool | date | datetime | picklist | multipicklist | reference | json"""
    label: str = ""
    length: int | None = None
    required: bool = False
    """Must be given on create."""
    readable: bool = True
    createable: bool = True
    updateable: bool = True
    unique: bool = False
    external_id: bool = False
    options: tuple[str, ...] = ()
    restricted: bool = False
    """Only `options` are allowed."""
    refers_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object as the system describes it."""

    name: str
    label: str
    fields: tuple[FieldInfo, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    """What our user may not do with its records (read | create | update | delete), as far as the
    system tells -> what must be granted."""


@dataclass(frozen=True, slots=True)
class NewField:
    """A field that the project writes and its system does not have."""

    object: str
    name: str
    type: str
    """text | longtext | int | num | bool | date | datetime | picklist"""
    label: Mapping[str, str]
    """Language → label."""
    help: str = ""
    length: int | None = None
    unique: bool = False
    """Holds a natural key: no two records may have the same value."""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Automation:
    """Something on the platform that may fire when we write."""

    object: str
    kind: str
    """assignment_rule | flow | trigger | workflow | duplicate_rule | validation_rule"""
    name: str
    fires_on: tuple[str, ...]
    """create | update | delete"""
    fields: tuple[str, ...] = ()
    """Only when one of these changes; empty: whatever changes, or not told."""
    note: str = ""
    """What we do about it, e.g. that its header is switched off; one English sentence."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the account that a person should know, found by looking at it."""

    code: str
    """What is noticed, e.g. `native_integration`."""
    text: str
    """One sentence, in English."""
    fields: tuple[str, ...] = ()
    """`object.field` names that it concerns."""
