"""One object of one connection: who reads it, which fields, and which of its records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from catalog.shape import Grain
from connectors.protocol import LINKED, Filter
from mappings.apply import fields_to_read
from mappings.spec import ALL, Side
from mappings.spec import Mapping as RecordMapping
from staging import queue
from staging.systems import schemas
from sync.context import Tools
from tasuki.values import Json

_NONE: Final[frozenset[str]] = frozenset()
_MOST_KEPT: Final = 500
"""Fields that `keep: all` reads at the most."""
_MOVING: Final = "datetime"
"""A read-only moment moves by itself whenever somebody looks: not worth reading unnamed."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One object of one connection, and every mapping side that reads it."""

    connection: str
    object: str
    readers: tuple[tuple[RecordMapping, Side], ...]
    also: frozenset[str] = frozenset()
    """Platform fields that no mapping reads but rules write."""

    @property
    def kind(self) -> str:
        """The stream's name in the dirty queue."""
        return f"{self.connection}/{self.object}"

    @property
    def keeps_all(self) -> bool:
        """Whether every field that its system describes is wanted."""
        return any(ALL in side.keep for _, side in self.readers)

    @property
    def is_scoped(self) -> bool:
        """Whether some of its records concern nobody."""
        return all(side.scope is not None for _, side in self.readers)

    def fields(self) -> list[str]:
        """The platform fields any reader names."""
        wanted = {f for mapping, side in self.readers for f in fields_to_read(mapping, side.name)}
        return sorted(wanted | self.also)

    def filter(self) -> Filter | None:
        """What a walk from the beginning may be asked for: what any reader takes; None: all."""
        groups: list[Filter] = []
        for _, side in self.readers:
            if side.scope is None or side.scope.filter is None:
                return None
            groups.append(side.scope.filter)
        return tuple(dict.fromkeys(group for each in groups for group in each))


def streams(tools: Tools) -> list[Stream]:
    """Every object the mappings read, in the order the mappings name them."""
    readers: dict[tuple[str, str], list[tuple[RecordMapping, Side]]] = {}
    for mapping in tools.mappings:
        for side in mapping.sides.values():
            readers.setdefault((side.connection, side.object), []).append((mapping, side))
    return [
        Stream(connection, object_, tuple(found), tools.reads.get(f"{connection}/{object_}", _NONE))
        for (connection, object_), found in readers.items()
    ]


def read_now(tools: Tools, waiting: Mapping[str, int]) -> dict[str, int]:
    """Of what waits by kind, what some mapping still reads."""
    known = {each.kind for each in streams(tools)}
    return {kind: count for kind, count in waiting.items() if kind in known}


def stream(tools: Tools, kind: str) -> Stream:
    """The stream behind `connection/object`."""
    return next(s for s in streams(tools) if s.kind == kind)


def fields_of(db: Connection, each: Stream, described: Json = None) -> list[str]:
    """The fields to ask for; where all are kept also those the system described, if known."""
    named = each.fields()
    if not each.keeps_all:
        return named
    described = described or schemas.kept_of(db, each.connection, each.object) or {}
    worth = [info["name"] for info in described.get("fields", ()) if _is_worth_reading(info)]
    return sorted({*named, *worth[:_MOST_KEPT]})


def _is_worth_reading(info: dict[str, Json]) -> bool:
    is_ours = info["createable"] or info["updateable"]
    is_moving = info["type"] == _MOVING and not is_ours
    is_plain = info["type"] != "json" and not info["name"].startswith(LINKED)
    return bool(info["readable"]) and is_plain and not is_moving


def hand_on(db: Connection, each: Stream, ids: Iterable[str]) -> None:
    """Leave changed records for those who read this stream."""
    ids = list(ids)
    for grain, consumer in ((Grain.MERGED, queue.MAP), (Grain.COPIED, queue.COPY)):
        if any(mapping.entity.grain is grain for mapping, _ in each.readers):
            queue.mark(db, consumer, each.kind, ids)
