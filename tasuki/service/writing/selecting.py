"""Selectors, as dbt has them: which part of what is wanted a plan shall hold.

`tag:pilot kind:score` is a union, `tag:pilot,kind:score` an intersection; a bare word is a name and
`*` stands for anything. What a person types becomes data that the engine understands, checked
against the project, so that a misspelled word plans nothing by mistake.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from sqlalchemy import select as query

from config.nearest import did_you_mean
from config.project import Resource
from staging.tables.writes import INTENT
from tasuki.errors import ConfigError
from tasuki.service.app import App
from tasuki.values import Json

_RULES: Final = ("mapping", "score", "signal", "handoff", "scenario")
_OF_MAPPINGS: Final = ("create", "delete")
_KINDS: Final = (*_RULES, *_OF_MAPPINGS)
_RESULTS: Final = ("parked",)
METHODS: Final = ("name", "kind", "tag", "path", "connection", "object", "result")


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule of the project that wishes for something, as selectors find it."""

    kind: str
    id: str
    """`kind:name`, what its wishes are kept under."""
    name: str
    tags: frozenset[str]
    path: str


def selection(app: App, select: str = "", exclude: str = "") -> dict[str, Json]:
    """The part as data (`sync.write.plan.selecting`); empty when nothing was said.

    Errors: ConfigError for a method, a name or a tag that nothing has, with the nearest known.
    """
    if not select.strip() and not exclude.strip():
        return {}
    known = _Known(app)
    said = [f"{name} {text}" for name, text in (("", select), ("exclude", exclude)) if text.strip()]
    return {
        "said": [each.strip() for each in said],
        "any": known.terms(select, "--select"),
        "none": known.terms(exclude, "--exclude"),
    }


class _Known:
    """What a project has that a selector may name."""

    def __init__(self, app: App) -> None:
        """Read the project's rules; objects are those of mappings and of open wishes."""
        self._app = app
        self._rules = list(_rules(app.project.files))

    def terms(self, text: str, where: str) -> list[list[dict[str, Any]]]:
        """The alternatives, each with its terms."""
        words = [word.split(",") for word in text.split()]
        return [[self._term(part, where) for part in parts if part] for parts in words]

    def _term(self, word: str, where: str) -> dict[str, Any]:
        method, _, value = word.partition(":") if ":" in word else ("name", "", word)
        if method not in METHODS:
            raise _unknown("selector method", method, METHODS, where)
        if method == "result":
            return {"by": _one(value, _RESULTS, "result", where), "values": []}
        if method == "connection":
            known = tuple(self._app.project.connections)
            return {"by": "connection", "values": _some(value, known, "connection", where)}
        if method == "object":
            return {"by": "object", "values": _some(value, self._objects(), "object", where)}
        return {"by": "rule", "values": self._found(method, value, where)}

    def _found(self, method: str, value: str, where: str) -> list[str]:
        if method == "kind":
            _one(value, _KINDS, "kind of rule", where)
            return [rule.id for rule in self._rules if rule.kind == value]
        of: dict[str, Callable[[_Rule], Iterable[str]]] = {
            "name": lambda rule: (rule.name,),
            "tag": lambda rule: rule.tags,
            "path": lambda rule: _paths(rule.path),
        }
        known = {name for rule in self._rules for name in of[method](rule)}
        value = value.rstrip("/") if method == "path" else value
        wanted = set(_some(value, tuple(known), _SAID[method], where))
        return [rule.id for rule in self._rules if wanted & set(of[method](rule))]

    def _objects(self) -> tuple[str, ...]:
        mapped = {side.object for m in self._app.tools.mappings for side in m.sides.values()}
        with self._app.store.reading() as db:
            return (*mapped, *db.scalars(query(INTENT.c.object).distinct()))


_SAID: Final = {"name": "rule", "tag": "tag", "path": "file or folder"}


def _rules(files: Iterable[Resource]) -> Iterable[_Rule]:
    for file in files:
        if file.kind in _RULES:
            kinds = (file.kind, *_OF_MAPPINGS) if file.kind == "mapping" else (file.kind,)
            tags = frozenset(str(tag) for tag in file.data.get("tags") or ())
            for kind in kinds:
                yield _Rule(kind, f"{kind}:{file.name}", file.name, tags, file.source.file)


def _paths(path: str) -> list[str]:
    """The file and every folder it is in."""
    parts = path.split("/")
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def _one(value: str, known: Sequence[str], what: str, where: str) -> str:
    if value not in known:
        raise _unknown(what, value, known, where)
    return value


def _some(value: str, known: Sequence[str], what: str, where: str) -> list[str]:
    found = sorted({name for name in known if fnmatchcase(name, value)})
    if not found:
        raise _unknown(what, value, known, where)
    return found


def _unknown(what: str, word: str, known: Iterable[str], where: str) -> ConfigError:
    return ConfigError(
        f"There is no {what} `{word}`",
        where=f"tasuki plan {where}",
        why="a selector names something the project has",
        remedy=did_you_mean(word, set(known), "Look at the project's files."),
    )
