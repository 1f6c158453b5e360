"""What of a stream is complete in the store: its fields, and the records it was asked for.

A mapping that asks for no more than this is applied to what is staged, without a call. Fields stop
being complete when changes are read without them; a walk from the beginning makes them complete.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors.protocol import Filter
from staging.records import Position
from tasuki.values import dumps, loads

COVERED: Final = "covered"
"""The stream of what is complete."""
WALK: Final = "walk"
"""The walk between its first and its last page."""

Asked = tuple[tuple[tuple[Any, ...], ...], ...]
"""A filter as JSON keeps it."""


@dataclass(frozen=True, slots=True)
class Covered:
    """Which fields of which records were read from the beginning, and of every change since."""

    fields: frozenset[str]
    filter: Asked | None = None
    """Only what this let through; None: all."""

    def holds(self, fields: Iterable[str], filter: Asked | None) -> bool:
        """Whether these fields of the records that the filter lets through are there."""
        return self.fields.issuperset(fields) and _is_within(filter, self.filter)

    def without(self, fields: Iterable[str]) -> "Covered":
        """After changes were read with these fields only."""
        return replace(self, fields=self.fields & frozenset(fields))

    def text(self) -> str:
        """As the store keeps it."""
        return dumps([sorted(self.fields), self.filter])

    @classmethod
    def kept(cls, position: Position | None) -> "Covered | None":
        """What the store keeps, if anything."""
        if position is None or position.value is None:
            return None
        fields, filter = loads(position.value)
        return cls(frozenset(fields), _frozen(filter))


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk under way."""

    whole: bool
    """It began at the beginning."""
    covers: Covered
    """What is complete when it ends, of a whole one."""
    beside: bool = False
    """Other records were staged before it began."""

    def text(self) -> str:
        """As the store keeps it."""
        return dumps([self.whole, self.beside, self.covers.text()])

    @classmethod
    def kept(cls, position: Position | None) -> "Walk | None":
        """What the store keeps, if a walk is under way; one of an older version begins anew."""
        if position is None or position.value is None or position.value in ("whole", "delta"):
            return None
        whole, beside, covers = loads(position.value)
        fields, filter = loads(covers)
        return cls(whole, Covered(frozenset(fields), _frozen(filter)), beside)


def asked(filter: Filter | None) -> Asked | None:
    """A filter as it is kept and compared."""
    if filter is None:
        return None
    return tuple(tuple((c.field, str(c.op), *c.values) for c in group) for group in filter)


def _frozen(filter: Sequence[Sequence[Sequence[Any]]] | None) -> Asked | None:
    if filter is None:
        return None
    return tuple(tuple(tuple(test) for test in group) for group in filter)


def _is_within(narrow: Asked | None, wide: Asked | None) -> bool:
    """Whether every group asks for no more than some group of the other."""
    if wide is None or narrow is None:
        return wide is None
    return all(any(set(other) <= set(group) for other in wide) for group in narrow)
