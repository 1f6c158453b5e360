"""A plan as people look at it: what it takes, what it sets off, who must say yes, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasuki.values import Json


@dataclass(frozen=True, slots=True)
class Sample:
    """One change out of many of the same shape."""

    label: str
    record_id: str | None
    before: Json
    after: Json
    why: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Changes of one shape on one line: same field, same risk, same rule, same state."""

    risk: str
    verb: str
    field: str
    """The field; several, comma-separated, when whole records are created or deleted."""
    records: int
    cells: int
    rule: str
    place: str
    policy: str
    state: str
    """planned | held | written | refused | parked | unknown"""
    reason: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class TargetView:
    """What a plan does to one object of one connection, riskiest first."""

    connection: str
    object: str
    environment: str | None
    records: int
    folds: tuple[Fold, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """The API calls that applying a plan takes on one connection."""

    connection: str
    reads: int
    writes: int
    left: int | None
    """What its lanes may still make today; None: nobody told a limit."""
    allowed: int | None
    """What the system allows everybody in a day."""
    lanes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Lane → its reads and writes."""

    @property
    def total(self) -> int:
        """Reads and writes."""
        return self.reads + self.writes

    @property
    def fits(self) -> bool:
        """The day's allowance is enough."""
        return self.left is None or self.total <= self.left


@dataclass(frozen=True, slots=True)
class Left:
    """One cell that was left as it is, because somebody changed it since the plan was made."""

    label: str
    connection: str
    object: str
    record_id: str | None
    field: str
    reason: str
    """Who and when, as far as the system tells."""


@dataclass(frozen=True, slots=True)
class Held:
    """Records that a guard keeps from being written."""

    connection: str
    object: str
    rule: str
    records: int
    reason: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """One plan as people look at it."""

    id: str
    digest: str
    """The first part of its fingerprint: what is approved is this, and nothing else."""
    state: str
    """draft | approved | applying | applied | discarded"""
    author: str
    created_at: str
    expires_at: str
    is_expired: bool
    applied_at: str | None
    run_id: str | None
    undo_of: str | None
    origin: str
    """all | selected | scenario:<run> | undo:<run>"""
    select: tuple[str, ...]
    """What its author chose of everything wanted; empty: all of it."""
    only: tuple[str, ...]
    """The risks that are shown; empty: all of them. Applied is the whole plan."""
    approved_by: tuple[str, ...]
    needs_second: str | None
    """Why somebody other than its author must approve it; None: nobody else must."""
    changes: int
    """Planned cells."""
    records: int
    risks: dict[str, int]
    """Risk → cells, riskiest first."""
    risk_records: dict[str, int]
    """Risk → records, riskiest first; a record may be in several."""
    calls: dict[str, int]
    """Connection → API calls needed."""
    costs: tuple[Cost, ...]
    """The same, looks and writes apart, and what is left of the day."""
    guards: tuple[str, ...]
    """What guards say against a part of it, or all; that part is held."""
    guard_notes: tuple[dict[str, Json], ...]
    """The same as templates (`say`) and `values`, for other languages."""
    kept: int
    """Cells an undo leaves alone because somebody edited them."""
    held: tuple[dict[str, Json], ...]
    """What mappings ask for and is not done: rule, to, why, n; of cells also field and since."""
    tasks: tuple[dict[str, Json], ...]
    """Tasks by owner: owner, name, n; most first."""
    automations: tuple[dict[str, Json], ...]
    """What probably fires by itself: connection, object, kind, name, records, note."""
    quiet: int
    """Cells of fields that a mapping calls quiet: counted here, in no fold."""
    told: tuple[dict[str, Json], ...]
    """What was renamed or removed in mappings, and what became of it."""
    targets: tuple[TargetView, ...] = field(repr=False)

    @property
    def connections(self) -> tuple[str, ...]:
        """The connections it writes to."""
        return tuple(dict.fromkeys(target.connection for target in self.targets))

    @property
    def production(self) -> tuple[str, ...]:
        """The production connections it writes to."""
        found = (t.connection for t in self.targets if t.environment == "production")
        return tuple(dict.fromkeys(found))

    @property
    def is_part(self) -> bool:
        """Only some risks are shown."""
        return bool(self.only)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan's cells."""

    plan_id: str
    run_id: str
    written: int
    parked: int
    refused: int
    unknown: int
    held: int = 0
    """A guard held these; the next plan has them again."""
    left: tuple[Left, ...] = ()
    """What somebody changed since the plan was made; the first of them."""
    moved: int = 0
    """How many cells those are altogether."""
    groups: tuple[Held, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Everything was written."""
        return not (self.parked or self.refused or self.unknown or self.held)


def costs_of(notes: Mapping[str, Json]) -> tuple[Cost, ...]:
    """What the plan's notes say of calls; those of earlier releases did not tell looks apart."""
    forecast = notes.get("forecast") or {}
    calls: Mapping[str, Json] = notes.get("calls") or {}
    return tuple(_cost(name, said, forecast.get(name) or {}) for name, said in calls.items())


def _cost(connection: str, said: Json, forecast: Mapping[str, Json]) -> Cost:
    lanes: dict[str, dict[str, int]] = said if isinstance(said, dict) else {}
    return Cost(
        connection=connection,
        reads=sum(lane["reads"] for lane in lanes.values()),
        writes=sum(lane["writes"] for lane in lanes.values()) if lanes else _plain(said),
        left=forecast.get("left"),
        allowed=forecast.get("allowed"),
        lanes=lanes,
    )


def _plain(said: Json) -> int:
    return said if isinstance(said, int) else 0
