"""One table of endpoints for v1, v3, v4 and dated paths: a version is taken out before matching."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.hubspot.call import Endpoint, Handler

_VERSION: Final = re.compile(r"v\d|\d{4}-\d{2}(-beta)?")
_SAME: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    ("events", "event-occurrences"): ("events", "events")
}


@dataclass(frozen=True, slots=True)
class Slot:
    """One path of the table with a handler per method."""

    words: tuple[str, ...]
    handlers: dict[str, Handler] = field(default_factory=dict)

    @property
    def variables(self) -> int:
        """How many segments of the path are variable: fewer is a better match."""
        return sum(word.startswith("{") for word in self.words)

    def match(self, words: tuple[str, ...]) -> dict[str, str] | None:
        """The variables of this path, or None when it is another path."""
        parts: dict[str, str] = {}
        for mine, theirs in zip(self.words, words, strict=True):
            if mine.startswith("{"):
                parts[mine[1:-1]] = theirs
            elif mine != theirs:
                return None
        return parts


Table = Mapping[int, list[Slot]]


def table(endpoints: Iterable[Endpoint]) -> Table:
    """The endpoints by length of path, the most literal first."""
    slots: dict[tuple[str, ...], Slot] = {}
    for method, path, handler in endpoints:
        words = tuple(path.split("/"))
        slots.setdefault(words, Slot(words)).handlers[method] = handler
    built: dict[int, list[Slot]] = {}
    for slot in sorted(slots.values(), key=lambda each: each.variables):
        built.setdefault(len(slot.words), []).append(slot)
    return built


def plain(path: str) -> tuple[str, tuple[str, ...]]:
    """The version of a path and its words without it."""
    words = tuple(path.strip("/").split("/"))
    for place in (1, 2):
        if place < len(words) and _VERSION.fullmatch(words[place]):
            rest = words[:place] + words[place + 1 :]
            return words[place], _SAME.get(rest[:2], rest[:2]) + rest[2:]
    return "", words


def find(table: Table, words: tuple[str, ...]) -> tuple[Slot, dict[str, str]] | None:
    """The slot of this path and its variables."""
    for slot in table.get(len(words), ()):
        parts = slot.match(words)
        if parts is not None:
            return slot, parts
    return None
