"""Benches: one connector of each kind, set up beside a hand that edits its system as a person does.

A new connector joins the conformance suite by adding its name to BENCHES and a fixture
`<name>_bench` that returns a `Bench`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from connectors.memory.client import MemoryConnector
from connectors.memory.faults import Mishap
from connectors.memory.settings import MemorySettings
from connectors.memory.system import MemorySystem, shape
from tasuki.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.protocol import Connector

BENCHES = ["memory"]


class Hand(Protocol):
    """A person at the system's own screen."""

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        """Make a record; its id."""

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        """Change a record."""

    def delete(self, object: str, id: str) -> None:
        """Delete a record."""

    def values(self, object: str, field: str) -> list[Any]:
        """Every living record's value of a field, in any order: the truth, past the connector."""


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
    """A field to use as natural key."""
    required: dict[str, Any] = field(default_factory=dict)
    """What a new record must have besides."""
    pass_time: Callable[[timedelta], None] = lambda _: None
    """Move the system's clock on; without it stamps move by themselves."""
    lose_answer: Callable[[], None] | None = None
    """Arm the system: the next write is committed and its answer lost."""
    missing_id: str = "999999999"
    waivers: frozenset[str] = frozenset()
    """Tests that do not apply, each with its reason beside the name; this only shrinks."""


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Bench:
    """One bench per connector; waived tests are skipped by name."""
    made: Bench = request.getfixturevalue(f"{request.param}_bench")
    name = getattr(request.function, "__name__", "")
    if name in made.waivers:
        pytest.skip(f"{request.param} waives {name}")
    return made


@dataclass
class MemoryHand:
    """The in-process system is its own hand."""

    system: MemorySystem

    def add(self, object: str, fields: Mapping[str, Any]) -> str:
        return self.system.add(object, fields)

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        self.system.edit(object, id, fields)

    def delete(self, object: str, id: str) -> None:
        self.system.delete(object, id)

    def values(self, object: str, field: str) -> list[Any]:
        return [row.fields.get(field) for row in self.system.living(object).values()]


@pytest.fixture
def memory_bench() -> Bench:
    """An in-process system with pages of three."""
    clock = FixedClock(datetime(2026, 1, 5, tzinfo=UTC))
    system = MemorySystem(clock, {"contacts": shape("email lastname", unique="email")})
    connector = MemoryConnector(system, MemorySettings(page_size=3))

    def pass_time(by: timedelta) -> None:
        clock.at += by

    return Bench(
        connector,
        MemoryHand(system),
        object="contacts",
        text="lastname",
        key="email",
        pass_time=pass_time,
        lose_answer=lambda: connector.faults.writes.append(Mishap.LOSE_ANSWER),
    )
