"""Is it healthy, is anyone waiting: one word per connection, and what a person must look at."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from staging import runs
from staging.completeness import certificates as proofs
from staging.completeness import sweeps
from staging.completeness.certificates import Proof
from staging.runs import RunRow
from staging.tables.decisions import HANDOFF, SCENARIO_RUN
from staging.tables.identity import REVIEW
from staging.tables.staged import CURSOR
from staging.tables.writes import CONFLICT
from staging.write import parking, plans, rivals
from staging.write.plans import PlanRow
from sync.reading.stream import streams
from tasuki.service import connecting, running
from tasuki.service.app import App
from tasuki.service.running import RunView
from tasuki.values import instant

HEALTH: Final = ("healthy", "unknown", "warning", "degraded")
"""Best first; the whole is as healthy as its worst part."""
STALE_AFTER: Final = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Band:
    """One connection by name, and whether it is the real thing."""

    name: str
    system: str
    environment: str | None


@dataclass(frozen=True, slots=True)
class StreamView:
    """One object we read: the system's own count beside ours."""

    object: str
    entities: tuple[str, ...]
    platform_count: int | None
    """None when the system cannot count or nobody has asked."""
    staged_count: int | None
    is_complete: bool | None
    read_at: str | None
    method: str | None
    """What the counts are about: `whole` all records, else the changes of a window."""
    ids_at: str | None
    """When all ids were last compared."""


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One connection's health, and why."""

    band: Band
    word: str
    """healthy | warning | degraded | unknown"""
    causes: tuple[str, ...]
    """never_read | not_reached | run_failed | incomplete | stale | parked, and why nobody calls:
    paused | failing | out_of_calls | stopped
    """
    read_at: str | None
    parked: int
    streams: tuple[StreamView, ...]
    today: connecting.ConnectionView
    """Whether it may be called, and what it cost today."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What does not go on without a person."""

    plans: tuple[PlanRow, ...]
    scenarios: tuple[tuple[str, str], ...]
    """(scenario, run id) of previews nobody has approved."""
    handoffs_offered: int
    handoffs_overdue: int
    parked: tuple[dict[str, Any], ...]
    """Causes: connection, object, code, reason, fix, place, count, dead, next_at, sample, label."""
    reviews: int
    conflicts: int
    rivals: int
    """Fields that are left alone since somebody sets them back."""
    standing: parking.Standing
    """How much is parked, how much of it for a person only, and when the next is tried again."""

    @property
    def total(self) -> int:
        """How many things wait (a cause of parked records counts once)."""
        lists = len(self.plans) + len(self.scenarios) + len(self.parked)
        return lists + self.handoffs_overdue + self.reviews + self.conflicts + self.rivals


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page."""

    word: str
    connections: tuple[ConnectionView, ...]
    runs: tuple[RunView, ...]
    waiting: Waiting
    last_error: str | None = field(default=None)


def overview(app: App) -> Overview:
    """Everything the first page shows."""
    views = connections(app)
    last = running.last_run(app, "run")
    return Overview(
        word=_worst([view.word for view in views]),
        connections=views,
        runs=running.list_runs(app, 6),
        waiting=waiting(app),
        last_error=last.error if last and last.state == "failed" else None,
    )


def health_word(app: App) -> str:
    """The one word of `/healthz`: healthy, warning, degraded or unknown."""
    return _worst([view.word for view in connections(app)])


def bands(app: App) -> tuple[Band, ...]:
    """The connections that are somebody's account, by name."""
    found = app.project.connections.values()
    return tuple(Band(c.name, c.system, c.environment) for c in found)


def connections(app: App) -> tuple[ConnectionView, ...]:
    """Every connection's health from its last run, its freshness and its certificates."""
    with app.store.reading() as db:
        facts = _facts(db)
    today = {each.name: each for each in connecting.connections(app)}
    return tuple(_connection(app, band, facts, today[band.name]) for band in bands(app))


