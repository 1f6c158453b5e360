# ruff: noqa: D102 - the names are those of connectors.protocol and say it
"""What a mapping is judged against: the shape of a system's metadata, whoever describes it."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias


class FieldFacts(Protocol):
    """What a system says of one field (connectors.protocol.FieldInfo is one)."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def length(self) -> int | None: ...
    @property
    def required(self) -> bool: ...
    @property
    def readable(self) -> bool: ...
    @property
    def createable(self) -> bool: ...
    @property
    def updateable(self) -> bool: ...
    @property
    def options(self) -> tuple[str, ...]: ...
    @property
    def restricted(self) -> bool: ...
    @property
    def unique(self) -> bool: ...
    @property
    def external_id(self) -> bool: ...
    @property
    def refers_to(self) -> tuple[str, ...]: ...


class ObjectFacts(Protocol):
    """What a system says of one object (connectors.protocol.ObjectInfo is one)."""

    @property
    def name(self) -> str: ...
    @property
    def fields(self) -> Sequence[FieldFacts]: ...


Facts: TypeAlias = Mapping[str, Sequence[ObjectFacts]]
"""Connection → its objects."""
