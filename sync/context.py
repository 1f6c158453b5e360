"""What a step of the flow is, and what it may use.

A step has two halves. `ask` talks to systems and writes nothing; `keep` writes to the store and
talks to nobody. The runtime commits what `keep` wrote together with the step's own result, so that
a step that was killed either happened or did not. Arguments and results are JSON: ids and counts,
never records. Why: ADR-0006.

Steps that must follow one another are a chain; chains about different objects go on side by side:
their asks wait for systems at the same time, their keeps commit one by one.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Connection

from catalog.entities import ENTITIES
from catalog.shape import Entity
from config.project import Project
from connectors.budget import Lane
from connectors.protocol import Connector
from mappings.spec import Mapping as RecordMapping
from tasuki.clock import Clock
from tasuki.values import Json, stamp


@dataclass(frozen=True, slots=True)
class Tools:
    """What every step may use; handed in, never looked up."""

    project: Project
    mappings: tuple[RecordMapping, ...]
    connectors: Mapping[str, Connector]
    clock: Clock
    entities: Mapping[str, Entity] = field(default_factory=lambda: ENTITIES)
    """The catalog, with what the project adds to it."""
    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """`connection/object` → platform fields that rules write, read so that a plan knows them."""
    rules: object = None
    """What the deciding room above was wired with; opaque here."""
    run: str = ""
    """The run this step belongs to."""

    def now(self) -> str:
        """The present moment as the store keeps it."""
        return stamp(self.clock.now())


Ask = Callable[[Connection, Tools, dict[str, Json]], Any]
Keep = Callable[[Connection, Tools, dict[str, Json], Any], dict[str, Json]]
Ahead = Callable[[dict[str, Json], Any], dict[str, Json] | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of work that happens wholly or not at all."""

    name: str
    keep: Keep
    ask: Ask | None = None
    ahead: Ahead | None = None
    """From an answer, the arguments with which the step will be asked next, if it will: that ask
    may leave while this answer is kept. It must read nothing of the store."""


@dataclass(frozen=True, slots=True)
class Call:
    """A step that a chain wants done next."""

    step: Step
    arguments: dict[str, Json] = field(default_factory=dict)
    lane: Lane = Lane.MAPPINGS
    """What the calls of its ask are made for."""


Chain: TypeAlias = Generator[Call, dict[str, Json], dict[str, Json]]
"""Yields calls and is sent their results; an error of an ask is raised where it yielded."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a watcher of a run may show: a stage, how far it is, in what unit."""

    run: str
    stage: str
    done: int
    total: int | None = None
    text: str = ""


Watch = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to run, started by what and by whom."""

    workflow: str
    arguments: Mapping[str, Json] = field(default_factory=dict)
    trigger: str = "cli"
    by: str = "operator"


class Runner(Protocol):
    """Carries out the steps of one run, each exactly once in the store."""

    @property
    def run_id(self) -> str:
        """The run's id."""
        ...

    @property
    def tools(self) -> Tools:
        """What its steps use."""
        ...

    def step(self, step: Step, **arguments: Json) -> dict[str, Json]:
        """Do one step; its JSON result."""
        ...

    def together(self, stage: str, chains: Mapping[str, Chain]) -> dict[str, dict[str, Json]]:
        """Walk chains side by side; what each returned, by its name.

        Errors: the first one that a chain did not catch, once the others have kept their page.
        """
        ...

    def tell(self, stage: str, done: int, total: int | None = None, text: str = "") -> None:
        """Tell whoever watches how far a stage is."""
        ...
