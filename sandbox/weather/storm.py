"""Reading a storm: from a file with its lines and columns, or from data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from sandbox.weather.account_engagement import ACCOUNT_ENGAGEMENT
from sandbox.weather.hubspot import HUBSPOT
from sandbox.weather.rules import Move, Reply, Rule, Storm, Webhooks
from sandbox.weather.salesforce import SALESFORCE
from sandbox.weather.vendor import Vendor

VENDORS: Final[Mapping[str, Vendor]] = {
    each.name: each for each in (SALESFORCE, HUBSPOT, ACCOUNT_ENGAGEMENT)
}
READY: Final = Path(__file__).with_name("storms")
"""The storms that come with the sandbox."""

Path_ = tuple[str | int, ...]


class StormError(ValueError):
    """A storm that cannot be read: what, where, why, and what to do about it."""

    def __init__(self, what: str, where: str, why: str, remedy: str) -> None:
        super().__init__(f"{what}, at {where}: {why}")
        self.what, self.where, self.why, self.remedy = what, where, why, remedy

    @property
    def lines(self) -> tuple[str, str, str, str]:
        """Four lines for a person."""
        return (self.what, self.where, self.why, self.remedy)


@dataclass(frozen=True, slots=True)
class _Source:
    """What was read, and the line and column of each of its parts."""

    name: str
    data: Any
    marks: Mapping[Path_, tuple[int, int]] = field(default_factory=dict)

    def refuse(self, path: Path_, what: str, why: str, remedy: str) -> StormError:
        """An error at a part, or at the nearest part around it that is written there."""
        around = (path[:length] for length in range(len(path), -1, -1))
        mark = next((self.marks[each] for each in around if each in self.marks), None)
        key = ".".join(str(step) for step in path)
        spot = self.name if mark is None else f"{self.name}:{mark[0]}:{mark[1]}"
        return StormError(what, f"{spot} ({key})" if key else spot, why, remedy)


def read_storm(path: Path) -> Storm:
    """The storm in a file; a bare name, with or without `.yaml`, may be a ready one.

    Errors: StormError with file, line and column.
    """
    ready_one = READY / path.with_suffix(".yaml").name
    found = path if path.is_file() or path.parent != Path() else ready_one
    try:
        text = found.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        ready = sorted(each.name for each in READY.glob("*.yaml"))
        remedy = _meant(path.name, ready, "Check the path.")
        raise StormError("There is no such storm file", str(path), "not found", remedy) from None
    except (OSError, UnicodeDecodeError) as error:
        why = type(error).__name__
        remedy = "Save the file as UTF-8 text that the sandbox's user may read."
        raise StormError("The storm file cannot be read", str(path), why, remedy) from error
    return _checked(_parsed(text, str(path)))


def storm_of(data: Mapping[str, Any]) -> Storm:
    """The storm that plain data describes. Errors: StormError."""
    return _checked(_Source("storm", data))


def _parsed(text: str, name: str) -> _Source:
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
        data = yaml.load(text)
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = error.problem if isinstance(error, MarkedYAMLError) else str(error)
        spot = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        remedy = "Mend this line; often a missing quote, colon or space of indentation."
        raise StormError("The file is not valid YAML", spot, str(problem), remedy) from error
    return _Source(name, data if data is not None else {}, dict(_marks(root, ())))


def _marks(node: Node | None, path: Path_) -> Iterable[tuple[Path_, tuple[int, int]]]:
    if node is None:
        return
    yield path, (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _marks(value, (*path, str(key.value)))
            yield (*path, str(key.value)), (key.start_mark.line + 1, key.start_mark.column + 1)
    elif isinstance(node, SequenceNode):
        for place, value in enumerate(node.value):
            yield from _marks(value, (*path, place))


def _checked(source: _Source) -> Storm:
    try:
        storm = Storm.model_validate(source.data)
    except ValidationError as error:
        raise _first(source, error) from None
    for place, rule in enumerate(storm.rules):
        _check_rule(source, ("rules", place), rule)
    for place, move in enumerate(storm.opening):
        _check_move(source, ("opening", place), move, None)
    return storm


def _first(source: _Source, error: ValidationError) -> StormError:
    """What is wrong first, an unknown key before what it leaves missing."""
    found = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    path = tuple(step for step in found["loc"] if step not in {"str", "Reply"})
    if found["type"] == "extra_forbidden":
        word, known = str(path[-1]), _model(path).model_fields
        remedy = _meant(word, known, "Remove it.")
        return source.refuse(path, f"`{word}` is no key of a storm", "it is not known", remedy)
    why = found["msg"].removeprefix("Value error, ")
    remedy = "docs/sandbox.md shows what can be written here."
    return source.refuse(path, "The storm cannot be understood", why, remedy)


def _model(path: Path_) -> type[BaseModel]:
    inside: dict[str, type[BaseModel]] = {
        "opening": Move,
        "move": Move,
        "rules": Rule,
        "webhooks": Webhooks,
        "answer": Reply,
    }
    words = [step for step in path[:-1] if isinstance(step, str)]
    return inside.get(words[-1], Storm) if words else Storm


def _check_rule(source: _Source, path: Path_, rule: Rule) -> None:
    chosen = [VENDORS[rule.platform]] if rule.platform else list(VENDORS.values())
    kinds = {name for each in chosen for name in each.kinds}
    if rule.kind is not None and rule.kind not in kinds:
        raise _unknown(source, (*path, "kind"), "kind of call", rule.kind, kinds)
    answers = {name for each in chosen for name in each.answers}
    if isinstance(rule.answer, str) and rule.answer not in answers:
        raise _unknown(source, (*path, "answer"), "answer", rule.answer, answers)
    if rule.locked is not None and not any(each.lock for each in chosen):
        why = f"{rule.platform} has no batches whose records lock one by one"
        remedy = "Use `answer: locked`."
        raise source.refuse((*path, "locked"), "No record locks there", why, remedy)
    _check_pattern(source, (*path, "path"), rule.path)
    if rule.move is not None:
        _check_move(source, (*path, "move"), rule.move, rule.platform)


def _check_pattern(source: _Source, path: Path_, pattern: str | None) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        what = f"`{pattern}` is no regular expression"
        raise source.refuse(path, what, str(error), "Mend the pattern.") from None


def _check_move(source: _Source, path: Path_, move: Move, platform: str | None) -> None:
    named = move.platform or platform
    if named is None:
        remedy = "Add `platform: salesforce` or `platform: hubspot`."
        raise source.refuse(path, "A move needs a platform", "none is named", remedy)
    known = VENDORS[named].moves
    if move.do not in known:
        raise _unknown(source, (*path, "do"), "move", move.do, known)
    if move.late_seconds and (named != "salesforce" or move.do not in {"create", "edit"}):
        what, why = "This move cannot be late", "only Salesforce commits late, creates and edits"
        raise source.refuse((*path, "late_seconds"), what, why, "Remove late_seconds.")


def _unknown(
    source: _Source, path: Path_, what: str, word: str, known: Iterable[str]
) -> StormError:
    remedy = _meant(word, known, "Choose a known one.")
    return source.refuse(path, f"`{word}` is no {what} we know", "the name is unknown", remedy)


def _meant(word: str, known: Iterable[str], otherwise: str) -> str:
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    return f"Did you mean `{close[0]}`?" if close else f"{otherwise} Known: {', '.join(names)}."
