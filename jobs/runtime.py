"""The runtime port: register, enqueue, wait, cancel; and the implementation inside this process.

A workflow is a function that walks steps. Each step's rows and its result commit together, so a run
that was killed and started again finds everything that happened and nothing that half happened.
Nothing below this module opens or commits a transaction.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connectors.budget import in_lane, present_lane
from connectors.traffic import waiting
from jobs.abreast import AT_ONCE, Abreast
from staging import runs
from staging.engine import Store
from sync import lease
from sync.context import Call, Chain, Event, Order, Step, Tools, Watch
from tasuki.errors import LeaseError, TasukiError, TransientError
from tasuki.values import Json, new_id

LOG = structlog.get_logger("tasuki.jobs")

Workflow = Callable[["Run", dict[str, Json]], dict[str, Json]]


class Cancelled(TasukiError):
    """Somebody asked the run to stop; what it committed stays."""

    code = "TSK-5200"


class Runtime(Protocol):
    """Carries out workflows, each step exactly once in the store."""

    def register(self, name: str, workflow: Workflow) -> None:
        """Make a workflow known by name."""
        ...

    def enqueue(self, order: Order, *, run_id: str | None = None) -> str:
        """Start a workflow; its run id at once. The same run id twice is one run."""
        ...

    def wait(self, run_id: str) -> dict[str, Json]:
        """The run's counts once it has ended; raises what ended it."""
        ...

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop after its present step."""
        ...

    def close(self) -> None:
        """Finish the present steps, then stop."""
        ...


@dataclass(slots=True)
class Run:
    """One run on its way through its steps (what `sync` knows as a Runner)."""

    store: Store
    tools: Tools
    watch: Watch
    holder: lease.Holder
    stop: threading.Event
    position: int = 0

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.tools.run

    def step(self, step: Step, **arguments: Json) -> dict[str, Json]:
        """Do one step: ask outside, keep inside one transaction with the result."""
        call = Call(step, arguments, present_lane())
        return self._keep(call, self._ask(call))

    def together(self, stage: str, chains: Mapping[str, Chain]) -> dict[str, dict[str, Json]]:
        """Walk chains side by side: asks in threads of their own, keeps in this one."""

        def ended(name: str, done: int) -> None:
            self.tell(stage, done, len(chains), name)

        self.tell(stage, 0, len(chains))
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="tasuki-ask") as pool:
            return Abreast(self._ask_apart, self._keep, ended, pool).walk(chains)

    def _ask(self, call: Call) -> Any:
        """The one place where a step's `ask` is called; chains do it in several threads."""
        self._wait(0)
        if call.step.ask is None:
            return None
        with self.store.reading() as db, in_lane(call.lane):
            return call.step.ask(db, self.tools, call.arguments)

    def _ask_apart(self, call: Call) -> Any:
        """Ask in a thread of a chain, where nothing is written: its waits end when the run must."""
        with waiting(self._wait):
            return self._ask(call)

    def _wait(self, seconds: float) -> None:
        """Wait for a system's sake, which may be minutes, or until the run is asked to stop."""
        if self.stop.wait(seconds):
            raise Cancelled("the run was asked to stop", remedy="Run again to go on.")

    def _keep(self, call: Call, answer: Any) -> dict[str, Json]:
        """The one place where a step's `keep` is called, and its result committed with it."""
        name = call.step.name
        with self.store.writing() as db:
            lease.keep(db, lease.WRITER, self.holder, self.tools.clock.now())
            result = call.step.keep(db, self.tools, call.arguments, answer)
            runs.step_done(db, self.run_id, self.position, name, result, self.tools.now())
        self.position += 1
        self.watch(Event(self.run_id, f"step:{name}", self.position))
        return result

    def tell(self, stage: str, done: int, total: int | None = None, text: str = "") -> None:
        """Tell whoever watches how far a stage is."""
        self.watch(Event(self.run_id, stage, done, total, text))


def silent(_event: Event) -> None:
    """Watch nothing."""


