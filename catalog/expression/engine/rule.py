"""One SQL element per operation: rendered from a table, one table per engine.

A template names its arguments `{a}`, `{b}` ...; a long argument used more than once is computed
once, in the engine's own manner, so that nesting never multiplies the text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnClause, ColumnElement, Function
from sqlalchemy.sql.compiler import SQLCompiler

_LETTERS: Final = "abc"


class Rule(Function[Any]):
    """An operation by the name it has in the engines' tables."""

    inherit_cache = True


@dataclass(frozen=True, slots=True)
class Join:
    """An operation over any number of arguments."""

    start: str
    between: str
    end: str


@dataclass(frozen=True, slots=True)
class Filling:
    """A template about to be filled in."""

    name: str
    template: str
    words: Mapping[str, str]
    """Letter -> the argument's SQL."""
    once: tuple[str, ...]
    """The letters to compute only once."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one engine is told."""

    templates: Mapping[str, str]
    joins: Mapping[str, Join]
    computed: Callable[[Filling], str]
    """How the engine computes an argument once."""


def render(rule: Rule, compiler: SQLCompiler, dialect: Dialect, **kw: Any) -> str:
    """The SQL of one operation."""
    arguments = list(rule.clauses)
    texts = [compiler.process(argument, **kw) for argument in arguments]
    if rule.name == "case":
        return _case(texts)
    if rule.name == "in":
        return f"({texts[0]} IN ({', '.join(texts[1:])}))"
    if join := dialect.joins.get(rule.name):
        return join.start + join.between.join(texts) + join.end
    return _filled(dialect, rule.name, arguments, texts)


def _case(texts: list[str]) -> str:
    pairs = zip(texts[0:-1:2], texts[1:-1:2], strict=True)
    branches = " ".join(f"WHEN {when} THEN {then}" for when, then in pairs)
    return f"(CASE {branches} ELSE {texts[-1]} END)"


def _filled(
    dialect: Dialect, name: str, arguments: list[ColumnElement[Any]], texts: list[str]
) -> str:
    template = dialect.templates[name]
    uses = [use for _, use, _, _ in Formatter().parse(template) if use]
    words = dict(zip(_LETTERS, texts, strict=False))
    once = tuple(
        letter
        for letter, argument in zip(_LETTERS, arguments, strict=False)
        if uses.count(letter) > 1 and not _short(argument)
    )
    if once:
        return dialect.computed(Filling(name, template, words, once))
    return template.format(**words)


def _short(argument: ColumnElement[Any]) -> bool:
    if isinstance(argument, Rule) and argument.name == "text":
        return all(_short(part) for part in argument.clauses)
    return isinstance(argument, ColumnClause | BindParameter)
