"""A bench: one connector, set up beside a hand that edits its system as a person does."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from connectors.budget import Limits, Rule
from connectors.protocol import Connector
from tasuki.errors import BudgetError


class Hand(Protocol):
    """A person at the system's own screen."""

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        """Make a record; its id."""
        ...

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        """Change a record."""
        ...

    def delete(self, object: str, id: str) -> None:
        """Delete a record."""
        ...

    def values(self, object: str, field: str) -> list[Any]:
        """Every living record's value of a field, in any order: the truth, past the connector."""
        ...


@dataclass(slots=True)
class Purse:
    """A budget that counts what is spent, and refuses when told to."""

    spent: int = 0
    is_empty: bool = False

    def rules(self, rules: Mapping[str, Rule]) -> None:
        """Rates are not kept here."""

    def spend(self, kind: str, calls: int = 1) -> None:
        """Note the calls, or refuse them."""
        if self.is_empty:
            raise BudgetError(
                "The purse is empty",
                where=kind,
                why="the conformance suite emptied it",
                remedy="Send nothing, and let this error out.",
            )
        self.spent += calls

    def told(self, limits: Limits) -> None:
        """Not remembered."""

    def answered(self) -> None:
        """Not remembered."""

    def failed(self, why: str) -> None:
        """Not remembered."""


@dataclass
class Bench:
    """What the suite needs to know to treat every connector alike."""

    connector: Connector
    hand: Hand
    object: str
    """An object with a text field and a natural key."""
    text: str
    """A plain text field."""
    key: str
    """A field to use as natural key; the values are e-mail addresses."""
    required: dict[str, Any] = field(default_factory=dict)
    """What a new record must have besides."""
    pass_time: Callable[[timedelta], None] = lambda _: None
    """Move the system's clock on; without it stamps move by themselves."""
    lose_answer: Callable[[], None] | None = None
    """Arm the system: the next write is committed and its answer lost."""
    hide: Callable[[str], None] | None = None
    """Take the right to read a field from our user."""
    purse: Purse | None = None
    """The budget the connector was opened with."""
    arrived: Callable[[], int] | None = None
    """How many calls reached the system so far, sign-in included."""
    link_to: Callable[[], tuple[str, str]] | None = None
    """Make a record of another object by hand, to be linked to: its object and id."""
    missing_id: str = "999999999"
    waivers: Mapping[str, str] = field(default_factory=dict)
    """Promise -> why it cannot be kept here; a waived promise that is kept fails the suite."""


class Need(StrEnum):
    """What a promise takes for granted; each reads as the reason why it is not asked for."""

    WRITES = "this connector does not write"
    DELETES = "this system does not tell its deletes"
    LOST_ANSWERS = "this bench loses no answers"
    HIDING = "this bench hides no field"
    BUDGET = "no call leaves this process"
    LINKS = "this bench links no records"
    HISTORY = "this system tells no past values"
    DEFINES = "this connector makes no fields"
    FILTERS = "this connector is never given a filter"
    GUARDS = "this system refuses no update because its record moved"
    BULK = "this connector takes no large batches"


_HAS: Final[Mapping[Need, Callable[[Bench], bool]]] = {
    Need.WRITES: lambda bench: bench.connector.can.writes,
    Need.DELETES: lambda bench: bench.connector.can.deletes,
    Need.LOST_ANSWERS: lambda bench: bench.lose_answer is not None,
    Need.HIDING: lambda bench: bench.hide is not None,
    Need.BUDGET: lambda bench: bench.purse is not None and bench.arrived is not None,
    Need.LINKS: lambda bench: bench.link_to is not None,
    Need.HISTORY: lambda bench: bench.connector.can.history,
    Need.DEFINES: lambda bench: bench.connector.can.defines,
    Need.FILTERS: lambda bench: bench.connector.can.filters,
    Need.GUARDS: lambda bench: bench.connector.can.guarded_size > 0,
    Need.BULK: lambda bench: bench.connector.can.bulk_from > 0,
}


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: its function, and what it takes for granted."""

    check: Callable[[Bench], None]
    needs: tuple[Need, ...] = ()

    @property
    def name(self) -> str:
        """The function's name, as waivers say it."""
        return self.check.__name__

    def __str__(self) -> str:
        return self.name

    def unasked(self, bench: Bench) -> str | None:
        """Why this connector need not keep it."""
        return next((str(need) for need in self.needs if not _HAS[need](bench)), None)


def promises(checks: Iterable[Callable[[Bench], None]], *needs: Need) -> tuple[Promise, ...]:
    """These functions as promises that take the same things for granted."""
    return tuple(Promise(check, needs) for check in checks)