def waiting(app: App) -> Waiting:
    """What waits for a person."""
    now = app.tools.now()
    with app.store.reading() as db:
        return Waiting(
            plans=tuple(plans.latest(db, 10, ("draft",))),
            scenarios=_unapproved(db),
            handoffs_offered=_count(db, HANDOFF, HANDOFF.c.state == "offered"),
            handoffs_overdue=_count(
                db, HANDOFF, HANDOFF.c.state == "offered", HANDOFF.c.accept_due_at < now
            ),
            parked=tuple(parking.open_causes(db)),
            reviews=_count(db, REVIEW, REVIEW.c.state == "open"),
            conflicts=_count(db, CONFLICT, CONFLICT.c.state == "open"),
            rivals=len(rivals.paused_fields(db)),
            standing=parking.standing(db),
        )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the store knows about reading."""

    last: RunRow | None
    certificates: Mapping[tuple[str, str], Proof]
    swept: Mapping[tuple[str, str], Mapping[str, str]]
    read_at: Mapping[tuple[str, str], str]
    parked: Mapping[str, int]


def _facts(db: Connection) -> _Facts:
    last = next(iter(runs.latest(db, 1, "run")), None)
    cursors = db.execute(
        select(CURSOR.c.connection, CURSOR.c.object, func.max(CURSOR.c.at).label("at")).group_by(
            CURSOR.c.connection, CURSOR.c.object
        )
    )
    parked: Counter[str] = Counter()
    for cause in parking.open_causes(db):
        parked[cause["connection"]] += cause["count"]
    return _Facts(
        last,
        proofs.latest(db),
        sweeps.last(db),
        {(row.connection, row.object): row.at for row in cursors},
        parked,
    )


def _connection(
    app: App, band: Band, facts: _Facts, today: connecting.ConnectionView
) -> ConnectionView:
    found = tuple(
        _stream(facts, band.name, each.object, tuple(m.entity.name for m, _ in each.readers))
        for each in streams(app.tools)
        if each.connection == band.name
    )
    times = [view.read_at for view in found if view.read_at]
    read_at = min(times) if len(times) == len(found) and times else None
    parked = facts.parked.get(band.name, 0)
    causes = (*_shut(facts, today), *_causes(app, facts, found, read_at, parked))
    return ConnectionView(band, _word(causes), causes, read_at, parked, found, today)


def _shut(facts: _Facts, today: connecting.ConnectionView) -> Iterator[str]:
    """Why a connection is not called, or was not to its end."""
    if today.state != "open":
        yield today.state
    if today.stopped:
        yield "out_of_calls"
    stopped = facts.last.counts.get("stopped", {}) if facts.last else {}
    if any(kind.partition("/")[0] == today.name for kind in stopped):
        yield "stopped"


def _stream(facts: _Facts, connection: str, object: str, entities: tuple[str, ...]) -> StreamView:
    proof = facts.certificates.get((connection, object))
    return StreamView(
        object=object,
        entities=tuple(dict.fromkeys(entities)),
        platform_count=proof.there if proof else None,
        staged_count=proof.here if proof else None,
        is_complete=proof.complete if proof else None,
        read_at=facts.read_at.get((connection, object)),
        method=proof.method if proof else None,
        ids_at=facts.swept.get((connection, object), {}).get(sweeps.IDS),
    )


def _causes(
    app: App, facts: _Facts, found: Sequence[StreamView], read_at: str | None, parked: int
) -> tuple[str, ...]:
    last = facts.last
    if last is None or (read_at is None and last.state == "running"):
        return ("never_read",)
    if not found:
        return ()
    causes = []
    if last.state in ("failed", "interrupted"):
        reached = read_at is not None and read_at >= last.started_at
        causes.append("run_failed" if reached else "not_reached")
    elif read_at is None:
        causes.append("never_read")
    if any(view.is_complete is False for view in found):
        causes.append("incomplete")
    if read_at and app.tools.clock.now() - instant(read_at) > STALE_AFTER:
        causes.append("stale")
    if parked:
        causes.append("parked")
    return tuple(causes)


def _word(causes: Sequence[str]) -> str:
    if {"not_reached", "failing"} & set(causes):
        return "degraded"
    if "never_read" in causes:
        return "unknown"
    return "warning" if causes else "healthy"


def _worst(words: Sequence[str]) -> str:
    return max(words, key=HEALTH.index, default="unknown")


def _unapproved(db: Connection) -> tuple[tuple[str, str], ...]:
    rows = db.execute(
        select(SCENARIO_RUN.c.scenario, SCENARIO_RUN.c.id)
        .where(SCENARIO_RUN.c.state == "previewed")
        .order_by(SCENARIO_RUN.c.created_at.desc())
    )
    return tuple((name, id_) for name, id_ in rows)


def _count(db: Connection, table: Any, *conditions: Any) -> int:
    return db.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
