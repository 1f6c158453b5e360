"""What is wrong in a mapping file, each with its place, collected so that all show at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from catalog.shape import Entity
from config.nearest import did_you_mean
from config.yaml import Document, KeyPath
from mappings.spec import Policy, Side
from tasuki.errors import ConfigError, MappingError


@dataclass(slots=True)
class Problems:
    """The errors of one file."""

    document: Document
    found: list[ConfigError] = field(default_factory=list)

    def take(self, error: ConfigError) -> None:
        """Note an error that already says where it stands."""
        self.found.append(error)

    def add(self, what: str, path: KeyPath, why: str, remedy: str, *, value: bool = False) -> None:
        """Note an error at a key, or at the value behind it; the same one only once."""
        document = self.document
        where = document.value_place(path) if value else document.place(path)
        if all((known.what, known.where) != (what, where) for known in self.found):
            self.found.append(MappingError(what, where=where, why=why, remedy=remedy))

    def unknown(
        self, what: str, path: KeyPath, word: str, known: Iterable[str], *, value: bool = False
    ) -> None:
        """Note a word that is not known, with the nearest one that is."""
        names = sorted(known)
        self.add(
            f"There is no {what} `{word}`",
            path,
            "nothing of that name is known here",
            did_you_mean(word, names, "Use a known name."),
            value=value,
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """What the parts of a mapping are read against."""

    entity: Entity
    sides: dict[str, Side]
    connections: frozenset[str] | None
    problems: Problems
    fields: frozenset[str] = frozenset()
    """The entity fields the file maps."""
    stages: Policy | None = None
    """What `owner_by_stage` means in this mapping."""
    teams: frozenset[str] | None = None
    """The teams of the playbook; None leaves their names unchecked."""

    def side(self, name: str, path: KeyPath, *, value: bool = False) -> Side | None:
        """The side of that name; an unknown one is noted."""
        if (side := self.sides.get(name)) is None:
            self.problems.unknown("side", path, name, self.sides, value=value)
        return side
