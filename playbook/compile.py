"""From what a file says to a rule: every name, type, team and blank checked, every error kept."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from catalog.expression.check import anything, condition
from catalog.expression.scope import Scope, scope_for
from catalog.expression.tree import Literal, Name, Node
from catalog.shape import Type
from config.nearest import did_you_mean
from config.project import Resource as File
from config.yaml import KeyPath
from playbook.documents import (
    Assign,
    HandoffDocument,
    ScenarioDocument,
    ScoreDocument,
    SignalDocument,
    Task,
)
from playbook.rules import Handoff, Known, Rule, Scenario, Score, Signal
from playbook.template import BLANK, OPEN
from tasuki.errors import ConfigError
from tasuki.values import digest

_NEVER: Final = Literal(False, Type.BOOL)
"""Stands where a condition could not be read."""
_OWNERS: Final = {"account_owner": "account", "opportunity_owner": "opportunity"}
_ABOUT_RULE: Final = {"rule": ("why", "name")}
_ABOUT_HANDOFF: Final = {"handoff": ("accept_due_at", "contact_due_at")}


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles one file; what is wrong with it is added to `errors`."""

    file: File
    known: Known
    errors: list[ConfigError] = field(default_factory=list)

    @property
    def rule(self) -> Rule:
        """What the file declares."""
        version = digest(dict(self.file.data))[:12]
        return Rule(self.file.name, self.file.source.place(("name",)), version)

    def tree(self, text: str, scope: Scope, path: KeyPath) -> Node:
        """The typed tree of a condition."""
        try:
            return condition(text, scope, self.file.source.text_place(path))
        except ConfigError as error:
            self.errors.append(error)
            return _NEVER

    def fields(self, names: Sequence[str], scope: Scope, path: KeyPath) -> None:
        """Every name is a field the rule can see."""
        for index, name in enumerate(names):
            place = self.file.source.text_place((*path, index))
            try:
                found = anything(name, scope, place)
            except ConfigError as error:
                self.errors.append(error)
                continue
            if not isinstance(found, Name):
                self._wrong(
                    f"`{name}` is no field",
                    (*path, index),
                    why="a plain name of a relation and its field is wanted here",
                    remedy="Write it as relation.field, e.g. account.name.",
                )

    def team(self, name: str, path: KeyPath) -> None:
        """The team exists."""
        if name not in self.known.teams:
            self._wrong(
                f"There is no team `{name}`",
                path,
                why="no file of the playbook declares it",
                remedy=did_you_mean(name, self.known.teams, "Add a file with `kind: team`."),
            )

    def assign(self, says: Assign, scope: Scope, path: KeyPath) -> None:
        """The owner that goes first is one the rule can see."""
        entity = _OWNERS.get(says.first)
        if entity and entity not in scope.relations and "assign" in self.file.data:
            self._wrong(
                f"There is no {entity} to take the owner of",
                (*path, "first"),
                why=f"a rule about {scope.own} does not lead to one",
                remedy="Write account_owner or nobody.",
            )

    def task(
        self, says: Task | None, scope: Scope, path: KeyPath, more: Mapping[str, Collection[str]]
    ) -> None:
        """Every blank of the texts can be filled."""
        if says is None:
            return
        for part, words in (("subject", says.subject), ("body", says.body)):
            for language, text in words.items():
                for problem, remedy in _blanks(text, scope, more):
                    self._wrong(problem, (*path, part, language), remedy=remedy)

    def _wrong(self, what: str, path: KeyPath, *, remedy: str, why: str = "") -> None:
        where = self.file.source.value_place(path)
        why = why or "nothing could be filled in there"
        self.errors.append(ConfigError(what, where=where, why=why, remedy=remedy))


def score(compiler: Compiler, says: ScoreDocument) -> Score:
    """The score, its conditions over the entity and over single events typed."""
    scope, event = compiler.known.scope(says.entity), _event_scope()
    return Score(
        compiler.rule,
        says,
        {
            name: compiler.tree(part.when, scope, ("fit", name, "when"))
            for name, part in says.fit.items()
        },
        {
            name: compiler.tree(part.when, event, ("engagement", name, "when"))
            for name, part in says.engagement.items()
        },
    )


def _event_scope() -> Scope:
    """One engagement event alone: points for what somebody is belong to `fit`."""
    scope = scope_for("engagement")
    return replace(scope, relations={"engagement": scope.relations["engagement"]})


def signal(compiler: Compiler, says: SignalDocument) -> Signal:
    """The signal, everything it names found."""
    scope = compiler.known.scope(says.entity)
    compiler.fields(says.facts, scope, ("facts",))
    compiler.team(says.team, ("team",))
    compiler.assign(says.assign, scope, ("assign",))
    compiler.task(says.task, scope, ("task",), _ABOUT_RULE)
    return Signal(compiler.rule, says, compiler.tree(says.when, scope, ("when",)))


def handoff(compiler: Compiler, says: HandoffDocument) -> Handoff:
    """The handoff, everything it names found."""
    scope = compiler.known.scope("need")
    compiler.team(says.from_team, ("from_team",))
    compiler.team(says.to_team, ("to_team",))
    compiler.fields(says.requires, scope, ("requires",))
    compiler.task(says.task, scope, ("task",), {**_ABOUT_RULE, **_ABOUT_HANDOFF})
    return Handoff(compiler.rule, says, compiler.tree(says.offer_when, scope, ("offer_when",)))


def scenario(compiler: Compiler, says: ScenarioDocument) -> Scenario:
    """The scenario, everything it names found."""
    about, person = compiler.known.scope(says.entity), compiler.known.scope("person")
    people: dict[str, Node] = {}
    branches: list[Node] = []
    for index, branch in enumerate(says.branches):
        path = ("branches", index)
        branches.append(compiler.tree(branch.when, about, (*path, "when")))
        compiler.team(branch.team, (*path, "team"))
        compiler.task(branch.do.sales_task, about, (*path, "do", "sales_task"), _ABOUT_RULE)
        if branch.do.ma_list:
            text = branch.do.ma_list.people or "person.id is not null"
            people[branch.name] = compiler.tree(text, person, (*path, "do", "ma_list", "people"))
    return Scenario(
        compiler.rule,
        says,
        compiler.tree(says.audience, about, ("audience",)),
        {why: compiler.tree(text, about, ("exclude", why)) for why, text in says.exclude.items()},
        tuple(branches),
        people,
    )


def _blanks(
    text: str, scope: Scope, more: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the blanks of a text, each with its remedy."""
    given: dict[str, Collection[str]] = {**scope.relations, **more}
    given["reasons"] = scope.relations.get("score", {})
    for found in OPEN.finditer(text):
        written = found[0]
        blank = BLANK.fullmatch(written)
        if blank is None:
            yield f"`{written}` is no blank", "Write {relation.field}, e.g. {account.name}."
        elif blank[1] not in given:
            yield (
                f"The text does not know `{blank[1]}`",
                did_you_mean(blank[1], given, "Take another."),
            )
        elif blank[2] not in given[blank[1]]:
            known = [f"{blank[1]}.{name}" for name in given[blank[1]]]
            named = f"{blank[1]}.{blank[2]}"
            yield f"The text does not know `{named}`", did_you_mean(named, known, "Take another.")