@dataclass(slots=True)
class InProcess:
    """The runtime inside this process: one worker thread, one run at a time under the lease."""

    store: Store
    tools: Tools
    watch: Watch = silent
    workflows: dict[str, Workflow] = field(default_factory=dict)
    futures: dict[str, Future[dict[str, Json]]] = field(default_factory=dict)
    stops: dict[str, threading.Event] = field(default_factory=dict)
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="tasuki-run")
    )
    guard: threading.Lock = field(default_factory=threading.Lock)
    beat: float = 30.0
    """Seconds after which a run holds its lease longer."""

    def register(self, name: str, workflow: Workflow) -> None:
        """Make a workflow known by name."""
        self.workflows[name] = workflow

    def enqueue(self, order: Order, *, run_id: str | None = None) -> str:
        """Start a workflow; its run id at once. The same run id twice is one run."""
        id_ = run_id or new_id()
        with self.guard:
            if id_ not in self.futures:
                self.stops[id_] = threading.Event()
                self.futures[id_] = self.pool.submit(self._carry_out, id_, order)
        return id_

    def wait(self, run_id: str) -> dict[str, Json]:
        """The run's counts once it has ended; raises what ended it."""
        return self.futures[run_id].result()

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop after its present step."""
        if run_id in self.stops:
            self.stops[run_id].set()

    def close(self) -> None:
        """Finish the present steps, then stop."""
        for stop in self.stops.values():
            stop.set()
        self.pool.shutdown(wait=True)

    def _carry_out(self, run_id: str, order: Order) -> dict[str, Json]:
        tools = replace(self.tools, run=run_id)
        holder = lease.this_process(f"{order.workflow} {run_id[:8]}")
        if not self._open(run_id, order, holder, tools):
            return {}
        run = Run(self.store, tools, self.watch, holder, self.stops[run_id])
        try:
            with self._beating(holder):
                counts = self.workflows[order.workflow](run, dict(order.arguments))
        except TasukiError as error:
            state = "interrupted" if isinstance(error, Cancelled) else "failed"
            self._close(run_id, holder, tools, state, {}, error.what)
            raise
        except BaseException as error:
            self._close(run_id, holder, tools, "failed", {}, type(error).__name__)
            raise
        self._close(run_id, holder, tools, str(counts.pop("state", "done")), counts)
        return counts

    @contextmanager
    def _beating(self, holder: lease.Holder) -> Iterator[None]:
        """Hold the lease while a run works, however long one call to a system takes.

        The race it prevents: a write waits out a rate limit for minutes, the lease runs out,
        another process reads that nothing was written and sends it as well.
        """
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(self.beat):
                try:
                    with self.store.writing() as db:
                        lease.keep(db, lease.WRITER, holder, self.tools.clock.now())
                except (LeaseError, TransientError, SQLAlchemyError) as error:
                    LOG.warning("jobs.lease_not_held", why=type(error).__name__)

        thread = threading.Thread(target=beat, name="tasuki-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _open(self, run_id: str, order: Order, holder: lease.Holder, tools: Tools) -> bool:
        """Take the lease and write the run down; False when this run already exists."""
        with self.store.writing() as db:
            if runs.exists(db, run_id):
                return False
            lease.acquire(db, lease.WRITER, holder, tools.clock.now())
            runs.interrupt_orphans(db, run_id, tools.now())
            runs.start(
                db,
                run_id,
                order.workflow,
                trigger=order.trigger,
                by=order.by,
                arguments=dict(order.arguments),
                now=tools.now(),
            )
        LOG.info("jobs.run_started", run=run_id, workflow=order.workflow, trigger=order.trigger)
        return True

    def _close(
        self,
        run_id: str,
        holder: lease.Holder,
        tools: Tools,
        state: str,
        counts: Json,
        error: str | None = None,
    ) -> None:
        with self.store.writing() as db:
            runs.end(db, run_id, state, counts, tools.now(), error)
            lease.release(db, lease.WRITER, holder)
        LOG.info("jobs.run_ended", run=run_id, state=state, error=error)
