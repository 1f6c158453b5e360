"""The playbook of a project: every rule read, typed and checked before anything runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from catalog.custom import examine as examine_catalog
from config.nearest import did_you_mean
from config.project import Project
from config.project import Resource as File
from config.settings import explain
from playbook import compile as compiling
from playbook.compile import Compiler
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
from playbook.rules import Handoff, Known, Rule, Scenario, Score, Signal
from sync.context import Tools
from tasuki.errors import ConfigError
from tasuki.values import digest

__all__ = [
    "KINDS",
    "Handoff",
    "Playbook",
    "Rule",
    "Scenario",
    "Score",
    "Signal",
    "examine",
    "playbook_of",
    "read_playbook",
]

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
_SINGLE: Final = ("calendar", "ladder")
_FOLDER: Final = "playbook/"
R = TypeVar("R", bound=Resource)
C = TypeVar("C")


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
    known: Known
    version: str = ""
    """Changes when any file of the playbook does."""

    @property
    def score_entities(self) -> Mapping[str, str]:
        """Score → whose it is."""
        return self.known.scores

    @property
    def signal_entities(self) -> Mapping[str, str]:
        """Signal → about whom it is."""
        return self.known.signals

    def scenario(self, name: str) -> Scenario:
        """One scenario; ConfigError with the nearest name."""
        known = {s.rule.name: s for s in self.scenarios}
        if name in known:
            return known[name]
        raise ConfigError(
            f"There is no scenario `{name}`",
            where=_FOLDER,
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


def written_fields(book: Playbook) -> dict[str, frozenset[str]]:
    """The platform fields that scores are written to, by `connection/object`."""
    found: dict[str, set[str]] = {}
    for score in book.scores:
        systems: dict[str, dict[str, dict[str, str]]] = score.says.write.model_dump()
        for connection, objects in systems.items():
            for name, fields in objects.items():
                found.setdefault(f"{connection}/{name}", set()).update(fields)
    return {kind: frozenset(fields) for kind, fields in found.items()}


def read_playbook(project: Project) -> Playbook:
    """The project's playbook. Errors: ConfigError with file, line and column, the first found."""
    book, errors = examine(project)
    if errors:
        raise errors[0]
    return book


def examine(project: Project) -> tuple[Playbook, list[ConfigError]]:
    """The playbook as far as it could be read, and everything that is wrong with it."""
    errors = [*_unknown_kinds(project), *_too_many(project)]
    calendars = _read(project, "calendar", CalendarDocument, errors)
    ladders = _read(project, "ladder", LadderDocument, errors)
    interests = _read(project, "interest", InterestDocument, errors)
    teams = sorted(_says(_read(project, "team", TeamDocument, errors)), key=lambda t: t.position)
    scores = _read(project, "score", ScoreDocument, errors)
    signals = _read(project, "signal", SignalDocument, errors)
    handoffs = _read(project, "handoff", HandoffDocument, errors)
    scenarios = _read(project, "scenario", ScenarioDocument, errors)
    known = Known(
        tuple(team.name for team in teams),
        {s.name: s.entity for s in _says(scores)},
        {s.name: s.entity for s in _says(signals)},
        examine_catalog(project)[0],
    )
    book = Playbook(
        teams=tuple(teams),
        calendar=(_says(calendars) or [CalendarDocument(kind="calendar", name="office")])[0],
        ladder=next(iter(_says(ladders)), None),
        interests=tuple(_says(interests)),
        scores=_compiled(compiling.score, scores, known, errors),
        signals=_compiled(compiling.signal, signals, known, errors),
        handoffs=_compiled(compiling.handoff, handoffs, known, errors),
        scenarios=_compiled(compiling.scenario, scenarios, known, errors),
        known=known,
        version=digest([dict(f.data) for kind in sorted(KINDS) for f in project.resources(kind)]),
    )
    return book, errors


def _read(
    project: Project, kind: str, model: type[R], errors: list[ConfigError]
) -> list[tuple[File, R]]:
    found: list[tuple[File, R]] = []
    for file in project.resources(kind):
        try:
            found.append((file, model.model_validate(file.source.data)))
        except ValidationError as error:
            errors += explain(error, model, file.source)
    return found


def _says(read: Sequence[tuple[File, R]]) -> list[R]:
    return [document for _, document in read]


def _compiled(
    compile_: Callable[[Compiler, Any], C],
    read: Sequence[tuple[File, Resource]],
    known: Known,
    errors: list[ConfigError],
) -> tuple[C, ...]:
    return tuple(compile_(Compiler(file, known, errors), document) for file, document in read)


def _unknown_kinds(project: Project) -> list[ConfigError]:
    """Files of the playbook whose kind nobody knows, which would be passed over in silence."""
    return [
        ConfigError(
            f"There is no kind `{file.kind}`",
            where=file.source.value_place(("kind",)),
            why="no rule of a playbook is of that kind",
            remedy=did_you_mean(file.kind, KINDS, "Correct it."),
        )
        for file in project.files
        if file.source.file.startswith(_FOLDER) and file.kind not in KINDS
    ]


def _too_many(project: Project) -> list[ConfigError]:
    return [
        ConfigError(
            f"There are two files of the kind {kind}",
            where=project.resources(kind)[1].place,
            why=f"a project has one; {project.resources(kind)[0].source.file} is the other",
            remedy="Remove one of them.",
        )
        for kind in _SINGLE
        if len(project.resources(kind)) > 1
    ]
