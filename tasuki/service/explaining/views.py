"""What the answers to `why` are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from playbook.explain import Explanation
from playbook.measure.basis import Counted
from tasuki.service.writing.rivals import RivalView
from tasuki.values import Json


@dataclass(frozen=True, slots=True)
class Loser:
    """A value that another source offered and that lost."""

    ref: str
    value: Json
    at: str | None
    why: str = ""
    """`stale` where a late page brought it; empty where the policy preferred another."""


@dataclass(frozen=True, slots=True)
class WriteView:
    """One write of ours to a platform field."""

    ref: str
    field: str
    before: Json
    after: Json
    state: str
    at: str
    run: str
    plan: str
    why: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A change that somebody made in a system, as we saw it."""

    field: str
    before: Json
    after: Json
    at: str | None
    by: str | None
    ref: str = ""


@dataclass(frozen=True, slots=True)
class PastValue:
    """A value the entity held before, and until when."""

    value: Json
    until: str
    ref: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """That a person decided, or must decide."""

    id: str
    state: str
    decided_by: str | None
    decided_at: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One value and its story."""

    field: str
    value: Json
    ref: str | None
    """The record it came from; None when no record says anything."""
    at: str | None
    by: str | None
    run: str | None
    why: str
    policy: str
    place: str
    losers: tuple[Loser, ...]
    writes: tuple[WriteView, ...]
    version: str | None = None
    """The mapping's version by which its record was read last."""
    edits: tuple[FieldChange, ...] = ()
    """What people changed in the records behind it, newest first."""
    past: tuple[PastValue, ...] = ()
    """What it held before, newest first."""
    dispute: Dispute | None = None
    rivals: tuple[RivalView, ...] = ()
    """Who sets back what we write of it."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """Why a record belongs to the entity."""

    ref: str
    rule: str
    evidence: str
    confidence: float
    since: str
    decided_by: str
    until: str | None = None
    """When it ended; None while it holds."""
    entity_id: str = ""


@dataclass(frozen=True, slots=True)
class RulingView:
    """A person's word on two records, above every rule."""

    left: str
    right: str
    verdict: str
    by: str
    at: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class MetricView:
    """One measured number: by which definition, from which rows, as of when."""

    entity: str
    id: str
    label: str
    metric: str
    title: Mapping[str, str]
    """By language."""
    unit: str
    value: Json
    as_of: str | None
    definition: Mapping[str, str]
    since: str | None
    """First day outside the window; None when it has no beginning."""
    until: str
    count: int
    rows: tuple[Counted, ...]
    """The largest or newest few of them."""


@dataclass(frozen=True, slots=True)
class BrowserView:
    """From when on a browser is somebody's, or a forwarded link was opened in it."""

    visitor: str
    since: str
    rule: str
    state: str
    person_id: str | None
    claimant_id: str | None
    """For whom the link was made."""


@dataclass(frozen=True, slots=True)
class EntityView:
    """One entity, or one cell of it, explained."""

    entity: str
    id: str
    label: str
    cells: tuple[Cell, ...]
    links: tuple[LinkView, ...]
    metrics: dict[str, Json]
    rules: tuple[Explanation, ...]
    browsers: tuple[BrowserView, ...] = ()
    """A person's."""


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record of one system, or one field of it, explained."""

    ref: str
    entity: str | None
    entity_id: str | None
    label: str
    modified_at: str | None
    modified_by: str | None
    is_deleted: bool
    fields: dict[str, Json]
    history: tuple[FieldChange, ...]
    writes: tuple[WriteView, ...]
    links: tuple[LinkView, ...]
    """Every entity it ever belonged to, newest first."""
    cells: tuple[Cell, ...]
    """The entity cells these fields feed."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What it can be recognised by: kind → values."""
    rulings: tuple[RulingView, ...] = ()
