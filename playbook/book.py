"""The playbook of a project: every rule read, typed and checked before anything runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from catalog.expression.check import condition
from catalog.expression.scope import Scope, scope_for
from catalog.expression.tree import Node
from config.nearest import did_you_mean
from config.project import Project
from config.project import Resource as File
from config.settings import read
from playbook.documents import (
    CalendarDocument,
    HandoffDocument,
    InterestDocument,
    LadderDocument,
    Resource,
    ScenarioDocument,
    ScoreDocument,
    SignalDocument,
    TeamDocument,
)
from sync.context import Tools
from tasuki.errors import ConfigError, Place
from tasuki.values import digest

KINDS: Final[dict[str, type[Resource]]] = {
    "calendar": CalendarDocument,
    "handoff": HandoffDocument,
    "interest": InterestDocument,
    "ladder": LadderDocument,
    "scenario": ScenarioDocument,
    "score": ScoreDocument,
    "signal": SignalDocument,
    "team": TeamDocument,
}
R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True)
class Rule:
    """What every rule is: a name, the file it stands in, a version of what it says."""

    name: str
    place: Place
    version: str


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its conditions compiled."""

    rule: Rule
    says: ScoreDocument
    fit: Mapping[str, Node]
    engagement: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal with its condition compiled."""

    rule: Rule
    says: SignalDocument
    when: Node


@dataclass(frozen=True, slots=True)
class Handoff:
    """A handoff with its condition compiled."""

    rule: Rule
    says: HandoffDocument
    when: Node


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with its conditions compiled."""

    rule: Rule
    says: ScenarioDocument
    audience: Node
    exclude: Mapping[str, Node]
    branches: tuple[Node, ...]
    people: Mapping[str, Node]
    """Branch → which of an account's people go on its list."""


@dataclass(frozen=True, slots=True)
class Playbook:
    """Everything a project's playbook says."""

    teams: tuple[TeamDocument, ...]
    calendar: CalendarDocument
    ladder: LadderDocument | None
    interests: tuple[InterestDocument, ...]
    scores: tuple[Score, ...]
    signals: tuple[Signal, ...]
    handoffs: tuple[Handoff, ...]
    scenarios: tuple[Scenario, ...]
    score_entities: Mapping[str, str]
    signal_entities: Mapping[str, str]

    def scenario(self, name: str) -> Scenario:
        """One scenario; ConfigError with the nearest name."""
        known = {s.rule.name: s for s in self.scenarios}
        if name in known:
            return known[name]
        raise ConfigError(
            f"There is no scenario `{name}`",
            where="playbook/",
            why="no file of the playbook declares it",
            remedy=did_you_mean(name, known, "Add a file with `kind: scenario`."),
        )

    def team(self, name: str) -> TeamDocument | None:
        """One team."""
        return next((t for t in self.teams if t.name == name), None)


def playbook_of(tools: Tools) -> Playbook:
    """The playbook these tools were wired with."""
    if not isinstance(tools.rules, Playbook):
        raise TypeError("these tools were wired without a playbook")
    return tools.rules


def read_playbook(project: Project) -> Playbook:
    """The project's playbook. Errors: ConfigError with file, line and column, the first found."""
    scores = _read(project, "score", ScoreDocument)
    signals = _read(project, "signal", SignalDocument)
    known = Known(
        {s.name: s.entity for _, s in scores},
        {s.name: s.entity for _, s in signals},
    )
    calendars = [c for _, c in _read(project, "calendar", CalendarDocument)]
    ladders = [c for _, c in _read(project, "ladder", LadderDocument)]
    teams = sorted((t for _, t in _read(project, "team", TeamDocument)), key=lambda t: t.position)
    names = [team.name for team in teams]
    return Playbook(
        teams=tuple(teams),
        calendar=calendars[0] if calendars else CalendarDocument(kind="calendar", name="office"),
        ladder=ladders[0] if ladders else None,
        interests=tuple(i for _, i in _read(project, "interest", InterestDocument)),
        scores=tuple(_score(file, says, known) for file, says in scores),
        signals=tuple(_signal(file, says, known) for file, says in signals),
        handoffs=tuple(
            _handoff(f, says, known, names) for f, says in _read(project, "handoff", HandoffDocument)
        ),
        scenarios=tuple(
            _scenario(f, says, known) for f, says in _read(project, "scenario", ScenarioDocument)
        ),
        score_entities=known.scores,
        signal_entities=known.signals,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """The scores and signals that conditions may name."""

    scores: Mapping[str, str]
    signals: Mapping[str, str]

    def scope(self, entity: str) -> Scope:
        """What a rule about an entity may name."""
        return scope_for(entity, self.scores, self.signals)


def _read(project: Project, kind: str, model: type[R]) -> list[tuple[File, R]]:
    return [(file, read(model, file.source)) for file in project.resources(kind)]


def _rule(file: File) -> Rule:
    return Rule(file.name, file.source.place(("name",)), digest(dict(file.data))[:12])


def _compiler(file: File, scope: Scope) -> Callable[[str, tuple[str | int, ...]], Node]:
    return lambda text, path: condition(text, scope, file.source.value_place(path))


def _score(file: File, says: ScoreDocument, known: Known) -> Score:
    fit = _compiler(file, known.scope(says.entity))
    event = _compiler(file, scope_for("engagement"))
    return Score(
        _rule(file),
        says,
        {name: fit(part.when, ("fit", name, "when")) for name, part in says.fit.items()},
        {
            name: event(part.when, ("engagement", name, "when"))
            for name, part in says.engagement.items()
        },
    )


def _signal(file: File, says: SignalDocument, known: Known) -> Signal:
    when = _compiler(file, known.scope(says.entity))(says.when, ("when",))
    return Signal(_rule(file), says, when)


def _handoff(file: File, says: HandoffDocument, known: Known, teams: list[str]) -> Handoff:
    for key in ("from_team", "to_team"):
        team = getattr(says, key)
        if team not in teams:
            raise ConfigError(
                f"There is no team `{team}`",
                where=file.source.value_place((key,)),
                why="no file of the playbook declares it",
                remedy=did_you_mean(team, teams, "Add a file with `kind: team`."),
            )
    when = _compiler(file, known.scope("need"))(says.offer_when, ("offer_when",))
    return Handoff(_rule(file), says, when)


def _scenario(file: File, says: ScenarioDocument, known: Known) -> Scenario:
    about = _compiler(file, known.scope(says.entity))
    person = _compiler(file, known.scope("person"))
    return Scenario(
        _rule(file),
        says,
        about(says.audience, ("audience",)),
        {why: about(text, ("exclude", why)) for why, text in says.exclude.items()},
        tuple(about(b.when, ("branches", i, "when")) for i, b in enumerate(says.branches)),
        {
            branch.name: person(
                branch.do.ma_list.people or "person.id is not null",
                ("branches", i, "do", "ma_list", "people"),
            )
            for i, branch in enumerate(says.branches)
            if branch.do.ma_list
        },
    )


