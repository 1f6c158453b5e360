"""YAML with positions: plain data, and where in the file each value stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tasuki.errors import ConfigError, Place

KeyPath: TypeAlias = tuple[str | int, ...]

MAX_NODES: Final = 200_000
"""More than this is no file a person wrote; aliases can grow one without end."""


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file as plain data that still knows its lines."""

    file: str
    """Relative to the project folder."""
    data: Any = field(repr=False)
    keys: Mapping[KeyPath, tuple[int, int]] = field(default_factory=dict, repr=False)
    values: Mapping[KeyPath, tuple[int, int]] = field(default_factory=dict, repr=False)
    files: Mapping[KeyPath, str] = field(default_factory=dict, repr=False)
    """Paths that were taken from another file."""
    quoted: frozenset[KeyPath] = frozenset()
    """Values written in quotes."""

    def place(self, path: KeyPath = ()) -> Place:
        """Where the key stands; the nearest known ancestor when the key itself is not there."""
        return self._place(self.keys, path)

    def value_place(self, path: KeyPath = ()) -> Place:
        """Where the value behind a key stands."""
        return self._place(self.values, path)

    def text_place(self, path: KeyPath) -> Place:
        """Where the first character of a written text stands, behind its quote if it has one."""
        place = self.value_place(path)
        is_quoted = path in self.quoted and place.column is not None
        return replace(place, column=(place.column or 0) + 1) if is_quoted else place

    def get(self, path: KeyPath, otherwise: Any = None) -> Any:
        """The value at a path, or what is given otherwise."""
        found = self.data
        for step in path:
            if not _has(found, step):
                return otherwise
            found = found[step]
        return found

    def _place(self, marks: Mapping[KeyPath, tuple[int, int]], path: KeyPath) -> Place:
        key = dotted(path) or None
        for length in range(len(path), -1, -1):
            if (mark := marks.get(path[:length])) is not None:
                return Place(self.file_of(path[:length]), mark[0], mark[1], key)
        return Place(self.file, key=key)

    def file_of(self, path: KeyPath) -> str:
        """The file that a path was taken from."""
        return self.files.get(path, self.file)


def overlay(base: Document, top: Document) -> Document:
    """One document of two: what the top says replaces what the base says, key by key."""
    keys, values, files = dict(base.keys), dict(base.values), dict(base.files)

    def merged(below: Any, above: Any, path: KeyPath) -> Any:
        if path:
            keys[path], files[path] = top.keys[path], top.file
        if isinstance(below, dict) and isinstance(above, dict):
            both = {
                key: merged(below.get(key), value, (*path, key)) for key, value in above.items()
            }
            return {**below, **both}
        for known in [each for each in top.values if each[: len(path)] == path]:
            values[known], files[known] = top.values[known], top.file
            keys[known] = top.keys[known]
        return above

    return Document(base.file, merged(base.data, top.data, ()), keys, values, files)


def _has(container: Any, step: str | int) -> bool:
    if isinstance(container, dict):
        return step in container
    return isinstance(container, list) and isinstance(step, int) and step < len(container)


def dotted(path: KeyPath) -> str:
    """A path as people write it: `fields.email.transform[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def load(path: Path, file: str = "") -> Document:
    """Read one YAML file.

    Errors: ConfigError when it cannot be read, is not YAML, or says a key twice.
    """
    name = file or str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"There is no file {name}",
            where=name,
            why="nothing is at that path",
            remedy="Check the path, or run `tasuki init`.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{name} cannot be read",
            where=name,
            why=type(error).__name__ if isinstance(error, OSError) else "it is not UTF-8 text",
            remedy="Save the file as UTF-8 and let the user who runs Tasuki read it.",
        ) from error
    return parse(text, name)


def parse(text: str, file: str) -> Document:
    """The document behind YAML text.

    Errors: ConfigError when it is not YAML, or says a key twice.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
        if root is None:
            return Document(file, {})
        reader = _Reader(file, yaml)
        data = reader.read(root, ())
    except YAMLError as error:
        raise _not_yaml(error, file) from error
    return Document(file, data, reader.keys, reader.values, quoted=frozenset(reader.quoted))


def _not_yaml(error: YAMLError, file: str) -> ConfigError:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    problem = error.problem if isinstance(error, MarkedYAMLError) else str(error)
    place = Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file)
    return ConfigError(
        f"{file} is not valid YAML",
        where=place,
        why=str(problem or "the text does not parse"),
        remedy="Mend this line; often a missing quote, colon or space of indentation.",
    )


@dataclass(slots=True)
class _Reader:
    """Turns composed nodes into plain data and writes down where each stood."""

    file: str
    yaml: YAML
    keys: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    values: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    quoted: set[KeyPath] = field(default_factory=set)

    def read(self, node: Node, path: KeyPath) -> Any:
        mark = _mark(node)
        self.values[path] = mark
        self.keys.setdefault(path, mark)
        if len(self.values) > MAX_NODES:
            raise ConfigError(f"{self.file} is too large", where=Place(self.file, *mark))
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, ScalarNode) and node.style in ("'", '"'):
            self.quoted.add(path)
        return self.yaml.constructor.construct_object(node, deep=True)

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            here = (*path, key)
            if key in found:
                raise self._twice(key, here, key_node)
            self.keys[here] = _mark(key_node)
            found[key] = self.read(value_node, here)
        return found

    def _key(self, node: Node) -> str:
        if isinstance(node, ScalarNode):
            return str(node.value)
        raise ConfigError(
            "A key must be plain text",
            where=Place(self.file, *_mark(node)),
            remedy="Write `key: value`; put quotes around text that starts with { or [.",
        )

    def _twice(self, key: str, path: KeyPath, node: Node) -> ConfigError:
        first = self.keys[path][0]
        return ConfigError(
            f"The key `{key}` is written twice",
            where=Place(self.file, *_mark(node), key=dotted(path)),
            why=f"it already stands on line {first}; one of the two would be lost",
            remedy="Keep one of the two.",
        )


def _mark(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
