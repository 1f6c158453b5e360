"""What an entity and a field are: type, unit, meaning in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """The types a value can have, in the store and in expressions."""

    TEXT = "text"
    INT = "int"
    NUM = "num"
    """Decimal in Python, NUMERIC on PostgreSQL, REAL on SQLite."""
    BOOL = "bool"
    DATE = "date"
    TIME = "datetime"
    """An instant, UTC."""
    REF = "ref"
    """The id of another entity."""


class Grain(StrEnum):
    """How records become rows of an entity."""

    MERGED = "merged"
    """Several records of several systems become one row, field by field."""
    COPIED = "copied"
    """One record becomes one row."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity."""

    name: str
    type: Type
    en: str
    ja: str
    to: str | None = None
    """The entity a REF points at."""
    unit: str = ""
    personal: bool = False
    """A person's value: never logged."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of thing the business speaks about."""

    name: str
    en: str
    ja: str
    grain: Grain
    fields: tuple[Field, ...]
    metrics: tuple[Field, ...] = ()
    """Numbers measured over events, sales and activities; one generated column each."""

    def field(self, name: str) -> Field | None:
        """The field or metric of that name."""
        return next((f for f in (*self.fields, *self.metrics) if f.name == name), None)

    def refs(self) -> Iterator[Field]:
        """The fields that point at other entities."""
        return (f for f in self.fields if f.type is Type.REF)

    def parents(self) -> dict[str, str]:
        """Other entity -> the reference that leads to it, the first of several."""
        found: dict[str, str] = {}
        for ref in self.refs():
            if ref.to and ref.to != self.name:
                found.setdefault(ref.to, ref.name)
        return found


def text(name: str, en: str, ja: str, *, personal: bool = False) -> Field:
    """A text field."""
    return Field(name, Type.TEXT, en, ja, personal=personal)


def num(name: str, en: str, ja: str, unit: str = "") -> Field:
    """A number."""
    return Field(name, Type.NUM, en, ja, unit=unit)


def whole(name: str, en: str, ja: str, unit: str = "") -> Field:
    """A whole number."""
    return Field(name, Type.INT, en, ja, unit=unit)


def flag(name: str, en: str, ja: str) -> Field:
    """True or false."""
    return Field(name, Type.BOOL, en, ja)


def day(name: str, en: str, ja: str) -> Field:
    """A date."""
    return Field(name, Type.DATE, en, ja)


def instant(name: str, en: str, ja: str) -> Field:
    """An instant, UTC."""
    return Field(name, Type.TIME, en, ja)


def ref(name: str, to: str, en: str, ja: str) -> Field:
    """A pointer at another entity."""
    return Field(name, Type.REF, en, ja, to=to)
