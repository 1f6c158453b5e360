"""A project carried out in this process, with connectors that wait for no weather."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values

from connectors.protocol import OpenContext
from jobs.flows import register
from jobs.runtime import InProcess
from staging.write import plans
from sync.context import Order
from tasuki.wiring import BUILT_IN, open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasuki.service.app import App

FAIR = {"hubspot": {"burst": 0, "search_per_second": 0, "daily": 0}}
"""No storm; limits are a matter of time, and nothing waits here."""


@dataclass
class Clock:
    """Everybody's time: the sandbox's is moved along."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC) + self.ahead


@dataclass
class Flow:
    """The flow of one place."""

    place: Any
    app: App
    clock: Clock

    def pass_time(self, by: timedelta) -> None:
        """Move everybody's clock on."""
        self.clock.ahead += by
        self.place.control("clock", {"offset_seconds": self.clock.ahead.total_seconds()})

    def walk(self, workflow: str, **arguments: Any) -> dict[str, Any]:
        """One workflow of a fresh process."""
        self.pass_time(timedelta(minutes=3))
        runtime = InProcess(self.app.store, self.app.tools)
        register(runtime)
        try:
            return runtime.wait(runtime.enqueue(Order(workflow, arguments)))
        finally:
            runtime.pool.shutdown(wait=True)

    def run(self) -> dict[str, Any]:
        """Everything but the writing."""
        return self.walk("run")

    def approve(self, plan: str) -> str:
        """Say yes to a plan; its id."""
        with self.app.store.writing() as db:
            plans.approve(db, plan, "manager", self.app.tools.now())
        return plan

    def apply(self, plan: str) -> dict[str, Any]:
        """Approve a plan and carry it out."""
        return self.walk("apply", plan=self.approve(plan))

    def settle(self, most: int = 8) -> int:
        """Run and apply until nothing is left to write; how many rounds wrote."""
        for rounds in range(most):
            if (plan := self.run()["plan"]) is None:
                return rounds
            self.apply(plan)
        raise AssertionError(self.place.kept("SELECT object, field, reason FROM change"))


@contextmanager
def opened(place: Any, clock: Clock | None = None) -> Iterator[Flow]:
    """The project of a place, opened here with connectors that never sleep."""
    environment = {k: v for k, v in dotenv_values(place.project / ".env").items() if v}
    clock = clock or Clock()
    with ExitStack() as stack:
        first = open_app(place.project, clock, environment)
        made: dict[str, Any] = {}
        for name in ("salesforce", "hubspot"):
            spec = BUILT_IN[name]()
            settings = first.tools.project.connection_settings(name, spec.settings)
            made[name] = spec.open(settings, OpenContext(name, place.project, clock))
            made[name].client.sleep = lambda _: None
        first.close()
        app = open_app(place.project, clock, environment, made)
        stack.callback(app.close)
        yield Flow(place, app, clock)
