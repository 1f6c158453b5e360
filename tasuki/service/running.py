"""Start runs, list them, look into one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from config.nearest import did_you_mean
from staging import runs as store
from staging.completeness import certificates as proofs
from staging.completeness import sweeps
from staging.completeness.certificates import Proof
from staging.runs import RunRow
from sync.context import Order
from sync.reading.stream import streams
from tasuki.errors import ConfigError, UnknownRecordError
from tasuki.service.app import App, Runs
from tasuki.values import Json, instant, stamp

KINDS: Final = ("run", "plan", "apply", "retry", "undo", "push")
WRITING: Final = frozenset({"apply", "push"})
"""Kinds of runs that write to systems."""
LATEST: Final = "latest"
"""Says the newest instead of an id."""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run as people look at it."""

    id: str
    kind: str
    state: str
    """running | done | partial | failed | interrupted"""
    trigger: str
    """cli | daemon | console"""
    by: str
    started_at: str
    ended_at: str | None
    took: timedelta | None
    counts: dict[str, Json]
    arguments: dict[str, Json]
    error: str | None

    @property
    def plan_id(self) -> str | None:
        """The plan it made or carried out."""
        return self.counts.get("plan") or self.arguments.get("plan")


@dataclass(frozen=True, slots=True)
class StepView:
    """One kind of step of a run: how often it was done, and when last."""

    name: str
    times: int
    last_at: str


@dataclass(frozen=True, slots=True)
class CertificateView:
    """How well it is proven that an object is complete in the store."""

    connection: str
    object: str
    complete: bool | None
    """None: not counted yet, or its system cannot count it."""
    there: int | None
    here: int | None
    method: str | None
    """answer | window | whole"""
    since: str | None
    until: str | None
    """The stamps that were counted; None: no bound."""
    at: str | None
    age: timedelta | None
    ids_at: str | None
    """When all ids were last compared."""
    ids_age: timedelta | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is asked for besides the usual."""

    sweep: bool = False
    """Compare ids, deletes and links now, however lately that was done."""
    again: tuple[str, ...] = ()
    """Streams (`connection/object`) to read again."""
    since: str | None = None
    """From when on; None: from the beginning."""
    select: Mapping[str, Json] = field(default_factory=dict)
    """The part to plan, see `writing.selecting`; empty: everything."""


USUAL: Final = Wanted()


def start_run(
    runs: Runs,
    *,
    by: str = "operator",
    trigger: str = "cli",
    run_id: str | None = None,
    wanted: Wanted = USUAL,
) -> str:
    """Pull, understand, decide and plan; the run's id at once."""
    more: dict[str, Json] = {"sweep": True} if wanted.sweep else {}
    if wanted.again:
        more |= {"again": list(wanted.again), "since": wanted.since}
    if wanted.select:
        more["select"] = dict(wanted.select)
    return runs.enqueue(Order("run", {"by": by, **more}, trigger, by), run_id=run_id)


def read_again(app: App, names: Sequence[str] = (), since: str = "") -> Wanted:
    """What to read again: connections, objects or `connection/object` (all when none is named).

    `since` is a date or a moment, in the project's time zone unless it says another.

    Errors: ConfigError for a name nobody reads, or no date.
    """
    kinds = [each.kind for each in streams(app.tools)]
    found = {kind for name in names for kind in _meant(name, kinds)}
    again = tuple(kind for kind in kinds if not names or kind in found)
    return Wanted(again=again, since=_moment(app, since) if since else None)


def _meant(name: str, kinds: Sequence[str]) -> list[str]:
    found = [kind for kind in kinds if name in (kind, *kind.split("/", 1))]
    if found:
        return found
    parts = dict.fromkeys(part for kind in kinds for part in (kind, *kind.split("/", 1)))
    raise ConfigError(
        f"Nothing is read that is called `{name}`",
        where="tasuki run",
        why="it is no connection and no object of any mapping",
        remedy=did_you_mean(name, parts, "Name a connection, or an object as crm/contacts."),
    )


def _moment(app: App, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"`{text}` is no date",
            where="tasuki run --since",
            why="a date such as 2025-01-01 is expected, or a moment",
            remedy="Write year, month and day: 2025-01-01.",
        ) from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(app.project.timezone)))


def certificates(app: App) -> tuple[CertificateView, ...]:
    """The newest certificate of every object that is read, and when its ids were compared."""
    now = app.tools.clock.now()
    with app.store.reading() as db:
        newest, swept = proofs.latest(db), sweeps.last(db)
    return tuple(
        _proven(each.connection, each.object, newest.get(of), swept.get(of, {}), now)
        for each in streams(app.tools)
        for of in [(each.connection, each.object)]
    )


def _proven(
    connection: str, object: str, proof: Proof | None, swept: Mapping[str, str], now: datetime
) -> CertificateView:
    ids_at = swept.get(sweeps.IDS)
    return CertificateView(
        connection=connection,
        object=object,
        complete=proof.complete if proof else None,
        there=proof.there if proof else None,
        here=proof.here if proof else None,
        method=proof.method if proof else None,
        since=proof.since if proof else None,
        until=proof.until if proof else None,
        at=proof.at if proof else None,
        age=now - instant(proof.at) if proof else None,
        ids_at=ids_at,
        ids_age=now - instant(ids_at) if ids_at else None,
    )


def certificates_of(app: App, run: str) -> tuple[Proof, ...]:
    """What one run proved."""
    with app.store.reading() as db:
        return tuple(proofs.of_run(db, run))


def start_replan(
    runs: Runs, *, by: str = "operator", trigger: str = "cli", wanted: Wanted = USUAL
) -> str:
    """Decide and plan from what was pulled last, asking no system; the run's id at once."""
    more: dict[str, Json] = {"select": dict(wanted.select)} if wanted.select else {}
    return runs.enqueue(Order("replan", {"by": by, **more}, trigger, by))


def list_runs(app: App, limit: int = 20, kind: str | None = None) -> tuple[RunView, ...]:
    """The last runs, newest first."""
    with app.store.reading() as db:
        return tuple(_view(row) for row in store.latest(db, limit, kind))


def show_run(
    app: App, id: str, among: Collection[str] = KINDS
) -> tuple[RunView, tuple[StepView, ...]]:
    """One run and its steps, by its id, the beginning of it, or `latest` (among these kinds).

    Errors: UnknownRecordError.
    """
    with app.store.reading() as db:
        row = _latest(db, among) if id == LATEST else store.get(db, id)
        if row is None:
            raise UnknownRecordError(
                f"there is no run {id}",
                why="no run, or more than one, has an id that begins so",
                remedy="`tasuki runs` lists them with their ids.",
            )
        steps = store.steps(db, row.id)
    return _view(row), tuple(StepView(s["name"], s["steps"], s["at"]) for s in steps)


def _latest(db: Connection, among: Collection[str]) -> RunRow | None:
    return next((row for row in store.latest(db, 100) if row.kind in among), None)


def last_run(app: App, kind: str | None = None) -> RunView | None:
    """The newest run (of a kind)."""
    return next(iter(list_runs(app, 1, kind)), None)


def _view(row: RunRow) -> RunView:
    took = instant(row.ended_at) - instant(row.started_at) if row.ended_at else None
    return RunView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        trigger=row.trigger,
        by=row.by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        took=took,
        counts=row.counts,
        arguments=row.arguments,
        error=row.error,
    )
